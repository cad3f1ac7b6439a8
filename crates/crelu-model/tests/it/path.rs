//! Paths of penalties, and the choice of one by cross-validation.

use std::sync::atomic::{AtomicUsize, Ordering};

use crelu_model::path::{
    Betas, Candidate, EarlyStop, FoldRunner, Metric, PathProgress, PathSettings, Rule, Split,
    fit_early, fit_path, fit_path_with, fold_scores,
};
use crelu_model::{
    Activation, CheckedFitSettings, Clock, Control, Dataset, Fit, FitError, FitObserver,
    FitSettings, LossChoice, Model, Progress, Prove, Setting, Status, TargetColumn, Task,
    TrainMode, fit,
};
use faer::Mat;
use testkit::regression;

use crate::data::{class_set, on_patterns, regression_set};

/// A step of a path is at most this far above a fit of its own, relatively, and, since that is itself
/// settled within 1e-3 and thinned, not further below.
const LOOSE: f64 = 1e-2;
/// Sums of another number of threads.
const THREADS: f64 = 1e-6;

fn run(data: &Dataset, settings: FitSettings, plan: &PathSettings) -> Fit {
    let settings = settings.prove(Prove::Never).check().unwrap();
    fit_path(data, None, &settings, plan, &Control::default(), &mut ()).unwrap()
}

fn short() -> PathSettings {
    PathSettings::default().betas(Betas::of_count(5)).folds(3)
}

/// That a report's path and choice agree with each other and with the model.
fn check_path(fit: &Fit, plan: &PathSettings, count: usize) {
    let report = &fit.report;
    let (path, cv) = (report.path.as_ref().unwrap(), report.cv.unwrap());
    assert_eq!(path.len(), count);
    let candidates: Vec<Candidate> = path
        .iter()
        .map(|entry| {
            let scores = entry.cv.as_ref().unwrap();
            let k = scores.folds.len() as f64;
            let mean = scores.folds.iter().sum::<f64>() / k;
            let squares: f64 = scores.folds.iter().map(|s| (s - mean).powi(2)).sum();
            let se = (squares / (k - 1.0)).sqrt() / k.sqrt();
            assert!((scores.mean - mean).abs() <= 1e-12 * mean.abs().max(1.0));
            assert!((scores.se - se).abs() <= 1e-12 * se.max(1.0));
            let neurons = entry.neurons;
            Candidate { mean, se, neurons }
        })
        .collect();
    for pair in path.windows(2) {
        assert!(pair[0].beta > pair[1].beta);
        assert!(pair[0].objective >= pair[1].objective, "{pair:?}");
    }
    let at = plan.rule.choose(&candidates, cv.metric.larger_is_better());
    assert_eq!(cv.chosen, path[at.unwrap()].beta);
    assert_eq!((report.beta, fit.model.beta), (cv.chosen, cv.chosen));
    assert_eq!(cv.rule, plan.rule);
}

#[test]
fn path_is_near_fits_of_its_own_at_each_penalty() {
    let (regression, classes) = (regression_set(51, 120, 4), class_set(52, 100, 3));
    for (data, settings) in [
        (&regression, crate::data::squared()),
        (&classes, crate::data::squared()),
        (&regression, on_patterns().n_patterns(30)),
        (
            &classes,
            crate::data::squared()
                .activation(Activation::Gated)
                .n_patterns(30),
        ),
    ] {
        let plan = short();
        let found = run(data, settings.clone(), &plan);
        check_path(&found, &plan, 5);
        for entry in found.report.path.as_ref().unwrap() {
            let alone = settings.clone().beta(entry.beta).prove(Prove::Never);
            let alone = fit(
                data,
                None,
                &alone.check().unwrap(),
                &Control::default(),
                &mut (),
            );
            let alone = alone.unwrap().report.objective_network;
            let apart = entry.objective / alone - 1.0;
            assert!(
                apart.abs() <= LOOSE,
                "{settings:?}, {}: {apart:e}",
                entry.beta
            );
        }
        // the refit is as tight as a fit of its own
        let alone = settings.clone().beta(found.report.beta).prove(Prove::Never);
        let alone = fit(
            data,
            None,
            &alone.check().unwrap(),
            &Control::default(),
            &mut (),
        )
        .unwrap();
        let apart = found.report.objective_network / alone.report.objective_network - 1.0;
        assert!(apart <= 2e-3, "{settings:?}: {apart:e}");
        assert_eq!(
            found.report.status.is_converged(),
            alone.report.status.is_converged()
        );
    }
}

#[test]
fn path_takes_less_work_than_fits_at_its_smallest_penalty() {
    let data = regression_set(53, 200, 5);
    let of_20 = PathSettings::default().betas(Betas::of_count(20));
    let of_10 = PathSettings::default();
    for (plan, most) in [(of_20, 4.0 + 5.0 * 4.0), (of_10, 12.0)] {
        let found = run(&data, crate::data::squared(), &plan);
        let smallest = found.report.path.as_ref().unwrap().last().unwrap().beta;
        let alone = crate::data::squared()
            .beta(smallest)
            .prove(Prove::Never)
            .check();
        let alone = fit(&data, None, &alone.unwrap(), &Control::default(), &mut ()).unwrap();
        let share = found.report.work.unwrap().flops / alone.report.work.unwrap().flops;
        assert!(share <= most, "{share}");
    }
}

#[test]
fn folds_know_nothing_of_rows_that_they_do_not_have() {
    let (x, y) = regression(54, 90, 3);
    // the last thirty rows are in no fold; in the other set they are another world
    let far = Mat::from_fn(3, 90, |k, j| {
        if j < 60 {
            x[(k, j)]
        } else {
            50.0 + 9.0 * x[(k, j)]
        }
    });
    let apart: Vec<f64> = (0..90)
        .map(|j| if j < 60 { y[j] } else { 7.0 - y[j] })
        .collect();
    let rows = |from: usize, to: usize| (from..to).collect::<Vec<_>>();
    let splits = vec![
        Split {
            train: rows(0, 30),
            held_out: rows(30, 60),
        },
        Split {
            train: rows(30, 60),
            held_out: rows(0, 30),
        },
    ];
    for settings in [crate::data::squared(), on_patterns().n_patterns(20)] {
        let scores = |x: &Mat<f64>, y: &[f64]| {
            let data = Dataset::from_columns(x.clone(), TargetColumn::numbers(y.to_vec())).unwrap();
            let betas = Betas::Given(vec![0.3, 0.03]);
            let plan = PathSettings::default().betas(betas).splits(splits.clone());
            let path = run(&data, settings.clone(), &plan).report.path.unwrap();
            let folds = |k: usize| path[k].cv.clone().unwrap().folds;
            ([folds(0), folds(1)], path[1].objective)
        };
        let (here, there) = (scores(&x, &y), scores(&far, &apart));
        assert_eq!(here.0, there.0);
        assert!((here.1 - there.1).abs() > 1e-3 * here.1);
    }
}

#[test]
fn path_is_the_same_on_other_numbers_of_threads() {
    let data = class_set(55, 80, 3);
    for settings in [crate::data::squared(), on_patterns().n_patterns(20)] {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| run(&data, settings.clone(), &short().metric(Metric::Loss)))
        };
        let (one, again, four) = (on(1), on(1), on(4));
        assert_eq!(one.model.to_bytes(), again.model.to_bytes());
        assert_eq!(one.report.path, again.report.path);
        assert_eq!(one.report.cv, four.report.cv);
        let paths = [one, four].map(|fit| fit.report.path.unwrap());
        for (a, b) in paths[0].iter().zip(&paths[1]) {
            assert!((a.objective - b.objective).abs() <= THREADS * a.objective);
            let (a, b) = (a.cv.as_ref().unwrap(), b.cv.as_ref().unwrap());
            for (a, b) in a.folds.iter().zip(&b.folds) {
                assert!((a - b).abs() <= THREADS, "{a} {b}");
            }
        }
    }
}

#[test]
fn rules_and_metrics_are_those_asked_for() {
    let data = class_set(56, 90, 3);
    for (rule, metric, expected) in [
        (Rule::Best, None, Metric::Accuracy),
        (Rule::Small, Some(Metric::Brier), Metric::Brier),
        (Rule::OneSe, Some(Metric::LogLoss), Metric::LogLoss),
    ] {
        let plan = short().rule(rule).metric(metric);
        let found = run(&data, crate::data::squared(), &plan);
        check_path(&found, &plan, 5);
        assert_eq!(found.report.cv.unwrap().metric, expected);
    }
    let plan = short().metric(Metric::R2);
    let settings = crate::data::squared().check().unwrap();
    let refused = fit_path(&data, None, &settings, &plan, &Control::default(), &mut ());
    assert!(
        matches!(
            refused,
            Err(FitError::Setting {
                setting: Setting::Metric,
                ..
            })
        ),
        "{refused:?}"
    );
}

/// Keeps what was said of folds and choices; ends the run at a step.
#[derive(Default)]
struct Listener {
    few: Vec<String>,
    folds: Vec<usize>,
    steps: usize,
    last_step: Option<usize>,
    cut: bool,
}

impl FitObserver for Listener {
    fn progress(&mut self, progress: Progress<'_>) -> bool {
        match progress {
            Progress::Path(PathProgress::Folds { count, why }) => {
                self.folds.push(count);
                self.few.extend(why.map(ToString::to_string));
            }
            Progress::Path(PathProgress::Step { .. }) => self.steps += 1,
            Progress::Path(PathProgress::Cut { .. }) => self.cut = true,
            _ => {}
        }
        self.last_step.is_none_or(|last| self.steps < last)
    }
}

fn labels(text: &[&str]) -> TargetColumn {
    TargetColumn::labels(text.iter().map(|label| (*label).to_owned()).collect())
}

#[test]
fn folds_that_cannot_be_leave_a_plain_fit_and_say_why() {
    let line = |n: usize| Mat::from_fn(1, n, |_, j| j as f64);
    let rare = Dataset::from_columns(line(5), labels(&["a", "b", "b", "b", "b"])).unwrap();
    let one = Dataset::from_columns(line(1), TargetColumn::numbers(vec![3.0])).unwrap();
    let apart = Dataset::from_columns(line(6), labels(&["a", "a", "b", "b", "b", "b"])).unwrap();
    let plan = PathSettings::default();
    let grouped = plan.clone().groups(vec![0, 0, 1, 2, 3, 4]);
    let single = plan.clone().groups(vec![7; 6]);
    for (data, plan, why) in [
        (&rare, &plan, "class 'a' has 1 row"),
        (&one, &plan, "the data have 1 row"),
        (&apart, &grouped, "all rows of class 'a'"),
        (&apart, &single, "the data have 1 group"),
    ] {
        let mut listener = Listener::default();
        let settings = crate::data::squared().check().unwrap();
        let found = fit_path(
            data,
            None,
            &settings,
            plan,
            &Control::default(),
            &mut listener,
        )
        .unwrap();
        assert_eq!((listener.folds, listener.steps), (vec![0], 0));
        assert!(listener.few[0].starts_with(why), "{:?}", listener.few);
        assert!(found.report.path.is_none() && found.report.cv.is_none());
        let plain = settings.get().clone().beta_frac(0.02).check().unwrap();
        let plain = fit(data, None, &plain, &Control::default(), &mut ()).unwrap();
        assert_eq!(found.model.to_bytes(), plain.model.to_bytes());
        // a path for its own sake is still there, and its model at the plain penalty
        let always = plan.clone().always(true);
        let found = fit_path(data, None, &settings, &always, &Control::default(), &mut ()).unwrap();
        assert!(found.report.cv.is_none());
        assert_eq!(found.report.beta, plain.report.beta);
    }
    // fewer folds than were asked for
    let few = Dataset::from_columns(line(6), labels(&["a", "b", "b", "a", "b", "b"])).unwrap();
    let mut listener = Listener::default();
    let settings = crate::data::squared().check().unwrap();
    let found = fit_path(
        &few,
        None,
        &settings,
        &plan,
        &Control::default(),
        &mut listener,
    )
    .unwrap();
    assert_eq!(listener.folds, [2]);
    assert_eq!(listener.few, ["class 'a' has 2 rows"]);
    assert_eq!(found.report.cv.unwrap().folds, 2);
}

#[test]
fn path_where_no_penalty_matters_is_the_zero_network() {
    let twice = Mat::from_fn(1, 8, |_, j| (j / 2) as f64);
    let torn = TargetColumn::numbers((0..8).map(|j| (j % 2) as f64).collect());
    let torn = Dataset::from_columns(twice, torn).unwrap();
    let flat = TargetColumn::numbers(vec![2.5; 12]);
    let flat = Dataset::from_columns(Mat::from_fn(1, 12, |_, j| j as f64), flat).unwrap();
    for (data, task) in [
        (&torn, Task::Classify),
        (&torn, Task::Regress),
        (&flat, Task::Regress),
    ] {
        for mode in [TrainMode::Global, TrainMode::Sampled] {
            let settings = crate::data::squared().task(task).train(mode);
            let found = run(data, settings, &short());
            assert_eq!(
                (found.report.status, found.report.neurons),
                (Status::Converged, 0)
            );
            assert!(found.report.path.is_none() && found.report.cv.is_none());
        }
    }
}

#[test]
fn path_with_gates_or_a_start_is_trained_with_them() {
    let data = regression_set(57, 60, 3);
    let gates = Mat::from_fn(4, 12, |k, j| ((k * 7 + j * 5) % 11) as f64 - 5.0);
    let found = run(&data, on_patterns().gates(gates), &short());
    check_path(&found, &short(), 5);
    assert!(found.report.patterns <= 12);
    let start = run(&data, crate::data::squared(), &short()).model.network;
    let from = run(&data, crate::data::squared().init(start), &short());
    check_path(&from, &short(), 5);
    let small = run(&data, crate::data::squared().max_neurons(3), &short());
    assert!(
        small
            .report
            .path
            .unwrap()
            .iter()
            .all(|entry| entry.neurons <= 3)
    );
}

/// A second later at every look.
#[derive(Default)]
struct Steps(AtomicUsize);

impl Clock for Steps {
    fn seconds(&self) -> f64 {
        self.0.fetch_add(1, Ordering::Relaxed) as f64
    }
}

/// Limits that are tried, spread over a run.
const LIMITS: usize = 10;

#[test]
fn path_at_a_limit_leaves_a_usable_model() {
    let data = regression_set(58, 60, 3);
    for settings in [crate::data::squared(), on_patterns().n_patterns(15)] {
        let settings = settings.check().unwrap();
        let all = Steps::default();
        let control = Control::with_clock(&all).deadline(None);
        fit_path(&data, None, &settings, &short(), &control, &mut ()).unwrap();
        let looks = all.0.load(Ordering::Relaxed);
        let mut with_path = 0;
        for part in 0..LIMITS {
            let clock = Steps::default();
            let limit = (looks * part / LIMITS) as f64;
            let control = Control::with_clock(&clock).deadline(Some(limit));
            let found = fit_path(&data, None, &settings, &short(), &control, &mut ()).unwrap();
            let report = &found.report;
            assert_eq!(report.status, Status::TimeLimit, "{part}");
            assert!(Model::from_bytes(&found.model.to_bytes()).is_ok());
            let zero = crate::data::squared().beta_frac(2.0).check().unwrap();
            let zero = fit(&data, None, &zero, &Control::default(), &mut ()).unwrap();
            assert!(report.objective_network <= zero.report.objective_network * (1.0 + 1e-12));
            let parts = report.seconds.parts();
            assert!((parts - report.seconds.total).abs() <= 1e-9 * parts.max(1.0) + 12.0);
            let path = report.path.iter().flatten();
            with_path += usize::from(path.clone().count() > 0);
            if let Some(cv) = report.cv {
                assert!(path.clone().any(|entry| entry.beta == cv.chosen));
            }
        }
        assert!(with_path >= LIMITS / 2, "{with_path}");
    }
}

#[test]
fn path_that_its_observer_ends_is_interrupted() {
    let data = regression_set(59, 60, 3);
    let settings = crate::data::squared().check().unwrap();
    for last in [1, 3, 5, 8] {
        let mut listener = Listener {
            last_step: Some(last),
            ..Listener::default()
        };
        let found = fit_path(
            &data,
            None,
            &settings,
            &short(),
            &Control::default(),
            &mut listener,
        )
        .unwrap();
        assert_eq!(found.report.status, Status::Interrupted, "{last}");
        assert!(found.report.cv.is_none() && listener.cut);
        assert_eq!(found.report.path.unwrap().len(), last.min(5));
        assert!(found.report.neurons > 0);
    }
}

#[test]
fn path_settings_out_of_range_are_refused() {
    let data = regression_set(60, 30, 2);
    let settings = crate::data::squared().check().unwrap();
    let splits = |rows: [(&[usize], &[usize]); 2]| {
        let split = |(train, held): (&[usize], &[usize])| Split {
            train: train.to_vec(),
            held_out: held.to_vec(),
        };
        PathSettings::default().splits(rows.map(split).to_vec())
    };
    for plan in [
        PathSettings::default().folds(1),
        PathSettings::default().betas(Betas::of_count(1)),
        PathSettings::default().betas(Betas::Given(vec![f64::NAN])),
        PathSettings::default().groups(vec![0; 29]),
        PathSettings::default().splits(vec![]),
        splits([(&[0, 1], &[2]), (&[0, 1], &[30])]),
        splits([(&[0, 1], &[1]), (&[0], &[2])]),
        splits([(&[], &[1]), (&[0], &[2])]),
    ] {
        let refused = fit_path(&data, None, &settings, &plan, &Control::default(), &mut ());
        assert!(
            matches!(
                refused,
                Err(FitError::Setting { .. } | FitError::Shape { .. })
            ),
            "{plan:?}"
        );
    }
}

/// Runs folds one by one as another machine would, but for those that it loses.
struct Elsewhere<'a> {
    data: &'a Dataset,
    settings: &'a CheckedFitSettings,
    plan: &'a PathSettings,
    lost: &'a [usize],
}

impl FoldRunner for Elsewhere<'_> {
    fn run(&self, folds: usize, betas: &[f64], metric: Metric) -> Vec<Option<Vec<f64>>> {
        let (settings, plan, control) = (self.settings, self.plan, Control::default());
        let scores =
            |fold| fold_scores(self.data, settings, plan, fold, betas, metric, &control).unwrap();
        let is_there = |fold: &usize| !self.lost.contains(fold);
        (0..folds)
            .map(|fold| Some(fold).filter(is_there).map(scores))
            .collect()
    }
}

#[test]
fn folds_run_elsewhere_choose_what_folds_here_do() {
    let (regression, classes) = (regression_set(57, 90, 3), class_set(58, 80, 3));
    for (data, plan) in [
        (&regression, short()),
        (
            &classes,
            short().groups((0..80).map(|row| row % 16).collect::<Vec<_>>()),
        ),
    ] {
        let settings = FitSettings::default().prove(Prove::Never).check().unwrap();
        let with = |lost: &[usize]| {
            let elsewhere = Elsewhere {
                data,
                settings: &settings,
                plan: &plan,
                lost,
            };
            let (runner, control) = (Some(&elsewhere as &dyn FoldRunner), Control::default());
            fit_path_with(data, None, &settings, &plan, runner, &control, &mut ()).unwrap()
        };
        let here = fit_path(data, None, &settings, &plan, &Control::default(), &mut ()).unwrap();
        let there = with(&[]);
        assert_eq!(there.report.path, here.report.path);
        assert_eq!(there.report.cv, here.report.cv);
        assert_eq!(there.model, here.model);
        // a fold that is lost has no part in the choice; of one alone there is none
        let two = with(&[1]);
        assert_eq!(two.report.cv.map(|cv| cv.folds), Some(2));
        assert_eq!(with(&[0, 2]).report.cv, None);
        let beyond = fold_scores(
            data,
            &settings,
            &plan,
            3,
            &[0.1],
            Metric::Loss,
            &Control::default(),
        );
        assert!(matches!(
            beyond,
            Err(FitError::Setting {
                setting: Setting::Folds,
                ..
            })
        ));
    }
}

#[test]
fn path_leaves_out_rows_of_weight_zero() {
    // every third row weighs nothing, and all rows of one class are among them
    let n = 60;
    let mut x = Vec::new();
    let (mut y, mut weights, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..n {
        let t = f64::from(i) / 10.0;
        x.extend([t.sin(), (3.0 * t).cos()]);
        y.push(if i % 3 == 0 { 7.0 } else { f64::from(i % 2) });
        weights.push(if i % 3 == 0 { 0.0 } else { 1.0 });
        groups.push(i as usize / 6);
    }
    let kept: Vec<usize> = (0..n as usize).filter(|i| i % 3 != 0).collect();
    let all = Dataset::from_rows(&x, n as usize, 2, TargetColumn::numbers(y)).unwrap();
    let part = all.select(&kept);
    let all = all.with_weights(Some(weights)).unwrap();
    let settings = FitSettings::default().task(Task::Classify);
    let of = |data: &Dataset, groups: Vec<usize>| {
        run(data, settings.clone(), &short().groups(Some(groups)))
    };
    let those = kept.iter().map(|&i| groups[i]).collect();
    let (whole, alone) = (of(&all, groups), of(&part, those));
    assert_eq!(whole.report.n, kept.len());
    assert_eq!(whole.report.cv, alone.report.cv);
    assert_eq!(whole.report.path, alone.report.path);
    assert_eq!(whole.model.to_bytes(), alone.model.to_bytes());
}

#[test]
fn path_of_huber_leaves_out_a_fold_whose_target_is_constant() {
    // one row differs, and only the folds that train on it have anything to learn
    let n = 12;
    let x: Vec<f64> = (0..2 * n).map(|i| f64::from(i * 7 % 11)).collect();
    let y = (0..n).map(|i| if i == 5 { 3.0 } else { 1.0 }).collect();
    let data = Dataset::from_rows(&x, n as usize, 2, TargetColumn::numbers(y)).unwrap();
    let huber = FitSettings::default().loss(LossChoice::Huber);
    let fit = run(&data, huber, &short());
    assert_eq!(fit.report.cv.unwrap().folds, 2);
}

#[test]
fn fit_early_that_a_limit_of_iterations_ends_says_so() {
    let (data, held_out) = (regression_set(61, 60, 3), regression_set(62, 40, 3));
    let how = EarlyStop::default().patience(50);
    for (limit, settings) in [
        (
            true,
            on_patterns().n_patterns(20).max_iters(3).check_every(1),
        ),
        (false, on_patterns().n_patterns(20).beta_frac(0.1)),
        (
            true,
            crate::data::squared()
                .max_iters(2)
                .thorough(true)
                .beta_frac(1e-3),
        ),
    ] {
        let settings = settings.check().unwrap();
        let control = Control::default();
        let fit = fit_early(&data, &held_out, None, &settings, how, &control, &mut ()).unwrap();
        assert!(!fit.report.early_stop.unwrap().stopped);
        let want = if limit {
            Status::IterationLimit
        } else {
            Status::Settled
        };
        assert_eq!(fit.report.status, want);
    }
}
