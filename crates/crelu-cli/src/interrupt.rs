//! Ctrl-C: the first asks the fit to end with the network it has, the second ends the program.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crelu_data::remove_temporaries;

use crate::errors::Failure;

/// Exit code of a program that SIGINT ended, as shells count.
const KILLED_BY_INTERRUPT: i32 = 130;

/// Signals this close together are one: `timeout` signals the program and then its process group.
const SAME: Duration = Duration::from_millis(300);

/// Takes over Ctrl-C (and SIGTERM and SIGHUP): the flag that is returned becomes true.
///
/// # Errors
/// The system's reason if there can be no handler.
pub(crate) fn flag(quiet: bool) -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    let first = OnceLock::new();
    ctrlc::set_handler(move || {
        let begun: &Instant = first.get_or_init(Instant::now);
        if raised.swap(true, Ordering::Relaxed) {
            if begun.elapsed() < SAME {
                return;
            }
            end_at_once();
        }
        if !quiet {
            // a terminal that has gone needs no message
            writeln!(
                std::io::stderr(),
                "interrupted: ending with the best network so far (once more to quit at once)"
            )
            .ok();
        }
    })
    .map_err(|error| Failure::of("Ctrl-C", error))?;
    Ok(flag)
}

/// Takes over Ctrl-C (and SIGTERM and SIGHUP) for a command that has nothing to keep: it ends at once
/// and leaves no half-written file.
///
/// # Errors
/// The system's reason if there can be no handler.
pub(crate) fn ends_at_once() -> Result<(), Failure> {
    ctrlc::set_handler(|| end_at_once()).map_err(|error| Failure::of("Ctrl-C", error))
}

fn end_at_once() -> ! {
    remove_temporaries();
    std::process::exit(KILLED_BY_INTERRUPT);
}
