use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

use crate::threads;

/// How often Python is asked whether a signal came.
const LISTEN: Duration = Duration::from_millis(50);

/// Runs `work` without the interpreter; a signal raises its flag, and the signal's exception is the
/// answer.
///
/// # Errors
/// What a signal raised.
pub(super) fn run<A: Send>(
    py: Python<'_>,
    work: impl FnOnce(&AtomicBool) -> A + Send,
) -> PyResult<A> {
    let stop = AtomicBool::new(false);
    let flag = &stop;
    let (ended, raised) = py.detach(|| {
        thread::scope(|scope| {
            let (running, over) = mpsc::channel::<()>();
            let worker = scope.spawn(move || {
                let ended = threads::run(None, || work(flag));
                drop(running);
                ended
            });
            let mut raised = None;
            while let Err(RecvTimeoutError::Timeout) = over.recv_timeout(LISTEN) {
                if raised.is_none()
                    && let Err(error) = Python::attach(|py| py.check_signals())
                {
                    flag.store(true, Ordering::Relaxed);
                    raised = Some(error);
                }
            }
            (worker.join(), raised)
        })
    });
    let ended = match ended {
        Ok(ended) => ended?,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    match raised {
        Some(error) => Err(error),
        None => Ok(ended),
    }
}
