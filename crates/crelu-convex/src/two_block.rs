use admm::{
    AdmmError, AdmmSettings, AdmmState, GraphStep, GroupNorm, LeastSquaresStep, Monitor, Proximal,
    Residuals, SmoothStep, Status, Verdict, WithLoss,
};
use crelu_core::relative_gap;
use linalg_core::{Control, LinearOperator, Real};

use crate::certificate::{Multipliers, ProgrammeCertificate};
use crate::certified_prox::CertifiedProx;
use crate::choice::{Choice, Form, Method};
use crate::cone::ConeGroup;
use crate::error::{ProgrammeError, ProgrammeSetting, is_of_device};
use crate::feasible_point::FeasiblePoint;
use crate::newton;
use crate::outputs::Outputs;
use crate::primal::{Built, System};
use crate::programme::{Programme, has_cones};
use crate::solution::{SplitStart, WarmStart};
use crate::sparse_network::SparseNetwork;
use crate::tracker::{TOLERANCE_MARGIN, Totals, Tracker};

/// From this many rows on `rho` changes less often: a factorisation costs many iterations.
const LARGE: usize = 2000;
/// A gap, by a point that may still violate its cones a little, at most this many times the
/// tolerance calls for the exact projection.
const NEAR: f64 = 2.0;

/// How the iteration ended.
pub(crate) struct Ended {
    pub(crate) status: Status,
    /// The Newton finish should take over.
    pub(crate) hand_over: bool,
}

/// The two-block iteration in precision `T`, from `warm` or from zero. Squared loss is in the linear
/// step; any other is split off at the outputs, `p = F u`, with a penalty parameter of its own, and its
/// linear step is the same.
pub(crate) fn run<T: Real>(
    tracker: &mut Tracker<'_>,
    totals: &mut Totals,
    choice: &mut Choice,
    warm: Option<&WarmStart>,
    max_iters: usize,
    newton: &newton::Rule,
) -> Result<(Ended, WarmStart), ProgrammeError> {
    let programme = tracker.programme;
    let clock = tracker.control;
    let begun = clock.seconds();
    let data = programme.data_as::<T>();
    let masks = programme.masks();
    let system = System::new(data, masks, programme.lift(), choice.backend);
    let (rho, ratio) = penalties(programme, warm);
    let is_split = !programme.is_least_squares();
    let shift = if is_split { 1.0 / ratio } else { rho };
    let built = system.build(choice, tracker.settings, shift, clock);
    totals.seconds.setup += clock.seconds() - begun;
    let primal = match built {
        Ok(Built { primal, note }) => {
            choice.note(note);
            primal
        }
        Err(ProgrammeError::Linalg(linalg_core::LinalgError::Halted)) => {
            let status = clock.halt().map_or(Status::Interrupted, Status::from);
            let ended = Ended {
                status,
                hand_over: false,
            };
            return Ok((
                ended,
                warm.cloned().unwrap_or_else(|| zero_start(programme)),
            ));
        }
        Err(error) => return Err(error),
    };

    let weight = T::of(programme.beta_sum());
    let (outputs, dim) = (programme.outputs(), programme.rank() * programme.n_blocks());
    let rest = if is_split {
        programme.n_samples() * outputs
    } else {
        0
    };
    let target: Vec<T> = programme.target().iter().map(|&y| T::of(y)).collect();
    let mut step: Box<dyn SmoothStep<T> + '_> = if is_split {
        Box::new(GraphStep::new(primal, dim))
    } else {
        Box::new(LeastSquaresStep::new(primal, &target))
    };
    let every_output = Outputs::new(system.operator(), outputs, rest);
    let mut job = Job {
        tracker,
        totals,
        operator: if programme.is_plain() {
            system.operator()
        } else {
            &every_output
        },
        warm,
        max_iters,
        newton,
        per_iteration: products(choice),
    };
    let loss = programme.loss();
    if has_cones(programme) {
        let mut prox = ConeGroup::new(data, masks, weight)
            .outputs(outputs)
            .controlled(clock);
        if is_split {
            return job.iterate(step.as_mut(), &mut WithLoss::new(prox, loss));
        }
        job.iterate(step.as_mut(), &mut prox)
    } else {
        let mut prox = GroupNorm::new(programme.rank(), programme.n_blocks(), weight)
            .map_err(AdmmError::from)?;
        if is_split {
            return job.iterate(step.as_mut(), &mut WithLoss::new(prox, loss));
        }
        job.iterate(step.as_mut(), &mut prox)
    }
}

/// The penalty parameter and that of a split over it, to begin with.
fn penalties(programme: &Programme, warm: Option<&WarmStart>) -> (f64, f64) {
    if programme.is_least_squares() {
        return (
            warm.map_or_else(|| first_rho(programme), |warm| warm.rho),
            1.0,
        );
    }
    let bend = programme.loss().curvature_at_zero();
    match warm {
        Some(warm) => {
            let ratio = warm.split.as_ref().map(|split| split.ratio);
            (warm.rho, ratio.unwrap_or(bend / warm.rho))
        }
        None => {
            let rho = first_rho(programme);
            (rho, bend / rho)
        }
    }
}

/// Products with all patterns that the primal step of an iteration makes.
fn products(choice: &Choice) -> f64 {
    match (choice.method, choice.form) {
        (Method::Cholesky, Form::Kernel) => 1.0,
        // beside the inner iterations: the right-hand side and the image of the step
        _ => 2.0,
    }
}

/// The zero point with the first penalty parameter.
pub(crate) fn zero_start(programme: &Programme) -> WarmStart {
    WarmStart {
        rho: first_rho(programme),
        z: vec![0.0; programme.rank() * programme.n_blocks()],
        multipliers: Multipliers::none(programme.n_blocks()),
        split: None,
    }
}

struct Job<'j, 'a, T> {
    tracker: &'j mut Tracker<'a>,
    totals: &'j mut Totals,
    operator: &'j dyn LinearOperator<T>,
    warm: Option<&'j WarmStart>,
    max_iters: usize,
    newton: &'j newton::Rule,
    per_iteration: f64,
}

impl<T: Real> Job<'_, '_, T> {
    fn iterate<X: CertifiedProx<T>>(
        &mut self,
        primal: &mut dyn SmoothStep<T>,
        prox: &mut X,
    ) -> Result<(Ended, WarmStart), ProgrammeError> {
        let programme = self.tracker.programme;
        let mut state = self.start(prox);
        let large = programme.n_samples() >= LARGE;
        let (first, growth, band) = if large { (4, 2.5, 2.0) } else { (5, 2.0, 1.5) };
        let settings = AdmmSettings::default()
            .max_iters(self.max_iters)
            .penalty_schedule(first, growth, band)
            .check()
            .map_err(|_| ProgrammeError::Setting {
                setting: ProgrammeSetting::Iteration,
                problem: "settings out of range",
            })?;
        let control = self.tracker.control;
        let dim = programme.rank() * programme.n_blocks();
        let mut monitor = GapMonitor {
            tracker: &mut *self.tracker,
            newton: self.newton,
            newton_failed: self.totals.newton_failed,
            dim,
            exact: vec![T::of(0.0); dim],
            hand_over: false,
            checked: 0,
            iteration: 0,
            products: 0.0,
        };
        let mut problem = admm::Splitting {
            operator: self.operator,
            primal,
            prox,
        };
        let outcome = admm::solve(&mut problem, &settings, &control, &mut state, &mut monitor);
        let hand_over = monitor.hand_over;
        if let Ok(solution) = &outcome {
            // the last word: the certificate of the iterate that is handed back
            let halted = matches!(solution.status, Status::TimeLimit | Status::Interrupted);
            if monitor.checked != solution.iterations && solution.iterations > 0 {
                let begun = control.seconds();
                monitor.check(&state, problem.prox, !halted);
                monitor.tracker.conclude(solution.iterations);
                self.totals.seconds.monitor += control.seconds() - begun;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        let outputs = programme.outputs() as f64;
        self.totals.products += outputs * monitor.products;
        if outcome.as_ref().is_err_and(is_of_device) {
            self.totals.iterations += monitor.iteration;
            monitor.tracker.before += monitor.iteration;
        }
        let solution = outcome?;
        // the inner iterations are counted over the outputs
        #[expect(clippy::cast_precision_loss, reason = "an iteration count")]
        let made = outputs * solution.iterations as f64 * self.per_iteration
            + 2.0 * solution.inner_iterations as f64;
        self.totals.products += made;
        self.totals.add(&solution);
        self.tracker.before += solution.iterations;
        let warm = WarmStart {
            rho: state.rho.wide(),
            z: wide(&state.z[..dim]),
            multipliers: problem.prox.multipliers(),
            split: (dim < state.z.len()).then(|| SplitStart {
                ratio: state.ratio.wide(),
                z: unscaled(&state.z[dim..], state.ratio),
            }),
        };
        Ok((
            Ended {
                status: solution.status,
                hand_over,
            },
            warm,
        ))
    }

    /// The state at the warm start, or at zero with the first penalty parameters.
    fn start<X: CertifiedProx<T>>(&self, prox: &mut X) -> AdmmState<T> {
        let programme = self.tracker.programme;
        let (rho, ratio) = penalties(programme, self.warm);
        let mut state = AdmmState::zero(self.operator.rows(), prox.dim(), T::of(rho));
        state.ratio = T::of(ratio);
        prox.set_ratio(state.ratio);
        prox.set_penalty(state.rho);
        let dim = prox.split().unwrap_or(prox.dim());
        let mut scratch = vec![T::of(0.0); self.operator.scratch_len()];
        if let Some(warm) = self.warm {
            for (z, &value) in state.z[..dim].iter_mut().zip(&warm.z) {
                *z = T::of(value);
            }
            prox.start(&warm.multipliers);
            prox.apply(&state.z, &mut state.v);
            self.operator.apply(&state.z, &mut state.fz, &mut scratch);
            self.operator.apply(&state.v, &mut state.fv, &mut scratch);
        }
        if dim == state.z.len() {
            return state;
        }
        let scale = ratio.sqrt();
        let second = match (self.warm, self.warm.and_then(|warm| warm.split.as_ref())) {
            (_, Some(split)) => split.z.clone(),
            // as if the outputs were those of the split
            (Some(_), None) => programme.loss().before_prox(&wide(&state.fv), rho * ratio),
            (None, None) => Vec::new(),
        };
        for (z, value) in state.z[dim..].iter_mut().zip(second) {
            *z = T::of(scale * value);
        }
        prox.apply(&state.z, &mut state.v);
        self.operator.apply(&state.v, &mut state.fv, &mut scratch);
        state
    }
}

/// The penalty parameter that a run begins with: `0.1 trace(F F') / n`, times the curvature of a loss
/// that is not squared.
#[must_use]
pub fn first_rho(programme: &Programme) -> f64 {
    let masks = programme.masks();
    let n = programme.n_samples();
    let mut seen = vec![0.0; n];
    for b in 0..masks.n_blocks() {
        for (count, &bit) in seen.iter_mut().zip(masks.column(b)) {
            *count += f64::from(bit);
        }
    }
    let trace: f64 = seen
        .iter()
        .enumerate()
        .map(|(i, count)| {
            count
                * crate::cone::column(programme.data(), i)
                    .iter()
                    .map(|x| x * x)
                    .sum::<f64>()
        })
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let rho = 0.1 * programme.lift().factor() * trace / n as f64;
    let rho = if programme.is_least_squares() {
        rho
    } else {
        rho * programme.loss().curvature_at_zero()
    };
    if rho > 0.0 { rho } else { 1.0 }
}

struct GapMonitor<'m, 'a, T> {
    tracker: &'m mut Tracker<'a>,
    newton: &'m newton::Rule,
    newton_failed: bool,
    /// Numbers of the blocks; those of a split follow.
    dim: usize,
    exact: Vec<T>,
    hand_over: bool,
    checked: usize,
    iteration: usize,
    products: f64,
}

impl<T: Real> GapMonitor<'_, '_, T> {
    /// The dual point of a state: of squared loss at `F u`, whose multiplier it is to rounding; of a
    /// loss that is split off at its proximal point, where it is in the domain of the dual, which a
    /// difference of copies need not be.
    fn theta(&self, state: &AdmmState<T>) -> Vec<f64> {
        let programme = self.tracker.programme;
        if programme.is_least_squares() {
            let cells = programme.target().iter().zip(&state.fu);
            return cells.map(|(y, p)| y - p.wide()).collect();
        }
        let q = unscaled(&state.v[self.dim..], state.ratio);
        programme.loss().theta(&q)
    }

    /// ProgrammeCertificate and feasible point at the state; `exact`: by complete projections where it
    /// may decide.
    fn check<X: CertifiedProx<T>>(&mut self, state: &AdmmState<T>, prox: &mut X, exact: bool) {
        self.checked = self.iteration;
        let programme = self.tracker.programme;
        let theta = self.theta(state);
        let (z, v) = (&state.z[..self.dim], &state.v[..self.dim]);
        let certificate =
            ProgrammeCertificate::evaluate(programme, theta.clone(), prox.multipliers());
        self.products += 1.0;
        let bound = certificate.bound.max(self.tracker.certificate.bound);
        self.tracker.offer_certificate(certificate);

        let raw = raw_objective(programme, v, &state.fv);
        let v = wide(v);
        if SparseNetwork::serves(programme) {
            self.tracker.offer_network(&v);
        }
        self.tracker
            .offer_point(FeasiblePoint::from_point(programme, &v));
        let tol = self.tracker.settings.tol;
        let reached = self.tracker.gap() <= TOLERANCE_MARGIN * tol;
        if !exact || reached || !has_cones(programme) {
            return;
        }
        if relative_gap(raw, bound) <= NEAR * tol || self.tracker.settings.check_every == 0 {
            prox.complete(z, &mut self.exact);
            let point = if T::NAME == "f64" {
                FeasiblePoint::from_point(programme, &wide(&self.exact))
            } else {
                let control = self.tracker.control;
                let rho = state.rho.wide();
                let v = in_f64(programme, (wide(z), rho), prox, &self.exact, control);
                FeasiblePoint::from_point(programme, &v)
            };
            self.tracker.offer_point(point);
            let certificate = ProgrammeCertificate::evaluate(programme, theta, prox.multipliers());
            self.products += 2.0;
            self.tracker.offer_certificate(certificate);
        }
    }
}

/// The objective at `v` as it is, its cones left aside.
fn raw_objective<T: Real>(programme: &Programme, v: &[T], fv: &[T]) -> f64 {
    let norms = v
        .chunks_exact(programme.rank().max(1))
        .map(|b| linalg_core::norm(b).wide());
    programme.loss().value_of(&wide(fv)) + programme.beta_sum() * norms.sum::<f64>()
}

/// The second part of a variable, without its scale.
fn unscaled<T: Real>(part: &[T], ratio: T) -> Vec<f64> {
    let scale = ratio.wide().sqrt();
    part.iter().map(|x| x.wide() / scale).collect()
}

/// The projection of the blocks that are not zero, completed in `f64`.
fn in_f64<T: Real, X: CertifiedProx<T>>(
    programme: &Programme,
    (mut z, rho): (Vec<f64>, f64),
    prox: &X,
    v: &[T],
    control: Control<'_>,
) -> Vec<f64> {
    let rank = programme.rank();
    let mut multipliers = prox.multipliers();
    for (b, rows) in multipliers.blocks.iter_mut().enumerate() {
        if v[b * rank..(b + 1) * rank].iter().all(|x| *x == T::of(0.0)) {
            z[b * rank..(b + 1) * rank].fill(0.0);
            rows.clear();
        }
    }
    let mut cone = ConeGroup::new(programme.data(), programme.masks(), programme.beta_sum())
        .outputs(programme.outputs())
        .controlled(control);
    cone.set_penalty(rho);
    cone.start(&multipliers);
    let mut out = vec![0.0; z.len()];
    cone.complete(&z, &mut out);
    out
}

fn wide<T: Real>(x: &[T]) -> Vec<f64> {
    x.iter().map(|v| v.wide()).collect()
}

impl<T: Real, X: CertifiedProx<T>> Monitor<T, X> for GapMonitor<'_, '_, T> {
    fn observe(&mut self, state: &AdmmState<T>, residuals: &Residuals, prox: &mut X) -> Verdict {
        self.iteration += 1;
        let v = &state.v[..self.dim];
        let (blocks, active) = (
            v.len() / self.tracker.programme.rank().max(1),
            active_blocks(self.tracker.programme, v),
        );
        #[expect(clippy::cast_precision_loss, reason = "block counts")]
        {
            // the product with v, and one round of the projection, on active blocks only
            let programme = self.tracker.programme;
            let share =
                active as f64 / (programme.outputs() * programme.n_patterns()).max(1) as f64;
            self.products += if has_cones(self.tracker.programme) {
                2.0 * share
            } else {
                share.min(blocks as f64)
            };
        }
        if !self.tracker.go_on(self.iteration) {
            return Verdict::Stop(Status::Interrupted);
        }
        let every = self.tracker.settings.check_every;
        if every == 0 || !self.iteration.is_multiple_of(every) {
            return Verdict::Continue;
        }
        self.check(state, prox, true);
        self.tracker.moved(state.rho.wide(), residuals);
        let verdict = self.tracker.conclude(self.iteration);
        if let Verdict::Stop(_) = verdict {
            return verdict;
        }
        if !self.newton_failed && self.newton.pays(self.tracker, &prox.held(v), active) {
            self.hand_over = true;
            return Verdict::Stop(Status::Stalled);
        }
        verdict
    }
}

fn active_blocks<T: Real>(programme: &Programme, v: &[T]) -> usize {
    v.chunks_exact(programme.rank().max(1))
        .filter(|b| b.iter().any(|x| *x != T::of(0.0)))
        .count()
}
