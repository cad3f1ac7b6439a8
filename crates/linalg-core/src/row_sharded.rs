use crate::collective::Collective;
use crate::operator::LinearOperator;
use crate::real::Real;

/// A linear map whose rows are spread over the processes of a [`Collective`]: `x` is the same
/// everywhere, `A x` lives in shards, and the adjoint is the one place that exchanges, by a sum.
pub struct RowSharded<'a, O> {
    local: O,
    collective: &'a dyn Collective,
}

impl<'a, O> RowSharded<'a, O> {
    /// Joins this process's rows and the exchange.
    pub fn new(local: O, collective: &'a dyn Collective) -> Self {
        Self { local, collective }
    }

    /// Replaces `x` by its sum over the processes.
    fn sum<T: Real>(&self, x: &mut [T]) {
        if self.collective.size() > 1 {
            let mut wide: Vec<f64> = x.iter().map(|v| v.wide()).collect();
            self.collective.sum(&mut wide);
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
