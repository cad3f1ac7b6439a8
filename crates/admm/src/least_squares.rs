use linalg_core::{Control, LinearOperator, Real, ShiftedGram, dot};

use crate::drive::AdmmSolution;
use crate::error::{AdmmError, PrimalError};
use crate::host_iteration::Splitting;
use crate::monitor::ResidualMonitor;
use crate::primal::{CgPrimal, InnerPrimal, LeastSquaresStep, Lift, PrimalSolver};
use crate::prox::Proximal;
use crate::settings::CheckedAdmmSettings;
use crate::solver::solve;
use crate::state::AdmmState;

/// Widest operator whose `A'A` is formed: that costs as many products as it has columns, about
/// what some hundred steps by conjugate gradients cost.
const FORMED: usize = 500;
/// Columns that are formed at a time: enough to run as a matrix product.
const COLUMNS: usize = 32;
/// Most inner iterations of a step where it is not formed.
const INNER: usize = 1000;

/// What [`least_squares`] found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LeastSquares<T> {
    /// The minimiser: exactly sparse, inside its constraints.
    pub x: Vec<T>,
    /// `A x`.
    pub fitted: Vec<T>,
    /// How the run ended, and its residuals.
    pub run: AdmmSolution,
}

/// Minimises `|A x - y|^2 / 2 + g(x)` from zero, in one call.
///
/// A primal step is made by a factor of `A'A` where the operator has at most 500 columns, by
/// conjugate gradients beyond; the run ends when both residuals are within the settings' `tol`.
/// [`solve`] is the same iteration with every part in the caller's hands.
///
/// **Shapes** `op`: `rows x cols`; `target`: `rows`; `prox`: `cols`. Where the rows are sharded,
/// `op` must be a [`RowSharded`](linalg_core::RowSharded) and `target` this shard's.
/// **Cost** that of [`InnerPrimal`], with one product a column to begin with, or of [`CgPrimal`].
///
/// # Errors
/// As [`solve`]. A limit is a status, not an error.
pub fn least_squares<T: Real>(
    op: &dyn LinearOperator<T>,
    target: &[T],
    prox: &mut dyn Proximal<T>,
    settings: &CheckedAdmmSettings,
    control: &Control<'_>,
) -> Result<LeastSquares<T>, AdmmError> {
    let (rows, cols) = (op.rows(), op.cols());
    for (what, want, got) in [
        ("target", rows, target.len()),
        ("penalty", cols, prox.dim()),
    ] {
        if want != got {
            return Err(AdmmError::Shape { what, want, got });
        }
    }
    let primal: Box<dyn PrimalSolver<T> + '_> = if cols <= FORMED {
        let gram = normal_matrix(op)?;
        Box::new(InnerPrimal::new(op, gram, Lift::Single)?)
    } else {
        Box::new(CgPrimal::new(op, Lift::Single, INNER)?.controlled(*control))
    };
    let mut state = AdmmState::zero(rows, cols, first_penalty(op));
    let mut step = LeastSquaresStep::new(primal, target);
    let mut problem = Splitting {
        operator: op,
        primal: &mut step,
        prox,
    };
    let mut monitor = ResidualMonitor::new(settings.get().tol)?;
    let run = solve(&mut problem, settings, control, &mut state, &mut monitor)?;
    Ok(LeastSquares {
        x: state.v,
        fitted: state.fv,
        run,
    })
}

/// `A'A`, by products with the unit vectors.
fn normal_matrix<T: Real>(op: &dyn LinearOperator<T>) -> Result<ShiftedGram<T>, PrimalError> {
    let (rows, cols) = (op.rows(), op.cols());
    let chunk = COLUMNS.min(cols.max(1));
    let zeros = |len: usize| vec![T::of(0.0); len];
    let (mut units, mut images) = (zeros(cols * chunk), zeros(rows * chunk));
    let (mut gram, mut scratch) = (zeros(cols * cols), zeros(op.block_scratch_len(chunk)));
    let mut first = 0;
    while first < cols {
        let count = chunk.min(cols - first);
        let units = &mut units[..cols * count];
        units.fill(T::of(0.0));
        for k in 0..count {
            units[k * cols + first + k] = T::of(1.0);
        }
        let images = &mut images[..rows * count];
        op.apply_block(count, units, images, &mut scratch);
        let out = &mut gram[first * cols..(first + count) * cols];
        op.apply_adjoint_block(count, images, out, &mut scratch);
        first += count;
    }
    let gram = faer::MatRef::from_column_major_slice(&gram, cols, cols);
    Ok(ShiftedGram::from_dense(gram)?)
}

/// An estimate of the mean eigenvalue of `A'A`: `s'A'A s / cols` for random signs `s` has it for
/// its mean. 1 where that is no number above 0.
fn first_penalty<T: Real>(op: &dyn LinearOperator<T>) -> T {
    let cols = op.cols();
    let signs: Vec<T> = (0..cols)
        .map(|j| {
            let bit = j.wrapping_add(1).wrapping_mul(0x9e37_79b1) >> 16 & 1;
            T::of(if bit == 0 { 1.0 } else { -1.0 })
        })
        .collect();
    let (mut image, mut back) = (vec![T::of(0.0); op.rows()], vec![T::of(0.0); cols]);
    let mut scratch = vec![T::of(0.0); op.scratch_len()];
    op.apply(&signs, &mut image, &mut scratch);
    op.apply_adjoint(&image, &mut back, &mut scratch);
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let rho = T::of(dot(&signs, &back).wide() / cols as f64);
    match rho.wide().is_finite() && rho > T::of(0.0) {
        true => rho,
        false => T::of(1.0),
    }
}
