use linalg_core::{LinearOperator, Real, axpy, dot, norm, sub_into};

use crate::error::KrylovError;

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CgSettings {
    /// Residual norm relative to that of the right-hand side.
    pub tol: f64,
    /// Most products with the operator, the checks of the true residual left out.
    pub max_iters: usize,
}

impl Default for CgSettings {
    /// `tol` 1e-8, `max_iters` 1000.
    fn default() -> Self {
        Self {
            tol: 1e-8,
            max_iters: 1000,
        }
    }
}

/// How an iteration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CgStatus {
    /// The true residual is within the tolerance.
    Converged,
    /// The iteration limit was reached first.
    IterationLimit,
    /// The true residual no longer falls: the precision's limit.
    Stagnated,
}

/// What an iteration reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CgReport {
    /// How it ended.
    pub status: CgStatus,
    /// Products with the operator inside the iteration.
    pub iterations: usize,
    /// `|b - A x| / |b|` of the vector handed back, computed from it (0 for `b = 0`).
    pub residual: f64,
}

/// The vectors of an iteration, kept between calls so that none allocates.
#[derive(Debug, Clone)]
pub struct CgWorkspace<T> {
    residual: Vec<T>,
    direction: Vec<T>,
    image: Vec<T>,
    scratch: Vec<T>,
}

impl<T: Real> CgWorkspace<T> {
    /// Room for an operator's products.
    #[must_use]
    pub fn new(op: &dyn LinearOperator<T>) -> Self {
        let zero = vec![T::of(0.0); op.cols()];
        Self {
            residual: zero.clone(),
            direction: zero.clone(),
            image: zero,
            scratch: vec![T::of(0.0); op.scratch_len()],
        }
    }
}

/// How often the iteration starts anew from the true residual when the recurrence claims more
/// than is true: each restart wins the digits that rounding had spoiled, the last wins nothing.
const RESTARTS: usize = 3;

/// Conjugate gradients from the start `x`, which is overwritten by the answer.
///
/// **Shapes** `op`: square, symmetric positive definite; `b`, `x`: its side.
/// **Cost** one product and `10 n` flops an iteration, one more product for each check.
/// **Source** Hestenes & Stiefel 1952; the residual is recomputed at the end (Greenbaum 1997).
///
/// # Errors
/// [`KrylovError::Shape`]; [`KrylovError::NotPositiveDefinite`] at a direction with `p'Ap <= 0`;
/// [`KrylovError::NotFinite`]. `x` then holds the last iterate before the failure.
pub fn cg<T: Real>(
    op: &dyn LinearOperator<T>,
    b: &[T],
    x: &mut [T],
    settings: &CgSettings,
    work: &mut CgWorkspace<T>,
) -> Result<CgReport, KrylovError> {
    let n = op.cols();
    for (what, got) in [
        ("operator rows", op.rows()),
        ("b", b.len()),
        ("x", x.len()),
        ("workspace", work.image.len()),
    ] {
        if got != n {
            return Err(KrylovError::Shape { what, want: n, got });
        }
    }
    let (want, got) = (op.scratch_len(), work.scratch.len());
    if got < want {
        let what = "workspace scratch";
        return Err(KrylovError::Shape { what, want, got });
    }
    let size = norm(b).wide();
    if !size.is_finite() {
        return Err(KrylovError::NotFinite { iteration: 0 });
    }
    if size == 0.0 {
        x.fill(T::of(0.0));
        return Ok(CgReport {
            status: CgStatus::Converged,
            iterations: 0,
            residual: 0.0,
        });
    }
    let (mut iterations, mut descents) = (0, 0);
    let mut best = f64::INFINITY;
    loop {
        op.apply(x, &mut work.image, &mut work.scratch);
        sub_into(b, &work.image, &mut work.residual);
        let residual = norm(&work.residual).wide() / size;
        let status = if !residual.is_finite() {
            let iteration = iterations;
            return Err(KrylovError::NotFinite { iteration });
        } else if residual <= settings.tol {
            CgStatus::Converged
        } else if iterations >= settings.max_iters {
            CgStatus::IterationLimit
        } else if residual >= 0.5 * best || descents > RESTARTS {
            CgStatus::Stagnated
        } else {
            best = residual;
            iterations += descend(op, x, size, settings, iterations, work)?;
            descents += 1;
            continue;
        };
        return Ok(CgReport {
            status,
            iterations,
            residual,
        });
    }
}

/// One run of the recurrence from the residual in `work`; the number of products it made.
fn descend<T: Real>(
    op: &dyn LinearOperator<T>,
    x: &mut [T],
    size: f64,
    settings: &CgSettings,
    before: usize,
    work: &mut CgWorkspace<T>,
) -> Result<usize, KrylovError> {
    work.direction.copy_from_slice(&work.residual);
    let mut square = dot(&work.residual, &work.residual);
    // A fall by one rounding is all that the vectors can follow: past it the recurrence would go
    // on down to where its squares underflow and a curvature reads as zero.
    let enough = (settings.tol * size).max(T::EPS * square.wide().sqrt());
    let mut made = 0;
    while before + made < settings.max_iters {
        op.apply(&work.direction, &mut work.image, &mut work.scratch);
        made += 1;
        let curvature = dot(&work.direction, &work.image);
        if !curvature.wide().is_finite() {
            return Err(KrylovError::NotFinite {
                iteration: before + made,
            });
        }
        if curvature.wide() <= 0.0 {
            let iteration = before + made;
            return Err(KrylovError::NotPositiveDefinite {
                curvature: curvature.wide(),
                iteration,
            });
        }
        let step = square / curvature;
        axpy(step, &work.direction, x);
        axpy(-step, &work.image, &mut work.residual);
        let next = dot(&work.residual, &work.residual);
        if next.wide().sqrt() <= enough {
            break;
        }
        let beta = next / square;
        for (p, r) in work.direction.iter_mut().zip(&work.residual) {
            *p = *r + beta * *p;
        }
        square = next;
    }
    Ok(made)
}
