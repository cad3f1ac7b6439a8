use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use crelu_model::path::PathProgress;
use crelu_model::{FitObserver, Progress};
use pyo3::prelude::*;
use serde_json::{Value, json};

/// How often Python is asked whether a signal came.
const LISTEN: Duration = Duration::from_millis(50);

/// What a fit says to the thread that holds the interpreter.
pub(crate) enum Message {
    /// Where it stands, as JSON.
    Event(String),
    /// The folds are to be run.
    Folds {
        folds: usize,
        betas: Vec<f64>,
        metric: &'static str,
        reply: Sender<Vec<Option<Vec<f64>>>>,
    },
}

/// Sends what a fit has to say.
pub(crate) struct Reporter {
    /// Whether somebody listens.
    pub(crate) is_heard: bool,
    /// Closed when the fit is over.
    pub(crate) messages: Sender<Message>,
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
            Progress::Path(progress) => of_path(progress),
            // an iteration without a check, or what the report has at the end
            _ => Value::Null,
        };
        if !event.is_null() {
            // nobody listens any more: the end is near
            self.messages.send(Message::Event(event.to_string())).ok();
        }
        true
    }
}

fn of_path(progress: PathProgress<'_>) -> Value {
    match progress {
        PathProgress::Folds { count, why } => {
            json!({"event": "folds", "folds": count, "why": why.map(ToString::to_string)})
        }
        PathProgress::Step {
            fold,
            folds,
            step,
            steps,
            beta,
            objective,
            neurons,
            score,
        } => json!({
            "event": "step", "fold": fold, "folds": folds, "step": step, "steps": steps,
            "beta": beta, "objective_network": objective, "neurons": neurons, "score": score,
        }),
        PathProgress::Chosen {
            beta,
            mean,
            se,
            metric,
            rule,
        } => json!({
            "event": "chosen", "beta": beta, "mean": mean, "se": se, "metric": metric.name(),
            "rule": rule.name(),
        }),
        PathProgress::Cut { beta } => json!({"event": "cut", "beta": beta}),
    }
}

/// What of Python a fit calls.
pub(crate) struct Ears<'a> {
    /// Told every event, as JSON.
    pub(crate) callback: Option<&'a Py<PyAny>>,
    /// Runs the folds: `(folds, betas, metric) -> scores`.
    pub(crate) run_folds: Option<&'a Py<PyAny>>,
}

/// Listens to a fit until it is over, without the interpreter but for what is told to `ears` and
/// for signals. Whatever either raises, or a callback that returns False, asks the fit to end.
pub(crate) fn listen(
    messages: &Receiver<Message>,
    ears: &Ears<'_>,
    stop: &AtomicBool,
) -> Option<PyErr> {
    let mut raised: Option<PyErr> = None;
    let mut looked = Instant::now();
    loop {
        let message = match messages.recv_timeout(LISTEN) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return raised,
        };
        let is_due = looked.elapsed() >= LISTEN;
        // a reply that is dropped is an answer, too
        if raised.is_some() || !is_due && message.is_none() {
            continue;
        }
        let told = Python::attach(|py| -> PyResult<bool> {
            if is_due {
                py.check_signals()?;
            }
            match message {
                Some(Message::Event(event)) => ears.tell(py, event),
                Some(Message::Folds {
                    folds,
                    betas,
                    metric,
                    reply,
                }) => {
                    if let Some(run) = ears.run_folds {
                        let scores = run.call1(py, (folds, betas, metric))?;
                        // the fit is over where nobody waits
                        reply.send(scores.extract(py)?).ok();
                    }
                    Ok(true)
                }
                None => Ok(true),
            }
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

impl Ears<'_> {
    /// Whether the fit goes on.
    fn tell(&self, py: Python<'_>, event: String) -> PyResult<bool> {
        let Some(callback) = self.callback else {
            return Ok(true);
        };
        let answer = callback.call1(py, (event,))?;
        Ok(!answer.bind(py).is(pyo3::types::PyBool::new(py, false)))
    }
}
