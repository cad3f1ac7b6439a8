use super::bit;

/// `parts[c, b]` for chunks of `chunk` rows; `slopes`: `outputs x n`, `weights`:
/// `outputs x blocks`.
pub(crate) fn run(
    rows: &[f32],
    wide: usize,
    (bits, blocks): (&[u32], usize),
    (slopes, weights): (&[f32], &[f32]),
    chunk: usize,
) -> Vec<f32> {
    let n = rows.len() / wide;
    let outputs = weights.len() / blocks;
    let mut parts = Vec::new();
    for begin in (0..n).step_by(chunk) {
        for b in 0..blocks {
            let mut sum = vec![0.0; wide];
            for i in begin..n.min(begin + chunk) {
                if !bit(bits, blocks.div_ceil(32), i, b) {
                    continue;
                }
                let share = (0..outputs).map(|k| slopes[k * n + i] * weights[k * blocks + b]);
                let share: f32 = share.sum();
                for (sum, x) in sum.iter_mut().zip(&rows[i * wide..]) {
                    *sum += share * x;
                }
            }
            parts.extend(sum);
        }
    }
    parts
}
