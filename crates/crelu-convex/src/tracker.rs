use admm::{PhaseSeconds, Residuals, Status, Verdict};
use crelu_core::{is_settled, relative_gap};
use linalg_core::Control;

use crate::certificate::ProgrammeCertificate;
use crate::feasible_point::FeasiblePoint;
use crate::programme::Programme;
use crate::settings::ProgrammeSettings;
use crate::sparse_network::SparseNetwork;

/// A gap this far below the tolerance is converged: the network's own objective, evaluated from
/// its stored weights, may differ from the point's by its rounding.
pub(crate) const TOLERANCE_MARGIN: f64 = 0.999;
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

/// Sees the checks.
impl<F: FnMut(&Check<'_>)> Observer for F {
    fn check(&mut self, check: &Check<'_>) {
        self(check);
    }
}

/// Counts over the parts of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Totals {
    pub(crate) iterations: usize,
    pub(crate) newton_steps: usize,
    pub(crate) newton_failed: bool,
    pub(crate) inner_iterations: usize,
    pub(crate) factorisations: usize,
    pub(crate) products: f64,
    pub(crate) seconds: PhaseSeconds,
    pub(crate) polish_seconds: f64,
}

impl Totals {
    pub(crate) fn add(&mut self, solution: &admm::AdmmSolution) {
        self.iterations += solution.iterations;
        self.inner_iterations += solution.inner_iterations;
        self.factorisations += solution.factorisations;
        self.seconds.add(&solution.seconds);
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

/// What was shown in the last three quarters of a run that is called settled, at least.
const SETTLED_CHECKS: usize = 6;

/// The best point and bound of a run and the caller's eye on it.
pub(crate) struct Tracker<'a> {
    pub(crate) programme: &'a Programme,
    pub(crate) settings: &'a ProgrammeSettings,
    pub(crate) control: Control<'a>,
    observer: &'a mut dyn Observer,
    pub(crate) point: FeasiblePoint,
    network: Option<SparseNetwork>,
    pub(crate) certificate: ProgrammeCertificate,
    best_gap: f64,
    /// The larger residual at its smallest, at the penalty parameter in force.
    best_residual: f64,
    rho: f64,
    idle: usize,
    /// Stall early: a higher precision can take over.
    pub(crate) hasty: bool,
    gaps: Vec<f64>,
    /// The iteration of everything that was shown, and the objective of the better of point and network.
    course: Vec<(u64, f64)>,
    /// Iterations of parts of the run that are over.
    pub(crate) before: usize,
}

impl<'a> Tracker<'a> {
    pub(crate) fn new(
        programme: &'a Programme,
        settings: &'a ProgrammeSettings,
        control: Control<'a>,
        observer: &'a mut dyn Observer,
    ) -> Self {
        // minus the gradient at zero is a dual point before the first step; its price is a product with all patterns
        let certificate = ProgrammeCertificate::at_zero(programme, &control);
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
            course: Vec::new(),
            before: 0,
        }
    }

    pub(crate) fn gap(&self) -> f64 {
        relative_gap(self.point.objective, self.certificate.bound)
    }

    /// Whether the gap is within the tolerance.
    pub(crate) fn reached(&self) -> bool {
        self.gap() <= TOLERANCE_MARGIN * self.settings.tol
    }

    /// Whether a failure would lose something: iterations were made and a point was found.
    pub(crate) fn progressed(&self, totals: &Totals) -> bool {
        (totals.iterations > 0 || self.best_gap.is_finite())
            && self.point.objective < self.programme.zero_objective()
    }

    pub(crate) fn offer_point(&mut self, point: FeasiblePoint) {
        if point.objective < self.point.objective {
            self.point = point;
        }
    }

    /// The network of sparse copies as they stand, before a check if it is early: it is there after
    /// a few iterations, long before points inside the cones are.
    pub(crate) fn offer_network(&mut self, v: &[f64]) {
        let found = SparseNetwork::of(self.programme, v);
        let best = self.network.as_ref().map_or(f64::INFINITY, |n| n.objective);
        if let Some(found) = found.filter(|found| found.objective < best) {
            self.network = Some(found);
        }
    }

    pub(crate) fn better_network(&self) -> Option<&SparseNetwork> {
        let network = self.network.as_ref();
        network.filter(|network| network.objective < self.point.objective)
    }

    /// Tells the observer where the run stands.
    pub(crate) fn show(&mut self, iteration: usize) {
        // the field, not the method: the observer is borrowed beside it
        let network = self.network.as_ref();
        let reached = network.map_or(f64::INFINITY, |network| network.objective);
        let at = (self.before + iteration) as u64;
        self.course.push((at, reached.min(self.point.objective)));
        self.observer.check(&Check {
            iteration: self.before + iteration,
            seconds: self.control.seconds(),
            point: &self.point,
            network: network.filter(|network| network.objective < self.point.objective),
            dual_bound: self.certificate.bound,
        });
    }

    pub(crate) fn offer_certificate(&mut self, certificate: ProgrammeCertificate) {
        if certificate.bound > self.certificate.bound {
            self.certificate = certificate;
        }
    }

    /// Residuals that fall are progress, too: the gap need not follow them at once.
    pub(crate) fn moved(&mut self, rho: f64, residuals: &Residuals) {
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
    pub(crate) fn conclude(&mut self, iteration: usize) -> Verdict {
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
        } else if self.is_settled() {
            Verdict::Stop(Status::Settled)
        } else if self.idle >= PATIENCE || slow {
            Verdict::Stop(Status::Stalled)
        } else if self.idle > 0 && self.idle.is_multiple_of(PATIENCE / 3) {
            Verdict::Retune
        } else {
            Verdict::Continue
        }
    }

    /// Whether the network of the sparse copies is the answer: within the tolerance of the bound, with little
    /// left to win by its course.
    fn is_settled(&self) -> bool {
        let (Some(share), Some(network)) = (self.settings.settle, self.better_network()) else {
            return false;
        };
        let Some(&(now, _)) = self.course.last() else {
            return false;
        };
        let window = self.course.iter().filter(|(at, _)| *at > now / 4);
        let at = |work: u64| {
            let after = self.course.partition_point(|(at, _)| *at <= work);
            let zero = self.programme.zero_objective();
            after
                .checked_sub(1)
                .map_or(zero, |last| self.course[last].1)
        };
        relative_gap(network.objective, self.certificate.bound) <= self.settings.tol
            && window.count() >= SETTLED_CHECKS
            && is_settled(at, now, share)
    }

    /// Whether the caller wants to go on after this iteration.
    pub(crate) fn go_on(&mut self, iteration: usize) -> bool {
        self.observer.iteration(self.before + iteration)
    }
}
