use admm::Status;
use linalg_core::{Control, Halt, for_each_mut};
use serde_json::{Value, json};

use super::betas::Betas;
use super::fold::{Course, Fold};
use super::folds::Folds;
use super::leg::{Leg, fold_step, step};
use super::metric::Metric;
use super::progress::PathProgress;
use super::rule::Candidate;
use super::runner::FoldRunner;
use super::settings::PathSettings;
use super::shared::{PassOn, Shared};
use super::splits::Split;
use super::step::{Step, entries};
use crate::coding::Task;
use crate::dataset::Dataset;
use crate::error::FitError;
use crate::fit::{Fit, FitObserver, Progress, fit, is_halt, zero_fit};
use crate::report::{CvChoice, FoldScores, Seconds, Work};
use crate::settings::{Beta, CheckedFitSettings};

/// The penalty where there is no choice, as a fraction of `beta_max`.
const PLAIN: f64 = 0.02;

/// Trains along a path of penalties, chooses one by cross-validation, and trains on all rows at it; the
/// penalty of `settings` is not looked at.
///
/// A limit or interruption ends with a network of the path on all rows: that of the penalty chosen by
/// the folds that were complete, if there are two, or of the one nearest to 0.02 of `beta_max`. Where
/// there can be no folds, or `beta_max` is 0, it is a fit at 0.02 of `beta_max`.
///
/// **Cost** a step takes less than a fit, since it is loose and starts from the last: about two fits a
/// fold at ten penalties. Each fold that runs beside the others holds its rows four times.
///
/// # Errors
/// [`FitError`] where there is no model.
pub fn fit_path(
    train: &Dataset,
    test: Option<&Dataset>,
    settings: &CheckedFitSettings,
    plan: &PathSettings,
    control: &Control<'_>,
    observer: &mut (dyn FitObserver + Send),
) -> Result<Fit, FitError> {
    fit_path_with(train, test, settings, plan, None, control, observer)
}

/// [`fit_path`] with the folds run by somebody else, where there is somebody: on other machines.
///
/// # Errors
/// As there.
pub fn fit_path_with(
    train: &Dataset,
    test: Option<&Dataset>,
    settings: &CheckedFitSettings,
    plan: &PathSettings,
    runner: Option<&dyn FoldRunner>,
    control: &Control<'_>,
    observer: &mut (dyn FitObserver + Send),
) -> Result<Fit, FitError> {
    // rows of weight 0 leave before anything
    if let Some((part, kept)) = train.weighing_part() {
        let plan = plan.of_rows(&kept, train.n_samples())?;
        let fit = fit_path_with(&part, test, settings, &plan, runner, control, observer);
        return fit.map(|fit| fit.rows_of_all(&kept));
    }
    plan.check()?;
    let begun = control.seconds();
    let plain = settings.at(Beta::Fraction(PLAIN), settings.get().init.clone());
    let task = settings
        .get()
        .task
        .unwrap_or_else(|| Task::of(train.target()));
    if let Some(metric) = plan.metric {
        metric.check(task)?;
    }
    let folds = Folds::of(train, task, plan, settings.get().seed)?;
    observer.progress(Progress::Path(PathProgress::Folds {
        count: folds.splits.len(),
        why: folds.why.as_ref(),
    }));
    if folds.splits.is_empty() && !plan.always {
        return fit(train, test, &plain, control, observer);
    }
    let search = Search {
        train,
        test,
        settings,
        plain: &plain,
        plan,
        folds: &folds,
        runner,
        control,
    };
    match search.run(observer) {
        Err(error) if is_halt(&error) => {
            let halt = control.halt().unwrap_or(Halt::Interrupted);
            zero_fit(train, test, &plain, halt, begun, control)
        }
        ended => ended,
    }
}

/// What was chosen.
struct Choice {
    at: usize,
    /// The scores of the folds, if they chose.
    scores: Option<(Metric, Vec<FoldScores>)>,
}

/// A fold, its rows, and what it came to.
type FoldRun<'s> = (usize, &'s Split, Option<Result<Fold, FitError>>);

struct Search<'a> {
    train: &'a Dataset,
    test: Option<&'a Dataset>,
    settings: &'a CheckedFitSettings,
    /// The same at the penalty that needs no choice.
    plain: &'a CheckedFitSettings,
    plan: &'a PathSettings,
    folds: &'a Folds,
    /// Who runs the folds; none: this process.
    runner: Option<&'a dyn FoldRunner>,
    control: &'a Control<'a>,
}

impl Search<'_> {
    fn run(&self, observer: &mut (dyn FitObserver + Send)) -> Result<Fit, FitError> {
        let begun = self.control.seconds();
        observer.progress(Progress::Doing("preparing the data"));
        let mut leg = Leg::new(self.train, self.test, self.settings, self.control)?;
        let prepared = self.control.seconds();
        let mut work = Work::default();
        if leg.zero_is_optimal() {
            return leg.fit(self.plain.get().beta, self.plain, self.control, observer);
        }
        let shared = Shared::new(observer);
        shared.pass_on(Progress::Doing("training along the path"));
        let (mut steps, beta_max) = self.path(&mut leg, &shared, &mut work)?;
        if beta_max == Some(0.0) {
            let mut pass = PassOn(&shared);
            return leg.fit(self.plain.get().beta, self.plain, self.control, &mut pass);
        }
        let betas: Vec<f64> = steps.iter().map(|step| step.beta).collect();
        let plain_beta = beta_max.map(|beta_max| PLAIN * beta_max);
        let chosen = self.choose(&steps, &betas, &shared, &mut work)?;
        let is_cut = |steps: &[Step]| {
            self.control.halt().is_some()
                || shared.is_stopped()
                || steps.len() < self.plan.betas.count()
        };
        let choice = chosen.unwrap_or_else(|| Choice {
            at: nearest(&betas, plain_beta),
            scores: None,
        });
        let mut path = entries(&steps, choice.scores.as_ref().map(|(_, scores)| &**scores));
        let mut cv = None;
        // without folds the penalty is the plain one, which need not be one of the path
        let mut beta = betas[choice.at];
        if let Some((metric, scores)) = &choice.scores {
            let of_chosen = &scores[choice.at];
            cv = Some(CvChoice {
                chosen: beta,
                rule: self.plan.rule,
                metric: *metric,
                folds: of_chosen.folds.len(),
            });
            shared.tell(PathProgress::Chosen {
                beta,
                mean: of_chosen.mean,
                se: of_chosen.se,
                metric: *metric,
                rule: self.plan.rule,
            });
        } else if is_cut(&steps) {
            shared.tell(PathProgress::Cut { beta });
        } else if let Some(plain) = plain_beta {
            beta = plain;
        }
        let searched = self.control.seconds();
        let Step {
            fit: loose, place, ..
        } = steps.swap_remove(choice.at);
        drop(steps);
        let mut fit = if is_cut_short(self.control, &shared) || path.len() < self.plan.betas.count()
        {
            self.cut_short(loose, (begun, prepared))
        } else {
            leg.go_back(place);
            let mut pass = PassOn(&shared);
            let refit = leg.fit(Beta::Absolute(beta), self.settings, self.control, &mut pass);
            match refit {
                Err(error) if is_halt(&error) => self.cut_short(loose, (begun, prepared)),
                Err(error) => return Err(error),
                Ok(mut fit) => {
                    if let Some(own) = &fit.report.work {
                        work += *own;
                    }
                    let spent = searched - prepared;
                    fit.report.seconds.path += spent;
                    fit.report.seconds.setup = (fit.report.seconds.setup - spent).max(0.0);
                    fit
                }
            }
        };
        let report = &mut fit.report;
        report.work = report.work.map(|_| work);
        if self.folds.splits.is_empty() || cv.is_none() {
            path.iter_mut().for_each(|entry| entry.cv = None);
        }
        report.path = Some(path);
        report.cv = cv;
        self.describe(&mut report.settings);
        Ok(fit)
    }

    /// The path on all rows, and `beta_max` where the penalties are shares of it.
    fn path(
        &self,
        leg: &mut Leg,
        shared: &Shared<'_>,
        work: &mut Work,
    ) -> Result<(Vec<Step>, Option<f64>), FitError> {
        let settings = step(self.settings.get(), self.plan.prove)?;
        let mut steps: Vec<Step> = Vec::new();
        let count = self.plan.betas.count();
        let mut betas = match &self.plan.betas {
            Betas::Given(_) => self.plan.betas.values(f64::NAN),
            Betas::Geometric { .. } => Vec::new(),
        };
        let mut beta_max = None;
        for k in 0..count {
            let beta = match (&self.plan.betas, betas.get(k)) {
                (_, Some(beta)) => Beta::Absolute(*beta),
                (Betas::Geometric { from, .. }, None) => Beta::Fraction(*from),
                (Betas::Given(_), None) => break,
            };
            let mut quiet = shared.quiet();
            let fitted = leg.fit(beta, &settings, self.control, &mut quiet);
            let fit = match fitted {
                Err(error) if is_halt(&error) && !steps.is_empty() => break,
                other => other?,
            };
            if let Some(own) = &fit.report.work {
                *work += *own;
            }
            if k == 0 {
                beta_max = fit.report.settings.get("beta_max").and_then(Value::as_f64);
                if let (Betas::Geometric { .. }, Some(beta_max)) = (&self.plan.betas, beta_max) {
                    betas = self.plan.betas.values(beta_max);
                }
            }
            let is_halted = self.control.halt().is_some() || shared.is_stopped();
            // half a step is none, unless it is all there is
            if is_halted && !steps.is_empty() {
                break;
            }
            let beta = fit.report.beta;
            let next = Step {
                beta,
                place: leg.place(),
                fit,
            };
            steps.push(match steps.last() {
                // loose steps may end above the last network; at a smaller penalty that one is lower
                Some(last)
                    if next.fit.report.objective_network > last.fit.report.objective_network =>
                {
                    last.at(beta)
                }
                _ => next,
            });
            if is_halted || beta_max == Some(0.0) {
                break;
            }
            if let Some(last) = steps.last() {
                shared.tell(PathProgress::Step {
                    fold: None,
                    folds: self.folds.splits.len(),
                    step: k + 1,
                    steps: count,
                    beta,
                    objective: last.fit.report.objective_network,
                    neurons: last.fit.report.neurons,
                    score: None,
                });
            }
        }
        Ok((steps, beta_max))
    }

    /// Runs the folds and chooses from their scores. None where fewer than two folds were complete.
    fn choose(
        &self,
        steps: &[Step],
        betas: &[f64],
        shared: &Shared<'_>,
        work: &mut Work,
    ) -> Result<Option<Choice>, FitError> {
        let splits = &self.folds.splits;
        let is_whole = betas.len() == self.plan.betas.count();
        let Some(first) = steps.first().filter(|_| is_whole && !splits.is_empty()) else {
            return Ok(None);
        };
        let metric = self.plan.metric.unwrap_or_else(|| {
            let report = &first.fit.report;
            Metric::of_score(&report.train, report.loss)
        });
        // a metric that these scores do not have is an error before the folds, too
        metric.value(&first.fit.report.train)?;
        let complete = match self.runner {
            Some(runner) => {
                let scores = runner.run(splits.len(), betas, metric);
                scores.into_iter().flatten().collect()
            }
            None => self.run_folds(betas, metric, shared, work)?,
        };
        let whole = |scores: &Vec<f64>| scores.len() == betas.len();
        let complete: Vec<Vec<f64>> = complete.into_iter().filter(whole).collect();
        if complete.len() < 2 {
            return Ok(None);
        }
        let scores: Vec<FoldScores> = (0..betas.len())
            .map(|k| FoldScores::of(complete.iter().map(|scores| scores[k]).collect()))
            .collect();
        let candidates = scores.iter().zip(steps).map(|(scores, step)| Candidate {
            mean: scores.mean,
            se: scores.se,
            neurons: step.fit.report.neurons,
        });
        let candidates: Vec<Candidate> = candidates.collect();
        let at = self
            .plan
            .rule
            .choose(&candidates, metric.larger_is_better());
        Ok(at.map(|at| Choice {
            at,
            scores: Some((metric, scores)),
        }))
    }

    /// The scores of the folds, run side by side as far as the memory allows.
    fn run_folds(
        &self,
        betas: &[f64],
        metric: Metric,
        shared: &Shared<'_>,
        work: &mut Work,
    ) -> Result<Vec<Vec<f64>>, FitError> {
        let splits = &self.folds.splits;
        let settings = fold_step(self.settings.get())?;
        let course = Course {
            train: self.train,
            betas,
            metric,
            settings: &settings,
            folds: splits.len(),
        };
        let mut runs: Vec<FoldRun<'_>> = splits
            .iter()
            .enumerate()
            .map(|(fold, split)| (fold, split, None))
            .collect();
        for beside in runs.chunks_mut(self.beside()) {
            for_each_mut(beside, |_, (fold, split, run)| {
                *run = Some(course.run(*fold, split, self.control, shared));
            });
        }
        let mut scores = Vec::new();
        for (_, _, run) in runs {
            let Some(fold) = run.transpose()? else {
                continue;
            };
            *work += fold.work;
            scores.push(fold.scores);
        }
        Ok(scores)
    }

    /// Folds that run side by side: as many as have room.
    fn beside(&self) -> usize {
        /// Copies of a fold's rows: as read, preprocessed, in the solver's coordinates in two
        /// precisions.
        const COPIES: usize = 4;
        // folds of sparse rows take memory by their neurons, and share the cores within
        if self.train.sparse().is_some() {
            return 1;
        }
        let rows = self.train.n_samples() * (self.train.n_features() + 1);
        #[expect(clippy::cast_precision_loss, reason = "compared with a limit")]
        let bytes = (COPIES * rows * size_of::<f64>()).max(1) as f64;
        let limit = self.settings.get().programme.memory_limit;
        (1..self.folds.splits.len().max(1))
            .rev()
            .map(|k| k + 1)
            .find(|k| {
                #[expect(clippy::cast_precision_loss, reason = "a few")]
                let k = *k as f64;
                k * bytes <= limit
            })
            .unwrap_or(1)
    }

    /// A network of the path as the end of a run that a limit ended.
    fn cut_short(&self, mut fit: Fit, (begun, prepared): (f64, f64)) -> Fit {
        let total = self.control.seconds();
        fit.report.status = match self.control.halt() {
            Some(Halt::TimeLimit) => Status::TimeLimit,
            Some(Halt::Interrupted) | None => Status::Interrupted,
        };
        fit.report.seconds = Seconds {
            total,
            read: begun,
            setup: prepared - begun,
            path: total - prepared,
            ..Seconds::default()
        };
        fit
    }

    /// The settings of the search, beside those of the fit.
    fn describe(&self, settings: &mut serde_json::Map<String, Value>) {
        let plan = self.plan;
        for (key, value) in [
            ("betas", json!(plan.betas.count())),
            ("folds", json!(plan.folds)),
            ("grouped", json!(plan.groups.is_some())),
            ("rule", json!(plan.rule)),
            ("metric", json!(plan.metric)),
        ] {
            settings.insert(key.to_owned(), value);
        }
    }
}

fn is_cut_short(control: &Control<'_>, shared: &Shared<'_>) -> bool {
    control.halt().is_some() || shared.is_stopped()
}

/// The index of the penalty nearest to `wanted`, by their ratio; the last without one.
fn nearest(betas: &[f64], wanted: Option<f64>) -> usize {
    let last = betas.len().saturating_sub(1);
    let Some(wanted) = wanted.filter(|beta| *beta > 0.0) else {
        return last;
    };
    let distance = |beta: f64| (beta / wanted).ln().abs();
    (0..betas.len())
        .min_by(|&a, &b| distance(betas[a]).total_cmp(&distance(betas[b])))
        .unwrap_or(last)
}
