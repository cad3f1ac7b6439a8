use admm::{
    AdmmSettings, AdmmState, GroupNorm, Monitor, PenaltyRule, PrimalError, PrimalReport,
    PrimalSolver, Proximal, Residuals, Status, Verdict,
};
use faer::{Accum, MatMut, MatRef};
use linalg_core::{
    Control, LinearOperator, MaskedBlocks, Masks, Real, ShiftedGram, axpy, for_each_mut, norm,
    product, sub_into,
};
use num_traits::Float;

use super::certificate::{Certificate, FeasiblePoint, Multipliers};
use super::solve::{Totals, Tracker, WarmStart, has_cones};
use super::two_block::first_rho;
use super::{Activation, Programme};
use crate::error::FitError;

/// The scale of the cone copy: this over the largest singular value of the data.
const TAU: f64 = 10.0;
/// Power iterations for that singular value: two digits are enough for a scale.
const POWER: usize = 30;
/// Iterations of the start on thin cones before the two-block form takes over.
const CHANGE_OVER: usize = 50;
/// A check costs two and a half iterations here: every so many times the set interval.
const CHECK_FACTOR: usize = 5;

/// The primal step of the three-block form: the variable is `(u, tau G u)`, with
/// `G = (2 D_b - I) R` for every block.
///
/// ```text
///     K = I + tau^2 R'R,   M = I + (c / rho) (R K^-1 R') o (D D')
///     r_b = w_b + tau R'(e_b o w^s_b),   theta = M^-1 (y - F K^-1 r),   u = K^-1 (r + F' theta / rho)
/// ```
///
/// Since `(2 D_b - I)^2 = I`, every block has the same `K`; gated programmes have no cone copy
/// and `K = I`.
///
/// **Cost** `12 n rank n_patterns` flops for ReLU and four solves with `K`; set-up `n^2 rank`,
/// `rank^2 n` and two factorisations.
/// **Source** the three-block ADMM for convex ReLU networks, its linear system reduced by rotating
/// each pair of blocks and by the matrix inversion lemma.
pub struct ThreeBlockPrimal<'a, T> {
    data: MatRef<'a, T>,
    masks: &'a Masks,
    target: &'a [T],
    cones: bool,
    tau: T,
    /// `I + tau^2 R'R`, factored; none for gated programmes.
    shifted: Option<ShiftedGram<T>>,
    kernel: ShiftedGram<T>,
    rho: Option<T>,
    theta: Vec<T>,
    price: Vec<T>,
    images: Vec<T>,
    scratch: Vec<T>,
}

impl<'a, T: Real> ThreeBlockPrimal<'a, T> {
    /// Builds the two systems.
    ///
    /// # Errors
    /// [`PrimalError`] if `I + tau^2 R'R` cannot be factored, or `control` says stop.
    pub fn new(
        data: MatRef<'a, T>,
        masks: &'a Masks,
        target: &'a [T],
        activation: Activation,
        tau: T,
        control: &Control<'_>,
    ) -> Result<Self, PrimalError> {
        let (rank, n) = (data.nrows(), data.ncols());
        let cones = activation == Activation::Relu;
        let (shifted, kernel) = if cones {
            let mut gram = ShiftedGram::from_tiles(rank, |row, col, tile| {
                let (height, width) = (tile.nrows(), tile.ncols());
                faer::linalg::matmul::matmul(
                    tile,
                    Accum::Replace,
                    data.subrows(row, height),
                    data.subrows(col, width).transpose(),
                    T::of(1.0),
                    faer::Par::Seq,
                );
            });
            gram.factor(T::of(1.0), tau * tau, control)?;
            // R K^-1 R' = (L^-1 R')' (L^-1 R')
            let mut half = data.to_owned();
            gram.half_solve_in_place(half.as_mut());
            let kernel = MaskedBlocks::outer_gram(half.as_ref(), masks);
            (Some(gram), kernel)
        } else {
            (None, MaskedBlocks::outer_gram(data, masks))
        };
        let patterns = masks.n_blocks();
        Ok(Self {
            data,
            masks,
            target,
            cones,
            tau,
            shifted,
            kernel,
            rho: None,
            theta: vec![T::of(0.0); n],
            price: vec![T::of(0.0); rank * patterns],
            images: vec![T::of(0.0); if cones { n * patterns } else { 0 }],
            scratch: vec![T::of(0.0); MaskedBlocks::new(data, masks).scratch_len()],
        })
    }

    /// Length of the variable: `(rank + n_samples) 2 n_patterns` for ReLU.
    #[must_use]
    pub fn dim(&self) -> usize {
        let (rank, n, patterns) = (self.data.nrows(), self.data.ncols(), self.masks.n_blocks());
        if self.cones {
            2 * patterns * (rank + n)
        } else {
            patterns * rank
        }
    }

    fn solve_relu(&mut self, rho: T, w: &[T], u: &mut [T], fu: &mut [T]) {
        let (rank, n, patterns) = (self.data.nrows(), self.data.ncols(), self.masks.n_blocks());
        let blocks = 2 * patterns;
        let (masks, tau, one) = (self.masks, self.tau, T::of(1.0));
        let (w, w_cone) = w.split_at(rank * blocks);
        let (u, u_cone) = u.split_at_mut(rank * blocks);

        // r = w + tau R'(e o w_cone), in u
        signed_copy(masks, n, tau, w_cone, u_cone);
        u.copy_from_slice(w);
        product(
            MatMut::from_column_major_slice_mut(u, rank, blocks),
            Accum::Add,
            self.data,
            MatRef::from_column_major_slice(u_cone, n, blocks),
            one,
        );
        // t = K^-1 r, in u; R t, in u_cone; F t, in theta
        if let Some(gram) = &self.shifted {
            gram.solve_in_place(MatMut::from_column_major_slice_mut(u, rank, blocks));
        }
        product(
            MatMut::from_column_major_slice_mut(u_cone, n, blocks),
            Accum::Replace,
            self.data.transpose(),
            MatRef::from_column_major_slice(u, rank, blocks),
            one,
        );
        self.theta.copy_from_slice(self.target);
        let (positive, negative) = u_cone.split_at(n * patterns);
        let mut parts: Vec<&mut [T]> = self.theta.chunks_mut(ROWS).collect();
        for_each_mut(&mut parts, |part, theta| {
            let rows = part * ROWS..part * ROWS + theta.len();
            for p in 0..patterns {
                let (v, w) = (
                    &positive[p * n..][rows.clone()],
                    &negative[p * n..][rows.clone()],
                );
                for (((out, &bit), &a), &b) in theta
                    .iter_mut()
                    .zip(&masks.column(p)[rows.clone()])
                    .zip(v)
                    .zip(w)
                {
                    *out -= if bit == 0 { T::of(0.0) } else { a - b };
                }
            }
        });
        self.kernel.solve_vector(&mut self.theta);
        sub_into(self.target, &self.theta, fu);
        // u = t + K^-1 F'theta / rho, and its images
        let masked = MaskedBlocks::new(self.data, masks);
        masked.apply_adjoint(&self.theta, &mut self.price, &mut self.scratch);
        linalg_core::scale(one / rho, &mut self.price);
        if let Some(gram) = &self.shifted {
            gram.solve_in_place(MatMut::from_column_major_slice_mut(
                &mut self.price,
                rank,
                patterns,
            ));
        }
        let (u_v, u_w) = u.split_at_mut(rank * patterns);
        axpy(one, &self.price, u_v);
        axpy(-one, &self.price, u_w);
        product(
            MatMut::from_column_major_slice_mut(&mut self.images, n, patterns),
            Accum::Replace,
            self.data.transpose(),
            MatRef::from_column_major_slice(&self.price, rank, patterns),
            one,
        );
        let images = &self.images;
        let mut columns: Vec<&mut [T]> = u_cone.chunks_exact_mut(n.max(1)).collect();
        for_each_mut(&mut columns, |b, column| {
            let p = b % patterns;
            let sign = if b < patterns { one } else { -one };
            for ((out, &z), &bit) in column
                .iter_mut()
                .zip(&images[p * n..(p + 1) * n])
                .zip(masks.column(p))
            {
                let value = tau * (*out + sign * z);
                *out = if bit == 0 { -value } else { value };
            }
        });
    }

    fn solve_gated(&mut self, rho: T, w: &[T], u: &mut [T], fu: &mut [T]) {
        let masked = MaskedBlocks::new(self.data, self.masks);
        masked.apply(w, fu, &mut self.scratch);
        sub_into(self.target, fu, &mut self.theta);
        self.kernel.solve_vector(&mut self.theta);
        masked.apply_adjoint(&self.theta, &mut self.price, &mut self.scratch);
        u.copy_from_slice(w);
        axpy(T::of(1.0) / rho, &self.price, u);
        sub_into(self.target, &self.theta, fu);
    }
}

/// Rows that one task sums: fixed, so that the sums do not depend on the threads.
const ROWS: usize = 4096;

/// `out = factor e o x` for every block.
fn signed_copy<T: Real>(masks: &Masks, n: usize, factor: T, x: &[T], out: &mut [T]) {
    let patterns = masks.n_blocks();
    let mut columns: Vec<&mut [T]> = out.chunks_exact_mut(n.max(1)).collect();
    for_each_mut(&mut columns, |b, column| {
        for ((out, &x), &bit) in column
            .iter_mut()
            .zip(&x[b * n..(b + 1) * n])
            .zip(masks.column(b % patterns))
        {
            *out = if bit == 0 { -factor * x } else { factor * x };
        }
    });
}

impl<T: Real> PrimalSolver<T> for ThreeBlockPrimal<'_, T> {
    fn set_penalty(&mut self, rho: T, control: &Control<'_>) -> Result<(), PrimalError> {
        let kappa = if self.cones { 2.0 } else { 1.0 };
        self.kernel
            .factor(T::of(1.0), T::of(kappa) / rho, control)?;
        self.rho = Some(rho);
        Ok(())
    }

    fn solve(
        &mut self,
        w: &[T],
        _fw: &[T],
        _tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        let rho = self.rho.ok_or(PrimalError::NoPenalty)?;
        if self.cones {
            self.solve_relu(rho, w, u, fu);
        } else {
            self.solve_gated(rho, w, u, fu);
        }
        Ok(PrimalReport::default())
    }

    fn is_exact(&self) -> bool {
        true
    }
}

/// The penalty of the three-block form: block soft-thresholding of the first copy, the
/// non-negative part of the cone copy.
#[derive(Debug, Clone)]
pub struct ThreeBlockProx<T> {
    group: GroupNorm<T>,
    cone: usize,
}

impl<T: Real> ThreeBlockProx<T> {
    /// `blocks` groups of `rank` numbers, and `cone` numbers of the cone copy.
    #[must_use]
    pub fn new(rank: usize, blocks: usize, cone: usize, weight: T) -> Self {
        Self {
            group: GroupNorm::new(rank, blocks, weight),
            cone,
        }
    }
}

impl<T: Real> Proximal<T> for ThreeBlockProx<T> {
    fn dim(&self) -> usize {
        self.group.dim() + self.cone
    }

    fn set_penalty(&mut self, rho: T) {
        self.group.set_penalty(rho);
    }

    fn apply(&mut self, z: &[T], v: &mut [T]) {
        let split = self.group.dim();
        self.group.apply(&z[..split], &mut v[..split]);
        for (out, x) in v[split..].iter_mut().zip(&z[split..]) {
            *out = Float::max(*x, T::of(0.0));
        }
    }

    fn value(&self, v: &[T]) -> f64 {
        self.group.value(&v[..self.group.dim()])
    }

    fn shrinkage(&self, v: &[T]) -> Option<f64> {
        self.group.shrinkage(&v[..self.group.dim()])
    }
}

/// The operator the loop asks for images of `z` and `v`: the three-block primal step reads
/// neither, so none is computed.
struct Unread {
    rows: usize,
    cols: usize,
}

impl<T: Real> LinearOperator<T> for Unread {
    fn rows(&self) -> usize {
        self.rows
    }
    fn cols(&self) -> usize {
        self.cols
    }
    fn apply(&self, _x: &[T], y: &mut [T], _scratch: &mut [T]) {
        y.fill(T::of(0.0));
    }
    fn apply_adjoint(&self, _y: &[T], x: &mut [T], _scratch: &mut [T]) {
        x.fill(T::of(0.0));
    }
}

/// The three-block iteration; with `change_over` it ends as stalled, with a start for the
/// two-block form, after a few dozen iterations.
pub(super) fn run<T: Real>(
    tracker: &mut Tracker<'_>,
    totals: &mut Totals,
    change_over: bool,
) -> Result<(Status, WarmStart), FitError> {
    let programme = tracker.programme;
    let control = tracker.control;
    let begun = control.seconds();
    let mut room = None;
    let data = programme.data_as::<T>(&mut room);
    let target: Vec<T> = programme.target().iter().map(|&y| T::of(y)).collect();
    let tau = TAU / largest_singular_value(data).max(f64::MIN_POSITIVE);
    let built = ThreeBlockPrimal::new(
        data,
        programme.masks(),
        &target,
        programme.activation(),
        T::of(tau),
        &control,
    );
    let zero_start = || WarmStart {
        rho: first_rho(programme),
        z: vec![0.0; programme.rank() * programme.n_blocks()],
        multipliers: Multipliers::none(programme.n_blocks()),
    };
    let mut primal = match built {
        Ok(primal) => primal,
        Err(PrimalError::Linalg(linalg_core::LinalgError::Halted)) => {
            return Ok((
                control.halt().map_or(Status::Interrupted, Status::from),
                zero_start(),
            ));
        }
        Err(error) => return Err(FitError::Admm(error.into())),
    };
    totals.seconds.setup += control.seconds() - begun;

    let (rank, n, blocks) = (
        programme.rank(),
        programme.n_samples(),
        programme.n_blocks(),
    );
    let cone = if has_cones(programme) { n * blocks } else { 0 };
    let mut prox = ThreeBlockProx::new(rank, blocks, cone, T::of(programme.beta_sum()));
    let operator = Unread {
        rows: n,
        cols: prox.dim(),
    };
    let mut state = AdmmState::zero(prox.dim(), n, T::of(first_rho(programme)));
    let limit = tracker.settings.max_iters.saturating_sub(totals.iterations);
    let settings = AdmmSettings::default()
        .max_iters(if change_over {
            limit.min(CHANGE_OVER)
        } else {
            limit
        })
        .anderson(0)
        .penalty_rule(PenaltyRule::Balance)
        .check()
        .map_err(|_| FitError::Setting {
            name: "iteration",
            problem: "settings out of range",
        })?;
    let mut monitor = DenseMonitor {
        tracker: &mut *tracker,
        tau,
        iteration: 0,
        checked: 0,
        products: 0.0,
        _scalar: core::marker::PhantomData::<T>,
    };
    let mut problem = admm::Splitting {
        operator: &operator,
        primal: &mut primal,
        prox: &mut prox,
    };
    let outcome = admm::solve(&mut problem, &settings, &control, &mut state, &mut monitor);
    if let Ok(solution) = &outcome
        && monitor.checked != solution.iterations
        && !(change_over
            && solution.status == Status::IterationLimit
            && solution.iterations < limit)
    {
        let begun = control.seconds();
        monitor.check(&state);
        monitor.tracker.conclude(solution.iterations);
        totals.seconds.monitor += control.seconds() - begun;
    }
    totals.products += monitor.products;
    let solution = outcome?;
    #[expect(clippy::cast_precision_loss, reason = "an iteration count")]
    let made = solution.iterations as f64;
    totals.products += if has_cones(programme) {
        6.0 * made
    } else {
        2.0 * made
    };
    totals.add(&solution);
    tracker.before += solution.iterations;
    let reached_change =
        change_over && solution.status == Status::IterationLimit && solution.iterations < limit;
    let status = if reached_change {
        Status::Stalled
    } else {
        solution.status
    };
    Ok((status, next_start(programme, &state, tau)))
}

/// `z_b = v_b + s_b C_b / rho` and the multipliers of the cone copy, the largest first.
fn next_start<T: Real>(programme: &Programme, state: &AdmmState<T>, tau: f64) -> WarmStart {
    let (rank, n, blocks) = (
        programme.rank(),
        programme.n_samples(),
        programme.n_blocks(),
    );
    let rho = state.rho.wide();
    let theta: Vec<f64> = programme
        .target()
        .iter()
        .zip(&state.fu)
        .map(|(y, p)| y - p.wide())
        .collect();
    let masked = programme.blocks();
    let mut price = vec![0.0; masked.cols()];
    masked.apply_adjoint(&theta, &mut price, &mut vec![0.0; masked.scratch_len()]);
    let mut z = vec![0.0; rank * blocks];
    let mut multipliers = Multipliers::none(blocks);
    for b in 0..blocks {
        let p = programme.pattern(b);
        for k in 0..rank {
            z[b * rank + k] =
                state.v[b * rank + k].wide() + programme.sign(b) * price[p * rank + k] / rho;
        }
        if has_cones(programme) {
            let alpha = cone_multipliers(state, rank * blocks + b * n, n, tau * rho);
            let mut rows: Vec<(usize, f64)> = alpha.enumerate().filter(|&(_, a)| a > 0.0).collect();
            rows.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            multipliers.blocks[b] = rows;
        }
    }
    WarmStart {
        rho,
        z,
        multipliers,
    }
}

/// `alpha = rho tau (s - z_s)`, non-negative.
fn cone_multipliers<T: Real>(
    state: &AdmmState<T>,
    from: usize,
    n: usize,
    scale: f64,
) -> impl Iterator<Item = f64> + '_ {
    let (s, z) = (&state.v[from..from + n], &state.z[from..from + n]);
    s.iter()
        .zip(z)
        .map(move |(s, z)| (scale * (*s - *z).wide()).max(0.0))
}

struct DenseMonitor<'m, 'a, T> {
    tracker: &'m mut Tracker<'a>,
    tau: f64,
    iteration: usize,
    checked: usize,
    products: f64,
    _scalar: core::marker::PhantomData<T>,
}

impl<T: Real> DenseMonitor<'_, '_, T> {
    fn check(&mut self, state: &AdmmState<T>) {
        self.checked = self.iteration;
        let programme = self.tracker.programme;
        let (rank, n, blocks) = (
            programme.rank(),
            programme.n_samples(),
            programme.n_blocks(),
        );
        let theta: Vec<f64> = programme
            .target()
            .iter()
            .zip(&state.fu)
            .map(|(y, p)| y - p.wide())
            .collect();
        if has_cones(programme) {
            let scale = self.tau * state.rho.wide();
            let alpha: Vec<f64> =
                cone_multipliers(state, rank * blocks, n * blocks, scale).collect();
            let bound = Certificate::evaluate_dense(programme, &theta, &alpha);
            self.products += 3.0;
            if bound > self.tracker.certificate.bound {
                let blocks = alpha.chunks_exact(n).map(|column| {
                    column
                        .iter()
                        .copied()
                        .enumerate()
                        .filter(|&(_, a)| a > 0.0)
                        .collect()
                });
                let multipliers = Multipliers {
                    blocks: blocks.collect(),
                };
                self.tracker.offer_certificate(Certificate {
                    theta,
                    multipliers,
                    bound,
                });
            }
        } else {
            let certificate = Certificate::evaluate(programme, theta, Multipliers::default());
            self.products += 1.0;
            self.tracker.offer_certificate(certificate);
        }
        let v: Vec<f64> = state.v[..rank * blocks].iter().map(|x| x.wide()).collect();
        self.tracker
            .offer_point(FeasiblePoint::from_point(programme, &v));
    }
}

impl<T: Real> Monitor<T, ThreeBlockProx<T>> for DenseMonitor<'_, '_, T> {
    fn observe(
        &mut self,
        state: &AdmmState<T>,
        _residuals: &Residuals,
        _prox: &mut ThreeBlockProx<T>,
    ) -> Verdict {
        self.iteration += 1;
        if !self.tracker.go_on(self.iteration) {
            return Verdict::Stop(Status::Interrupted);
        }
        let every = CHECK_FACTOR * self.tracker.settings.check_every;
        if every == 0 || !self.iteration.is_multiple_of(every) {
            return Verdict::Continue;
        }
        self.check(state);
        self.tracker
            .conclude(self.iteration)
            .map_or(Verdict::Continue, Verdict::Stop)
    }
}

/// The largest singular value of the data by power iteration from a fixed start.
fn largest_singular_value<T: Real>(data: MatRef<'_, T>) -> f64 {
    let (rank, n) = (data.nrows(), data.ncols());
    #[expect(
        clippy::cast_precision_loss,
        reason = "an index, only to vary the start"
    )]
    let mut x: Vec<T> = (0..rank)
        .map(|k| T::of(1.0 + 0.5 * (k as f64 * 0.7).sin()))
        .collect();
    let mut image = vec![T::of(0.0); n];
    let mut sigma = 0.0;
    for _ in 0..POWER {
        let size = norm(&x);
        if size == T::of(0.0) || !Float::is_finite(size) {
            return sigma;
        }
        linalg_core::scale(T::of(1.0) / size, &mut x);
        let (y, one) = (
            MatMut::from_column_major_slice_mut(&mut image, n, 1),
            T::of(1.0),
        );
        product(
            y,
            Accum::Replace,
            data.transpose(),
            MatRef::from_column_major_slice(&x, rank, 1),
            one,
        );
        sigma = norm(&image).wide();
        let out = MatMut::from_column_major_slice_mut(&mut x, rank, 1);
        product(
            out,
            Accum::Replace,
            data,
            MatRef::from_column_major_slice(&image, n, 1),
            one,
        );
    }
    sigma
}
