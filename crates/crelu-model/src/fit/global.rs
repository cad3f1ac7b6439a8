use admm::Status;
use crelu_convex::{Backend, ProgrammeSettings, relative_gap};
use crelu_core::Network;
use crelu_global::{GlobalProblem, Neurons, Trained, pattern_bound};
use linalg_core::{Control, LinalgError};
use std::sync::Arc;

use super::beta_max::beta_max;
use super::carried::Carried;
use super::global_recorder::{Recorder, in_flops};
use super::observer::FitObserver;
use super::outcome::Outcome;
use super::way::{Given, Penalty, Way};
use crate::error::{FitError, Setting, Subject};
use crate::own_programme::{OwnProgramme, own_programme};
use crate::prepared::Prepared;
use crate::report::{FrontierEntry, GlobalTraining, PrimalUsed, Seconds, Training, Work};
use crate::settings::CheckedFitSettings;

/// The programme over the network's own patterns is solved to this gap, in at most so many
/// iterations: a figure beside the answer, not the answer.
const OWN_TOL: f64 = 1e-3;
const OWN_ITERATIONS: usize = 60;

/// A network whose neurons are generated.
pub(super) struct Global {
    /// Without a penalty.
    problem: GlobalProblem,
    beta_max: f64,
}

impl Way for Global {
    fn set_up(of: &Given<'_>, carried: &mut Carried) -> Result<Self, FitError> {
        let Given {
            prepared,
            settings,
            control,
        } = *of;
        let s = settings.get();
        let problem = GlobalProblem::of_set(Arc::clone(&prepared.set), 0.0)?;
        let problem = on_its_engine(problem, &s.programme)?;
        let of_sum = match carried.beta_max {
            Some(known) => known,
            None => beta_max(prepared, &problem, s.bias, control)?,
        };
        carried.beta_max = Some(of_sum);
        let beta_max = of_sum / prepared.loss().mass();
        Ok(Self { problem, beta_max })
    }

    fn beta_max(&self) -> f64 {
        self.beta_max
    }

    fn patterns(&self) -> Option<usize> {
        None
    }

    fn train(
        self,
        of: &Given<'_>,
        at: &Penalty,
        carried: &mut Carried,
        observer: &mut dyn FitObserver,
    ) -> Result<Outcome, FitError> {
        let Given {
            prepared,
            settings,
            control,
        } = *of;
        let count = prepared.loss().mass();
        let problem = self.problem.with_beta_sum(at.beta_sum)?;
        let start = match &settings.get().init {
            Some(network) => reduced(network, prepared)?,
            None => Neurons::with_outputs(problem.rank(), prepared.outputs()),
        };
        let mut recorder = Recorder {
            observer,
            count,
            prepared,
            test: prepared.reduced_test(),
            history: Vec::new(),
            watch: carried.watch(&prepared.learnt),
            control,
            stop: at.stop,
        };
        let how = settings.global().clone();
        let how = match carried.early {
            Some(_) => how.unthinned(),
            None => how,
        };
        let mut seconds = of.begun();
        let prepared_at = control.seconds();
        let mut trained = crelu_global::train(&problem, start, &how, control, &mut recorder);
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
        let objective_of = |network: &Network, outputs: &[f64]| {
            prepared.mean_loss(outputs) + at.beta * network.penalty()
        };
        let objective = objective_of(&network, &outputs);
        let best_objective = if trained.best == trained.neurons {
            objective
        } else {
            let best = expanded(&trained.best, prepared);
            objective_of(&best, &prepared.outputs_of(&best))
        };

        let own_settings = settings.programme().get().clone();
        let own_settings = own_settings
            .tol(OWN_TOL)
            .max_iters(OWN_ITERATIONS)
            .check()?;
        let mut device_failed = None;
        let own = if settings.is_step() {
            None
        } else {
            let host = own_settings
                .get()
                .clone()
                .backend(Backend::Faer)
                .backend_reason(None)
                .device(None);
            let host = host.check()?;
            // a device that was lost on the way serves no more
            let settings = match problem.engine_used().0 {
                Backend::Wgpu => &own_settings,
                _ if own_settings.get().backend == Backend::Wgpu => &host,
                _ => &own_settings,
            };
            let made = |settings| own_programme(&problem, &trained.neurons, settings, control);
            let own = match made(settings) {
                Err(FitError::Programme(error)) if error.is_of_device() => {
                    device_failed = Some(error.to_string());
                    made(&host)
                }
                other => other,
            };
            match own {
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
        let search_gap = trained
            .search_bound
            .map(|bound| relative_gap(best_objective, bound / count));

        let (train, test) = prepared.scores(&network, &outputs);
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
        let cone_violation = own.as_ref().map_or(0.0, |own| own.point.cone_violation);
        add_training(&mut seconds, &trained, trained_at - prepared_at);
        if let Some(solution) = own.as_ref().and_then(|own| own.solution.as_ref()) {
            seconds.add_solve(solution, 0.0);
        }
        Ok(Outcome {
            status: trained.status,
            network,
            patterns: own
                .as_ref()
                .map_or(trained.neurons.len(), |own| own.programme.n_patterns()),
            beta: at.beta,
            beta_max: at.beta_max,
            training: Training::Global(training),
            primal: primal_used(
                &problem,
                own.as_ref(),
                settings.programme().get(),
                device_failed.as_deref(),
            ),
            objective,
            convex,
            dual_bound,
            cone_violation,
            iterations: trained.rounds,
            work: Some(Work {
                products: trained.work.products,
                flops: in_flops(trained.work.flops),
            }),
            seconds,
            history,
            train,
            test,
        })
    }
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
    match pattern_bound(problem, neurons, &theta, control) {
        Err(LinalgError::Halted) => Ok(0.0),
        bound => Ok(bound?),
    }
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
    if network.n_outputs != prepared.outputs() {
        return Err(FitError::Shape {
            what: Subject::StartOutputs,
            want: prepared.outputs(),
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
    Network::of_directions(blocks.as_ref(), neurons.signs(), prepared.outputs(), None)
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
                match rows {
                    Ok(rows) => Ok(problem.with_engine(Arc::new(rows))),
                    Err(error) if settings.backend_reason.is_some() => {
                        let rows = crate::device::RowsWithout::new(&error);
                        Ok(problem.with_engine(Arc::new(rows)))
                    }
                    Err(error) => Err(FitError::Device(error)),
                }
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

fn primal_used(
    problem: &GlobalProblem,
    own: Option<&OwnProgramme>,
    settings: &ProgrammeSettings,
    device_failed: Option<&str>,
) -> PrimalUsed {
    let mut used = solve_used(own);
    let (backend, note) = problem.engine_used();
    if used.method.is_none() {
        used.backend = backend;
    }
    // a programme on it has said so
    if let Some(why) = &settings.backend_reason
        && !used.reason.contains(&why[..])
    {
        let said = format!("; {}: {why}", settings.backend.name());
        used.reason.push_str(&said);
    }
    if let Some(error) = device_failed {
        let said = format!("; {error}: the programme went on without it");
        used.reason.push_str(&said);
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
