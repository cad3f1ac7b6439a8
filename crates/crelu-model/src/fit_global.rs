use admm::Status;
use faer::Mat;
use linalg_core::{Control, LinalgError};

use crate::error::{FitError, Setting, Subject};
use crate::fit::{Carried, Fit, FitObserver, Progress};
use crate::own_programme::{OwnProgramme, own_programme};
use crate::path::Watch;
use crate::prepared::Prepared;
use crate::report::{
    FrontierEntry, GlobalTraining, HistoryEntry, PrimalUsed, Report, Seconds, Training, Work,
};
use crate::settings::{Beta, CheckedFitSettings};
#[cfg(feature = "wgpu")]
use crelu_convex::Backend;
use crelu_convex::gates::{GateSampler, GaussianGates, sample_within};
use crelu_convex::{Activation, ProgrammeSettings, relative_gap};
use crelu_core::Network;
use crelu_global::{
    GlobalObserver, GlobalProblem, Neurons, Round, Trained, pattern_bound, pattern_price, train,
};

/// `beta_max` is taken over this many patterns, of seed 0.
const BETA_PATTERNS: usize = 100;
/// ... of sparse rows some at a time, of about so many numbers.
const BETA_NUMBERS: usize = 1 << 22;
/// The programme over the network's own patterns is solved to this gap, in at most so many
/// iterations: a figure beside the answer, not the answer.
const OWN_TOL: f64 = 1e-3;
const OWN_ITERATIONS: usize = 60;

/// Trains a network whose neurons are generated.
pub(crate) fn fit_global(
    prepared: &Prepared,
    carried: &mut Carried,
    settings: &CheckedFitSettings,
    control: &Control<'_>,
    observer: &mut dyn FitObserver,
) -> Result<Fit, FitError> {
    let s = settings.get();
    let (d, n) = (prepared.width(), prepared.n);
    let count = prepared.loss.mass();
    let problem = prepared.global_problem()?;
    let problem = on_its_engine(problem, &s.programme)?;
    let beta_max = match carried.beta_max {
        Some(known) => known,
        None => beta_max(prepared, &problem, s.bias, control)?,
    };
    carried.beta_max = Some(beta_max);
    let beta_max = beta_max / count;
    let beta = match s.beta {
        Beta::Absolute(beta) => beta,
        Beta::Fraction(fraction) => fraction * beta_max,
    };
    let problem = problem.with_beta_sum(beta * count)?;
    let start = match &s.init {
        Some(network) => reduced(network, prepared)?,
        None => Neurons::with_outputs(problem.rank(), prepared.outputs),
    };
    let stop = !observer.progress(Progress::Prepared {
        n,
        d,
        patterns: None,
        beta,
    });
    let mut recorder = Recorder {
        observer,
        count,
        prepared,
        test: prepared.reduced_test(),
        history: Vec::new(),
        watch: carried
            .early
            .map(|how| Watch::new(how, prepared.kind.name())),
        control,
        stop,
    };
    let mut how = settings.global();
    if carried.early.is_some() {
        how.thin = 0.0;
    }
    let prepared_at = control.seconds();
    let mut trained = train(&problem, start, &how, control, &mut recorder);
    let trained_at = control.seconds();
    let history = recorder.history;
    if let Some(watch) = recorder.watch
        && let Some((stopped, neurons)) = watch.end()?
    {
        trained.neurons = neurons;
        if stopped.stopped && control.halt().is_none() {
            trained.status = Status::Settled;
        }
        carried.stopped = Some(stopped);
    }

    let network = expanded(&trained.neurons, prepared);
    let outputs = prepared.outputs_of(&network);
    let objective_of =
        |network: &Network, outputs: &[f64]| prepared.mean_loss(outputs) + beta * network.penalty();
    let objective = objective_of(&network, &outputs);
    let best_objective = if trained.best == trained.neurons {
        objective
    } else {
        let best = expanded(&trained.best, prepared);
        objective_of(&best, &prepared.outputs_of(&best))
    };

    let mut own_settings = settings.programme();
    own_settings.tol = OWN_TOL;
    own_settings.max_iters = OWN_ITERATIONS;
    let own = if settings.is_step() {
        None
    } else {
        match own_programme(&problem, &trained.neurons, &own_settings, control) {
            // the network is there; no room for its programme leaves it without a bound of that kind
            Err(FitError::Memory { .. }) => None,
            other => other?,
        }
    };
    let (convex, dual_bound) = match &own {
        Some(own) => (own.point.objective / count, own.bound / count),
        // without a neuron the programme has one point, the zero network
        None if trained.neurons.is_empty() => (objective, objective),
        None => (
            objective,
            bound_of_patterns(prepared, &problem, &trained.neurons, settings, control)? / count,
        ),
    };
    // the feasible point is the network but for rounding, or a better one
    let convex = convex.min(objective);
    let dual_bound = dual_bound.min(convex);
    let gap = relative_gap(objective, dual_bound);
    let search_gap = trained
        .search_bound
        .map(|bound| relative_gap(best_objective, bound / count));

    let (train_score, test_score) = prepared.scores(&network, &outputs);
    let frontier = trained.frontier.iter().map(|point| FrontierEntry {
        neurons: point.neurons,
        objective: point.objective / count,
    });
    let training = GlobalTraining {
        best_objective,
        max_price: trained.max_price,
        ascents: trained.ascents,
        search_gap,
        frontier: frontier.collect(),
    };
    let cone_violation = own
        .as_ref()
        .map_or(0.0, |own| own.point.cone_violation(&own.programme).max(0.0));
    let mut seconds = Seconds {
        total: control.seconds(),
        read: prepared.begun,
        setup: prepared_at - prepared.begun,
        ..Seconds::default()
    };
    add_training(&mut seconds, &trained, trained_at - prepared_at);
    let solve = own.as_ref().and_then(|own| own.solution.as_ref());
    if let Some(solution) = solve {
        seconds.add_solve(solution, 0.0);
    }
    // all that is neither training nor the phases of a solve
    seconds.certificate += seconds.total - seconds.parts();
    let report = Report {
        status: trained.status,
        n,
        d,
        outputs: prepared.outputs,
        patterns: own
            .as_ref()
            .map_or(trained.neurons.len(), |own| own.programme.n_patterns()),
        neurons: network.neurons(),
        beta,
        loss: prepared.kind.name(),
        activation: Activation::Relu,
        training: Training::Global(training),
        seed: s.seed,
        version: env!("CARGO_PKG_VERSION"),
        primal: primal_used(&problem, own.as_ref()),
        objective_network: objective,
        objective_convex: convex,
        dual_bound,
        gap,
        cone_violation,
        programme_gap: relative_gap(convex, dual_bound),
        path: None,
        cv: None,
        early_stop: None,
        proven_bound: None,
        proven_gap: None,
        proof: None,
        iterations: trained.rounds,
        seconds,
        work: Some(Work {
            products: trained.work.products,
            flops: in_flops(trained.work.flops),
        }),
        train: train_score,
        test: test_score,
        history,
        settings: prepared.settings_map(settings, beta, beta_max, control),
    };
    let model = prepared.model(network, s.bias, beta, objective, gap);
    Ok(Fit {
        model,
        report,
        certificate: None,
    })
}

/// The largest spectral norm of `X'D_i theta` over Gaussian patterns of seed 0, at the zero network.
fn beta_max(
    prepared: &Prepared,
    problem: &GlobalProblem,
    bias: bool,
    control: &Control<'_>,
) -> Result<f64, FitError> {
    let zeros = vec![0.0; problem.n_samples() * prepared.outputs];
    let theta = problem.theta(&zeros);
    let price = |gates: &Mat<f64>| {
        let mut neurons = Neurons::with_outputs(problem.rank(), prepared.outputs);
        let head = vec![0.0; prepared.outputs];
        for i in 0..gates.ncols() {
            let gate: Vec<f64> = gates.col(i).iter().copied().collect();
            neurons.push_head(&gate, &head, 0.0);
        }
        pattern_price(problem, &neurons, &theta)
    };
    if prepared.sparse.is_none() {
        let patterns = sample_within(
            prepared.inputs.as_ref(),
            &prepared.target,
            bias,
            GateSampler::Gaussian,
            BETA_PATTERNS,
            0,
            control,
        )?;
        return Ok(price(&prepared.reduce(&patterns.gates))?);
    }
    // the same gates, some at a time
    let mut gates = GaussianGates::new(prepared.width(), 0);
    let batch = (BETA_NUMBERS / prepared.width()).clamp(1, BETA_PATTERNS);
    let (mut largest, mut left) = (0.0_f64, BETA_PATTERNS);
    while left > 0 {
        if control.halt().is_some() {
            return Err(LinalgError::Halted.into());
        }
        let some = gates.draw(batch.min(left));
        largest = largest.max(price(&prepared.reduce(&some))?);
        left -= some.ncols();
    }
    Ok(largest)
}

/// The bound over a network's own patterns may take so many flops, a second of two cores.
const BOUND_FLOPS: u64 = 150_000_000_000;

/// A lower bound over the network's own patterns where no programme over them was solved; 0 where it
/// was not asked for, or costs too much.
fn bound_of_patterns(
    prepared: &Prepared,
    problem: &GlobalProblem,
    neurons: &Neurons,
    settings: &CheckedFitSettings,
    control: &Control<'_>,
) -> Result<f64, FitError> {
    let size = |count: usize| count as u64;
    let columns = size(neurons.len()) * size(problem.outputs());
    let numbers = match &prepared.sparse {
        Some(sparse) => size(sparse.rows.n_entries()),
        None => size(problem.n_samples()) * size(problem.rank()),
    };
    let flops = 4 * numbers * columns;
    if settings.is_step() || flops > BOUND_FLOPS || control.halt().is_some() {
        return Ok(0.0);
    }
    let theta = problem.theta(&neurons.fitted(problem));
    Ok(pattern_bound(problem, neurons, &theta)?)
}

/// A network on preprocessed inputs, in the solver's coordinates: what it has outside of the row
/// space of the data changes nothing on the training rows and costs penalty, so it is left out.
fn reduced(network: &Network, prepared: &Prepared) -> Result<Neurons, FitError> {
    let (want, got) = (prepared.width(), network.hidden.nrows());
    if want != got {
        return Err(FitError::Shape {
            what: Subject::StartInputs,
            want,
            got,
        });
    }
    if network.gates.is_some() {
        return Err(FitError::Setting {
            setting: Setting::Init,
            problem: "a gated model cannot start global training",
        });
    }
    if network.n_outputs != prepared.outputs {
        return Err(FitError::Shape {
            what: Subject::StartOutputs,
            want: prepared.outputs,
            got: network.n_outputs,
        });
    }
    Ok(Neurons::from_network(&Network {
        hidden: prepared.reduce(&network.hidden),
        output: network.output.clone(),
        n_outputs: network.n_outputs,
        gates: None,
    }))
}

fn expanded(neurons: &Neurons, prepared: &Prepared) -> Network {
    let blocks = prepared.expand(&neurons.blocks());
    Network::of_directions(blocks.as_ref(), neurons.signs(), prepared.outputs, None)
}

/// The problem with its passes over the rows where the settings want them.
fn on_its_engine(
    problem: GlobalProblem,
    settings: &ProgrammeSettings,
) -> Result<GlobalProblem, FitError> {
    #[cfg(feature = "wgpu")]
    if settings.backend == Backend::Wgpu {
        let opened = settings.device.as_ref();
        return match opened.and_then(crate::device::adapter) {
            Some(device) => {
                let rows =
                    crate::device::DeviceRows::new(&device, &problem, problem.narrow_rows()?);
                Ok(problem.with_engine(std::sync::Arc::new(rows.map_err(FitError::Device)?)))
            }
            None => Err(FitError::Setting {
                setting: Setting::Backend,
                problem: "wgpu needs an opened device",
            }),
        };
    }
    #[cfg(not(feature = "wgpu"))]
    let _ = settings;
    Ok(problem)
}

fn primal_used(problem: &GlobalProblem, own: Option<&OwnProgramme>) -> PrimalUsed {
    let mut used = solve_used(own);
    let (backend, note) = problem.engine_used();
    if used.method.is_none() {
        used.backend = backend;
    }
    if let Some(note) = note {
        used.reason.push_str("; ");
        used.reason.push_str(&note);
    }
    used
}

fn solve_used(own: Option<&OwnProgramme>) -> PrimalUsed {
    match own.and_then(|own| own.solution.as_ref()) {
        None if own.is_none() => PrimalUsed::none(
            "global: the network's own slopes are the dual point over its patterns; no programme",
        ),
        None => PrimalUsed::none(
            "global: the network's own residual is the dual point of its programme; no run",
        ),
        Some(solution) => {
            let mut used = PrimalUsed::of(solution);
            used.reason
                .insert_str(0, "global: the programme over the network's own patterns; ");
            used
        }
    }
}

/// The phases of a training that took `total` seconds; what none of them names is the evaluation of
/// its networks.
fn add_training(seconds: &mut Seconds, trained: &Trained, total: f64) {
    let parts = trained.seconds;
    seconds.pricing += parts.pricing;
    seconds.correct += parts.correct;
    seconds.slide += parts.slide;
    seconds.thin += parts.thin;
    let named = parts.pricing + parts.correct + parts.slide + parts.thin;
    seconds.certificate += (total - named).max(0.0);
}

#[expect(clippy::cast_precision_loss, reason = "a count, rounded")]
fn in_flops(count: u64) -> f64 {
    count as f64
}

struct Recorder<'a> {
    observer: &'a mut dyn FitObserver,
    count: f64,
    prepared: &'a Prepared,
    test: Option<Mat<f64>>,
    history: Vec<HistoryEntry>,
    /// Where rows held out choose the network.
    watch: Option<Watch<Neurons>>,
    control: &'a Control<'a>,
    stop: bool,
}

impl GlobalObserver for Recorder<'_> {
    fn round(&mut self, round: &Round<'_>) -> bool {
        let train = self.prepared.train_score(round.fitted);
        let sparse = self.prepared.sparse.as_ref();
        let outputs = match (&self.test, sparse.and_then(|sparse| sparse.test.as_ref())) {
            (Some(inputs), _) => Some(round.neurons.outputs(inputs.as_ref())),
            (None, Some(rows)) => Some(round.neurons.outputs_sparse(rows)),
            (None, None) => None,
        };
        let test = outputs.and_then(|outputs| self.prepared.test_score(&outputs));
        let mut entry = HistoryEntry::of(
            (round.round, self.control.seconds()),
            round.objective / self.count,
            round.neurons.len(),
            train,
            test,
        );
        entry.max_price = Some(round.max_price);
        entry.search_gap = Some(round.search_gap);
        entry.flops = Some(in_flops(round.flops));
        self.history.push(entry);
        self.stop |= !self.observer.progress(Progress::Check(&entry));
        if let (Some(watch), Some(score)) = (&mut self.watch, &test) {
            self.stop |= !watch.see(round.round, score, || round.neurons.clone());
        }
        !self.stop
    }
}
