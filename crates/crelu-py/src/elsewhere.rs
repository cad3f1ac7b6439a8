//! Folds that Python runs in another place.

use std::sync::mpsc::{self, Sender};

use crelu_model::path::{FoldRunner, Metric};

use crate::listener::Message;

/// Asks the thread that holds the interpreter to have the folds run.
pub(crate) struct Elsewhere {
    pub(crate) messages: Sender<Message>,
}

impl FoldRunner for Elsewhere {
    fn run(&self, folds: usize, betas: &[f64], metric: Metric) -> Vec<Option<Vec<f64>>> {
        let (reply, replied) = mpsc::channel();
        let asked = self.messages.send(Message::Folds {
            folds,
            betas: betas.to_vec(),
            metric: metric.name(),
            reply,
        });
        // whoever listens no longer has raised something, which ends the fit
        let scores = asked.ok().and_then(|()| replied.recv().ok());
        scores.unwrap_or_default()
    }
}
