use linalg_core::{Control, Real};

use super::{PrimalReport, PrimalSolver, SmoothStep, room};
use crate::error::PrimalError;

/// The smooth part of a loss that is split off, `p = F u`: the projection on the graph of `F`,
///
/// ```text
///     min |u - w|^2 / 2 + s^2/2 |p - w_p|^2  subject to  p = F u
/// ```
///
/// which is the quadratic step with the target `w_p` and the penalty `1 / s^2`, whatever the loss. The
/// variable of the loop is `(u, s p)`: its metric is then that of both penalty parameters. Beside it
/// stands a [`WithLoss`](crate::WithLoss) as the penalty.
///
/// **Source** Parikh & Boyd 2014 (block splitting, graph form).
pub struct GraphStep<'a, T: Real> {
    primal: Box<dyn PrimalSolver<T> + 'a>,
    /// Numbers of `u`; those of `p` follow.
    dim: usize,
    scale: T,
    factored: Option<T>,
    target: Vec<T>,
}

impl<'a, T: Real> GraphStep<'a, T> {
    /// Takes a primal solver whose variable has `dim` numbers.
    #[must_use]
    pub fn new(primal: Box<dyn PrimalSolver<T> + 'a>, dim: usize) -> Self {
        Self {
            primal,
            dim,
            scale: T::of(1.0),
            factored: None,
            target: Vec::new(),
        }
    }
}

impl<T: Real> SmoothStep<T> for GraphStep<'_, T> {
    fn set_penalty(
        &mut self,
        _rho: T,
        ratio: T,
        control: &Control<'_>,
    ) -> Result<bool, PrimalError> {
        self.scale = num_traits::Float::sqrt(ratio);
        if self.factored == Some(ratio) {
            return Ok(false);
        }
        self.factored = None;
        self.primal.set_penalty(T::of(1.0) / ratio, control)?;
        self.factored = Some(ratio);
        Ok(true)
    }

    fn step(
        &mut self,
        w: &[T],
        fw: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        let (w, w_p) = w.split_at(self.dim);
        let (u, p) = u.split_at_mut(self.dim);
        room(&mut self.target, w_p.len());
        for (target, w) in self.target.iter_mut().zip(w_p) {
            *target = *w / self.scale;
        }
        let report = self.primal.solve(&self.target, w, fw, tol, u, fu)?;
        for (p, f) in p.iter_mut().zip(&*fu) {
            *p = self.scale * *f;
        }
        Ok(report)
    }
}
