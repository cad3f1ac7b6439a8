use super::early_stop::{EarlyStop, EarlyStopped};
use super::metric::Metric;
use crate::error::FitError;
use crate::report::Score;

/// Keeps the network of the best score.
pub(crate) struct Watch<K> {
    how: EarlyStop,
    loss: &'static str,
    best: Option<(EarlyStopped, K)>,
    since: usize,
    fault: Option<FitError>,
}

impl<K> Watch<K> {
    pub(crate) fn new(how: EarlyStop, loss: &'static str) -> Self {
        Self {
            how,
            loss,
            best: None,
            since: 0,
            fault: None,
        }
    }

    /// Sees a score, and keeps what `network` gives if it is the best; `false`: it is time to end.
    pub(crate) fn see(
        &mut self,
        iteration: usize,
        score: &Score,
        network: impl FnOnce() -> K,
    ) -> bool {
        let metric = self
            .how
            .metric
            .unwrap_or_else(|| Metric::of_score(score, self.loss));
        let value = match metric.value(score) {
            Ok(value) => value,
            Err(fault) => {
                self.fault = Some(fault);
                return false;
            }
        };
        let is_better = |best: f64| match metric.larger_is_better() {
            true => value > best,
            false => value < best,
        };
        let best = self.best.as_ref().map(|(best, _)| best.score);
        if value.is_finite() && best.is_none_or(is_better) {
            let stopped = EarlyStopped {
                metric,
                score: value,
                iteration,
                patience: self.how.patience,
                stopped: false,
                rows: 0,
            };
            self.best = Some((stopped, network()));
            self.since = 0;
            return true;
        }
        self.since += 1;
        self.since < self.how.patience
    }

    /// What was kept, if anything was.
    pub(crate) fn end(self) -> Result<Option<(EarlyStopped, K)>, FitError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let is_stopped = self.since >= self.how.patience;
        Ok(self.best.map(|(best, kept)| {
            let stopped = EarlyStopped {
                stopped: is_stopped,
                ..best
            };
            (stopped, kept)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ScoreKind;

    fn score(r2: f64) -> Score {
        Score {
            loss: 1.0,
            kind: ScoreKind::Numbers { r2 },
        }
    }

    #[test]
    fn watch_keeps_the_best_and_ends_after_its_patience() {
        let mut watch = Watch::new(EarlyStop::default().patience(2), "squared");
        let answers: Vec<bool> = [0.1, 0.4, 0.3, 0.5, 0.5, f64::NAN]
            .into_iter()
            .enumerate()
            .map(|(at, r2)| watch.see(at, &score(r2), || at))
            .collect();
        // an equal score is no better one
        assert_eq!(answers, [true, true, true, true, true, false]);
        let (stopped, kept) = watch.end().unwrap().unwrap();
        assert_eq!((kept, stopped.iteration), (3, 3));
        assert!(stopped.stopped && (stopped.score - 0.5).abs() < 1e-15);
    }

    #[test]
    fn watch_of_a_metric_that_scores_lack_is_an_error() {
        let how = EarlyStop::default().metric(Metric::Accuracy);
        let mut watch = Watch::new(how, "squared");
        assert!(!watch.see(0, &score(0.5), || ()));
        assert!(matches!(watch.end(), Err(FitError::Setting { .. })));
    }
}
