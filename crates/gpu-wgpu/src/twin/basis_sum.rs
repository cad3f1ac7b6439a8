/// `base` plus a combination of columns of its length.
pub(crate) fn run(basis: &[f32], along: &[f32], base: &[f32]) -> Vec<f32> {
    (0..base.len())
        .map(|i| {
            let columns = along.iter().enumerate();
            let sum: f32 = columns.map(|(j, w)| basis[j * base.len() + i] * w).sum();
            base[i] + sum
        })
        .collect()
}
