use linalg_core::{BlockColumns, Control, LinalgError, Real, axpy, dot, norm, scale};

use super::{Lift, PrimalReport, residual_bound};
use crate::error::PrimalError;

/// Sweeps without a smaller gradient after which a step counts as done: the precision's limit.
const IDLE: usize = 50;
/// What counts as smaller.
const SMALLER: f64 = 0.999;

/// The least-squares step of [`InnerPrimal`](crate::InnerPrimal) as a minimisation over blocks of
/// columns, with the residual kept up to date:
///
/// ```text
///     phi(x) = |F w + c A x - y|^2 / 2 + c rho |x|^2 / 2,   u = w + (x, -x)
///     gradient / c = A' p + rho x,   p = F u - y
/// ```
///
/// The last term is the proximal distance, `rho |u - w|^2 / 2`: it pulls towards `w`.
pub(super) struct Blocks<'a, T> {
    pub(super) op: &'a dyn BlockColumns<T>,
    target: &'a [T],
    lift: Lift,
    /// Blocks that move together.
    pub(super) group: usize,
    max_sweeps: usize,
    control: Control<'a>,
    pub(super) rho: Option<T>,
    pub(super) x: Vec<T>,
    /// `F u - y`.
    misfit: Vec<T>,
    first: bool,
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
        target: &'a [T],
        lift: Lift,
        group: usize,
        max_sweeps: usize,
    ) -> Result<Self, PrimalError> {
        if target.len() != op.rows() {
            let (what, want, got) = ("target", op.rows(), target.len());
            return Err(LinalgError::Shape { what, want, got }.into());
        }
        let group = group.clamp(1, op.n_blocks().max(1));
        let zeros = |len: usize| vec![T::of(0.0); len];
        let part = group * op.block_len();
        Ok(Self {
            op,
            target,
            lift,
            group,
            max_sweeps,
            control: Control::default(),
            rho: None,
            x: zeros(op.cols()),
            misfit: zeros(op.rows()),
            first: true,
            full: zeros(op.cols()),
            gradient: zeros(part),
            direction: zeros(part),
            image: zeros(op.rows()),
            scratch: zeros(op.scratch_len().max(op.blocks_scratch_len(group))),
        })
    }

    pub(super) fn control(&mut self, control: Control<'a>) {
        self.control = control;
    }

    pub(super) fn set_penalty(&mut self, rho: T) {
        if let Some(old) = self.rho {
            // F'theta hardly moves with rho, and the step is F'theta / rho
            scale(old / rho, &mut self.x);
        }
        self.rho = Some(rho);
    }

    /// `|A' p + rho x|`, by a product with all blocks.
    fn full_gradient(&mut self, rho: T) -> f64 {
        self.op
            .apply_adjoint(&self.misfit, &mut self.full, &mut self.scratch);
        axpy(rho, &self.x, &mut self.full);
        norm(&self.full).wide()
    }

    pub(super) fn solve(
        &mut self,
        descent: &mut dyn Descent<T>,
        w: &[T],
        fw: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        let rho = self.rho.ok_or(PrimalError::NoPenalty)?;
        let factor = T::of(self.lift.factor());
        if self.first {
            // a state handed over at its end is met where it stands
            for ((x, u), w) in self.x.iter_mut().zip(&*u).zip(w) {
                *x = *u - *w;
            }
            self.first = false;
        }
        self.op.apply(&self.x, &mut self.image, &mut self.scratch);
        for (((p, f), y), image) in self
            .misfit
            .iter_mut()
            .zip(fw)
            .zip(self.target)
            .zip(&self.image)
        {
            *p = *f - *y + factor * *image;
        }
        let start = self.full_gradient(rho);
        if !start.is_finite() {
            return Err(PrimalError::NotFinite { sweep: 0 });
        }
        // the gradient at x = 0 is the right-hand side; no more than rounding of it can be asked
        let size = start + rho.wide() * norm(&self.x).wide();
        let rounding = 8.0 * T::EPS * size;
        let mut order: Vec<usize> = (0..self.op.n_blocks()).collect();
        let (mut sweeps, mut best, mut idle, mut left) = (0, start, 0, start);
        loop {
            let length = norm(&self.x).wide();
            let wanted = size * residual_bound(tol, length, size, 1.0 / rho.wide());
            if left <= wanted.max(rounding)
                || sweeps >= self.max_sweeps
                || idle >= IDLE
                || self.control.halt().is_some()
            {
                break;
            }
            descent.order(&mut order);
            let seen = self.sweep(descent, &order, rho, factor);
            sweeps += 1;
            if !seen.is_finite() {
                return Err(PrimalError::NotFinite { sweep: sweeps });
            }
            // what the blocks met on their turn stands for the gradient until it is small enough
            left = if seen <= 2.0 * wanted.max(rounding) || sweeps == self.max_sweeps {
                self.full_gradient(rho)
            } else {
                seen
            };
            if left < SMALLER * best {
                (best, idle) = (left, 0);
            } else {
                idle += 1;
            }
        }
        self.lift.add(T::of(1.0), &self.x, w, u);
        for ((f, p), y) in fu.iter_mut().zip(&self.misfit).zip(self.target) {
            *f = *p + *y;
        }
        Ok(PrimalReport {
            inner_iterations: sweeps,
            residual: if size > 0.0 { left / size } else { 0.0 },
        })
    }

    /// One pass over the blocks; the norm of the gradients met, each at its block's turn.
    fn sweep(&mut self, descent: &mut dyn Descent<T>, order: &[usize], rho: T, factor: T) -> f64 {
        let width = self.op.block_len();
        let mut seen = 0.0;
        for group in order.chunks(self.group) {
            let len = group.len() * width;
            let (gradient, direction) = (&mut self.gradient[..len], &mut self.direction[..len]);
            self.op
                .adjoint_blocks(group, &self.misfit, gradient, &mut self.scratch);
            for (&block, part) in group.iter().zip(gradient.chunks_exact_mut(width.max(1))) {
                axpy(rho, &self.x[block * width..(block + 1) * width], part);
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
                axpy(step, part, &mut self.x[block * width..(block + 1) * width]);
            }
            axpy(factor * step, &self.image, &mut self.misfit);
        }
        seen.sqrt()
    }
}
