//! Ctrl-C: the first asks the fit to end with the network it has, the second ends the program.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::errors::Failure;

/// Exit code of a program that SIGINT ended, as shells count.
const KILLED_BY_INTERRUPT: i32 = 130;

/// Takes over Ctrl-C (and SIGTERM and SIGHUP): the flag that is returned becomes true.
///
/// # Errors
/// The system's reason if there can be no handler.
pub(crate) fn flag(quiet: bool) -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    ctrlc::set_handler(move || {
        if raised.swap(true, Ordering::Relaxed) {
            std::process::exit(KILLED_BY_INTERRUPT);
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
