use super::{bit, dot, line_sum};
use crate::kernel::IMAGE_ROWS;

/// The image of a turn's direction, and parts of its square.
pub(crate) fn run(
    rows: &[f32],
    wide: usize,
    (bits, words): (&[u32], usize),
    turn: &[Option<usize>],
    direction: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    let image: Vec<f32> = rows
        .chunks_exact(wide)
        .enumerate()
        .map(|(i, row)| {
            let mut along = vec![0.0; wide];
            for (block, part) in turn.iter().zip(direction.chunks_exact(wide)) {
                if block.is_some_and(|b| bit(bits, words, i, b)) {
                    for (along, d) in along.iter_mut().zip(part) {
                        *along += d;
                    }
                }
            }
            dot(row, &along)
        })
        .collect();
    let parts = image.chunks(IMAGE_ROWS);
    let parts = parts
        .map(|part| line_sum(part.iter().map(|x| x * x)))
        .collect();
    (image, parts)
}
