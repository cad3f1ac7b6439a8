use admm::{AdmmError, PhaseSeconds, PrimalError, Residuals, Status, Verdict};
use linalg_core::{Control, LinalgError, Real};
use serde::Serialize;

use super::backend::Backend;
use super::certificate::{Certificate, FeasiblePoint, Multipliers};
use super::choose::{Choice, choose};
use super::device::DeviceHandle;
use super::gate_start::gate_start;
use super::sparse_network::SparseNetwork;
use super::{Activation, Programme, newton, three_block, two_block, working_set};
use crate::error::FitError;

/// The splitting of the iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Splitting {
    /// Chosen by the rank of the data.
    #[default]
    Auto,
    /// Loss | norm and cone.
    TwoBlock,
    /// Loss | norm | cone: the source's form.
    ThreeBlock,
}

/// The linear solve of the primal step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PrimalChoice {
    /// Chosen by work within the memory limit.
    #[default]
    Auto,
    /// A Cholesky factor of the smaller side.
    Cholesky,
    /// Conjugate gradients.
    Cg,
    /// Conjugate gradients with the diagonal as preconditioner.
    PcgJacobi,
    /// Conjugate gradients with a randomised Nystrom preconditioner.
    PcgNystrom,
    /// Randomised block coordinate descent.
    Rbcd,
    /// Block descent through one factor that all blocks share.
    BlockExact,
}

impl PrimalChoice {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Auto,
        Self::Cholesky,
        Self::Cg,
        Self::PcgJacobi,
        Self::PcgNystrom,
        Self::Rbcd,
        Self::BlockExact,
    ];

    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cholesky => "cholesky",
            Self::Cg => "cg",
            Self::PcgJacobi => "pcg-jacobi",
            Self::PcgNystrom => "pcg-nystrom",
            Self::Rbcd => "rbcd",
            Self::BlockExact => "block-exact",
        }
    }
}

/// The system that the linear solve works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FormChoice {
    /// The best of those that the method has: `kernel` or `gram` for a factor, else `reduced`.
    #[default]
    Auto,
    /// `n_samples x n_samples`, by a factor or by conjugate gradients.
    Kernel,
    /// `rank n_patterns` on a side, factored.
    Gram,
    /// The same, by products only.
    Reduced,
    /// Both halves of every pair: the source's system, for comparison.
    Full,
}

impl FormChoice {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Auto,
        Self::Kernel,
        Self::Gram,
        Self::Reduced,
        Self::Full,
    ];

    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Kernel => "kernel",
            Self::Gram => "gram",
            Self::Reduced => "reduced",
            Self::Full => "full",
        }
    }
}

/// The precision of the iteration; certificates are always evaluated in `f64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// `f64`, or `mixed` where the kernel matrix has over 64 million entries.
    #[default]
    Auto,
    /// Everything in `f32`.
    F32,
    /// Everything in `f64`.
    F64,
    /// The factor of the kernel system, or the sketch of a Nystrom preconditioner, in `f32`,
    /// corrected by residuals in `f64`; `f64` for methods that have neither.
    Mixed,
}

/// Whether an optional part of the method is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Switch {
    /// By its cost rule.
    #[default]
    Auto,
    /// Always, where it applies.
    On,
    /// Never.
    Off,
}

/// Settings of a programme's solve.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProgrammeSettings {
    /// The relative gap at which the run is converged.
    pub tol: f64,
    /// Most iterations, Newton steps counted among them.
    pub max_iters: usize,
    /// The splitting.
    pub splitting: Splitting,
    /// The linear solve.
    pub primal: PrimalChoice,
    /// The system it works on.
    pub form: FormChoice,
    /// The library of its products and factors.
    pub backend: Backend,
    /// The opened adapter, which [`Backend::Wgpu`] needs.
    #[serde(skip)]
    pub device: Option<DeviceHandle>,
    /// Rank of a Nystrom preconditioner; none: found by its error.
    pub nystrom_rank: Option<usize>,
    /// Seed of sketches and of the order of blocks.
    pub seed: u64,
    /// The precision.
    pub precision: Precision,
    /// Bytes that a run may use.
    pub memory_limit: f64,
    /// The Newton finish.
    pub newton: Switch,
    /// The working set.
    pub working_set: Switch,
    /// A certificate every so many iterations; 0: only at the end.
    pub check_every: usize,
}

impl Default for ProgrammeSettings {
    fn default() -> Self {
        Self {
            tol: 1e-3,
            max_iters: 2000,
            splitting: Splitting::Auto,
            primal: PrimalChoice::Auto,
            form: FormChoice::Auto,
            backend: Backend::Faer,
            device: None,
            nystrom_rank: None,
            seed: 0,
            precision: Precision::Auto,
            memory_limit: 6.0 * 1024.0 * 1024.0 * 1024.0,
            newton: Switch::Auto,
            working_set: Switch::Auto,
            check_every: 5,
        }
    }
}

/// What a run has reached at a check, in sum scaling.
#[derive(Debug)]
pub struct Check<'a> {
    /// Iterations so far.
    pub iteration: usize,
    /// Seconds on the caller's clock.
    pub seconds: f64,
    /// The best point inside its cones.
    pub point: &'a FeasiblePoint,
    /// The best network of the sparse copies, where it is better than the point's.
    pub network: Option<&'a SparseNetwork>,
    /// The best lower bound.
    pub dual_bound: f64,
}

/// The caller's eye on a run.
pub trait Observer {
    /// Called after every iteration; `false` ends the run.
    fn iteration(&mut self, _iteration: usize) -> bool {
        true
    }
    /// Called at every check.
    fn check(&mut self, _check: &Check<'_>) {}
}

impl Observer for () {}

/// The second part of the state of a loss that is split off.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitStart {
    /// Its penalty parameter over the first.
    pub ratio: f64,
    /// Its fixed-point variable, `n_samples` numbers an output, in the rows of the programme.
    pub z: Vec<f64>,
}

/// Where a run ended, for the start of another.
#[derive(Debug, Clone, PartialEq)]
pub struct WarmStart {
    /// The penalty parameter.
    pub rho: f64,
    /// The fixed-point variable, `rank * n_blocks`.
    pub z: Vec<f64>,
    /// The multipliers.
    pub multipliers: Multipliers,
    /// Of a loss that is split off; without it such a run starts at the outputs of `z`.
    pub split: Option<SplitStart>,
}

/// The answer: a point inside its cones, a lower bound, and what it took.
#[derive(Debug, Clone)]
pub struct Solution {
    /// How the run ended.
    pub status: Status,
    /// The best point.
    pub point: FeasiblePoint,
    /// The best network of the sparse copies, where it is better than the point's: for data of many
    /// coordinates only, whose cones are thin.
    pub network: Option<SparseNetwork>,
    /// The best bound and its dual point.
    pub certificate: Certificate,
    /// Iterations, Newton steps among them; summed over working sets.
    pub iterations: usize,
    /// Newton steps among them.
    pub newton_steps: usize,
    /// Inner iterations of the primal steps.
    pub inner_iterations: usize,
    /// Factorisations of the primal step.
    pub factorisations: usize,
    /// Products of the size `n_samples x rank x n_patterns`, about: the work without the clock.
    pub products: f64,
    /// What was chosen, and why.
    pub choice: Choice,
    /// The precision the answer was made in: f32, f64 or mixed.
    pub precision: Precision,
    /// Time of the phases.
    pub seconds: PhaseSeconds,
    /// Time of the Newton finish.
    pub polish_seconds: f64,
    /// Where it ended.
    pub warm_start: WarmStart,
}

impl Solution {
    /// `(objective - bound) / objective` of the programme, at least 0; 0 when the objective is.
    #[must_use]
    pub fn gap(&self) -> f64 {
        relative_gap(self.point.objective, self.certificate.bound)
    }
}

/// `(objective - bound) / objective`, at least 0, and 0 when the objective is.
pub(crate) fn relative_gap(objective: f64, bound: f64) -> f64 {
    if objective.is_finite() && objective > 0.0 {
        ((objective - bound) / objective).max(0.0)
    } else if objective == 0.0 {
        0.0
    } else {
        // an objective that is not finite proves nothing; NaN.max(0) would call it converged
        f64::INFINITY
    }
}

/// A gap this far below the tolerance is converged: the network's own objective, evaluated from
/// its stored weights, may differ from the point's by its rounding.
pub(super) const TOLERANCE_MARGIN: f64 = 0.999;

/// Solves a programme to a relative duality gap.
///
/// **Errors as statuses** a limit or an interruption ends with the best point so far.
///
/// # Errors
/// [`FitError`] where there is no answer: shapes, memory, a failed factorisation in `f64`.
pub fn solve(
    programme: &Programme,
    settings: &ProgrammeSettings,
    control: &Control<'_>,
    warm: Option<&WarmStart>,
    observer: &mut dyn Observer,
) -> Result<Solution, FitError> {
    if programme.n_patterns() == 0 {
        return Err(FitError::NoPattern);
    }
    let mut choice = choose(programme, settings)?;
    let mut tracker = Tracker::new(programme, settings, *control, observer);
    if programme.rank() == 0 {
        // no coordinate: the zero network is all there is, and its bound is exact
        choice.reason.push_str("; the data have rank 0");
        tracker.conclude(0);
        let totals = Totals::default();
        let precision = in_force(choice.precision);
        return Ok(finish(
            &tracker,
            &choice,
            totals,
            Status::Converged,
            None,
            precision,
        ));
    }
    if working_set::pays(programme, settings, &choice) {
        let solution = working_set::solve(&mut tracker, &mut choice, warm)?;
        return Ok(solution);
    }
    run(&mut tracker, &mut choice, warm)
}

/// One programme without a working set, in the precision asked for; `f64` takes over where `f32`
/// fails or gets no further.
pub(super) fn run(
    tracker: &mut Tracker<'_>,
    choice: &mut Choice,
    warm: Option<&WarmStart>,
) -> Result<Solution, FitError> {
    let programme = tracker.programme;
    let settings = tracker.settings;
    let precision = choice.precision;
    if has_cones(programme) && warm.is_none() {
        tracker.offer_point(gate_start(programme, &tracker.control));
    }
    let mut totals = Totals::default();
    tracker.hasty = precision == Precision::F32;
    let first = match precision {
        Precision::F32 => attempt::<f32>(tracker, &mut totals, choice, warm),
        _ => attempt::<f64>(tracker, &mut totals, choice, warm),
    };
    tracker.hasty = false;
    let single = precision == Precision::F32;
    // a failure, or an end of f32's digits, that f64 may go past
    let (mut status, mut start, again) = match first {
        Ok((Status::Stalled, start))
            if single && totals.iterations < settings.max_iters && !tracker.reached() =>
        {
            choice.reason.push_str(&format!(
                "; f32 gets no further than a gap of {:.1e} (iteration {}): finished in f64",
                tracker.gap(),
                totals.iterations
            ));
            let kept = choice.splitting != Splitting::ThreeBlock;
            (Status::Stalled, start.clone(), Some(start.filter(|_| kept)))
        }
        Ok((status, start)) => (status, start, None),
        Err(error) if precision != Precision::F64 && is_breakdown(&error) => {
            choice.reason.push_str(&format!(
                "; {} failed ({error}): done again in f64",
                precision.name()
            ));
            (Status::Stalled, None, Some(warm.cloned()))
        }
        Err(error) if tracker.progressed(&totals) && (is_breakdown(&error) || is_lost(&error)) => {
            choice.reason.push_str(&format!(
                "; stopped at iteration {} ({error}): the best point so far",
                totals.iterations
            ));
            (Status::Stalled, None, None)
        }
        Err(error) => return Err(error),
    };
    if let Some(from) = again {
        let mut wide = ProgrammeSettings {
            precision: Precision::F64,
            ..settings.clone()
        };
        if choice.backend == Backend::Wgpu {
            // a device has no f64
            wide.backend = Backend::Faer;
            choice.backend = wide.backend;
        }
        // twice the width may ask for another system
        let outcome = choose(programme, &wide).and_then(|next| {
            if (next.method, next.form) != (choice.method, choice.form) {
                choice.follow(&next, "in f64");
            }
            choice.precision = Precision::F64;
            attempt::<f64>(tracker, &mut totals, choice, from.as_ref())
        });
        match outcome {
            Ok(reached) => (status, start) = reached,
            Err(error)
                if tracker.progressed(&totals)
                    && (is_breakdown(&error) || matches!(error, FitError::Memory { .. })) =>
            {
                choice
                    .reason
                    .push_str(&format!("; f64 failed ({error}): the best point so far"));
            }
            Err(error) => return Err(error),
        }
    }
    let precision = in_force(choice.precision);
    Ok(finish(tracker, choice, totals, status, start, precision))
}

/// What a choice of precision comes to.
fn in_force(precision: Precision) -> Precision {
    match precision {
        Precision::Auto => Precision::F64,
        other => other,
    }
}

/// Whether a higher precision may help.
pub(super) fn is_breakdown(error: &FitError) -> bool {
    matches!(
        error,
        FitError::Admm(
            AdmmError::NotFinite { .. }
                | AdmmError::Setting(_)
                | AdmmError::Primal(
                    PrimalError::Linalg(
                        LinalgError::NotPositiveDefinite { .. } | LinalgError::NotFinite { .. }
                    ) | PrimalError::Krylov(_)
                        | PrimalError::Inaccurate { .. }
                        | PrimalError::NotFinite { .. }
                )
        ) | FitError::Linalg(
            LinalgError::NotPositiveDefinite { .. } | LinalgError::NotFinite { .. }
        ) | FitError::Preconditioner(_)
    )
}

/// Whether a primal step from outside failed: a device that is gone.
fn is_lost(error: &FitError) -> bool {
    matches!(
        error,
        FitError::Admm(AdmmError::Primal(PrimalError::Foreign(_)))
    )
}

/// The run in one precision, and where it ended.
fn attempt<T: Real>(
    tracker: &mut Tracker<'_>,
    totals: &mut Totals,
    choice: &mut Choice,
    warm: Option<&WarmStart>,
) -> Result<(Status, Option<WarmStart>), FitError> {
    let settings = tracker.settings;
    let mut start = warm.cloned();
    if choice.splitting == Splitting::ThreeBlock {
        let mixed = settings.splitting == Splitting::Auto;
        let (ended, next) = three_block::run::<T>(tracker, totals, choice, mixed)?;
        start = Some(next);
        if !mixed || ended != Status::Stalled {
            return Ok((ended, start));
        }
        // the changeover: its own choice of a system, its start from the three-block iterate
        let two = ProgrammeSettings {
            splitting: Splitting::TwoBlock,
            ..settings.clone()
        };
        let changed = format!("changed over at iteration {}", totals.iterations);
        match choose(tracker.programme, &two) {
            Ok(next) => {
                choice.follow(&next, &changed);
                choice.precision = match (choice.precision, next.precision) {
                    // the precision of the iteration stays, that of a factor follows the system
                    (Precision::F32, _) => Precision::F32,
                    (_, next) => next,
                };
            }
            Err(error @ FitError::Memory { .. }) => {
                choice.reason.push_str(&format!("; not {changed}: {error}"));
                return Ok((Status::Stalled, start));
            }
            Err(error) => return Err(error),
        }
    }
    loop {
        let newton = newton::Rule::new(tracker.programme, settings);
        let left = settings.max_iters.saturating_sub(totals.iterations);
        if left == 0 && totals.iterations > 0 {
            return Ok((Status::IterationLimit, start));
        }
        let (ended, next) =
            two_block::run::<T>(tracker, totals, choice, start.as_ref(), left, &newton)?;
        if !ended.hand_over {
            return Ok((ended.status, Some(next)));
        }
        let finished = newton::finish(tracker, totals, next)?;
        start = Some(finished.warm_start);
        if finished.status != Status::Stalled {
            return Ok((finished.status, start));
        }
        // Newton could not do it: the plain iteration goes on from where Newton began, alone
        totals.newton_failed = true;
    }
}

/// The answer: the best point and bound of the tracker, and what it took.
pub(super) fn finish(
    tracker: &Tracker<'_>,
    choice: &Choice,
    totals: Totals,
    status: Status,
    start: Option<WarmStart>,
    precision: Precision,
) -> Solution {
    let programme = tracker.programme;
    let warm_start = start.unwrap_or_else(|| WarmStart {
        rho: 1.0,
        z: vec![0.0; programme.rank() * programme.n_blocks()],
        multipliers: Multipliers::none(programme.n_blocks()),
        split: None,
    });
    let status = if tracker.gap() <= TOLERANCE_MARGIN * tracker.settings.tol {
        Status::Converged
    } else {
        status
    };
    Solution {
        status,
        point: tracker.point.clone(),
        network: tracker.better_network().cloned(),
        certificate: tracker.certificate.clone(),
        iterations: totals.iterations,
        newton_steps: totals.newton_steps,
        inner_iterations: totals.inner_iterations,
        factorisations: totals.factorisations,
        products: totals.products,
        choice: choice.clone(),
        precision,
        seconds: totals.seconds,
        polish_seconds: totals.polish_seconds,
        warm_start,
    }
}

/// Counts over the parts of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Totals {
    pub(super) iterations: usize,
    pub(super) newton_steps: usize,
    pub(super) newton_failed: bool,
    pub(super) inner_iterations: usize,
    pub(super) factorisations: usize,
    pub(super) products: f64,
    pub(super) seconds: PhaseSeconds,
    pub(super) polish_seconds: f64,
}

impl Totals {
    pub(super) fn add(&mut self, solution: &admm::AdmmSolution) {
        self.iterations += solution.iterations;
        self.inner_iterations += solution.inner_iterations;
        self.factorisations += solution.factorisations;
        self.add_seconds(&solution.seconds);
    }

    pub(super) fn add_seconds(&mut self, seconds: &PhaseSeconds) {
        self.seconds.setup += seconds.setup;
        self.seconds.primal += seconds.primal;
        self.seconds.prox += seconds.prox;
        self.seconds.dual += seconds.dual;
        self.seconds.monitor += seconds.monitor;
    }
}

/// Checks without a better gap or smaller residuals after which a run counts as stalled. At a third and at two thirds
/// of them the steps are made more exact, the second time to rounding, and the penalty parameter is
/// balanced: a run has not stalled before that has been tried.
const PATIENCE: usize = 60;
/// What counts as better, relative.
const BETTER: f64 = 0.995;
/// In `f32`, where `f64` can take over, a gap that falls by less than this share ...
const HASTY_SHARE: f64 = 0.7;
/// ... over so many checks counts as stalled.
const HASTY: usize = 10;

/// The best point and bound of a run and the caller's eye on it.
pub(super) struct Tracker<'a> {
    pub(super) programme: &'a Programme,
    pub(super) settings: &'a ProgrammeSettings,
    pub(super) control: Control<'a>,
    observer: &'a mut dyn Observer,
    pub(super) point: FeasiblePoint,
    network: Option<SparseNetwork>,
    pub(super) certificate: Certificate,
    best_gap: f64,
    /// The larger residual at its smallest, at the penalty parameter in force.
    best_residual: f64,
    rho: f64,
    idle: usize,
    /// Stall early: a higher precision can take over.
    hasty: bool,
    gaps: Vec<f64>,
    /// Iterations of parts of the run that are over.
    pub(super) before: usize,
}

impl<'a> Tracker<'a> {
    pub(super) fn new(
        programme: &'a Programme,
        settings: &'a ProgrammeSettings,
        control: Control<'a>,
        observer: &'a mut dyn Observer,
    ) -> Self {
        // minus the gradient at zero is a dual point before the first step; its price is a product with all patterns
        let none = Multipliers::none(programme.n_blocks());
        let theta = programme.target().to_vec();
        let certificate = match control.halt() {
            None => Certificate::evaluate(programme, theta, none),
            Some(_) => Certificate {
                theta,
                multipliers: none,
                bound: 0.0,
            },
        };
        Self {
            programme,
            settings,
            control,
            observer,
            point: FeasiblePoint::zero(programme),
            network: None,
            certificate,
            best_gap: f64::INFINITY,
            best_residual: f64::INFINITY,
            rho: 0.0,
            idle: 0,
            hasty: false,
            gaps: Vec::new(),
            before: 0,
        }
    }

    pub(super) fn gap(&self) -> f64 {
        relative_gap(self.point.objective, self.certificate.bound)
    }

    /// Whether the gap is within the tolerance.
    pub(super) fn reached(&self) -> bool {
        self.gap() <= TOLERANCE_MARGIN * self.settings.tol
    }

    /// Whether a failure would lose something: iterations were made and a point was found.
    pub(super) fn progressed(&self, totals: &Totals) -> bool {
        (totals.iterations > 0 || self.best_gap.is_finite())
            && self.point.objective < self.programme.zero_objective()
    }

    pub(super) fn offer_point(&mut self, point: FeasiblePoint) {
        if point.objective < self.point.objective {
            self.point = point;
        }
    }

    /// The network of sparse copies as they stand, before a check if it is early: it is there after
    /// a few iterations, long before points inside the cones are.
    pub(super) fn offer_network(&mut self, v: &[f64]) {
        let found = SparseNetwork::of(self.programme, v);
        let best = self.network.as_ref().map_or(f64::INFINITY, |n| n.objective);
        if let Some(found) = found.filter(|found| found.objective < best) {
            self.network = Some(found);
        }
    }

    fn better_network(&self) -> Option<&SparseNetwork> {
        let network = self.network.as_ref();
        network.filter(|network| network.objective < self.point.objective)
    }

    /// Tells the observer where the run stands.
    pub(super) fn show(&mut self, iteration: usize) {
        // the field, not the method: the observer is borrowed beside it
        let network = self.network.as_ref();
        self.observer.check(&Check {
            iteration: self.before + iteration,
            seconds: self.control.seconds(),
            point: &self.point,
            network: network.filter(|network| network.objective < self.point.objective),
            dual_bound: self.certificate.bound,
        });
    }

    pub(super) fn offer_certificate(&mut self, certificate: Certificate) {
        if certificate.bound > self.certificate.bound {
            self.certificate = certificate;
        }
    }

    /// Residuals that fall are progress, too: the gap need not follow them at once.
    pub(super) fn moved(&mut self, rho: f64, residuals: &Residuals) {
        let size = residuals.primal.max(residuals.dual);
        #[expect(clippy::float_cmp, reason = "the same number, or another was set")]
        let same = rho == self.rho;
        if same && size < BETTER * self.best_residual {
            self.idle = 0;
        }
        if !same || size < BETTER * self.best_residual {
            (self.rho, self.best_residual) = (rho, size);
        }
    }

    /// Tells the observer, and says how to go on.
    pub(super) fn conclude(&mut self, iteration: usize) -> Verdict {
        let gap = self.gap();
        self.show(iteration);
        if gap < BETTER * self.best_gap {
            self.best_gap = gap;
            self.idle = 0;
        } else {
            self.idle += 1;
        }
        self.gaps.push(gap);
        let slow = self.hasty
            && self.gaps.len() > HASTY
            && gap > HASTY_SHARE * self.gaps[self.gaps.len() - 1 - HASTY];
        if gap <= TOLERANCE_MARGIN * self.settings.tol {
            Verdict::Stop(Status::Converged)
        } else if self.idle >= PATIENCE || slow {
            Verdict::Stop(Status::Stalled)
        } else if self.idle > 0 && self.idle.is_multiple_of(PATIENCE / 3) {
            Verdict::Retune
        } else {
            Verdict::Continue
        }
    }

    /// Whether the caller wants to go on after this iteration.
    pub(super) fn go_on(&mut self, iteration: usize) -> bool {
        self.observer.iteration(self.before + iteration)
    }
}

/// Whether the programme has cones.
pub(super) fn has_cones(programme: &Programme) -> bool {
    programme.activation() == Activation::Relu
}
