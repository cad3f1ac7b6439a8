use super::betas::Betas;
use super::metric::Metric;
use super::rule::Rule;
use super::splits::{Split, given};
use crate::error::{FitError, Setting};

/// Settings of a path and of the choice from it.
///
/// | name | default | range |
/// |---|---|---|
/// | `betas` | 10, from 0.3 to 0.0003 of `beta_max` | at least 2, or given |
/// | `folds` | 5 | at least 2 |
/// | `groups` | none | one a row |
/// | `splits` | none | at least 2 |
/// | `rule` | 1se | |
/// | `metric` | by the task and the loss | |
/// | `always` | false | |
/// | `prove` | false | |
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PathSettings {
    /// The penalties.
    pub betas: Betas,
    /// Most folds: no more than the smallest class has rows, or there are groups.
    pub folds: usize,
    /// The group of every row: groups are held out as a whole.
    pub groups: Option<Vec<usize>>,
    /// The folds themselves, instead of `folds` and `groups`.
    pub splits: Option<Vec<Split>>,
    /// How a penalty is chosen.
    pub rule: Rule,
    /// What held-out rows are scored by; none: log-loss for labels, or accuracy under the squared
    /// loss; r2 for numbers.
    pub metric: Option<Metric>,
    /// Whether there is a path on all rows where there can be no folds, and so no choice.
    pub always: bool,
    /// Whether a quick bound over all networks is proven at every penalty, where it is cheap and the
    /// fit's own settings ask for one.
    pub prove: bool,
}

impl Default for PathSettings {
    fn default() -> Self {
        Self {
            betas: Betas::of_count(10),
            folds: 5,
            groups: None,
            splits: None,
            rule: Rule::OneSe,
            metric: None,
            always: false,
            prove: false,
        }
    }
}

impl PathSettings {
    /// The same of some of `n` rows, ascending.
    pub(super) fn of_rows(&self, kept: &[usize], n: usize) -> Result<Self, FitError> {
        let mut place = vec![None; n];
        for (at, &row) in kept.iter().enumerate() {
            place[row] = Some(at);
        }
        let mut out = self.clone();
        if let Some(groups) = self.groups.as_ref().filter(|groups| groups.len() == n) {
            out.groups = Some(kept.iter().map(|&row| groups[row]).collect());
        }
        if let Some(splits) = &self.splits {
            given(splits, n)?;
            let those = |rows: &[usize]| rows.iter().filter_map(|&row| place[row]).collect();
            let part = |split: &Split| Split {
                train: those(&split.train),
                held_out: those(&split.held_out),
            };
            out.splits = Some(splits.iter().map(part).collect());
        }
        Ok(out)
    }

    /// Sets the penalties.
    #[must_use]
    pub fn betas(mut self, betas: Betas) -> Self {
        self.betas = betas;
        self
    }

    /// Sets the most folds.
    #[must_use]
    pub fn folds(mut self, count: usize) -> Self {
        self.folds = count;
        self
    }

    /// Sets the group of every row.
    #[must_use]
    pub fn groups(mut self, groups: impl Into<Option<Vec<usize>>>) -> Self {
        self.groups = groups.into();
        self
    }

    /// Sets the folds themselves.
    #[must_use]
    pub fn splits(mut self, splits: impl Into<Option<Vec<Split>>>) -> Self {
        self.splits = splits.into();
        self
    }

    /// Sets how a penalty is chosen.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rule = rule;
        self
    }

    /// Sets what held-out rows are scored by.
    #[must_use]
    pub fn metric(mut self, metric: impl Into<Option<Metric>>) -> Self {
        self.metric = metric.into();
        self
    }

    /// Sets whether there is a path where there can be no folds.
    #[must_use]
    pub fn always(mut self, always: bool) -> Self {
        self.always = always;
        self
    }

    /// Sets whether bounds are proven along the path.
    #[must_use]
    pub fn prove(mut self, prove: bool) -> Self {
        self.prove = prove;
        self
    }

    /// Whether all is in its range.
    ///
    /// # Errors
    /// [`FitError::Setting`] names the first setting outside its range.
    pub fn check(&self) -> Result<(), FitError> {
        if let Some(problem) = self.betas.problem() {
            let setting = Setting::Betas;
            return Err(FitError::Setting { setting, problem });
        }
        if self.folds < 2 {
            return Err(FitError::Setting {
                setting: Setting::Folds,
                problem: "must be at least 2",
            });
        }
        Ok(())
    }
}
