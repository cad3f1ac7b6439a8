use std::sync::Arc;

use admm::Status;
use crelu_bound::{BoundError, CertificateFile, ProofProgress};
use faer::{Accum, Mat, MatRef};
use linalg_core::{Control, Halt, LinalgError, RowSpace, product};

use crate::dataset::Dataset;
use crate::error::{FitError, Subject};
use crate::model::Model;
use crate::path::{EarlyStop, EarlyStopped, PathProgress, Watch};
use crate::prepared::Prepared;
use crate::report::{HistoryEntry, PrimalUsed, Report, Seconds, TrainMode, Training};
use crate::settings::{Beta, CheckedFitSettings, PatternSource};
use crate::user_units::{UserUnits, fit_out};
use crate::zero_fit::{is_halt, optimal_zero_fit, zero_fit};
use crelu_convex::gates::{Patterns, sample_within};
use crelu_convex::{self, Activation, Check, Observer, Programme, WarmStart};
use crelu_core::Network;

/// A trained model and what is known about it.
#[derive(Debug, Clone)]
pub struct Fit {
    /// The model.
    pub model: Model,
    /// The report.
    pub report: Report,
    /// The certificate of the report's proven bound, for the rows in the order given.
    pub certificate: Option<CertificateFile>,
}

/// Where a fit stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress<'a> {
    /// A step has begun that may take its time: what it does, in a few words.
    Doing(&'static str),
    /// The data are prepared: rows, columns, patterns, and `beta`.
    Prepared {
        /// Rows.
        n: usize,
        /// Columns, the bias among them.
        d: usize,
        /// Patterns; none where neurons are generated.
        patterns: Option<usize>,
        /// The penalty.
        beta: f64,
    },
    /// An iteration is over.
    Iteration(usize),
    /// A check is over.
    Check(&'a HistoryEntry),
    /// A better bound over all networks is proven.
    Proven {
        /// The bound on `J`.
        bound: f64,
        /// The relative gap of the network to it.
        gap: f64,
    },
    /// A step of a path, or of the choice from it.
    Path(PathProgress<'a>),
    /// A proof is left out, or made in another way.
    Proof(ProofProgress),
    /// There is no proof, and why.
    NoProof(&'static str),
}

impl Fit {
    /// A fit of the rows `kept` as one of all of them.
    pub(crate) fn rows_of_all(mut self, kept: &[usize]) -> Self {
        let rows = self.certificate.iter_mut().flat_map(|c| &mut c.rows);
        for row in rows {
            *row = kept.get(*row).copied().unwrap_or(*row);
        }
        self
    }
}

/// The caller's eye on a fit.
pub trait FitObserver {
    /// Told after every step; `false` ends the fit with the best network so far.
    fn progress(&mut self, progress: Progress<'_>) -> bool;
}

impl FitObserver for () {
    fn progress(&mut self, _progress: Progress<'_>) -> bool {
        true
    }
}

/// Trains on `train`, scores on `test` too if there is one.
///
/// The clock of `control` should start with the program: `seconds.total` and its limit are read
/// on it. A limit or interruption ends with the best network so far, which is at least as good as
/// the zero network.
///
/// # Errors
/// [`FitError`] where there is no model.
pub fn fit(
    train: &Dataset,
    test: Option<&Dataset>,
    settings: &CheckedFitSettings,
    control: &Control<'_>,
    observer: &mut dyn FitObserver,
) -> Result<Fit, FitError> {
    let begun = control.seconds();
    match trained(train, test, settings, control, observer) {
        // rows of weight 0 left before anything
        Ok(fit) => Ok(match train.weighing_rows() {
            Some(kept) => fit.rows_of_all(&kept),
            None => fit,
        }),
        Err(error) if is_halt(&error) => {
            let halt = control.halt().unwrap_or(Halt::Interrupted);
            zero_fit(train, test, settings, halt, begun, control)
        }
        ended => ended,
    }
}

fn trained(
    train: &Dataset,
    test: Option<&Dataset>,
    settings: &CheckedFitSettings,
    control: &Control<'_>,
    observer: &mut dyn FitObserver,
) -> Result<Fit, FitError> {
    observer.progress(Progress::Doing("preparing the data"));
    let mut prepared = Prepared::of(train, test, settings.get(), control)?;
    fit_prepared(
        &mut prepared,
        &mut Carried::default(),
        settings,
        control,
        observer,
    )
}

/// What a fit hands to the next one of the same prepared data, at another penalty.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    /// Sampled mode: the set-up.
    sampled: Option<SetUp>,
    /// Sampled mode: where the programme starts.
    pub(crate) warm: Option<WarmStart>,
    /// How the rows held out end the training and choose its network; none: they do not.
    pub(crate) early: Option<EarlyStop>,
    /// What came of it.
    pub(crate) stopped: Option<EarlyStopped>,
    /// Global mode: the largest penalty of the sum.
    pub(crate) beta_max: Option<f64>,
}

impl Carried {
    /// Nothing, but how rows held out end the fit.
    pub(crate) fn stopped_by(how: EarlyStop) -> Self {
        Self {
            early: Some(how),
            ..Self::default()
        }
    }
}

/// What of a sampled fit does not depend on the penalty.
#[derive(Debug)]
struct SetUp {
    /// Its penalty is that of the last fit.
    programme: Programme,
    /// The gates in preprocessed coordinates.
    gates: Mat<f64>,
    /// Of the mean objective.
    beta_max: f64,
}

/// A fit of prepared data, from where `carried` ended.
pub(crate) fn fit_prepared(
    prepared: &mut Prepared,
    carried: &mut Carried,
    settings: &CheckedFitSettings,
    control: &Control<'_>,
    observer: &mut dyn FitObserver,
) -> Result<Fit, FitError> {
    let units = prepared.units.clone();
    let settings = &settings.in_units(&units)?;
    observer.progress(Progress::Doing("setting up"));
    let mut observer = UserUnits {
        observer,
        units: units.clone(),
    };
    if prepared.zero_is_optimal {
        let mut fit = optimal_zero_fit(prepared, settings, control, &mut observer);
        fit_out(&mut fit, &units);
        return Ok(fit);
    }
    let mut fit = match settings.get().train_in_force() {
        TrainMode::Sampled => fit_sampled(prepared, carried, settings, control, &mut observer),
        TrainMode::Global => {
            crate::fit_global::fit_global(prepared, carried, settings, control, &mut observer)
        }
    }?;
    let proven =
        crate::proof::prove_fit(prepared, settings.get(), &mut fit, control, &mut observer);
    match proven {
        // a decomposition that does not converge, or is stopped, proves nothing; the network stands
        Ok(()) | Err(FitError::Bound(BoundError::Linalg(_)) | FitError::Linalg(_)) => {}
        Err(other) => return Err(other),
    }
    fit_out(&mut fit, &units);
    Ok(fit)
}

fn fit_sampled(
    prepared: &mut Prepared,
    carried: &mut Carried,
    settings: &CheckedFitSettings,
    control: &Control<'_>,
    observer: &mut dyn FitObserver,
) -> Result<Fit, FitError> {
    let s = settings.get();
    let SetUp {
        programme,
        gates,
        beta_max,
    } = match carried.sampled.take() {
        Some(set_up) => set_up,
        None => set_up(prepared, settings, control)?,
    };
    let prepared = &*prepared;
    let Prepared { inputs, space, .. } = prepared;
    let (d, n) = (inputs.nrows(), prepared.n);
    let count = prepared.loss.mass();
    let beta = match s.beta {
        Beta::Absolute(beta) => beta,
        Beta::Fraction(fraction) => fraction * beta_max,
    };
    if !(beta * count).is_finite() {
        return Err(FitError::Range {
            what: Subject::Beta,
        });
    }
    let programme = programme.with_beta_sum(beta * count);
    let stop = !observer.progress(Progress::Prepared {
        n,
        d,
        patterns: Some(programme.n_patterns()),
        beta,
    });

    let mut recorder = Recorder {
        observer,
        programme: &programme,
        prepared,
        test: prepared.reduced_test(),
        history: Vec::new(),
        watch: carried
            .early
            .map(|how| Watch::new(how, prepared.kind.name())),
        stop,
    };
    let prepared_at = control.seconds();
    let mut solution = crelu_convex::solve(
        &programme,
        &settings.programme(),
        control,
        carried.warm.as_ref(),
        &mut recorder,
    )?;
    let solved_at = control.seconds();
    let history = recorder.history;
    let kept = match recorder.watch {
        Some(watch) => watch.end()?,
        None => None,
    };
    carried.stopped = kept.as_ref().map(|(stopped, _)| *stopped);

    solution.point = solution.point.interior(&programme);
    // ties are broken at the price of a product with all patterns
    if prepared.classify() && control.halt().is_none() {
        solution.point = solution.point.break_ties(&programme);
    }
    // the sparse copies' own network, where it is better than that of the feasible point
    let sparse = solution.network.as_ref().map(|network| network.v.as_ref());
    let v = sparse.unwrap_or(solution.point.v.as_ref());
    // or the network that the rows held out chose
    let v = kept.as_ref().map_or(v, |(_, kept)| kept.as_ref());
    let network = returned_network(&programme, v, space, &gates);
    let outputs = prepared.outputs_of(&network);
    let objective = prepared.mean_loss(&outputs) + beta * network.penalty();

    let convex = solution.point.objective / count;
    let dual_bound = solution.certificate.bound / count;
    let gap = crelu_convex::relative_gap(objective, dual_bound);
    let programme_gap = crelu_convex::relative_gap(convex, dual_bound);
    let tol = s.tol_in_force();
    let halted = control.halt().is_some();
    // the rows held out chose the network: because they ended the training, or it had ended itself
    let is_chosen = kept.as_ref().is_some_and(|(stopped, _)| {
        !halted && (stopped.stopped || solution.status == Status::Converged)
    });
    let status = match solution.status {
        _ if is_chosen => Status::Settled,
        // the report's own figures decide what may be called converged
        Status::Converged if gap <= tol && programme_gap <= tol => Status::Converged,
        Status::Converged => Status::Stalled,
        other => other,
    };
    let (train_score, test_score) = prepared.scores(&network, &outputs);
    let cone_violation = solution.point.cone_violation(&programme).max(0.0);
    let mut seconds = Seconds {
        total: control.seconds(),
        read: prepared.begun,
        setup: prepared_at - prepared.begun,
        ..Seconds::default()
    };
    seconds.add_solve(&solution, solved_at - prepared_at);
    seconds.certificate += seconds.total - solved_at;
    let report = Report {
        status,
        n,
        d,
        outputs: prepared.outputs,
        patterns: programme.n_patterns(),
        neurons: network.neurons(),
        beta,
        loss: prepared.kind.name(),
        activation: s.activation,
        training: Training::Sampled,
        seed: s.seed,
        version: env!("CARGO_PKG_VERSION"),
        primal: PrimalUsed::of(&solution),
        objective_network: objective,
        objective_convex: convex,
        dual_bound,
        gap,
        cone_violation,
        programme_gap,
        path: None,
        cv: None,
        early_stop: None,
        proven_bound: None,
        proven_gap: None,
        proof: None,
        iterations: solution.iterations,
        seconds,
        work: None,
        train: train_score,
        test: test_score,
        history,
        settings: prepared.settings_map(settings, beta, beta_max, control),
    };
    let model = prepared.model(network, s.bias, beta, objective, gap);
    carried.warm = Some(solution.warm_start);
    carried.sampled = Some(SetUp {
        programme,
        gates,
        beta_max,
    });
    Ok(Fit {
        model,
        report,
        certificate: None,
    })
}

/// Samples the patterns, or takes the gates given, and joins the programme.
fn set_up(
    prepared: &mut Prepared,
    settings: &CheckedFitSettings,
    control: &Control<'_>,
) -> Result<SetUp, FitError> {
    let s = settings.get();
    // the programme owns the coordinates: at 60000 x 784 a copy of them is 376 MB
    let rows = prepared.space.take_rows();
    let Prepared {
        inputs,
        target,
        space,
        ..
    } = &*prepared;
    let patterns = match &s.patterns {
        PatternSource::Sampled { count, sampler } => {
            let x = inputs.as_ref();
            sample_within(x, target, s.bias, *sampler, *count, s.seed, control)?
        }
        PatternSource::Given(gates) => {
            Patterns::from_gates(inputs.as_ref(), given(gates, inputs, s.bias)?.as_ref())?
        }
    };
    let gates = space.reduce(patterns.gates.as_ref());
    if control.halt().is_some() {
        return Err(LinalgError::Halted.into());
    }
    let loss = Arc::clone(&prepared.loss);
    let programme = Programme::of_loss(rows, patterns.masks, gates, loss, 0.0, s.activation)?;
    let count = prepared.loss.mass();
    let beta_max = programme.zero_threshold_within(control)? / count;
    Ok(SetUp {
        programme,
        gates: patterns.gates,
        beta_max,
    })
}

/// The gates given, with a bias row of zeros if they lack it.
fn given(gates: &Mat<f64>, inputs: &Mat<f64>, bias: bool) -> Result<Mat<f64>, FitError> {
    let (want, got) = (inputs.nrows(), gates.nrows());
    if got == want {
        return Ok(gates.clone());
    }
    if bias && got + 1 == want {
        return Ok(Mat::from_fn(want, gates.ncols(), |k, j| {
            if k < got { gates[(k, j)] } else { 0.0 }
        }));
    }
    Err(FitError::Shape {
        what: Subject::GateRows,
        want,
        got,
    })
}

/// The network of a point's blocks.
fn returned_network(
    programme: &Programme,
    v: MatRef<'_, f64>,
    space: &RowSpace,
    gates: &Mat<f64>,
) -> Network {
    let active: Vec<usize> = (0..v.ncols())
        .filter(|&b| (0..v.nrows()).any(|k| v[(k, b)] != 0.0))
        .collect();
    let blocks =
        space.expand(Mat::from_fn(v.nrows(), active.len(), |k, j| v[(k, active[j])]).as_ref());
    let n_outputs = programme.outputs();
    let mut directions = vec![0.0; n_outputs * active.len()];
    for (a, &b) in directions.chunks_exact_mut(n_outputs).zip(&active) {
        a[programme.output(b)] = programme.sign(b);
    }
    let gates = (programme.activation() == Activation::Gated).then(|| {
        Mat::from_fn(gates.nrows(), active.len(), |k, j| {
            gates[(k, programme.pattern(active[j]))]
        })
    });
    let gates = gates.as_ref().map(Mat::as_ref);
    Network::of_directions(blocks.as_ref(), &directions, n_outputs, gates)
}

struct Recorder<'a> {
    observer: &'a mut dyn FitObserver,
    programme: &'a Programme,
    prepared: &'a Prepared,
    /// Test inputs in the programme's coordinates.
    test: Option<Mat<f64>>,
    history: Vec<HistoryEntry>,
    /// Where rows held out choose: the blocks of the best network.
    watch: Option<Watch<Mat<f64>>>,
    stop: bool,
}

impl Observer for Recorder<'_> {
    fn iteration(&mut self, iteration: usize) -> bool {
        self.stop |= !self.observer.progress(Progress::Iteration(iteration));
        !self.stop
    }

    fn check(&mut self, check: &Check<'_>) {
        let n = self.prepared.loss.mass();
        let point = check.point;
        let (v, fitted, objective, active) = match check.network {
            Some(own) => (own.v.as_ref(), &own.fitted, own.objective, own.active),
            None => (
                point.v.as_ref(),
                &point.fitted,
                point.objective,
                point.active,
            ),
        };
        let outputs = self.programme.outputs_in_rows(fitted);
        let train = self.prepared.train_score(&outputs);
        let test = self.test.as_ref().and_then(|inputs| {
            let outputs = point_outputs(self.programme, v, inputs.as_ref());
            self.prepared.test_score(&outputs)
        });
        let mut entry = HistoryEntry::of(
            (check.iteration, check.seconds),
            objective / n,
            active,
            train,
            test,
        );
        entry.dual_bound = Some(check.dual_bound / n);
        entry.gap = Some(crelu_convex::relative_gap(objective, check.dual_bound));
        self.history.push(entry);
        self.stop |= !self.observer.progress(Progress::Check(&entry));
        if let (Some(watch), Some(score)) = (&mut self.watch, &test) {
            self.stop |= !watch.see(check.iteration, score, || v.to_owned());
        }
    }
}

/// The outputs of the network of a point on inputs in the programme's coordinates, a row's together.
fn point_outputs(programme: &Programme, v: MatRef<'_, f64>, inputs: MatRef<'_, f64>) -> Vec<f64> {
    let active: Vec<usize> = (0..v.ncols())
        .filter(|&b| (0..v.nrows()).any(|k| v[(k, b)] != 0.0))
        .collect();
    let columns = |source: &dyn Fn(usize, usize) -> f64| {
        Mat::from_fn(v.nrows(), active.len(), |k, j| source(k, active[j]))
    };
    let packed = columns(&|k, b| v[(k, b)]);
    let mut values = Mat::<f64>::zeros(inputs.ncols(), active.len());
    product(
        values.as_mut(),
        Accum::Replace,
        inputs.transpose(),
        packed.as_ref(),
        1.0,
    );
    let gated = programme.activation() == Activation::Gated;
    let mut open = Mat::<f64>::zeros(if gated { inputs.ncols() } else { 0 }, active.len());
    if gated {
        let gates = columns(&|k, b| programme.gates()[(k, programme.pattern(b))]);
        product(
            open.as_mut(),
            Accum::Replace,
            inputs.transpose(),
            gates.as_ref(),
            1.0,
        );
    }
    let outputs = programme.outputs();
    let mut out = vec![0.0; inputs.ncols() * outputs];
    for (j, &b) in active.iter().enumerate() {
        let own = out.iter_mut().skip(programme.output(b)).step_by(outputs);
        for (i, f) in own.enumerate() {
            let h = values[(i, j)];
            if if gated { open[(i, j)] >= 0.0 } else { h > 0.0 } {
                *f += programme.sign(b) * h;
            }
        }
    }
    out
}
