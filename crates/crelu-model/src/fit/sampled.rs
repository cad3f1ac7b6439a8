use admm::Status;
use crelu_convex::gates::{Patterns, sample_within};
use crelu_convex::{Programme, relative_gap};
use faer::Mat;
use linalg_core::LinalgError;

use super::carried::{Carried, SetUp};
use super::observer::FitObserver;
use super::outcome::Outcome;
use super::point_network::returned_network;
use super::sampled_recorder::Recorder;
use super::way::{Given, Penalty, Way};
use crate::error::{FitError, Subject};
use crate::report::{PrimalUsed, Training};
use crate::settings::PatternSource;

/// One convex programme over patterns that are drawn, or given.
pub(super) struct Sampled(SetUp);

impl Way for Sampled {
    fn set_up(of: &Given<'_>, carried: &mut Carried) -> Result<Self, FitError> {
        let known = carried.sampled.take();
        known.map_or_else(|| set_up(of), Ok).map(Self)
    }

    fn beta_max(&self) -> f64 {
        self.0.beta_max
    }

    fn patterns(&self) -> Option<usize> {
        Some(self.0.programme.n_patterns())
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
        let s = settings.get();
        let SetUp {
            programme,
            gates,
            beta_max,
        } = self.0;
        let count = prepared.loss().mass();
        let programme = programme.with_beta_sum(at.beta_sum);
        let mut recorder = Recorder {
            observer,
            programme: &programme,
            prepared,
            test: prepared.reduced_test(),
            history: Vec::new(),
            watch: carried.watch(&prepared.learnt),
            stop: at.stop,
        };
        let mut seconds = of.begun();
        let prepared_at = control.seconds();
        let mut solution = crelu_convex::solve(
            &programme,
            settings.programme(),
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

        // each at the price of a product with all patterns: after a limit the point stands as it is
        if control.halt().is_none() {
            solution.point = solution.point.interior(&programme);
            if prepared.learnt.classify() {
                solution.point = solution.point.break_ties(&programme);
            }
        }
        // the sparse copies' own network, where it is better than that of the feasible point
        let sparse = solution.network.as_ref().map(|network| network.v.as_ref());
        let v = sparse.unwrap_or(solution.point.v.as_ref());
        // or the network that the rows held out chose
        let v = kept.as_ref().map_or(v, |(_, kept)| kept.as_ref());
        let network = returned_network(&programme, v, &prepared.space, &gates);
        let outputs = prepared.outputs_of(&network);
        let objective = prepared.mean_loss(&outputs) + at.beta * network.penalty();

        let convex = solution.point.objective / count;
        let dual_bound = solution.certificate.bound / count;
        let gap = relative_gap(objective, dual_bound);
        let programme_gap = relative_gap(convex, dual_bound);
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
            Status::Settled if gap <= tol => Status::Settled,
            Status::Converged | Status::Settled => Status::Stalled,
            other => other,
        };
        let (train, test) = prepared.scores(&network, &outputs);
        let cone_violation = solution.point.cone_violation;
        seconds.add_solve(&solution, solved_at - prepared_at);
        let outcome = Outcome {
            status,
            network,
            patterns: programme.n_patterns(),
            beta: at.beta,
            beta_max,
            training: Training::Sampled,
            primal: PrimalUsed::of(&solution),
            objective,
            convex,
            dual_bound,
            cone_violation,
            iterations: solution.iterations,
            work: None,
            seconds,
            history,
            train,
            test,
        };
        carried.warm = Some(solution.warm_start);
        carried.sampled = Some(SetUp {
            programme,
            gates,
            beta_max,
        });
        Ok(outcome)
    }
}

/// Samples the patterns, or takes the gates given, and joins the programme.
fn set_up(of: &Given<'_>) -> Result<SetUp, FitError> {
    let Given {
        prepared,
        settings,
        control,
    } = *of;
    let s = settings.get();
    let inputs = prepared.inputs.matrix();
    let patterns = match &s.patterns {
        PatternSource::Sampled { count, sampler } => {
            let target = &prepared.target;
            sample_within(inputs, target, s.bias, *sampler, *count, s.seed, control)?
        }
        PatternSource::Given(gates) => {
            let gates = given(gates, inputs.nrows(), s.bias)?;
            Patterns::from_gates(inputs, gates.as_ref())?
        }
    };
    let gates = prepared.space.reduce(patterns.gates.as_ref());
    if control.halt().is_some() {
        return Err(LinalgError::Halted.into());
    }
    let programme = Programme::of_set(&prepared.set, patterns.masks, gates, 0.0, s.activation)?;
    let count = prepared.loss().mass();
    let beta_max = programme.zero_threshold_within(control)? / count;
    Ok(SetUp {
        programme,
        gates: patterns.gates,
        beta_max,
    })
}

/// The gates given, with a bias row of zeros if they lack it.
fn given(gates: &Mat<f64>, want: usize, bias: bool) -> Result<Mat<f64>, FitError> {
    let got = gates.nrows();
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
