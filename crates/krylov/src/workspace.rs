use linalg_core::{LinearOperator, Preconditioner, Real};

use crate::error::KrylovError;
use crate::report::CgReport;

/// The vectors of an iteration, kept between calls so that none allocates.
///
/// **Cost** three vectors a right-hand side, a fourth with a preconditioner, and the scratch of
/// one product.
#[derive(Debug, Clone)]
pub struct CgWorkspace<T> {
    pub(crate) residual: Vec<T>,
    pub(crate) direction: Vec<T>,
    pub(crate) image: Vec<T>,
    /// `P^-1 r`; empty where nothing preconditions.
    pub(crate) preconditioned: Vec<T>,
    pub(crate) scratch: Vec<T>,
    pub(crate) columns: Vec<Column>,
    /// The columns that iterate, in the order in which their vectors lie together.
    pub(crate) active: Vec<usize>,
    pub(crate) reports: Vec<CgReport>,
}

/// Where one right-hand side stands.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Column {
    /// `|b|`.
    pub(crate) size: f64,
    pub(crate) iterations: usize,
    pub(crate) descents: usize,
    /// The true residual at the start of the last descent, relative.
    pub(crate) best: f64,
    /// The norm of the recurrence's residual at which the descent ends.
    pub(crate) enough: f64,
    /// `r'P^-1 r`, or `r'r` where nothing preconditions.
    pub(crate) product: f64,
    /// `r'r` of the recurrence's residual.
    pub(crate) square: f64,
    pub(crate) finished: bool,
}

impl<T: Real> CgWorkspace<T> {
    /// Room for an operator's products.
    #[must_use]
    pub fn new(op: &dyn LinearOperator<T>) -> Self {
        Self::block(op, None, 1)
    }

    /// Room for an operator's products and a preconditioner's.
    #[must_use]
    pub fn preconditioned(
        op: &dyn LinearOperator<T>,
        preconditioner: &dyn Preconditioner<T>,
    ) -> Self {
        Self::block(op, Some(preconditioner), 1)
    }

    /// Room for `k` right-hand sides at once, and a preconditioner's products where there is one.
    #[must_use]
    pub fn block(
        op: &dyn LinearOperator<T>,
        preconditioner: Option<&dyn Preconditioner<T>>,
        k: usize,
    ) -> Self {
        let zeros = |len: usize| vec![T::of(0.0); len];
        let n = k * op.cols();
        Self {
            residual: zeros(n),
            direction: zeros(n),
            image: zeros(n),
            preconditioned: zeros(if preconditioner.is_some() { n } else { 0 }),
            scratch: zeros(scratch_len(op, preconditioner, k)),
            columns: vec![Column::default(); k],
            active: Vec::with_capacity(k),
            reports: Vec::with_capacity(k),
        }
    }

    /// Whether the arguments and this workspace fit together.
    pub(crate) fn check(
        &self,
        op: &dyn LinearOperator<T>,
        preconditioner: Option<&dyn Preconditioner<T>>,
        k: usize,
        b: &[T],
        x: &[T],
    ) -> Result<(), KrylovError> {
        let n = op.cols();
        let shape = |what, want, got| match got == want {
            true => Ok(()),
            false => Err(KrylovError::Shape { what, want, got }),
        };
        shape("operator rows", n, op.rows())?;
        shape("b", k * n, b.len())?;
        shape("x", k * n, x.len())?;
        shape("workspace", k * n, self.image.len())?;
        shape("workspace right-hand sides", k, self.columns.len())?;
        if let Some(preconditioner) = preconditioner {
            shape("preconditioner", n, preconditioner.dim())?;
            shape("workspace preconditioned", k * n, self.preconditioned.len())?;
        }
        let (want, got) = (scratch_len(op, preconditioner, k), self.scratch.len());
        if got < want {
            return shape("workspace scratch", want, got);
        }
        Ok(())
    }
}

fn scratch_len<T: Real>(
    op: &dyn LinearOperator<T>,
    preconditioner: Option<&dyn Preconditioner<T>>,
    k: usize,
) -> usize {
    let product = match k {
        1 => op.scratch_len(),
        _ => op.block_scratch_len(k).max(op.scratch_len()),
    };
    product.max(preconditioner.map_or(0, |p| k * p.scratch_len()))
}
