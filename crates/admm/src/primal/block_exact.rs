use linalg_core::{BlockColumns, Control, LinalgError, Real, ShiftedSolve};

use super::blocks::{Blocks, Descent};
use super::{Lift, PrimalReport, PrimalSolver};
use crate::error::PrimalError;

/// The quadratic step by block descent through one factor that all blocks share:
/// for a matrix `H` that is at least every block's `A_b'A_b`,
///
/// ```text
///     (rho I + c H) d_b = -(A_b'(F u - y) + rho x_b),   x_b <- x_b + t d_b
/// ```
///
/// one block after the other, forth and back, each time with the residual of all moves before and
/// with the `t` that is best along `d_b`. Where `A_b'A_b = H` that is the exact minimiser over the
/// block; in general `t >= 1`, and the objective falls by at least as much as the model that `H`
/// makes of it, so the sweeps converge for every such `H`, at a linear rate.
///
/// For masked data `A_b = D_b R`, `H = R'R` serves every block.
///
/// **Cost** a factorisation of a block's side a `rho`; a sweep: a product with `A` and with `A'`,
/// and `2 block_len^2` flops a block.
/// **Source** block successive upper-bound minimisation (Razaviyayn, Hong & Luo 2013), with an
/// exact line search.
pub struct BlockExactPrimal<'a, T> {
    blocks: Blocks<'a, T>,
    shared: Shared<'a, T>,
    lift: Lift,
}

struct Shared<'a, T> {
    factor: Box<dyn ShiftedSolve<T> + 'a>,
    forth: bool,
}

impl<'a, T: Real> BlockExactPrimal<'a, T> {
    /// Joins the operator `A`, in blocks, and the matrix `H >= A_b'A_b`;
    /// `max_sweeps` bounds the sweeps of a step.
    ///
    /// # Errors
    /// [`linalg_core::LinalgError::Shape`] when the sizes do not fit.
    pub fn new(
        op: &'a dyn BlockColumns<T>,
        majoriser: impl ShiftedSolve<T> + 'a,
        lift: Lift,
        max_sweeps: usize,
    ) -> Result<Self, PrimalError> {
        let (want, got) = (op.block_len(), majoriser.dim());
        if want != got {
            let what = "matrix of a block";
            return Err(LinalgError::Shape { what, want, got }.into());
        }
        Ok(Self {
            blocks: Blocks::new(op, lift, 1, max_sweeps),
            shared: Shared {
                factor: Box::new(majoriser),
                forth: false,
            },
            lift,
        })
    }

    /// Ends a step after the sweep in which `control` says so.
    #[must_use]
    pub fn controlled(mut self, control: Control<'a>) -> Self {
        self.blocks.control(control);
        self
    }
}

impl<T: Real> Descent<T> for Shared<'_, T> {
    fn order(&mut self, order: &mut [usize]) {
        if self.forth {
            order.reverse();
        }
        self.forth = true;
    }

    fn direction(&self, count: usize, gradient: &[T], direction: &mut [T]) {
        for (d, g) in direction.iter_mut().zip(gradient) {
            *d = -*g;
        }
        self.factor.solve_block(count, direction);
    }

    fn step(&mut self, slope: T, curvature: T) -> T {
        if curvature > T::of(0.0) {
            -slope / curvature
        } else {
            T::of(0.0)
        }
    }
}

impl<T: Real> PrimalSolver<T> for BlockExactPrimal<'_, T> {
    fn set_penalty(&mut self, rho: T, control: &Control<'_>) -> Result<(), PrimalError> {
        self.blocks.rho = None;
        self.shared
            .factor
            .factor(rho, T::of(self.lift.factor()), control)?;
        self.blocks.set_penalty(rho);
        Ok(())
    }

    fn solve(
        &mut self,
        target: &[T],
        w: &[T],
        fw: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        self.blocks
            .solve(&mut self.shared, target, w, fw, tol, u, fu)
    }

    fn is_exact(&self) -> bool {
        false
    }
}
