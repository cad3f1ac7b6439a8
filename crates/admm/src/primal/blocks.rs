use linalg_core::{BlockColumns, Control, Real, axpy, dot, norm, scale, sub_into};

use super::{Lift, PrimalReport, columns, residual_bound, room};
use crate::error::PrimalError;

/// Sweeps that do not lower `phi` after which a step counts as done: the precision's limit. The
/// gradient tells nothing of it: like that of any conjugate directions it may rise for long.
const IDLE: usize = 10;
/// Directions of earlier sweeps that a sweep's move is made conjugate to. One would do if a sweep
/// were a symmetric linear map of the gradient; with line searches and changing orders it is not.
const MEMORY: usize = 6;
/// A move becomes a direction only if it is longer than this times the root of a rounding, beside
/// the point: images are differences of residuals, and below that made-up directions were seen to
/// undo what the sweeps win. Plain sweeps do the rest.
const FINEST: f64 = 10.0;
/// After so many sweeps the residual is computed anew and the directions are forgotten, so that no
/// error of an image can last; one product in thirty sweeps.
const RENEW: usize = 30;
/// Share of `|A'| (|y| + |F w|)` roundings that the gradient carries: they are of either sign.
const ROUNDING: f64 = 0.25;

/// The least-squares step of [`InnerPrimal`](crate::InnerPrimal) as a minimisation over blocks of
/// columns, with the residual kept up to date:
///
/// ```text
///     phi(x) = |F w + c A x - y|^2 / 2 + c rho |x|^2 / 2,   u = w + (x, -x)
///     gradient / c = A' p + rho x,   p = F u - y
/// ```
///
/// A sweep over the blocks is the preconditioner of flexible conjugate gradients: its move is made
/// conjugate to those of the last sweeps and taken as far as `phi` falls, so that the number of
/// sweeps grows with the root of the condition number instead of with the number itself. Directions
/// are kept for the next step, which has the same system for another right-hand side.
///
/// **Source** Notay 2000, FCG(m), around the block descent that the caller names.
///
/// The last term is the proximal distance, `rho |u - w|^2 / 2`: it pulls towards `w`.
pub(super) struct Blocks<'a, T> {
    pub(super) op: &'a dyn BlockColumns<T>,
    lift: Lift,
    /// Blocks that move together.
    pub(super) group: usize,
    max_sweeps: usize,
    control: Control<'a>,
    pub(super) rho: Option<T>,
    /// A column for each target.
    pub(super) x: Vec<T>,
    /// `F u - y`.
    misfit: Vec<T>,
    conjugate: Conjugate<T>,
    first: bool,
    /// `|A' y| / |y|`, in place of the norm of `A`.
    gain: f64,
    full: Vec<T>,
    pub(super) gradient: Vec<T>,
    pub(super) direction: Vec<T>,
    image: Vec<T>,
    scratch: Vec<T>,
}

/// How a group's direction and step are made.
pub(super) trait Descent<T: Real> {
    /// The order of the blocks of a sweep, in place.
    fn order(&mut self, order: &mut [usize]);
    /// The direction from the gradient (over `c`) of `count` blocks.
    fn direction(&self, count: usize, gradient: &[T], direction: &mut [T]);
    /// The step along it from its slope and its curvature, `phi` being
    /// `slope t + curvature t^2 / 2` there; 0 for none.
    fn step(&mut self, slope: T, curvature: T) -> T;
}

impl<'a, T: Real> Blocks<'a, T> {
    pub(super) fn new(
        op: &'a dyn BlockColumns<T>,
        lift: Lift,
        group: usize,
        max_sweeps: usize,
    ) -> Self {
        let group = group.clamp(1, op.n_blocks().max(1));
        let zeros = |len: usize| vec![T::of(0.0); len];
        let part = group * op.block_len();
        Self {
            op,
            lift,
            group,
            max_sweeps,
            control: Control::default(),
            rho: None,
            x: zeros(op.cols()),
            misfit: zeros(op.rows()),
            conjugate: Conjugate::new(op.cols(), op.rows()),
            first: true,
            gain: 0.0,
            full: zeros(op.cols()),
            gradient: zeros(part),
            direction: zeros(part),
            image: zeros(op.rows()),
            scratch: zeros(op.scratch_len().max(op.blocks_scratch_len(group))),
        }
    }

    pub(super) fn control(&mut self, control: Control<'a>) {
        self.control = control;
    }

    pub(super) fn set_penalty(&mut self, rho: T) {
        if let Some(old) = self.rho {
            // F'theta hardly moves with rho, and the step is F'theta / rho
            scale(old / rho, &mut self.x);
        }
        self.conjugate.clear();
        self.rho = Some(rho);
    }

    /// `p = F w + c A x - y` and `|A' p + rho x|`, anew: what sweeps add to the residual carries
    /// their rounding.
    fn full_gradient(&mut self, x: &[T], target: &[T], fw: &[T], rho: T, factor: T) -> f64 {
        self.op.apply(x, &mut self.image, &mut self.scratch);
        for (((p, f), y), image) in self.misfit.iter_mut().zip(fw).zip(target).zip(&self.image) {
            *p = *f - *y + factor * *image;
        }
        self.op
            .apply_adjoint(&self.misfit, &mut self.full, &mut self.scratch);
        axpy(rho, x, &mut self.full);
        norm(&self.full).wide()
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of a step, and how it descends"
    )]
    pub(super) fn solve(
        &mut self,
        descent: &mut dyn Descent<T>,
        target: &[T],
        w: &[T],
        fw: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        self.rho.ok_or(PrimalError::NoPenalty)?;
        let (rows, cols) = (self.op.rows(), self.op.cols());
        let count = columns(target, rows)?;
        room(&mut self.x, count * cols);
        let (first, dim) = (core::mem::take(&mut self.first), self.lift.dim(cols));
        // out of the way of the buffers, and back
        let mut x = core::mem::take(&mut self.x);
        let mut all = PrimalReport::default();
        let mut failed = None;
        for k in 0..count {
            let (tall, wide) = (k * rows..(k + 1) * rows, k * dim..(k + 1) * dim);
            let report = self.solve_one(
                &mut x[k * cols..(k + 1) * cols],
                first,
                descent,
                &target[tall.clone()],
                &w[wide.clone()],
                &fw[tall.clone()],
                tol,
                &mut u[wide],
                &mut fu[tall],
            );
            match report {
                Ok(report) => all.join(report),
                Err(error) => failed = failed.or(Some(error)),
            }
            if all.halted {
                break;
            }
        }
        self.x = x;
        failed.map_or(Ok(all), Err)
    }

    /// One target, whose column of `x` is given.
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of a step, and its start"
    )]
    fn solve_one(
        &mut self,
        x: &mut [T],
        first: bool,
        descent: &mut dyn Descent<T>,
        target: &[T],
        w: &[T],
        fw: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        let rho = self.rho.ok_or(PrimalError::NoPenalty)?;
        let factor = T::of(self.lift.factor());
        if first {
            // a state handed over at its end is met where it stands
            for ((x, u), w) in x.iter_mut().zip(&*u).zip(w) {
                *x = *u - *w;
            }
            self.op
                .apply_adjoint(target, &mut self.full, &mut self.scratch);
            let size = norm(target).wide();
            if size > 0.0 {
                self.gain = self.gain.max(norm(&self.full).wide() / size);
            }
        }
        self.op.apply(x, &mut self.image, &mut self.scratch);
        for (((p, f), y), image) in self.misfit.iter_mut().zip(fw).zip(target).zip(&self.image) {
            *p = *f - *y + factor * *image;
        }
        self.conjugate.descend(factor * rho, x, &mut self.misfit);
        let start = self.full_gradient(x, target, fw, rho, factor);
        if !start.is_finite() {
            return Err(PrimalError::NotFinite { sweep: 0 });
        }
        // the gradient at x = 0 is the right-hand side; no more than rounding of it can be asked,
        // nor of the residual that it is the image of
        let size = start + rho.wide() * norm(x).wide();
        let carried = norm(target).wide() + norm(fw).wide();
        let rounding = T::EPS * (8.0 * size).max(ROUNDING * self.gain * carried);
        let mut order: Vec<usize> = (0..self.op.n_blocks()).collect();
        let (mut sweeps, mut idle, mut left) = (0, 0, start);
        let mut halted = false;
        loop {
            let length = norm(x).wide();
            let wanted = size * residual_bound(tol, length, size, 1.0 / rho.wide());
            if left <= wanted.max(rounding) || sweeps >= self.max_sweeps || idle >= IDLE {
                break;
            }
            halted = self.control.halt().is_some();
            if halted {
                break;
            }
            descent.order(&mut order);
            self.conjugate.begin(x, &self.misfit);
            let seen = self.sweep(x, descent, &order, rho, factor);
            let weight = factor * rho;
            let fall = self.conjugate.end(weight, x, &mut self.misfit);
            let phi = dot(&self.misfit, &self.misfit) + weight * dot(x, x);
            idle = if fall > T::EPS.powf(1.5) * phi.wide() {
                0
            } else {
                idle + 1
            };
            sweeps += 1;
            if !seen.is_finite() {
                return Err(PrimalError::NotFinite { sweep: sweeps });
            }
            // what the blocks met on their turn stands for the gradient until it is small enough
            let renew = sweeps % RENEW == 0;
            if renew {
                self.conjugate.clear();
            }
            left = if renew || seen <= 2.0 * wanted.max(rounding) || sweeps == self.max_sweeps {
                self.full_gradient(x, target, fw, rho, factor)
            } else {
                seen
            };
        }
        self.lift.add(T::of(1.0), x, w, u);
        for ((f, p), y) in fu.iter_mut().zip(&self.misfit).zip(target) {
            *f = *p + *y;
        }
        Ok(PrimalReport {
            inner_iterations: sweeps,
            residual: if size > 0.0 { left / size } else { 0.0 },
            short: left > size * residual_bound(tol, norm(x).wide(), size, 1.0 / rho.wide()),
            halted,
        })
    }

    /// One pass over the blocks; the norm of the gradients met, each at its block's turn.
    fn sweep(
        &mut self,
        x: &mut [T],
        descent: &mut dyn Descent<T>,
        order: &[usize],
        rho: T,
        factor: T,
    ) -> f64 {
        let width = self.op.block_len();
        let mut seen = 0.0;
        for group in order.chunks(self.group) {
            let len = group.len() * width;
            let (gradient, direction) = (&mut self.gradient[..len], &mut self.direction[..len]);
            self.op
                .adjoint_blocks(group, &self.misfit, gradient, &mut self.scratch);
            for (&block, part) in group.iter().zip(gradient.chunks_exact_mut(width.max(1))) {
                axpy(rho, &x[block * width..(block + 1) * width], part);
            }
            let square = dot(gradient, gradient).wide();
            seen += square;
            if square == 0.0 {
                continue;
            }
            descent.direction(group.len(), gradient, direction);
            self.image.fill(T::of(0.0));
            self.op
                .add_blocks(group, direction, &mut self.image, &mut self.scratch);
            let slope = dot(gradient, direction);
            let curvature =
                rho * dot(direction, direction) + factor * dot(&self.image, &self.image);
            let step = descent.step(slope, curvature);
            for (&block, part) in group.iter().zip(direction.chunks_exact(width.max(1))) {
                axpy(step, part, &mut x[block * width..(block + 1) * width]);
            }
            axpy(factor * step, &self.image, &mut self.misfit);
        }
        seen.sqrt()
    }
}

/// The moves of the last sweeps, conjugate in the Hessian of `phi`, and their images.
struct Conjugate<T> {
    ring: Vec<Move<T>>,
    count: usize,
    next: usize,
    /// The move that is being made conjugate.
    new: Move<T>,
    /// Where the sweep began.
    x: Vec<T>,
    misfit: Vec<T>,
}

struct Move<T> {
    p: Vec<T>,
    /// `c A p`.
    image: Vec<T>,
    /// `p' (Hessian) p`.
    curvature: f64,
}

impl<T: Real> Move<T> {
    fn zero(cols: usize, rows: usize) -> Self {
        Self {
            p: vec![T::of(0.0); cols],
            image: vec![T::of(0.0); rows],
            curvature: 0.0,
        }
    }

    /// `p' (Hessian) x` for `weight = c rho`, with the image of `x`.
    fn against(&self, weight: T, x: &[T], image: &[T]) -> f64 {
        (dot(&self.image, image) + weight * dot(&self.p, x)).wide()
    }

    fn add(&self, step: f64, x: &mut [T], misfit: &mut [T]) {
        axpy(T::of(step), &self.p, x);
        axpy(T::of(step), &self.image, misfit);
    }
}

impl<T: Real> Conjugate<T> {
    fn new(cols: usize, rows: usize) -> Self {
        Self {
            ring: (0..MEMORY).map(|_| Move::zero(cols, rows)).collect(),
            count: 0,
            next: 0,
            new: Move::zero(cols, rows),
            x: vec![T::of(0.0); cols],
            misfit: vec![T::of(0.0); rows],
        }
    }

    fn clear(&mut self) {
        (self.count, self.next) = (0, 0);
    }

    /// The minimiser over the directions kept.
    fn descend(&self, weight: T, x: &mut [T], misfit: &mut [T]) {
        for old in &self.ring[..self.count] {
            let slope = old.against(weight, x, misfit);
            old.add(-slope / old.curvature, x, misfit);
        }
    }

    fn begin(&mut self, x: &[T], misfit: &[T]) {
        self.x.copy_from_slice(x);
        self.misfit.copy_from_slice(misfit);
    }

    /// Replaces the sweep's move by the best one along its part that is conjugate to those before;
    /// where that part is mostly rounding, so that its image would not be its image, the move stands.
    /// Twice what `phi` fell by, about.
    fn end(&mut self, weight: T, x: &mut [T], misfit: &mut [T]) -> f64 {
        let new = &mut self.new;
        sub_into(x, &self.x, &mut new.p);
        sub_into(misfit, &self.misfit, &mut new.image);
        let whole = new.against(weight, &new.p, &new.image);
        let point = dot(&self.misfit, &self.misfit) + weight * dot(&self.x, &self.x);
        for old in &self.ring[..self.count] {
            let share = old.against(weight, &new.p, &new.image) / old.curvature;
            old.add(-share, &mut new.p, &mut new.image);
        }
        new.curvature = new.against(weight, &new.p, &new.image);
        let step = -new.against(weight, &self.x, &self.misfit) / new.curvature;
        let curvature = new.curvature;
        let finest = FINEST.powi(2) * T::EPS * point.wide();
        // not so for NaN
        let is_sound = curvature > (T::EPS.sqrt() * whole).max(finest);
        if step.is_finite() && is_sound {
            x.copy_from_slice(&self.x);
            misfit.copy_from_slice(&self.misfit);
            new.add(step, x, misfit);
            core::mem::swap(&mut self.ring[self.next], new);
            self.next = (self.next + 1) % MEMORY;
            self.count = (self.count + 1).min(MEMORY);
            return step * step * curvature;
        }
        self.clear();
        whole
    }
}
