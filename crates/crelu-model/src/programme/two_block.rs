use admm::{
    AdmmError, AdmmSettings, AdmmState, GroupNorm, Monitor, PrimalSolver, Proximal, Residuals,
    Status, Verdict,
};
use linalg_core::{Control, LinearOperator, Real};

use super::Programme;
use super::certificate::{Certificate, FeasiblePoint, Multipliers};
use super::choose::{Choice, Form, Method};
use super::cone::ConeGroup;
use super::newton;
use super::primal::{Built, System};
use super::solve::{TOLERANCE_MARGIN, Totals, Tracker, WarmStart, has_cones, relative_gap};
use super::sparse_network::SparseNetwork;
use crate::error::{FitError, Setting};

/// From this many rows on `rho` changes less often: a factorisation costs many iterations.
const LARGE: usize = 2000;
/// A gap, by a point that may still violate its cones a little, at most this many times the
/// tolerance calls for the exact projection.
const NEAR: f64 = 2.0;

/// How the iteration ended.
pub(super) struct Ended {
    pub(super) status: Status,
    /// The Newton finish should take over.
    pub(super) hand_over: bool,
}

/// The proximal operators of a programme, as a certificate needs them.
pub(super) trait CertifiedProx<T: Real>: Proximal<T> {
    fn multipliers(&self) -> Multipliers;
    fn start(&mut self, multipliers: &Multipliers);
    fn complete(&mut self, z: &[T], v: &mut [T]);
    /// Rows held by each block whose `v` is not zero.
    fn held(&self, v: &[T]) -> Vec<usize>;
}

impl<T: Real> CertifiedProx<T> for GroupNorm<T> {
    fn multipliers(&self) -> Multipliers {
        Multipliers::default()
    }
    fn start(&mut self, _multipliers: &Multipliers) {}
    fn complete(&mut self, z: &[T], v: &mut [T]) {
        self.apply(z, v);
    }
    fn held(&self, _v: &[T]) -> Vec<usize> {
        Vec::new()
    }
}

impl<T: Real> CertifiedProx<T> for ConeGroup<'_, T> {
    fn multipliers(&self) -> Multipliers {
        let blocks =
            (0..self.n_blocks()).map(|b| self.multipliers(b).filter(|&(_, a)| a > 0.0).collect());
        Multipliers {
            blocks: blocks.collect(),
        }
    }
    fn start(&mut self, multipliers: &Multipliers) {
        for (b, rows) in multipliers.blocks.iter().enumerate() {
            self.warm_start(b, rows.iter().copied());
        }
    }
    fn complete(&mut self, z: &[T], v: &mut [T]) {
        self.finish(z, v);
    }
    fn held(&self, v: &[T]) -> Vec<usize> {
        let rank = v.len() / self.n_blocks().max(1);
        (0..self.n_blocks())
            .filter(|b| v[b * rank..(b + 1) * rank].iter().any(|x| *x != T::of(0.0)))
            .map(|b| self.multipliers(b).count())
            .collect()
    }
}

/// The two-block iteration in precision `T`, from `warm` or from zero.
pub(super) fn run<T: Real>(
    tracker: &mut Tracker<'_>,
    totals: &mut Totals,
    choice: &mut Choice,
    warm: Option<&WarmStart>,
    max_iters: usize,
    newton: &newton::Rule,
) -> Result<(Ended, WarmStart), FitError> {
    let programme = tracker.programme;
    let clock = tracker.control;
    let begun = clock.seconds();
    let mut room = None;
    let data = programme.data_as::<T>(&mut room);
    let target: Vec<T> = programme.target().iter().map(|&y| T::of(y)).collect();
    let system = System::new(
        data,
        programme.masks(),
        &target,
        programme.lift(),
        choice.backend,
    );
    let rho = warm.map_or_else(|| first_rho(programme), |warm| warm.rho);
    let built = system.build(choice, tracker.settings, rho, clock);
    totals.seconds.setup += clock.seconds() - begun;
    let mut primal = match built {
        Ok(Built { primal, note }) => {
            choice.note(note);
            primal
        }
        Err(FitError::Linalg(linalg_core::LinalgError::Halted)) => {
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
    let operator = system.operator();
    let mut job = Job {
        tracker,
        totals,
        operator,
        warm,
        max_iters,
        newton,
        per_iteration: products(choice),
    };
    if has_cones(programme) {
        let mut prox =
            ConeGroup::new(data, programme.masks(), weight).controlled(job.tracker.control);
        job.iterate(primal.as_mut(), &mut prox)
    } else {
        let mut prox = GroupNorm::new(programme.rank(), programme.n_patterns(), weight)
            .map_err(AdmmError::from)?;
        job.iterate(primal.as_mut(), &mut prox)
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
pub(super) fn zero_start(programme: &Programme) -> WarmStart {
    WarmStart {
        rho: first_rho(programme),
        z: vec![0.0; programme.rank() * programme.n_blocks()],
        multipliers: Multipliers::none(programme.n_blocks()),
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
        primal: &mut dyn PrimalSolver<T>,
        prox: &mut X,
    ) -> Result<(Ended, WarmStart), FitError> {
        let programme = self.tracker.programme;
        let mut state = self.start(prox);
        let large = programme.n_samples() >= LARGE;
        let (first, growth, band) = if large { (4, 2.5, 2.0) } else { (5, 2.0, 1.5) };
        let settings = AdmmSettings::default()
            .max_iters(self.max_iters)
            .penalty_schedule(first, growth, band)
            .check()
            .map_err(|_| FitError::Setting {
                setting: Setting::Iteration,
                problem: "settings out of range",
            })?;
        let control = self.tracker.control;
        let mut monitor = GapMonitor {
            tracker: &mut *self.tracker,
            newton: self.newton,
            newton_failed: self.totals.newton_failed,
            exact: vec![T::of(0.0); state.v.len()],
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
        self.totals.products += monitor.products;
        let solution = outcome?;
        #[expect(clippy::cast_precision_loss, reason = "an iteration count")]
        let made = solution.iterations as f64 * self.per_iteration
            + 2.0 * solution.inner_iterations as f64;
        self.totals.products += made;
        self.totals.add(&solution);
        self.tracker.before += solution.iterations;
        let warm = WarmStart {
            rho: state.rho.wide(),
            z: state.z.iter().map(|x| x.wide()).collect(),
            multipliers: problem.prox.multipliers(),
        };
        Ok((
            Ended {
                status: solution.status,
                hand_over,
            },
            warm,
        ))
    }

    /// The state at the warm start, or at zero with the first penalty parameter.
    fn start<X: CertifiedProx<T>>(&self, prox: &mut X) -> AdmmState<T> {
        let programme = self.tracker.programme;
        let mut state = AdmmState::zero(
            programme.n_samples(),
            prox.dim(),
            T::of(first_rho(programme)),
        );
        if let Some(warm) = self.warm {
            state.rho = T::of(warm.rho);
            for (z, &value) in state.z.iter_mut().zip(&warm.z) {
                *z = T::of(value);
            }
            prox.set_penalty(state.rho);
            prox.start(&warm.multipliers);
            let mut scratch = vec![T::of(0.0); self.operator.scratch_len()];
            prox.apply(&state.z, &mut state.v);
            self.operator.apply(&state.z, &mut state.fz, &mut scratch);
            self.operator.apply(&state.v, &mut state.fv, &mut scratch);
        }
        state
    }
}

/// `0.1 trace(F F') / n`.
pub(crate) fn first_rho(programme: &Programme) -> f64 {
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
                * super::cone::column(programme.data(), i)
                    .iter()
                    .map(|x| x * x)
                    .sum::<f64>()
        })
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let rho = 0.1 * programme.lift().factor() * trace / n as f64;
    if rho > 0.0 { rho } else { 1.0 }
}

struct GapMonitor<'m, 'a, T> {
    tracker: &'m mut Tracker<'a>,
    newton: &'m newton::Rule,
    newton_failed: bool,
    exact: Vec<T>,
    hand_over: bool,
    checked: usize,
    iteration: usize,
    products: f64,
}

impl<T: Real> GapMonitor<'_, '_, T> {
    /// Certificate and feasible point at the state; `exact`: by complete projections where it
    /// may decide.
    fn check<X: CertifiedProx<T>>(&mut self, state: &AdmmState<T>, prox: &mut X, exact: bool) {
        self.checked = self.iteration;
        let programme = self.tracker.programme;
        let theta: Vec<f64> = programme
            .target()
            .iter()
            .zip(&state.fu)
            .map(|(y, p)| y - p.wide())
            .collect();
        let certificate = Certificate::evaluate(programme, theta.clone(), prox.multipliers());
        self.products += 1.0;
        let bound = certificate.bound.max(self.tracker.certificate.bound);
        self.tracker.offer_certificate(certificate);

        let raw = raw_objective(programme, state);
        let v = wide(&state.v);
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
            prox.complete(&state.z, &mut self.exact);
            let point = if T::NAME == "f64" {
                FeasiblePoint::from_point(programme, &wide(&self.exact))
            } else {
                FeasiblePoint::from_point(
                    programme,
                    &in_f64(programme, state, prox, &self.exact, self.tracker.control),
                )
            };
            self.tracker.offer_point(point);
            let certificate = Certificate::evaluate(programme, theta, prox.multipliers());
            self.products += 2.0;
            self.tracker.offer_certificate(certificate);
        }
    }
}

/// The objective at `v` as it is, its cones left aside.
fn raw_objective<T: Real>(programme: &Programme, state: &AdmmState<T>) -> f64 {
    let misfit: f64 = programme
        .target()
        .iter()
        .zip(&state.fv)
        .map(|(y, p)| (y - p.wide()).powi(2))
        .sum();
    let norms = state
        .v
        .chunks_exact(programme.rank().max(1))
        .map(|b| linalg_core::norm(b).wide());
    0.5 * misfit + programme.beta_sum() * norms.sum::<f64>()
}

/// The projection of the blocks that are not zero, completed in `f64`.
fn in_f64<T: Real, X: CertifiedProx<T>>(
    programme: &Programme,
    state: &AdmmState<T>,
    prox: &X,
    v: &[T],
    control: Control<'_>,
) -> Vec<f64> {
    let rank = programme.rank();
    let mut z = wide(&state.z);
    let mut multipliers = prox.multipliers();
    for (b, rows) in multipliers.blocks.iter_mut().enumerate() {
        if v[b * rank..(b + 1) * rank].iter().all(|x| *x == T::of(0.0)) {
            z[b * rank..(b + 1) * rank].fill(0.0);
            rows.clear();
        }
    }
    let mut cone = ConeGroup::new(programme.data(), programme.masks(), programme.beta_sum())
        .controlled(control);
    cone.set_penalty(state.rho.wide());
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
        let (blocks, active) = (
            state.v.len() / self.tracker.programme.rank().max(1),
            active_blocks(self.tracker.programme, &state.v),
        );
        #[expect(clippy::cast_precision_loss, reason = "block counts")]
        {
            // the product with v, and one round of the projection, on active blocks only
            let share = active as f64 / self.tracker.programme.n_patterns().max(1) as f64;
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
        if !self.newton_failed && self.newton.pays(self.tracker, &prox.held(&state.v), active) {
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
