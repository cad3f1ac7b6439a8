use super::{bit, dot};

/// `parts[g, i]` for groups of `share` blocks; `wide` numbers a row and block.
pub(crate) fn run(
    rows: &[f32],
    wide: usize,
    (bits, blocks): (&[u32], usize),
    x: &[f32],
    share: usize,
) -> Vec<f32> {
    let n = rows.len() / wide;
    let mut parts = Vec::new();
    for begin in (0..blocks).step_by(share) {
        for i in 0..n {
            let mut sum = 0.0;
            for b in begin..blocks.min(begin + share) {
                if bit(bits, blocks.div_ceil(32), i, b) {
                    let row = &rows[i * wide..(i + 1) * wide];
                    sum += dot(row, &x[b * wide..(b + 1) * wide]);
                }
            }
            parts.push(sum);
        }
    }
    parts
}
