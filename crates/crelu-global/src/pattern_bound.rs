use faer::{Mat, MatRef};
use linalg_core::{Control, LinalgError, symmetric_eigenvalues};

use crate::local_halt::{Cut, LocalHalt};
use crate::neurons::Neurons;
use crate::problem::GlobalProblem;
use crate::rows::sum_over_rows;

/// A lower bound, in sum scaling, on the objective of all networks whose neurons have patterns of
/// `neurons`, whatever their cones and their number: with the largest [`pattern_price`] `p` at `theta`,
///
/// ```text
///     max over 0 <= c <= beta_sum / p of -l*(-c theta)
/// ```
///
/// Without the multipliers of the cones it is loose, but it holds for every loss and number of outputs.
///
/// **Cost** that of [`pattern_price`].
///
/// # Errors
/// As [`pattern_price`].
pub fn pattern_bound(
    problem: &GlobalProblem,
    neurons: &Neurons,
    theta: &[f64],
    control: &Control<'_>,
) -> Result<f64, LinalgError> {
    let largest = pattern_price(problem, neurons, theta, control)?;
    let most = if largest > 0.0 {
        problem.beta_sum() / largest
    } else {
        1.0
    };
    Ok(problem.dual_value(theta, most))
}

/// The largest spectral norm of `R'D_i theta`, `rank x K`, over the patterns of `neurons`: no neuron
/// with one of these patterns, inside its cone or not, is priced higher.
///
/// **Cost** `4 n rank m K` flops.
///
/// # Errors
/// [`LinalgError::Halted`] where `control` halts; [`LinalgError::NoSvd`] where eigenvalues of a `K x K`
/// matrix do not converge.
pub fn pattern_price(
    problem: &GlobalProblem,
    neurons: &Neurons,
    theta: &[f64],
    control: &Control<'_>,
) -> Result<f64, LinalgError> {
    let halt = LocalHalt::of(control);
    let (rank, m, k) = (problem.rank(), neurons.len(), problem.outputs());
    let work = problem.work();
    work.add_products(2 * k, problem.n_all(), problem.entries(), m);
    let packed = neurons.packed();
    let sums = sum_over_rows(
        problem.n_samples(),
        problem.slope_flops(4 * rank * k * m),
        packed.tile_rows(),
        || (vec![vec![0.0; packed.slope_len()]; k], Vec::new()),
        |(slopes, one): &mut (Vec<Vec<f64>>, Vec<f64>), rows| {
            if halt.is_raised() {
                return;
            }
            for (output, slopes) in slopes.iter_mut().enumerate() {
                one.clear();
                one.extend(rows.clone().map(|i| theta[i * k + output]));
                packed.climb(problem.rows(rows.clone()), one, slopes);
            }
        },
    );
    halt.agreed(problem).map_err(|Cut| LinalgError::Halted)?;
    let outputs: Vec<Vec<f64>> = (0..k)
        .map(|output| {
            let mut sum = vec![0.0; packed.slope_len()];
            for (part, _) in &sums {
                linalg_core::axpy(1.0, &part[output], &mut sum);
            }
            problem.join(&mut sum);
            packed.unpack(&sum)
        })
        .collect();
    let mut largest = 0.0_f64;
    for i in 0..m {
        let column = |a: usize| &outputs[a][i * rank..(i + 1) * rank];
        let square = Mat::from_fn(k, k, |a, b| linalg_core::dot(column(a), column(b)));
        largest = largest.max(largest_eigenvalue(square.as_ref())?.max(0.0).sqrt());
    }
    Ok(largest)
}

/// Rounded up by what the eigenvalues of so small a matrix may be off.
fn largest_eigenvalue(square: MatRef<'_, f64>) -> Result<f64, LinalgError> {
    if square.nrows() == 1 {
        return Ok(square[(0, 0)]);
    }
    let values = symmetric_eigenvalues(square)?;
    let largest = values.into_iter().fold(0.0, f64::max);
    #[expect(clippy::cast_precision_loss, reason = "a count of outputs")]
    let size = square.nrows() as f64;
    Ok(largest * (1.0 + 8.0 * size * f64::EPSILON))
}
