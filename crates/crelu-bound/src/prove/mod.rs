//! The best proof for some data: which of the bounds are made, in which order, and what each may cost.

mod completion;
mod few_dimensions;
mod merged;
mod proven;
mod settings;

pub use completion::Completion;
pub use proven::Proven;
pub use settings::{CheckedProofSettings, ProofSettings};

use faer::{Accum, Mat};
use linalg_core::Control;

use self::completion::OwnNetwork;
use self::few_dimensions::{CONE_TOLERANCE, Dimensions, close};
use self::merged::{Merged, OfMerged};
use crate::certificate::Certificate;
use crate::error::BoundError;
use crate::network::KnownNetwork;
use crate::problem::BoundProblem;
use crate::quick::{QuickSettings, quick_bound};
use crate::relax::{TightSettings, tighten};
use crate::verify::verify;

/// Unless it is asked for, pricing all neurons is left out beyond this many rows.
const MOST_ROWS: usize = 20_000;
/// A gap of the network that pricing all neurons leaves open only where it was cut short: the other
/// bounds have their turn, with `seconds` already at what thinning and the tolerance of the prices
/// leave open.
const COMPLETE: f64 = 0.02;
const COMPLETE_IF_ASKED: f64 = 3.0 * CONE_TOLERANCE;

/// At what share of the rate of a product the quick bound runs, at least.
const SHARE_OF_RATE: f64 = 0.25;
/// Side of the product whose rate is measured: a millisecond.
const RATE_SIDE: usize = 256;

/// Flops a second of a product on all threads, by the clock of `control`.
fn product_rate(control: &Control<'_>) -> f64 {
    let factor = Mat::<f64>::from_fn(RATE_SIDE, RATE_SIDE, |i, j| if i < j { 1.0 } else { -0.5 });
    let mut out = Mat::<f64>::zeros(RATE_SIDE, RATE_SIDE);
    let begun = control.seconds();
    let (to, by) = (out.as_mut(), factor.as_ref());
    linalg_core::product(to, Accum::Replace, by, by, 1.0);
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let flops = 2.0 * (RATE_SIDE as f64).powi(3);
    flops / (control.seconds() - begun).max(f64::MIN_POSITIVE)
}

/// How far the proofs are.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ProofProgress {
    /// A better bound on `J` than all before.
    Better(f64),
    /// The quick bound was not asked for and is left out: it would take more flops than it may.
    TooDear {
        /// What it would take.
        flops: f64,
        /// What it may.
        limit: f64,
    },
    /// The tight bound does not fit into the memory as it is.
    TightMemory {
        /// About the bytes it would take.
        needed: f64,
        /// Those that it may.
        limit: f64,
        /// The rows of the smaller blocks that are taken; none: it is left out.
        block_rows: Option<usize>,
    },
}

/// A trained network, for [`prove_trained`].
pub struct TrainedNetwork<'a> {
    /// The network.
    pub network: KnownNetwork<'a>,
    /// Its `J`.
    pub objective: f64,
    /// The same network, to be completed where all neurons can be priced.
    pub completion: &'a mut dyn Completion,
}

/// The best lower bound on the `J` of all two-layer ReLU networks that `settings` give the means for,
/// and its certificate. None if there is no time for any.
///
/// Equal rows are proven as one. Where the data span up to three dimensions all neurons are priced, to rounding; in up to six to a
/// tolerance of 1e-3 once there are `seconds`, by a short search without; beyond, the quick bound and
/// for `seconds` the tight one. A decomposition that does not converge ends the proofs with what there
/// is by then, and so does a limit of `control`.
///
/// # Errors
/// [`BoundError`] for problems that are none.
pub fn prove(
    problem: &BoundProblem<'_>,
    settings: &CheckedProofSettings,
    control: &Control<'_>,
) -> Result<Option<Proven>, BoundError> {
    let observer = &mut |_| true;
    match Merged::new(problem) {
        Some(merged) => prove_merged(problem, &merged, observer, |problem, observer| {
            let mut own = OwnNetwork::new(problem);
            let proving = Proving::new(problem, settings.get(), None);
            proving.run(&mut own, control, observer)
        }),
        None => {
            let mut own = OwnNetwork::new(problem);
            let proving = Proving::new(problem, settings.get(), None);
            proving.run(&mut own, control, observer)
        }
    }
}

/// [`prove`] for a network that is known: its neurons are where the bounds start, and `observer`, told
/// of every step, ends the proofs with `false`.
///
/// # Errors
/// As [`prove`].
pub fn prove_trained(
    problem: &BoundProblem<'_>,
    trained: TrainedNetwork<'_>,
    settings: &CheckedProofSettings,
    control: &Control<'_>,
    observer: &mut dyn FnMut(ProofProgress) -> bool,
) -> Result<Option<Proven>, BoundError> {
    let TrainedNetwork {
        network,
        objective,
        completion,
    } = trained;
    match Merged::new(problem) {
        Some(merged) => prove_merged(problem, &merged, observer, |problem, observer| {
            let known = Some((network, objective - merged.constant));
            let merged = &merged;
            let mut completion = OfMerged {
                all: completion,
                merged,
            };
            let proving = Proving::new(problem, settings.get(), known);
            proving.run(&mut completion, control, observer)
        }),
        None => {
            let proving = Proving::new(problem, settings.get(), Some((network, objective)));
            proving.run(completion, control, observer)
        }
    }
}

/// Proves the problem of the merged rows by `prove`, and says what that is of all rows.
fn prove_merged(
    problem: &BoundProblem<'_>,
    merged: &Merged,
    observer: Observer<'_>,
    prove: impl FnOnce(&BoundProblem<'_>, Observer<'_>) -> Result<Option<Proven>, BoundError>,
) -> Result<Option<Proven>, BoundError> {
    let few = merged.problem(problem)?;
    let mut told = |progress| {
        observer(match progress {
            ProofProgress::Better(bound) => ProofProgress::Better(bound + merged.constant),
            other => other,
        })
    };
    let Some(proven) = prove(&few, &mut told)? else {
        return Ok(None);
    };
    let certificate = merged.spread(problem, proven.certificate, proven.bound.scale);
    let bound = verify(problem, &certificate)?.bound();
    Ok(bound.map(|bound| Proven { certificate, bound }))
}

/// The best proof so far.
struct Proving<'a> {
    problem: &'a BoundProblem<'a>,
    settings: &'a ProofSettings,
    /// The network that is known, and its `J`.
    known: Option<(KnownNetwork<'a>, f64)>,
    best: Option<Proven>,
    /// That of the quick bound, checked in no time: where the tight one starts.
    quick: Option<Certificate>,
}

type Observer<'a> = &'a mut dyn FnMut(ProofProgress) -> bool;

impl<'a> Proving<'a> {
    fn new(
        problem: &'a BoundProblem<'a>,
        settings: &'a ProofSettings,
        known: Option<(KnownNetwork<'a>, f64)>,
    ) -> Self {
        Self {
            problem,
            settings,
            known,
            best: None,
            quick: None,
        }
    }

    fn run(
        mut self,
        completion: &mut dyn Completion,
        control: &Control<'_>,
        observer: Observer<'_>,
    ) -> Result<Option<Proven>, BoundError> {
        match self.steps(completion, control, observer) {
            Ok(()) | Err(BoundError::Linalg(_)) => Ok(self.best),
            Err(error) => Err(error),
        }
    }

    fn steps(
        &mut self,
        completion: &mut dyn Completion,
        control: &Control<'_>,
        observer: Observer<'_>,
    ) -> Result<(), BoundError> {
        let mut seconds = self.settings.seconds;
        // every neuron is priced to rounding in three dimensions, and nothing is left to do; beyond, that
        // takes its time, and the quick bound is there first
        let dimensions = Dimensions::of(self.problem);
        let is_exact = dimensions == Dimensions::UpToThree;
        if !is_exact && !self.quick(seconds.is_some(), control, observer)? {
            return Ok(());
        }
        let begun = control.seconds();
        if !self.price_all(completion, dimensions, seconds, control, observer)? {
            return Ok(());
        }
        seconds = seconds.map(|seconds| seconds - (control.seconds() - begun));
        if is_exact && !self.quick(seconds.is_some(), control, observer)? {
            return Ok(());
        }
        match seconds {
            Some(seconds) if seconds > 0.0 => self.tighten(seconds, control, observer),
            _ => Ok(()),
        }
    }

    /// Keeps the better one; `false`: the caller has enough.
    fn offer(&mut self, proven: Proven, observer: Observer<'_>) -> bool {
        let value = proven.bound.value;
        if self
            .best
            .as_ref()
            .is_some_and(|best| value <= best.bound.value)
        {
            return true;
        }
        self.best = Some(proven);
        observer(ProofProgress::Better(value))
    }

    /// All neurons priced, where the data span few dimensions; whether there is more to do.
    fn price_all(
        &mut self,
        completion: &mut dyn Completion,
        dimensions: Dimensions,
        seconds: Option<f64>,
        control: &Control<'_>,
        observer: Observer<'_>,
    ) -> Result<bool, BoundError> {
        let asked = seconds.is_some();
        if control.halt().is_some() || !(asked || self.problem.n_samples() <= MOST_ROWS) {
            return Ok(true);
        }
        let settings = self.settings;
        let found = close(
            self.problem,
            dimensions,
            completion,
            settings,
            seconds,
            control,
        )?;
        let Some(found) = found else {
            return Ok(true);
        };
        let enough = if asked { COMPLETE_IF_ASKED } else { COMPLETE };
        let bound = found.proven.bound.value;
        let is_enough = match self.known {
            // without a network to compare with, what the search leaves open is its tolerance
            None => found.is_complete,
            Some((_, objective)) => objective - bound <= enough * objective,
        };
        Ok(self.offer(found.proven, observer) && !is_enough)
    }

    /// The quick bound, where it is cheap or asked for; whether there is more to do.
    fn quick(
        &mut self,
        asked: bool,
        control: &Control<'_>,
        observer: Observer<'_>,
    ) -> Result<bool, BoundError> {
        let (n, d) = (self.problem.n_samples(), self.problem.n_features());
        let settings = QuickSettings::default();
        if control.halt().is_some() {
            return Ok(true);
        }
        let (flops, limit) = (settings.flops(n, d), self.settings.flops);
        if !asked && flops > limit {
            return Ok(observer(ProofProgress::TooDear { flops, limit }));
        }
        // a part of it cannot be stopped: it does not begin where the rest of the time is too short
        if let Some(end) = control.ends_at()
            && control.seconds() + flops / (SHARE_OF_RATE * product_rate(control)) > end
        {
            return Ok(true);
        }
        let start = self.known.map(|known| known.0);
        let Some(found) = quick_bound(self.problem, &settings.check()?, start, control)? else {
            return Ok(true);
        };
        self.quick = Some(found.certificate.clone());
        let proven = Proven {
            certificate: found.certificate,
            bound: found.verified,
        };
        Ok(self.offer(proven, observer))
    }

    /// The tight bound, for so many seconds and within the limit of the run.
    fn tighten(
        &mut self,
        seconds: f64,
        control: &Control<'_>,
        observer: Observer<'_>,
    ) -> Result<(), BoundError> {
        let own = control.seconds() + seconds;
        let control = control.clocked().map_or(*control, |it| *it.deadline(own));
        if control.halt().is_some() {
            return Ok(());
        }
        let (n, d) = (self.problem.n_samples(), self.problem.n_features());
        let (whole, limit) = (TightSettings::default(), self.settings.memory);
        let fitting = whole.clone().within(limit, n, d);
        if fitting.as_ref() != Some(&whole) {
            let go_on = observer(ProofProgress::TightMemory {
                needed: whole.bytes(n, d),
                limit,
                block_rows: fitting.as_ref().and_then(|settings| settings.block_rows),
            });
            if !go_on {
                return Ok(());
            }
        }
        let Some(settings) = fitting else {
            return Ok(());
        };
        let mut held = self.best.as_ref().map(|best| best.bound.value);
        let report = tighten(
            self.problem,
            self.known.map(|known| known.0),
            self.quick.as_ref(),
            &settings.check()?,
            &control,
            &mut |now| {
                if held.is_some_and(|held| now.bound <= held) {
                    return true;
                }
                held = Some(now.bound);
                observer(ProofProgress::Better(now.bound))
            },
        )?;
        let value = report.bound.value;
        if self
            .best
            .as_ref()
            .is_none_or(|best| value > best.bound.value)
        {
            self.best = Some(Proven {
                certificate: report.certificate,
                bound: report.bound,
            });
        }
        Ok(())
    }
}
