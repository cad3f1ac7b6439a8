//! A limit or an interruption in every phase of a fit leaves a usable model, and little is done
//! after it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crelu_model::{
    Activation, Clock, Control, Dataset, Fit, FitObserver, FitSettings, Model, Precision,
    PrimalChoice, Progress, Splitting, Status, TargetColumn, Task, TrainMode, fit, preprocess,
};

use testkit::regression;

/// A second later at every look: a limit of `k` seconds strikes at the k-th question or reading.
#[derive(Default)]
struct Steps(AtomicUsize);

impl Steps {
    fn looks(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clock for Steps {
    fn seconds(&self) -> f64 {
        self.0.fetch_add(1, Ordering::Relaxed) as f64
    }
}

/// What a fit begins after its limit.
struct After<'a> {
    clock: &'a Steps,
    limit: usize,
    iterations: usize,
    proofs: usize,
}

impl FitObserver for After<'_> {
    fn progress(&mut self, progress: Progress<'_>) -> bool {
        if self.clock.looks() > self.limit {
            match progress {
                Progress::Iteration(_) => self.iterations += 1,
                Progress::Doing("proving a bound") => self.proofs += 1,
                _ => {}
            }
        }
        true
    }
}

/// Limits that are tried of each kind of run, spread over its looks.
const LIMITS: usize = 24;
/// Looks after the limit: a block, tile or stripe that is passed over is a look, and so is every
/// reading for the report.
const MOST_LOOKS: usize = 400;

fn data(n: usize, d: usize, seed: u64) -> Dataset {
    let (x, y) = regression(seed, n, d);
    let labels = y.iter().map(|y| f64::from(u8::from(*y > 0.0))).collect();
    Dataset::from_columns(x, TargetColumn::numbers(labels)).unwrap()
}

fn limited(train: &Dataset, settings: &FitSettings, limit: usize, name: &str) -> (Fit, usize) {
    let clock = Steps::default();
    let control = Control::with_clock(&clock).deadline(limit as f64);
    let mut after = After {
        clock: &clock,
        limit,
        iterations: 0,
        proofs: 0,
    };
    let checked = settings.clone().check().unwrap();
    let fit = fit(train, Some(train), &checked, &control, &mut after)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(after.iterations <= 1, "{name}: {}", after.iterations);
    assert_eq!(after.proofs, 0, "{name}");
    (fit, clock.looks())
}

/// The model can be stored, read and used, and is at least as good as the zero network.
fn assert_usable(fit: &Fit, train: &Dataset, name: &str) {
    let bytes = fit.model.to_bytes();
    let model = Model::from_bytes(&bytes).unwrap();
    assert_eq!(model.to_bytes(), bytes, "{name}");
    let inputs = preprocess(train.features(), model.standardisation.as_ref(), model.bias);
    let outputs = model.network.outputs(inputs.matrix());
    let labels = train.target().values.as_ref().unwrap();
    let right = outputs
        .iter()
        .zip(labels)
        .filter(|(f, label)| (**f >= 0.0) == (**label > 0.0))
        .count();
    let report = &fit.report;
    let accuracy = right as f64 / labels.len() as f64;
    assert!(
        (report.train.accuracy().unwrap() - accuracy).abs() < 1e-9,
        "{name}"
    );
    assert_eq!(report.test, Some(report.train), "{name}");
    // labels are coded as -1 and 1: J of the zero network is a half
    let objective = report.objective_network;
    assert!(
        objective > 0.0 && objective <= 0.5 * (1.0 + 1e-12),
        "{name}: {objective}"
    );
    assert!(
        report.dual_bound <= objective && report.gap >= 0.0,
        "{name}"
    );
    if report.neurons == 0 {
        assert!((objective - 0.5).abs() < 1e-12, "{name}: {objective}");
    }
}

/// Limits over the whole course of a run; how often the fit had a network by then.
fn try_limits(train: &Dataset, settings: &FitSettings, name: &str) -> usize {
    let (whole, looks) = limited(train, settings, usize::MAX >> 12, name);
    assert_usable(&whole, train, name);
    let mut trained = 0;
    for k in 0..LIMITS {
        // denser at the beginning, where the data are prepared
        let limit = looks * k * k / (LIMITS * LIMITS);
        let name = format!("{name}, limit {limit} of {looks}");
        let (fit, ended) = limited(train, settings, limit, &name);
        assert!(ended <= limit + MOST_LOOKS, "{name}: {ended} looks");
        assert_usable(&fit, train, &name);
        // after the training there is the proof: what was trained keeps its name
        let known = [Status::TimeLimit, whole.report.status];
        assert!(
            known.contains(&fit.report.status),
            "{name}: {:?}",
            fit.report.status
        );
        if limit == 0 {
            assert_eq!(fit.report.status, Status::TimeLimit, "{name}");
            assert_eq!(
                (fit.report.neurons, fit.report.proof.is_none()),
                (0, true),
                "{name}"
            );
        }
        trained += usize::from(fit.report.neurons > 0);
    }
    trained
}

fn sampled() -> FitSettings {
    crate::data::squared()
        .train(TrainMode::Sampled)
        .task(Task::Classify)
        .n_patterns(12)
        .beta_frac(0.01)
        .max_iters(60)
        .tol(1e-9)
}

#[test]
fn sampled_fit_hears_a_limit_in_every_phase() {
    let (tall, wide) = (data(90, 5, 301), data(30, 70, 302));
    for activation in [Activation::Relu, Activation::Gated] {
        for (train, shape) in [(&tall, "tall"), (&wide, "wide")] {
            let name = format!("{activation:?} {shape}");
            let trained = try_limits(train, &sampled().activation(activation), &name);
            assert!(trained > 0, "{name}");
        }
    }
}

#[test]
fn sampled_fit_hears_a_limit_with_every_primal_step() {
    let train = data(60, 5, 303);
    for primal in PrimalChoice::ALL {
        for splitting in [Splitting::TwoBlock, Splitting::ThreeBlock] {
            let mut settings = sampled().n_patterns(6).max_iters(15);
            (settings.programme.primal, settings.programme.splitting) = (primal, splitting);
            if settings.clone().check().is_err() {
                continue;
            }
            try_limits(&train, &settings, &format!("{primal:?} {splitting:?}"));
        }
    }
    let mut settings = sampled();
    settings.programme.precision = Precision::Mixed;
    try_limits(&train, &settings, "mixed");
    settings.programme.precision = Precision::F32;
    try_limits(&train, &settings, "f32");
}

#[test]
fn global_fit_hears_a_limit_in_every_phase() {
    for (train, shape) in [(data(90, 5, 304), "tall"), (data(30, 70, 305), "wide")] {
        let settings = crate::data::squared()
            .train(TrainMode::Global)
            .task(Task::Classify)
            .beta_frac(0.05)
            .ascents(40)
            .max_iters(4);
        let trained = try_limits(&train, &settings, &format!("global {shape}"));
        assert!(trained > 0, "{shape}");
    }
}

#[test]
fn interrupted_fit_before_its_first_step_is_the_zero_network_and_says_so() {
    let train = data(40, 4, 306);
    let flag = AtomicBool::new(true);
    let control = Control::default().interrupt(&flag);
    for mode in [TrainMode::Sampled, TrainMode::Global] {
        for activation in [Activation::Relu, Activation::Gated] {
            if mode == TrainMode::Global && activation == Activation::Gated {
                continue;
            }
            let settings = crate::data::squared()
                .train(mode)
                .task(Task::Classify)
                .activation(activation)
                .beta(0.01);
            let settings = settings.check().unwrap();
            let fit = fit(&train, Some(&train), &settings, &control, &mut ()).unwrap();
            assert_usable(&fit, &train, "interrupted");
            assert_eq!(fit.report.status, Status::Interrupted);
            assert_eq!((fit.report.neurons, fit.report.beta), (0, 0.01));
            assert_eq!((fit.report.n, fit.report.d), (40, 5));
            assert!(fit.report.history.is_empty());
        }
    }
}
