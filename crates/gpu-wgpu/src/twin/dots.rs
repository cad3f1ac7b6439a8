use super::line_sum;
use crate::kernel::BLOCK;

/// `a . b` and `a . a` of every block.
pub(crate) fn run(a: &[f32], b: &[f32]) -> Vec<f32> {
    let blocks = a.chunks(BLOCK).zip(b.chunks(BLOCK));
    blocks
        .flat_map(|(a, b)| {
            let across = line_sum(a.iter().zip(b).map(|(a, b)| a * b));
            [across, line_sum(a.iter().map(|a| a * a))]
        })
        .collect()
}
