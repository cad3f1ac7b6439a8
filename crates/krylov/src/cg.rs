use linalg_core::{Control, LinearOperator, Preconditioner, Real};

use crate::error::KrylovError;
use crate::observer::CgObserver;
use crate::recurrence::{Task, solve};
use crate::report::CgReport;
use crate::settings::CheckedCgSettings;
use crate::workspace::CgWorkspace;

/// Conjugate gradients from the start `x`, which is overwritten by the answer.
///
/// A right-hand side of any size that the precision holds is solved as well as one of size 1: the
/// iteration runs in units of a power of two.
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
    settings: &CheckedCgSettings,
    control: &Control<'_>,
    observer: &mut dyn CgObserver,
    work: &mut CgWorkspace<T>,
) -> Result<CgReport, KrylovError> {
    let task = Task {
        op,
        preconditioner: None,
        settings,
        control,
        observer,
    };
    solve(task, 1, b, x, work)?;
    Ok(work.reports[0])
}

/// [`cg`] with a preconditioner: the directions are those of `P^-1/2 A P^-1/2`, the residual and
/// its tolerance are those of `A x = b`.
///
/// **Shapes** as [`cg`]; `preconditioner`: the same side, made for this operator.
/// **Cost** that of [`cg`], one application of the preconditioner and `4 n` flops an iteration.
/// **Source** Golub & Van Loan, algorithm 11.5.1; Saad, algorithm 9.1.
///
/// # Errors
/// As [`cg`], and [`KrylovError::PreconditionerNotPositiveDefinite`] at a residual with
/// `r'P^-1 r <= 0`.
#[expect(
    clippy::too_many_arguments,
    reason = "a system, its preconditioner, its start and its limits"
)]
pub fn pcg<T: Real>(
    op: &dyn LinearOperator<T>,
    preconditioner: &dyn Preconditioner<T>,
    b: &[T],
    x: &mut [T],
    settings: &CheckedCgSettings,
    control: &Control<'_>,
    observer: &mut dyn CgObserver,
    work: &mut CgWorkspace<T>,
) -> Result<CgReport, KrylovError> {
    let task = Task {
        op,
        preconditioner: Some(preconditioner),
        settings,
        control,
        observer,
    };
    solve(task, 1, b, x, work)?;
    Ok(work.reports[0])
}

/// [`cg`] for `k` right-hand sides at once: `k` independent recurrences that share each product.
/// A column that has reached its tolerance leaves the products; the reports are in the order of
/// the columns.
///
/// **Shapes** `b`, `x`: `k` columns of the operator's side, column-major.
/// **Cost** one block product an iteration, of as many columns as have not ended.
///
/// # Errors
/// As [`cg`], when any column meets it; the columns then hold their last iterates.
#[expect(
    clippy::too_many_arguments,
    reason = "a system, its start and its limits"
)]
pub fn block_cg<'w, T: Real>(
    op: &dyn LinearOperator<T>,
    k: usize,
    b: &[T],
    x: &mut [T],
    settings: &CheckedCgSettings,
    control: &Control<'_>,
    observer: &mut dyn CgObserver,
    work: &'w mut CgWorkspace<T>,
) -> Result<&'w [CgReport], KrylovError> {
    let task = Task {
        op,
        preconditioner: None,
        settings,
        control,
        observer,
    };
    solve(task, k, b, x, work)?;
    Ok(&work.reports)
}

/// [`pcg`] for `k` right-hand sides at once, as [`block_cg`].
///
/// # Errors
/// As [`pcg`], when any column meets it; the columns then hold their last iterates.
#[expect(
    clippy::too_many_arguments,
    reason = "a system, its preconditioner, its start and its limits"
)]
pub fn block_pcg<'w, T: Real>(
    op: &dyn LinearOperator<T>,
    preconditioner: &dyn Preconditioner<T>,
    k: usize,
    b: &[T],
    x: &mut [T],
    settings: &CheckedCgSettings,
    control: &Control<'_>,
    observer: &mut dyn CgObserver,
    work: &'w mut CgWorkspace<T>,
) -> Result<&'w [CgReport], KrylovError> {
    let task = Task {
        op,
        preconditioner: Some(preconditioner),
        settings,
        control,
        observer,
    };
    solve(task, k, b, x, work)?;
    Ok(&work.reports)
}
