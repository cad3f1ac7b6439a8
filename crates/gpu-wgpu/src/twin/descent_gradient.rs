use super::bit;

/// `parts[c, j]` for the blocks of a turn (none: a place that is not filled) and chunks of rows.
pub(crate) fn run(
    rows: &[f32],
    wide: usize,
    (bits, words): (&[u32], usize),
    turn: &[Option<usize>],
    misfit: &[f32],
    chunk: usize,
) -> Vec<f32> {
    let n = misfit.len();
    let mut parts = Vec::new();
    for begin in (0..n).step_by(chunk) {
        for block in turn {
            let mut sum = vec![0.0; wide];
            for i in begin..n.min(begin + chunk) {
                if block.is_some_and(|b| bit(bits, words, i, b)) {
                    for (sum, x) in sum.iter_mut().zip(&rows[i * wide..]) {
                        *sum += misfit[i] * x;
                    }
                }
            }
            parts.extend(sum);
        }
    }
    parts
}
