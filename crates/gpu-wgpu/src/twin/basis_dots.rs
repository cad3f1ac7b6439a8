use super::line_sum;

/// Weighted inner products of `a` with columns of its length.
pub(crate) fn run(basis: &[f32], weights: &[f32], a: &[f32]) -> Vec<f32> {
    let columns = basis.chunks_exact(a.len()).zip(weights);
    columns
        .map(|(column, w)| w * line_sum(column.iter().zip(a).map(|(u, a)| u * a)))
        .collect()
}
