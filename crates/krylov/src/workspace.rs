use linalg_core::{LinearOperator, Preconditioner, Real};

use crate::error::KrylovError;
use crate::report::CgReport;

/// The vectors of an iteration, kept between calls so that none allocates once they are large
/// enough: a workspace grows with what it is used for.
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

/// Where one right-hand side stands. Its residual is kept in units of `2^unit`, in which its
/// largest entry was about 1 at the start of the descent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Column {
    /// `|b|` in units of `2^size_unit`; 0 for `b = 0`.
    pub(crate) size: f64,
    pub(crate) size_unit: i32,
    pub(crate) unit: i32,
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

impl<T> Default for CgWorkspace<T> {
    fn default() -> Self {
        Self {
            residual: Vec::new(),
            direction: Vec::new(),
            image: Vec::new(),
            preconditioned: Vec::new(),
            scratch: Vec::new(),
            columns: Vec::new(),
            active: Vec::new(),
            reports: Vec::new(),
        }
    }
}

impl<T: Real> CgWorkspace<T> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks that the arguments fit together and makes room for them.
    pub(crate) fn prepare(
        &mut self,
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
        if let Some(preconditioner) = preconditioner {
            shape("preconditioner", n, preconditioner.dim())?;
        }
        for vector in [&mut self.residual, &mut self.direction, &mut self.image] {
            grow(vector, k * n);
        }
        if preconditioner.is_some() {
            grow(&mut self.preconditioned, k * n);
        }
        grow(&mut self.scratch, scratch_len(op, preconditioner, k));
        if self.columns.len() < k {
            self.columns.resize(k, Column::default());
        }
        Ok(())
    }
}

fn grow<T: Real>(vector: &mut Vec<T>, len: usize) {
    if vector.len() < len {
        vector.resize(len, T::of(0.0));
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
