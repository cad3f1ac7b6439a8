use super::{dot, line_sum};

/// The negative gradient of the blocks of a turn, and its square.
pub(crate) fn run(
    parts: &[f32],
    wide: usize,
    rho: f32,
    turn: &[Option<usize>],
    x: &[f32],
) -> (Vec<f32>, f32) {
    let len = turn.len() * wide;
    let mut direction = vec![0.0; len];
    for (j, block) in turn.iter().enumerate() {
        let Some(block) = block else { continue };
        for k in 0..wide {
            let sum: f32 = parts.iter().skip(j * wide + k).step_by(len).sum();
            direction[j * wide + k] = -(sum + rho * x[block * wide + k]);
        }
    }
    let square = line_sum(direction.chunks(4).map(|four| dot(four, four)));
    (direction, square)
}
