use linalg_core::{BlockColumns, Control, Real};
use num_traits::Float;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::blocks::{Blocks, Descent};
use super::{Lift, PrimalReport, PrimalSolver};
use crate::error::PrimalError;

/// Blocks that move together: enough for a matrix product, few enough that most of the blocks see
/// a residual that the others have moved.
const GROUP: usize = 4;
/// Share of the linear decrease that a step must reach (Armijo). At a half the longest step that
/// passes is the minimiser's along the gradient.
const ARMIJO: f64 = 0.5;
/// A step decays by this until it passes.
const DECAY: f64 = 0.5;
/// The first trial is the last accepted step times this, at most `1 / rho`.
const REACH: f64 = 8.0;
/// Most halvings: past them the step is below rounding.
const HALVINGS: usize = 200;

/// The quadratic step by randomised block coordinate descent: in random order,
/// groups of blocks of columns take a gradient step of
///
/// ```text
///     |F u - y|^2 / 2 + rho/2 |u - w|^2
/// ```
///
/// whose length decays until it passes Armijo's test; the residual `F u - y` is kept up to date,
/// and the step ends when the norm of the gradient is below the threshold that its tolerance asks
/// for. One sweep over all blocks counts as an inner iteration.
///
/// **Cost** a sweep: a product with `A` and with `A'`; the line search costs none, since the
/// objective is quadratic. The convergence is that of gradient descent: hundreds of sweeps where
/// conjugate gradients take dozens.
/// **Source** Bai, Gautam & Sojoudi 2022 (the primal step of the ADMM for convex networks); there
/// the proximal distance enters with the wrong sign.
pub struct RbcdPrimal<'a, T> {
    blocks: Blocks<'a, T>,
    descent: Armijo<T>,
}

struct Armijo<T> {
    random: Xoshiro256PlusPlus,
    /// The longest step, `1 / rho`: the minimiser's where the data do not act.
    most: T,
    last: T,
}

impl<'a, T: Real> RbcdPrimal<'a, T> {
    /// Takes the operator `A`, in blocks; `max_sweeps` bounds the sweeps of a step, `seed` sets the
    /// order of the blocks.
    #[must_use]
    pub fn new(op: &'a dyn BlockColumns<T>, lift: Lift, max_sweeps: usize, seed: u64) -> Self {
        Self {
            blocks: Blocks::new(op, lift, GROUP, max_sweeps),
            descent: Armijo {
                random: Xoshiro256PlusPlus::seed_from_u64(seed),
                most: T::of(0.0),
                last: T::of(0.0),
            },
        }
    }

    /// Ends a step after the sweep in which `control` says so.
    #[must_use]
    pub fn controlled(mut self, control: Control<'a>) -> Self {
        self.blocks.control(control);
        self
    }
}

impl<T: Real> Descent<T> for Armijo<T> {
    fn order(&mut self, order: &mut [usize]) {
        order.shuffle(&mut self.random);
    }

    fn direction(&self, _count: usize, gradient: &[T], direction: &mut [T]) {
        for (d, g) in direction.iter_mut().zip(gradient) {
            *d = -*g;
        }
    }

    fn step(&mut self, slope: T, curvature: T) -> T {
        let mut step = Float::min(self.most, self.last * T::of(REACH));
        for _ in 0..HALVINGS {
            // phi(t) - phi(0) <= ARMIJO slope t, with phi quadratic
            if slope * step + T::of(0.5) * curvature * step * step <= T::of(ARMIJO) * slope * step {
                self.last = step;
                return step;
            }
            step *= T::of(DECAY);
        }
        T::of(0.0)
    }
}

impl<T: Real> PrimalSolver<T> for RbcdPrimal<'_, T> {
    fn set_penalty(&mut self, rho: T, _control: &Control<'_>) -> Result<(), PrimalError> {
        self.blocks.set_penalty(rho);
        self.descent.most = T::of(1.0) / rho;
        self.descent.last = self.descent.most;
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
            .solve(&mut self.descent, target, w, fw, tol, u, fu)
    }

    fn is_exact(&self) -> bool {
        false
    }
}
