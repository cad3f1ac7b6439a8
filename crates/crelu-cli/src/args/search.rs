//! The options of a path of penalties and of the choice from it.

use clap::Args;
use crelu_model::path::{Betas, Metric, PathSettings, Rule};

use super::beta::{self, BetasArg};
use super::{choice, number};

/// How penalties are tried, and one of them chosen.
#[derive(Debug, Clone, Args)]
pub(crate) struct SearchArgs {
    /// How many penalties are tried, from 0.3 to 0.0003 of beta_max, or which: B1,B2,...
    /// [default: 10; crelu path: 20]
    #[arg(long, value_name = "N|B,B,...", value_parser = beta::betas, allow_negative_numbers = true)]
    betas: Option<BetasArg>,
    /// Folds, no more than the smallest class has rows [default: 5]
    #[arg(long, value_name = "K", value_parser = number::folds, allow_negative_numbers = true)]
    folds: Option<usize>,
    /// Column of the groups of the rows, no feature: rows of one group are held out together
    #[arg(long, value_name = "COL")]
    pub(crate) groups: Option<String>,
    /// How the penalty is chosen: 1se (the largest whose mean score is within one standard error of the
    /// best), best, or small (the smallest network within it) [default: 1se]
    #[arg(long, value_name = "RULE", value_parser = choice::rule)]
    rule: Option<Rule>,
    /// What held-out rows are scored by: log_loss, accuracy, brier, r2 or loss [default: log_loss for
    /// classes, accuracy under the squared loss; r2 for numbers]
    #[arg(long, value_name = "NAME", value_parser = choice::metric)]
    pub(crate) metric: Option<Metric>,
}

impl SearchArgs {
    /// The first option given, for where there is nothing to choose; `--metric` may serve `--early-stop`.
    pub(super) fn given(&self, is_early: bool) -> Option<&'static str> {
        [
            ("--betas", self.betas.is_some()),
            ("--folds", self.folds.is_some()),
            ("--groups", self.groups.is_some()),
            ("--rule", self.rule.is_some()),
            ("--metric", self.metric.is_some() && !is_early),
        ]
        .into_iter()
        .find_map(|(name, is_given)| is_given.then_some(name))
    }

    /// The folds asked for.
    pub(crate) fn folds(&self) -> Option<usize> {
        self.folds
    }

    /// The settings, of `count` penalties unless told.
    pub(super) fn plan(&self, count: usize) -> PathSettings {
        let betas = match &self.betas {
            None => Betas::of_count(count),
            Some(BetasArg::Count(count)) => Betas::of_count(*count),
            Some(BetasArg::Values(values)) => Betas::Given(values.clone()),
        };
        let plan = PathSettings::default();
        let folds = self.folds.unwrap_or(plan.folds);
        plan.betas(betas)
            .folds(folds)
            .rule(self.rule.unwrap_or_default())
            .metric(self.metric)
    }
}
