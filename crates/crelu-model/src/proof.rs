use crelu_bound::{
    BoundError, BoundProblem, Certificate, KnownNetwork, QuickSettings, TightSettings,
    VerifiedBound, quick_bound, tighten,
};
use linalg_core::Control;

use crate::certificate_file::{CertificateFile, fingerprint, proof_name};
use crate::error::FitError;
use crate::few_dimensions::{Asked, CONE_TOLERANCE, Dimensions, close};
use crate::fit::{Fit, FitObserver, Progress};
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
    /// Global mode: the quick bound where it is cheap, and the prices of all neurons where the
    /// data lie in up to six dimensions. Sampled mode: nothing.
    #[default]
    Quick,
    /// The quick bound whatever it costs, in sampled mode too, and so many seconds for a tighter
    /// one.
    Seconds(f64),
}

/// The quick bound is left out beyond this many flops, about half a minute of one core, unless it
/// is asked for.
const MOST_FLOPS: f64 = 5e11;
/// Unless it is asked for, pricing all neurons is left out beyond this many rows.
const MOST_ROWS: usize = 20_000;
/// A gap that pricing all neurons leaves open only where it was cut short: the other bounds have their
/// turn, with `--prove` already at what thinning and the tolerance of the prices leave open.
const COMPLETE: f64 = 0.02;
const COMPLETE_IF_ASKED: f64 = 3.0 * CONE_TOLERANCE;

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
    // no proof begins after the limit
    if !wanted || settings.activation != Activation::Relu || control.halt().is_some() {
        return Ok(());
    }
    let begun = control.seconds();
    observer.progress(Progress::Doing("proving a bound"));
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
        quick: None,
        course: Course {
            trained: trained_entry(&fit.report),
            held: None,
            entries: Vec::new(),
            observer,
        },
    };
    // what was proven before a decomposition failed stays proven
    let ran = proving.run(prepared, network, settings.prove, control);
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
    ran
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
    /// That of the quick bound, checked in no time: where the tight one starts.
    quick: Option<Certificate>,
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
        let mut seconds = match how {
            Prove::Seconds(seconds) => Some(seconds),
            _ => None,
        };
        // every neuron is priced to rounding in three dimensions, and nothing is left to do; beyond, that
        // takes its time, and the quick bound is there first
        let dimensions = Dimensions::of(self.problem);
        let is_exact = dimensions == Dimensions::UpToThree;
        if !is_exact && !self.quick(network, seconds.is_some(), control)? {
            return Ok(());
        }
        let begun = control.seconds();
        if !self.price_all(prepared, network, dimensions, seconds, control)? {
            return Ok(());
        }
        seconds = seconds.map(|seconds| seconds - (control.seconds() - begun));
        if is_exact && !self.quick(network, seconds.is_some(), control)? {
            return Ok(());
        }
        match seconds {
            Some(seconds) if seconds > 0.0 => self.tighten(network, seconds, control),
            _ => Ok(()),
        }
    }

    /// All neurons priced, where the data span few dimensions; whether there is more to do.
    fn price_all(
        &mut self,
        prepared: &Prepared,
        network: &Network,
        dimensions: Dimensions,
        seconds: Option<f64>,
        control: &Control<'_>,
    ) -> Result<bool, FitError> {
        let n = self.problem.n_samples();
        let asked = seconds.is_some();
        if control.halt().is_some() || !(asked || n <= MOST_ROWS) {
            return Ok(true);
        }
        let memory = self.memory_limit;
        let found = close(
            self.problem,
            dimensions,
            prepared,
            network,
            Asked { seconds, memory },
            control,
        )?;
        let Some((certificate, verified)) = found else {
            return Ok(true);
        };
        let gap = relative_gap(self.course.trained.objective_network, verified.value);
        let enough = if asked { COMPLETE_IF_ASKED } else { COMPLETE };
        Ok(self.offer(certificate, verified, control.seconds()) && gap > enough)
    }

    /// The quick bound, where it is cheap or asked for; whether there is more to do.
    fn quick(
        &mut self,
        network: &Network,
        asked: bool,
        control: &Control<'_>,
    ) -> Result<bool, FitError> {
        let (n, d) = (self.problem.n_samples(), self.problem.n_features());
        let settings = QuickSettings::default();
        let cheap = settings.flops(n, d) <= MOST_FLOPS;
        if control.halt().is_some() || !(asked || cheap) {
            return Ok(true);
        }
        let start = KnownNetwork {
            hidden: network.hidden.as_ref(),
            output: &network.output,
        };
        let Some(found) = quick_bound(self.problem, &settings, Some(start), control)? else {
            return Ok(true);
        };
        self.quick = Some(found.certificate.clone());
        Ok(self.offer(found.certificate, found.verified, control.seconds()))
    }

    /// The tight bound, for so many seconds and within the limit of the run.
    fn tighten(
        &mut self,
        network: &Network,
        seconds: f64,
        control: &Control<'_>,
    ) -> Result<(), FitError> {
        let own = control.seconds() + seconds;
        let control = control.clocked().map_or(*control, |it| *it.deadline(own));
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
        let course = &mut self.course;
        let report = tighten(
            self.problem,
            Some(start),
            self.quick.as_ref(),
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
