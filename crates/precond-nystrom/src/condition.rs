use faer::Mat;
use linalg_core::{
    Control, LinalgError, LinearOperator, Preconditioner, Real, axpy, norm, scale,
    symmetric_eigenvalues, wide_dot,
};
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::error::PrecondError;

/// An estimate of the ends of a spectrum, from inside: the true condition number is not below
/// the estimate, up to rounding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConditionEstimate {
    /// An estimate of the largest eigenvalue, from below.
    pub largest: f64,
    /// An estimate of the smallest eigenvalue, from above.
    pub smallest: f64,
    /// Steps that were made: fewer than asked for where the spectrum was exhausted.
    pub steps: usize,
}

impl ConditionEstimate {
    /// `largest / smallest`.
    #[must_use]
    pub fn condition(&self) -> f64 {
        self.largest / self.smallest
    }
}

/// A direction ends the iteration when less than this many roundings of the operator's size is
/// left of it: what is left is then rounding.
const EXHAUSTED: f64 = 64.0;

/// Estimates the condition number of `P^-1/2 A P^-1/2`, or of `A` without a preconditioner, by
/// `steps` steps of Lanczos with full reorthogonalisation from a random start.
///
/// The largest eigenvalue settles after a few dozen steps; a small one that lies close to others
/// settles last, so on an ill-conditioned matrix this is a lower estimate and says so. With as
/// many steps as the side it is exact to rounding.
///
/// **Shapes** `op`: `n x n`, the system with its shift. **Cost** `steps` products and as many
/// applications of `P^-1`, `4 n steps^2` flops, `2 n steps` numbers.
/// **Source** Golub & Van Loan, section 10.3 and 11.5.2 (Lanczos in the inner product of `P^-1`).
///
/// # Errors
/// [`PrecondError::Shape`], [`PrecondError::NotFinite`], [`PrecondError::NotPositive`] for an
/// operator or a preconditioner with a negative direction, [`PrecondError::Linalg`] when
/// `control` says stop.
pub fn condition_estimate<T: Real>(
    op: &dyn LinearOperator<T>,
    preconditioner: Option<&dyn Preconditioner<T>>,
    steps: usize,
    seed: u64,
    control: &Control<'_>,
) -> Result<ConditionEstimate, PrecondError> {
    let n = op.cols();
    PrecondError::shape("operator rows", n, op.rows())?;
    if let Some(preconditioner) = preconditioner {
        PrecondError::shape("preconditioner", n, preconditioner.dim())?;
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
    let mut residual: Vec<T> = (0..n).map(|_| T::of(normal())).collect();
    let mut lanczos = Lanczos {
        op,
        preconditioner,
        scratch: vec![
            T::of(0.0);
            op.scratch_len()
                .max(preconditioner.map_or(0, Preconditioner::scratch_len))
        ],
        duals: Vec::new(),
        vectors: Vec::new(),
    };
    let (mut alphas, mut betas) = (Vec::new(), Vec::new());
    let mut length = lanczos.append(&mut residual)?;
    let mut size = 0.0_f64;
    while alphas.len() < steps.min(n) && length > 0.0 {
        if control.halt().is_some() {
            return Err(LinalgError::Halted.into());
        }
        let alpha = lanczos.advance(&mut residual)?;
        alphas.push(alpha);
        size = size.max(alpha);
        length = lanczos.append(&mut residual)?;
        if length <= EXHAUSTED * T::EPS * size {
            break;
        }
        betas.push(length);
    }
    let count = alphas.len();
    let tridiagonal = Mat::from_fn(count, count, |i, j| match i.abs_diff(j) {
        0 => alphas[i],
        1 => betas[i.min(j)],
        _ => 0.0,
    });
    let values = symmetric_eigenvalues(tridiagonal.as_ref())?;
    let (Some(&smallest), Some(&largest)) = (values.first(), values.last()) else {
        let (largest, smallest, steps) = (1.0, 1.0, 0);
        return Ok(ConditionEstimate {
            largest,
            smallest,
            steps,
        });
    };
    if smallest <= 0.0 {
        return Err(PrecondError::NotPositive { value: smallest });
    }
    Ok(ConditionEstimate {
        largest,
        smallest,
        steps: count,
    })
}

/// Vectors `v_i = P z_i` with `<v_i, z_j> = 1` for `i = j`, 0 otherwise.
struct Lanczos<'a, T> {
    op: &'a dyn LinearOperator<T>,
    preconditioner: Option<&'a dyn Preconditioner<T>>,
    scratch: Vec<T>,
    /// `v_i`.
    duals: Vec<Vec<T>>,
    /// `z_i`; empty without a preconditioner, where they are the `v_i`.
    vectors: Vec<Vec<T>>,
}

impl<T: Real> Lanczos<'_, T> {
    fn vectors(&self) -> &[Vec<T>] {
        match self.preconditioner {
            Some(_) => &self.vectors,
            None => &self.duals,
        }
    }

    /// Takes the vector, scaled to length 1 in the inner product of `P^-1`, as the next; its
    /// length before.
    fn append(&mut self, residual: &mut [T]) -> Result<f64, PrecondError> {
        let mut vector = Vec::new();
        let square = match self.preconditioner {
            Some(preconditioner) => {
                vector = vec![T::of(0.0); residual.len()];
                preconditioner.apply_inverse(residual, &mut vector, &mut self.scratch);
                wide_dot(residual, &vector)
            }
            None => wide_dot(residual, residual),
        };
        if !square.is_finite() {
            return Err(PrecondError::NotFinite);
        }
        let size = match self.preconditioner {
            Some(_) => norm(residual).wide() * norm(&vector).wide(),
            None => 0.0,
        };
        if square < -EXHAUSTED * T::EPS * size {
            let value = square / norm(residual).wide().powi(2);
            return Err(PrecondError::NotPositive { value });
        }
        let length = square.max(0.0).sqrt();
        if length > 0.0 {
            let factor = T::of(1.0 / length);
            scale(factor, residual);
            scale(factor, &mut vector);
            self.duals.push(residual.to_vec());
            self.vectors.push(vector);
        }
        Ok(length)
    }

    /// `A z` of the last vector, less what lies along all that stand; its coefficient along the
    /// last.
    fn advance(&mut self, residual: &mut [T]) -> Result<f64, PrecondError> {
        let last = self.duals.len() - 1;
        let mut scratch = core::mem::take(&mut self.scratch);
        self.op.apply(&self.vectors()[last], residual, &mut scratch);
        self.scratch = scratch;
        let alpha = wide_dot(residual, &self.vectors()[last]);
        if !alpha.is_finite() {
            return Err(PrecondError::NotFinite);
        }
        // twice is enough (Kahan; Parlett, section 6.9)
        for _ in 0..2 {
            for (dual, vector) in self.duals.iter().zip(self.vectors()) {
                let along = wide_dot(residual, vector);
                axpy(T::of(-along), dual, residual);
            }
        }
        Ok(alpha)
    }
}
