use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use crelu_model::{FitObserver, Progress};
use pyo3::prelude::*;
use serde_json::{Value, json};

/// How often Python is asked whether a signal came.
const LISTEN: Duration = Duration::from_millis(50);

/// What a fit has to say, sent to the thread that holds the interpreter.
pub(crate) struct Reporter {
    /// Whether somebody listens.
    pub(crate) is_heard: bool,
    /// Closed when the fit is over.
    pub(crate) events: Sender<String>,
}

impl FitObserver for Reporter {
    fn progress(&mut self, progress: Progress<'_>) -> bool {
        if !self.is_heard {
            return true;
        }
        let event = match progress {
            Progress::Doing(what) => json!({"event": "doing", "what": what}),
            Progress::Prepared {
                n,
                d,
                patterns,
                beta,
            } => json!({"event": "prepared", "n": n, "d": d, "patterns": patterns, "beta": beta}),
            Progress::Check(entry) => {
                let mut event = json!(entry);
                event["event"] = json!("check");
                event
            }
            Progress::Proven { bound, gap } => {
                json!({"event": "proven", "proven_bound": bound, "proven_gap": gap})
            }
            // an iteration without a check, or what the report has at the end
            _ => Value::Null,
        };
        if !event.is_null() {
            // nobody listens any more: the end is near
            self.events.send(event.to_string()).ok();
        }
        true
    }
}

/// Listens to a fit until it is over, without the interpreter but for what is told to `callback` and
/// for signals. Whatever either raises, or a callback that returns False, asks the fit to end.
pub(crate) fn listen(
    events: &Receiver<String>,
    callback: Option<&Py<PyAny>>,
    stop: &AtomicBool,
) -> Option<PyErr> {
    let mut raised: Option<PyErr> = None;
    let mut looked = Instant::now();
    loop {
        let event = match events.recv_timeout(LISTEN) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return raised,
        };
        let is_due = looked.elapsed() >= LISTEN;
        if raised.is_some() || !is_due && event.is_none() {
            continue;
        }
        let told = Python::attach(|py| -> PyResult<bool> {
            if is_due {
                py.check_signals()?;
            }
            let (Some(event), Some(callback)) = (event, callback) else {
                return Ok(true);
            };
            let answer = callback.call1(py, (event,))?;
            Ok(!answer.bind(py).is(pyo3::types::PyBool::new(py, false)))
        });
        if is_due {
            looked = Instant::now();
        }
        match told {
            Ok(true) => {}
            Ok(false) => stop.store(true, Ordering::Relaxed),
            Err(error) => {
                stop.store(true, Ordering::Relaxed);
                raised = Some(error);
            }
        }
    }
}
