use crelu_bound::{
    BoundError, BoundProblem, Certificate, ConeSettings, Dearest, KnownNetwork, Proof,
    QuickSettings, TightSettings, VerifiedBound, dearest_in_cones, dearest_neuron, is_enumerable,
    is_in_few_dimensions, quick_bound, tighten, verify,
};
use faer::Mat;
use linalg_core::Control;

use crate::certificate_file::{CertificateFile, fingerprint, proof_name};
use crate::error::FitError;
use crate::fit::{Fit, FitObserver, Progress};
use crate::global::{GlobalProblem, Neurons, correct_weights, merge, slide};
use crate::network::Network;
use crate::prepared::Prepared;
use crate::programme::{Activation, relative_gap};
use crate::report::{HistoryEntry, Report};
use crate::settings::{FitSettings, TrainMode};

/// How much is done for a proven bound over all networks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Prove {
    /// Nothing.
    Never,
    /// Global mode: the quick bound where it is cheap, complete enumeration where the data lie in three
    /// dimensions, and in four to seven a short search over cones. Sampled mode: nothing.
    #[default]
    Quick,
    /// The quick bound whatever it costs, in sampled mode too, and so many seconds for a tighter
    /// one.
    Seconds(f64),
}

/// The quick bound is left out beyond this many flops, about half a minute of one core, unless it
/// is asked for.
const MOST_FLOPS: f64 = 5e11;
/// Complete enumeration is left out beyond this many rows in three dimensions.
const MOST_ROWS: usize = 20_000;
/// A network whose dearest neuron costs less than this, in units of the threshold, is optimal.
const CLOSED: f64 = 1.0 + 1e-7;
/// The same where prices are known to [`CONE_TOLERANCE`].
const CLOSED_IN_CONES: f64 = 1.0 + CONE_TOLERANCE;
/// How far a proven price may be above that of a neuron, in four to seven dimensions.
const CONE_TOLERANCE: f64 = 1e-3;
/// While neurons are dearer than the threshold, this share of how much dearer is tolerance enough.
const COARSE: f64 = 0.3;
/// Visits of a row by a cone in all rounds together, where `--prove` does not ask for more: about half a
/// second of one core, and as much for checks.
const CONE_VISITS: usize = 5_000_000;
/// The same where it does.
const MOST_CONE_VISITS: usize = 1_000_000_000;
/// Share of the seconds, or of those left, that the search over cones gets; its checks take at most as
/// much again.
const CONE_SHARE: f64 = 0.4;
/// Rounds of closing: price, insert, correct, slide.
const CLOSINGS: usize = 40;
const SLIDE: usize = 200;
/// A gap that enumeration leaves open only where it was cut short: the quick bound has its turn.
const COMPLETE: f64 = 0.02;

/// Adds to a fit what can be proven of it.
pub(crate) fn prove_fit(
    prepared: &Prepared,
    settings: &FitSettings,
    fit: &mut Fit,
    control: &Control<'_>,
    observer: &mut dyn FitObserver,
) -> Result<(), FitError> {
    let wanted = match settings.prove {
        Prove::Never => false,
        Prove::Quick => settings.train == TrainMode::Global,
        Prove::Seconds(_) => true,
    };
    if !wanted || settings.activation != Activation::Relu {
        return Ok(());
    }
    let begun = control.seconds();
    let beta = fit.report.beta;
    let problem = match BoundProblem::new(prepared.inputs.transpose(), &prepared.target, beta) {
        Ok(problem) => problem,
        // without a penalty there is nothing to prove
        Err(BoundError::Beta(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let objective = fit.report.objective_network;
    let network = &fit.model.network;
    let mut proving = Proving {
        problem: &problem,
        memory_limit: settings.memory_limit,
        best: None,
        course: Course {
            trained: trained_entry(&fit.report),
            held: None,
            entries: Vec::new(),
            observer,
        },
    };
    proving.run(prepared, network, settings.prove, control)?;
    let Proving { best, course, .. } = proving;
    fit.report.history.extend(course.entries);
    if let Some((certificate, verified)) = best {
        fit.report.proven_bound = Some(verified.value);
        fit.report.proven_gap = Some(relative_gap(objective, verified.value));
        fit.report.proof = Some(proof_name(&certificate.proof));
        fit.certificate = Some(CertificateFile {
            bound: verified.value,
            beta,
            rows: (0..problem.n_samples()).collect(),
            hash: fingerprint(&problem),
            certificate,
        });
    }
    fit.report.seconds.proof = control.seconds() - begun;
    fit.report.seconds.total = control.seconds();
    Ok(())
}

/// What the history says of the returned network, whose training is over.
fn trained_entry(report: &Report) -> HistoryEntry {
    HistoryEntry {
        iteration: report.iterations,
        seconds: report.seconds.total,
        objective_network: report.objective_network,
        dual_bound: report.dual_bound,
        gap: report.gap,
        neurons: report.neurons,
        ..HistoryEntry::default()
    }
    .scored(report.train, report.test)
}

/// The bounds in the order in which they were proven.
struct Course<'a> {
    trained: HistoryEntry,
    held: Option<f64>,
    entries: Vec<HistoryEntry>,
    observer: &'a mut dyn FitObserver,
}

impl Course<'_> {
    /// Records a bound that is better than those before; `false`: the caller has enough.
    fn note(&mut self, bound: f64, seconds: f64) -> bool {
        if self.held.is_some_and(|held| bound <= held) {
            return true;
        }
        self.held = Some(bound);
        self.entries.push(HistoryEntry {
            seconds,
            proven_bound: Some(bound),
            ..self.trained
        });
        let gap = relative_gap(self.trained.objective_network, bound);
        self.observer.progress(Progress::Proven { bound, gap })
    }
}

/// The best certificate so far.
struct Proving<'a> {
    problem: &'a BoundProblem<'a>,
    memory_limit: f64,
    best: Option<(Certificate, VerifiedBound)>,
    course: Course<'a>,
}

impl Proving<'_> {
    /// Keeps the better one; `false`: the caller has enough.
    fn offer(&mut self, certificate: Certificate, verified: VerifiedBound, seconds: f64) -> bool {
        let held = self.best.as_ref().map(|held| held.1.value);
        if held.is_some_and(|held| verified.value <= held) {
            return true;
        }
        self.best = Some((certificate, verified));
        self.course.note(verified.value, seconds)
    }

    fn run(
        &mut self,
        prepared: &Prepared,
        network: &Network,
        how: Prove,
        control: &Control<'_>,
    ) -> Result<(), FitError> {
        let asked = matches!(how, Prove::Seconds(_));
        let (n, d) = (self.problem.n_samples(), self.problem.n_features());
        let halted = || control.halt().is_some();
        let begun = control.seconds();
        if !halted() && (asked || n <= MOST_ROWS) {
            let found = self.enumerate(prepared, network, how, control)?;
            if let Some((certificate, verified)) = found {
                let gap = relative_gap(self.course.trained.objective_network, verified.value);
                if !self.offer(certificate, verified, control.seconds()) || gap <= COMPLETE {
                    return Ok(());
                }
            }
        }
        let spent = control.seconds() - begun;
        let settings = QuickSettings::default();
        let cheap = settings.flops(n, d) <= MOST_FLOPS;
        if !halted() && (asked || cheap) {
            let start = KnownNetwork {
                hidden: network.hidden.as_ref(),
                output: &network.output,
            };
            if let Some(found) = quick_bound(self.problem, &settings, Some(start), control)?
                && !self.offer(found.certificate, found.verified, control.seconds())
            {
                return Ok(());
            }
        }
        match how {
            Prove::Seconds(seconds) if seconds > spent => {
                self.tighten(network, seconds - spent, control)
            }
            _ => Ok(()),
        }
    }

    /// Every neuron priced, to rounding in three dimensions, to a tolerance in four to seven.
    fn enumerate(
        &self,
        prepared: &Prepared,
        network: &Network,
        how: Prove,
        control: &Control<'_>,
    ) -> Result<Option<(Certificate, VerifiedBound)>, FitError> {
        let problem = self.problem;
        if is_enumerable(problem) {
            let price = |theta: &[f64]| Some((dearest_neuron(problem, theta)?, Proof::Enumeration));
            return close(problem, prepared, network, CLOSED, price, control);
        }
        if !is_in_few_dimensions(problem) {
            return Ok(None);
        }
        let mut settings = ConeSettings::default();
        settings.tolerance = CONE_TOLERANCE;
        settings.visits = CONE_VISITS;
        let now = control.seconds();
        let mut left = control.time_limit().map(|limit| (limit - now).max(0.0));
        if let Prove::Seconds(seconds) = how
            && seconds > 0.0
        {
            settings.visits = MOST_CONE_VISITS;
            left = Some(left.map_or(seconds, |left| left.min(seconds)));
        }
        let limit = left.map(|left| now + CONE_SHARE * left);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a conversion of a float saturates"
        )]
        let memory = (0.5 * self.memory_limit) as usize;
        settings.bytes = settings.bytes.min(memory);
        let control = control.limit(limit);
        let price = |theta: &[f64]| {
            while settings.visits > 0 {
                let found = dearest_in_cones(problem, theta, &settings, &control)?;
                settings.visits = settings.visits.saturating_sub(found.visits);
                let was_coarse = settings.tolerance > CONE_TOLERANCE;
                // a neuron far above the threshold comes in first: the next search may be as coarse
                let share = found.dearest.price / problem.threshold();
                settings.tolerance = CONE_TOLERANCE.max(COARSE * (share - 1.0));
                let is_closed = share <= CLOSED_IN_CONES;
                if !(is_closed && was_coarse) || control.halt().is_some() {
                    let price = found.dearest.bound;
                    return Some((found.dearest, Proof::Cones { price }));
                }
            }
            None
        };
        close(problem, prepared, network, CLOSED_IN_CONES, price, &control)
    }

    /// The tight bound, for so many seconds and within the limit of the run.
    fn tighten(
        &mut self,
        network: &Network,
        seconds: f64,
        control: &Control<'_>,
    ) -> Result<(), FitError> {
        let own = control.seconds() + seconds;
        let limit = control.time_limit().map_or(own, |limit| limit.min(own));
        let control = control.limit(Some(limit));
        if control.halt().is_some() {
            return Ok(());
        }
        let (n, d) = (self.problem.n_samples(), self.problem.n_features());
        let whole = TightSettings::default();
        let fitting = whole.clone().within(self.memory_limit, n, d);
        if fitting.as_ref() != Some(&whole) {
            let go_on = self.course.observer.progress(Progress::TightMemory {
                needed: whole.bytes(n, d),
                limit: self.memory_limit,
                block_rows: fitting.as_ref().and_then(|settings| settings.block_rows),
            });
            if !go_on {
                return Ok(());
            }
        }
        let Some(settings) = fitting else {
            return Ok(());
        };
        let start = KnownNetwork {
            hidden: network.hidden.as_ref(),
            output: &network.output,
        };
        let quick = self.best.as_ref().map(|best| best.0.clone());
        let course = &mut self.course;
        let report = tighten(
            self.problem,
            Some(start),
            quick.as_ref(),
            &settings,
            &control,
            &mut |now| course.note(now.bound, control.seconds()),
        )?;
        if self
            .best
            .as_ref()
            .is_none_or(|best| report.bound.value > best.1.value)
        {
            self.best = Some((report.certificate, report.bound));
        }
        Ok(())
    }
}

/// Data in few dimensions: the network is completed by its dearest neurons until there is none
/// above `closed` times the threshold; then its residual proves it optimal, to that.
fn close(
    problem: &BoundProblem<'_>,
    prepared: &Prepared,
    network: &Network,
    closed: f64,
    mut price: impl FnMut(&[f64]) -> Option<(Dearest, Proof)>,
    control: &Control<'_>,
) -> Result<Option<(Certificate, VerifiedBound)>, FitError> {
    // few columns: a sampled fit has given its own away
    let training = GlobalProblem::new(
        prepared.space.reduce(prepared.inputs.as_ref()),
        prepared.target.clone(),
        problem.threshold(),
    )?;
    let mut neurons = Neurons::from_network(&Network {
        hidden: prepared.space.reduce(network.hidden.as_ref()),
        output: network.output.clone(),
        gates: None,
    });
    let mut best: Option<(Certificate, VerifiedBound)> = None;
    let mut least = f64::INFINITY;
    for _ in 0..CLOSINGS {
        let theta = training.theta(&neurons.fitted(&training));
        let Some((dearest, proof)) = price(&theta) else {
            return Ok(best);
        };
        let certificate = Certificate { theta, proof };
        // a check of a larger price costs as much and proves less
        let is_lower = dearest.bound < least;
        least = least.min(dearest.bound);
        if is_lower
            && let Some(bound) = verify(problem, &certificate)?.bound()
            && best.as_ref().is_none_or(|best| bound.value > best.1.value)
        {
            best = Some((certificate, bound));
        }
        if dearest.price <= closed * problem.threshold() || control.halt().is_some() {
            break;
        }
        let d = dearest.direction.len();
        let direction = Mat::from_fn(d, 1, |k, _| dearest.direction[k]);
        let direction = prepared.space.reduce(direction.as_ref());
        let direction: Vec<f64> = (0..direction.nrows()).map(|k| direction[(k, 0)]).collect();
        neurons.push(&direction, dearest.sign, 0.0);
        correct_weights(&training, &mut neurons);
        merge(&training, &mut neurons);
        slide(&training, &mut neurons, SLIDE, control);
        correct_weights(&training, &mut neurons);
    }
    Ok(best)
}
