use admm::{Proximal, Status, Verdict};
use crelu_core::Activation;
use faer::{Accum, Mat, MatRef};
use linalg_core::{
    Control, LinalgError, LinearOperator, ShiftedGram, axpy, combine, distance, dot, norm, product,
};

use crate::certificate::ProgrammeCertificate;
use crate::certified_prox::CertifiedProx;
use crate::cone::{ConeGroup, column};
use crate::error::ProgrammeError;
use crate::feasible_point::FeasiblePoint;
use crate::programme::{Programme, has_cones};
use crate::settings::{ProgrammeSettings, Switch};
use crate::solution::WarmStart;
use crate::tracker::{TOLERANCE_MARGIN, Totals, Tracker};

/// Newton's method may take over from this gap on: it then needs 5 to 20 steps.
const TAKE_OVER: f64 = 3e-2;
/// Steps it is priced at.
const STEPS: f64 = 10.0;
/// Iterations of the splitting that a decade of the gap takes, above and below 1e-4 (measured).
const DECADE: (f64, f64) = (20.0, 60.0);
/// Most steps.
const MOST_STEPS: usize = 100;
/// Most halvings of a step.
const HALVINGS: i32 = 30;
/// Share of the linear decrease that a step must reach (Armijo).
const ARMIJO: f64 = 1e-4;
/// The augmentation grows by this a round, to at most [`MOST_GROWTH`] times the first.
const GROWTH: f64 = 10.0;
const MOST_GROWTH: f64 = 1e5;
/// Ridge of the Newton system, relative to its largest diagonal entry: its rounding.
const RIDGE: f64 = 1e-13;
/// Rounds without a better gap after which the finish gives up.
const PATIENCE: usize = 6;

/// When the Newton finish takes over.
pub(crate) struct Rule {
    switch: Switch,
    tol: f64,
    relu: bool,
}

impl Rule {
    pub(crate) fn new(programme: &Programme, settings: &ProgrammeSettings) -> Self {
        // its Hessian is that of squared loss
        let relu = programme.activation() == Activation::Relu && programme.is_plain();
        Self {
            switch: settings.newton,
            tol: settings.tol,
            relu,
        }
    }

    /// Whether ten Newton steps cost less than the iterations that are left by measure.
    pub(crate) fn pays(&self, tracker: &Tracker<'_>, held: &[usize], active: usize) -> bool {
        let gap = tracker.gap();
        if !self.relu
            || self.switch == Switch::Off
            || gap > TAKE_OVER
            || active == 0
            || self.tol <= 0.0
        {
            return false;
        }
        if self.switch == Switch::On {
            return true;
        }
        let p = tracker.programme;
        #[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
        let (n, r, count, active) = (
            p.n_samples() as f64,
            p.rank() as f64,
            p.n_patterns() as f64,
            active as f64,
        );
        #[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
        let rows = held.iter().sum::<usize>() as f64;
        let free = (active * r - rows).max(0.0) + active;
        let step = 2.0 * (4.0 * r * r * rows + n * free.min(n) * free.max(n))
            + 2.0 * n * r * (count + 2.0 * active);
        let iteration = 2.0 * n * r * count + 12.0 * n * n + 6.0 * n * r * active;
        let decades = |from: f64, to: f64| (from / to).log10().max(0.0);
        let left = DECADE.0 * decades(gap, self.tol.max(1e-4))
            + DECADE.1 * decades(gap.min(1e-4), self.tol);
        STEPS * step < left * iteration
    }
}

/// How the finish ended.
pub(crate) struct Finished {
    pub(crate) status: Status,
    pub(crate) warm_start: WarmStart,
}

/// The dual augmented Lagrangian by a semismooth Newton method, from where the splitting stands.
///
/// ```text
///     phi(theta) = |theta|^2 / 2 - theta'y + sum_b (|proj_b W_b| - sigma B)_+^2 / (2 sigma)
///     W_b = u_b + sigma s_b R' D_b theta,   V_b = its proximal step,   gradient theta - y + F V
///     Hessian I + Z Z',  Z = [sqrt(sigma t) D R N_b, sqrt(sigma (1 - t)) D R V_b / |V_b|]
/// ```
///
/// with `N_b` an orthonormal basis of the face of `V_b` and `t = |V_b| / (|V_b| + sigma B)`; after
/// each round `u <- V` and `sigma` grows.
///
/// **Cost** a step: `4 r^2` flops a held row, `n K min(n, K)` with `K` the columns of `Z`, one
/// exact projection a trial step.
/// **Source** Tomioka, Suzuki & Sugiyama 2011 (dual augmented Lagrangian); Li, Sun & Toh 2018
/// (semismooth Newton); the projection on the cones inside it is this crate's.
pub(crate) fn by_newton(
    tracker: &mut Tracker<'_>,
    totals: &mut Totals,
    start: WarmStart,
) -> Result<Finished, ProgrammeError> {
    let begun = tracker.control.seconds();
    let mut run = Newton::new(
        tracker.programme,
        &start,
        tracker.certificate.theta.clone(),
        tracker.control,
    );
    let (mut status, mut steps, mut best, mut idle) = (Status::Stalled, 0, f64::INFINITY, 0);
    let limit = MOST_STEPS.min(tracker.settings.max_iters.saturating_sub(totals.iterations));
    'rounds: while idle < PATIENCE && steps < limit {
        loop {
            if let Some(halt) = tracker.control.halt() {
                status = halt.into();
                break 'rounds;
            }
            let (gradient, moved) = (norm(&run.gradient), distance(&run.v, &run.u));
            if gradient <= 0.1 * moved / run.sigma.sqrt() || steps >= limit {
                break;
            }
            let progressed = run.step()?;
            steps += 1;
            if !tracker.go_on(steps) {
                status = Status::Interrupted;
                break 'rounds;
            }
            if !progressed {
                break;
            }
        }
        run.offer(tracker);
        match tracker.conclude(steps) {
            Verdict::Stop(Status::Converged) => {
                status = Status::Converged;
                break;
            }
            _ if tracker.gap() < 0.9 * best => {
                best = tracker.gap();
                idle = 0;
            }
            _ => idle += 1,
        }
        run.next_round();
    }
    if matches!(status, Status::TimeLimit | Status::Interrupted) {
        run.offer(tracker);
        tracker.conclude(steps);
    } else if steps >= limit && limit < MOST_STEPS {
        status = Status::IterationLimit;
    }
    if tracker.gap() <= TOLERANCE_MARGIN * tracker.settings.tol {
        status = Status::Converged;
    }
    totals.iterations += steps;
    totals.newton_steps += steps;
    totals.products += run.products;
    tracker.before += steps;
    totals.polish_seconds += tracker.control.seconds() - begun;
    let warm_start = if status == Status::Converged {
        run.warm_start()
    } else {
        start
    };
    Ok(Finished { status, warm_start })
}

struct Newton<'p> {
    programme: &'p Programme,
    control: Control<'p>,
    cone: ConeGroup<'p, f64>,
    sigma: f64,
    first_sigma: f64,
    u: Vec<f64>,
    v: Vec<f64>,
    /// The point whose proximal step is `v`.
    w: Vec<f64>,
    theta: Vec<f64>,
    gradient: Vec<f64>,
    value: f64,
    price: Vec<f64>,
    scratch: Vec<f64>,
    products: f64,
}

impl<'p> Newton<'p> {
    fn new(
        programme: &'p Programme,
        start: &WarmStart,
        theta: Vec<f64>,
        control: Control<'p>,
    ) -> Self {
        debug_assert!(has_cones(programme), "the finish is for cones");
        let mut cone = ConeGroup::new(programme.data(), programme.masks(), programme.beta_sum())
            .controlled(control);
        cone.set_penalty(start.rho);
        cone.start(&start.multipliers);
        let mut u = vec![0.0; start.z.len()];
        cone.apply_fully(&start.z, &mut u);
        let sigma = 3.0 / start.rho;
        cone.set_penalty(1.0 / sigma);
        let blocks = programme.blocks();
        let mut run = Self {
            programme,
            control,
            cone,
            sigma,
            first_sigma: sigma,
            v: u.clone(),
            w: u.clone(),
            u,
            gradient: theta.clone(),
            theta,
            value: 0.0,
            price: vec![0.0; blocks.cols()],
            scratch: vec![0.0; blocks.scratch_len()],
            products: 0.0,
        };
        let theta = run.theta.clone();
        run.value = run.evaluate(&theta);
        run
    }

    /// `phi(theta)`, with `w`, `v` and the gradient there.
    fn evaluate(&mut self, theta: &[f64]) -> f64 {
        let (rank, patterns) = (self.programme.rank(), self.programme.n_patterns());
        let blocks = self.programme.blocks();
        blocks.apply_adjoint(theta, &mut self.price, &mut self.scratch);
        let half = rank * patterns;
        combine(
            1.0,
            &self.u[..half],
            self.sigma,
            &self.price,
            &mut self.w[..half],
        );
        combine(
            1.0,
            &self.u[half..],
            -self.sigma,
            &self.price,
            &mut self.w[half..],
        );
        self.cone.apply_fully(&self.w, &mut self.v);
        let mut excess = 0.0;
        for v in self.v.chunks_exact(rank) {
            excess += dot(v, v);
        }
        let mut gap = vec![0.0; half];
        linalg_core::sub_into(&self.v[..half], &self.v[half..], &mut gap);
        blocks.apply(&gap, &mut self.gradient, &mut self.scratch);
        axpy(1.0, theta, &mut self.gradient);
        axpy(-1.0, self.programme.target(), &mut self.gradient);
        self.products += 2.0;
        0.5 * dot(theta, theta) - dot(theta, self.programme.target()) + 0.5 * excess / self.sigma
    }

    /// One damped Newton step; false when no step decreases `phi`.
    fn step(&mut self) -> Result<bool, ProgrammeError> {
        let mut direction = self.gradient.clone();
        if let Err(error) = self.solve(&mut direction) {
            // beyond the precision of the Newton system the plain iteration goes on
            return if matches!(
                error,
                ProgrammeError::Linalg(
                    LinalgError::NotPositiveDefinite { .. } | LinalgError::Halted
                )
            ) {
                Ok(false)
            } else {
                Err(error)
            };
        }
        linalg_core::scale(-1.0, &mut direction);
        let slope = dot(&direction, &self.gradient);
        let before = self.value;
        // the decrease cannot be seen below the rounding of the value
        let visible = 1e-14 * (before.abs() + dot(&self.theta, &self.theta));
        let theta = self.theta.clone();
        let mut trial = theta.clone();
        for halving in 0..HALVINGS {
            // a trial is an exact projection: after the limit there is none
            if self.control.halt().is_some() {
                return Ok(false);
            }
            let t = 0.5_f64.powi(halving);
            combine(1.0, &theta, t, &direction, &mut trial);
            let value = self.evaluate(&trial);
            if value <= before + ARMIJO * t * slope + visible {
                self.value = value;
                self.theta.copy_from_slice(&trial);
                return Ok(slope < 0.0 && -slope > visible);
            }
        }
        self.value = self.evaluate(&theta);
        Ok(false)
    }

    /// `(I + Z Z')^-1 x` in place.
    fn solve(&self, x: &mut [f64]) -> Result<(), ProgrammeError> {
        let z = self.factor_of_hessian();
        let (n, k) = (z.nrows(), z.ncols());
        if k == 0 {
            return Ok(());
        }
        let wide = k < n;
        let side = k.min(n);
        let factor = if wide { z.transpose() } else { z.as_ref() };
        let mut gram = Mat::<f64>::zeros(side, side);
        product(
            gram.as_mut(),
            Accum::Replace,
            factor,
            factor.transpose(),
            1.0,
        );
        let largest = (0..side).map(|i| gram[(i, i)]).fold(0.0, f64::max);
        let mut system = ShiftedGram::from_dense(gram.as_ref())?;
        system.factor(1.0 + RIDGE * largest, 1.0, &self.control)?;
        if !wide {
            system.solve_vector(x);
            return Ok(());
        }
        let mut small = vec![0.0; k];
        let dst = faer::MatMut::from_column_major_slice_mut(&mut small, k, 1);
        product(
            dst,
            Accum::Replace,
            z.transpose(),
            MatRef::from_column_major_slice(x, n, 1),
            1.0,
        );
        system.solve_vector(&mut small);
        let dst = faer::MatMut::from_column_major_slice_mut(x, n, 1);
        product(
            dst,
            Accum::Add,
            z.as_ref(),
            MatRef::from_column_major_slice(&small, k, 1),
            -1.0,
        );
        Ok(())
    }

    fn factor_of_hessian(&self) -> Mat<f64> {
        let p = self.programme;
        let (rank, n) = (p.rank(), p.n_samples());
        let threshold = self.sigma * p.beta_sum();
        let active: Vec<usize> = (0..p.n_blocks())
            .filter(|b| self.v[b * rank..(b + 1) * rank].iter().any(|x| *x != 0.0))
            .collect();
        let mut parts: Vec<Option<Mat<f64>>> = vec![None; active.len()];
        linalg_core::for_each_mut(&mut parts, |k, part| {
            let block = active[k];
            let v = &self.v[block * rank..(block + 1) * rank];
            let size = norm(v);
            let t = size / (size + threshold);
            let rows: Vec<usize> = self.cone.multipliers(block).map(|(row, _)| row).collect();
            let basis = face(p.data(), &rows);
            // directions in the face that are not V itself, and V: t I + (1 - t) V V'
            let width = basis.ncols();
            let mut columns = Mat::<f64>::zeros(rank, width + 1);
            for j in 0..width {
                for i in 0..rank {
                    columns[(i, j)] = (self.sigma * t).sqrt() * basis[(i, j)];
                }
            }
            for i in 0..rank {
                columns[(i, width)] = (self.sigma * (1.0 - t)).sqrt() * v[i] / size;
            }
            let mut image = Mat::<f64>::zeros(n, width + 1);
            faer::linalg::matmul::matmul(
                image.as_mut(),
                Accum::Replace,
                p.data().transpose(),
                columns.as_ref(),
                1.0,
                faer::Par::Seq,
            );
            let mask = p.masks().column(p.pattern(block));
            for j in 0..=width {
                for (i, &bit) in mask.iter().enumerate() {
                    if bit == 0 {
                        image[(i, j)] = 0.0;
                    }
                }
            }
            *part = Some(image);
        });
        let total = parts.iter().flatten().map(Mat::ncols).sum();
        let mut z = Mat::<f64>::zeros(n, total);
        let mut first = 0;
        for part in parts.iter().flatten() {
            z.as_mut().subcols_mut(first, part.ncols()).copy_from(part);
            first += part.ncols();
        }
        z
    }

    fn offer(&self, tracker: &mut Tracker<'_>) {
        tracker.offer_point(FeasiblePoint::from_point(self.programme, &self.v));
        let multipliers = CertifiedProx::<f64>::multipliers(&self.cone);
        tracker.offer_certificate(ProgrammeCertificate::evaluate(
            self.programme,
            self.theta.clone(),
            multipliers,
        ));
    }

    fn next_round(&mut self) {
        self.u.copy_from_slice(&self.v);
        self.sigma = (GROWTH * self.sigma).min(MOST_GROWTH * self.first_sigma);
        self.cone.set_penalty(1.0 / self.sigma);
        let theta = self.theta.clone();
        self.value = self.evaluate(&theta);
    }

    fn warm_start(&self) -> WarmStart {
        WarmStart {
            rho: 1.0 / self.sigma,
            z: self.w.clone(),
            multipliers: CertifiedProx::<f64>::multipliers(&self.cone),
            split: None,
        }
    }
}

/// An orthonormal basis of the vectors orthogonal to the rows held (`rank x (rank - held)`).
fn face(data: MatRef<'_, f64>, rows: &[usize]) -> Mat<f64> {
    let rank = data.nrows();
    if rows.is_empty() {
        return Mat::identity(rank, rank);
    }
    let held = Mat::from_fn(rank, rows.len().min(rank), |k, j| column(data, rows[j])[k]);
    let (q, _) = linalg_core::orthogonal(held.as_ref(), rank);
    q.as_ref()
        .subcols(held.ncols(), rank - held.ncols())
        .to_owned()
}
