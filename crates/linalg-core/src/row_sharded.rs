use std::sync::OnceLock;

use crate::collective::{Collective, ExchangeError};
use crate::operator::LinearOperator;
use crate::real::Real;

/// A linear map whose rows are spread over the processes of a [`Collective`]: `x` is the same
/// everywhere, `A x` lives in shards, and the adjoint is the one place that exchanges, by a sum.
///
/// A product has no error of its own: where an exchange fails the result is NaN, which every solver refuses
/// as an operator that is not finite, and [`failure`](Self::failure) says what happened. From then on
/// nothing is exchanged.
pub struct RowSharded<'a, O> {
    local: O,
    collective: &'a dyn Collective,
    failure: OnceLock<ExchangeError>,
}

impl<'a, O> RowSharded<'a, O> {
    /// Joins this process's rows and the exchange.
    pub fn new(local: O, collective: &'a dyn Collective) -> Self {
        Self {
            local,
            collective,
            failure: OnceLock::new(),
        }
    }

    /// The exchange that failed, if one did.
    #[must_use]
    pub fn failure(&self) -> Option<ExchangeError> {
        self.failure.get().copied()
    }

    /// Replaces `x` by its sum over the processes.
    fn sum<T: Real>(&self, x: &mut [T]) {
        if self.collective.size() > 1 {
            let mut wide: Vec<f64> = x.iter().map(|v| v.wide()).collect();
            if self.failure().is_none()
                && let Err(error) = self.collective.sum(&mut wide)
            {
                self.failure.get_or_init(|| error);
            }
            if self.failure().is_some() {
                wide.fill(f64::NAN);
            }
            for (out, value) in x.iter_mut().zip(wide) {
                *out = T::of(value);
            }
        }
    }
}

impl<T: Real, O: LinearOperator<T>> LinearOperator<T> for RowSharded<'_, O> {
    fn rows(&self) -> usize {
        self.local.rows()
    }

    fn cols(&self) -> usize {
        self.local.cols()
    }

    fn scratch_len(&self) -> usize {
        self.local.scratch_len()
    }

    fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        self.local.apply(x, y, scratch);
    }

    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
        self.local.apply_adjoint(y, x, scratch);
        self.sum(x);
    }

    fn block_scratch_len(&self, k: usize) -> usize {
        self.local.block_scratch_len(k)
    }

    fn apply_block(&self, k: usize, x: &[T], y: &mut [T], scratch: &mut [T]) {
        self.local.apply_block(k, x, y, scratch);
    }

    /// One exchange for all columns.
    fn apply_adjoint_block(&self, k: usize, y: &[T], x: &mut [T], scratch: &mut [T]) {
        self.local.apply_adjoint_block(k, y, x, scratch);
        self.sum(x);
    }
}
