use faer::{Mat, MatMut, MatRef};
use linalg_core::{Preconditioner, symmetric_eigenvalues};

/// The condition number of a symmetric positive definite matrix, from all its eigenvalues.
pub(crate) fn condition(matrix: MatRef<'_, f64>) -> Result<f64, String> {
    let values = symmetric_eigenvalues(matrix).map_err(|e| e.to_string())?;
    let (Some(smallest), Some(largest)) = (values.first(), values.last()) else {
        return Err("a matrix without rows has no condition number".to_owned());
    };
    Ok(largest / smallest)
}

/// The condition number of `P^-1/2 A P^-1/2`: with `P^-1 = L L'` its eigenvalues are those of
/// `L' A L`.
pub(crate) fn preconditioned(
    matrix: MatRef<'_, f64>,
    preconditioner: &dyn Preconditioner<f64>,
) -> Result<f64, String> {
    let n = matrix.nrows();
    let identity = Mat::<f64>::identity(n, n);
    let mut inverse = vec![0.0; n * n];
    let mut scratch = vec![0.0; n * preconditioner.scratch_len()];
    let columns: Vec<f64> = identity
        .col_iter()
        .flat_map(|c| c.iter().copied().collect::<Vec<f64>>())
        .collect();
    preconditioner.apply_inverse_block(n, &columns, &mut inverse, &mut scratch);
    let inverse = MatMut::from_column_major_slice_mut(&mut inverse, n, n);
    let even = Mat::from_fn(n, n, |i, j| 0.5 * (inverse[(i, j)] + inverse[(j, i)]));
    let factor = even
        .llt(faer::Side::Lower)
        .map_err(|e| format!("a preconditioner that is not positive definite: {e:?}"))?;
    let lower = factor.L();
    condition((lower.transpose() * matrix * lower).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use linalg_core::Control;
    use precond_nystrom::{Jacobi, condition_estimate};

    #[test]
    fn preconditioned_agrees_with_a_full_lanczos_run() {
        let n = 12;
        let root = Mat::from_fn(n, n, |i, j| ((i * 5 + j * 7) % 11) as f64 / 3.0);
        let mut matrix = &root * root.transpose();
        for i in 0..n {
            matrix[(i, i)] += 1.0 + i as f64;
        }
        let diagonal: Vec<f64> = (0..n).map(|i| matrix[(i, i)] - 1.0).collect();
        let jacobi = Jacobi::new(diagonal, 1.0).unwrap();
        let dense = preconditioned(matrix.as_ref(), &jacobi).unwrap();
        let operator = linalg_core::DenseOperator::new(matrix.as_ref());
        let estimate =
            condition_estimate(&operator, Some(&jacobi), n, 1, &Control::default()).unwrap();
        assert!(
            (dense / estimate.condition() - 1.0).abs() < 1e-6,
            "{dense} {}",
            estimate.condition()
        );
        let plain = condition(matrix.as_ref()).unwrap();
        assert!((plain / dense - 1.0).abs() > 1e-3, "{plain} {dense}");
    }
}
