use faer::linalg::solvers::Solve;
use faer::{Mat, MatRef, Side};

/// The linear model of least `|X'w - y|^2 + lambda |w|^2`; the bias, a row of ones, is penalised with
/// the rest, as in the networks.
///
/// **Shapes** `inputs`: `width x n_samples`.
pub(crate) fn ridge(
    inputs: MatRef<'_, f64>,
    target: &[f64],
    lambda: f64,
) -> Result<Vec<f64>, String> {
    let width = inputs.nrows();
    let mut gram = inputs * inputs.transpose();
    for k in 0..width {
        gram[(k, k)] += lambda;
    }
    let y = MatRef::from_column_major_slice(target, target.len(), 1);
    let right = inputs * y;
    let factor = gram
        .llt(Side::Lower)
        .map_err(|_| "ridge: the penalty is too small for the data".to_owned())?;
    let weights: Mat<f64> = factor.solve(&right);
    Ok((0..width).map(|k| weights[(k, 0)]).collect())
}

/// Its outputs.
pub(crate) fn outputs(inputs: MatRef<'_, f64>, weights: &[f64]) -> Vec<f64> {
    let w = MatRef::from_column_major_slice(weights, weights.len(), 1);
    let out = inputs.transpose() * w;
    (0..inputs.ncols()).map(|j| out[(j, 0)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gradient is a sum over 442 rows of numbers near 1, each to rounding.
    const GRADIENT: f64 = 1e-10;

    #[test]
    fn ridge_has_no_slope_left() {
        let set = crate::sets::load("diabetes").unwrap();
        let weights = ridge(set.inputs.as_ref(), &set.target, 3.0).unwrap();
        let fitted = outputs(set.inputs.as_ref(), &weights);
        for (k, weight) in weights.iter().enumerate() {
            let slope: f64 = (0..fitted.len())
                .map(|j| set.inputs[(k, j)] * (fitted[j] - set.target[j]))
                .sum();
            assert!((slope + 3.0 * weight).abs() < GRADIENT, "{k}");
        }
    }
}
