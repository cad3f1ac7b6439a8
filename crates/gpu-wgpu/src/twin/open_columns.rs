use super::dot;

/// Images `R u`, `n x columns`.
pub(crate) fn images(rows: &[f32], wide: usize, u: &[f32]) -> Vec<f32> {
    let row = rows.chunks_exact(wide);
    row.flat_map(|row| u.chunks_exact(wide).map(move |u| dot(row, u)))
        .collect()
}

/// The patterns of images as packed bits.
pub(crate) fn bits(images: &[f32], columns: usize) -> Vec<u32> {
    let words = columns.div_ceil(32);
    let mut bits = vec![0; images.len() / columns * words];
    for (i, row) in images.chunks_exact(columns).enumerate() {
        for (j, z) in row.iter().enumerate() {
            bits[i * words + j / 32] |= u32::from(*z > 0.0) << (j % 32);
        }
    }
    bits
}

/// `parts[c, k, j]` for chunks of `chunk` rows; `theta`: `outputs x n`.
pub(crate) fn run(images: &[f32], columns: usize, theta: &[f32], chunk: usize) -> Vec<f32> {
    let n = images.len() / columns;
    let mut parts = Vec::new();
    for begin in (0..n).step_by(chunk) {
        for theta in theta.chunks_exact(n) {
            for j in 0..columns {
                let rows = begin..n.min(begin + chunk);
                let opened = rows.map(|i| theta[i] * images[i * columns + j].max(0.0));
                parts.push(opened.sum());
            }
        }
    }
    parts
}
