/// Moves the residual and the blocks of a turn.
pub(crate) fn run(
    (step, factor): (f32, f32),
    turn: &[Option<usize>],
    (direction, image): (&[f32], &[f32]),
    (x, misfit): (&mut [f32], &mut [f32]),
) {
    for (p, image) in misfit.iter_mut().zip(image) {
        *p += factor * step * image;
    }
    let wide = direction.len() / turn.len();
    for (block, part) in turn.iter().zip(direction.chunks_exact(wide)) {
        let Some(block) = block else { continue };
        for (x, d) in x[block * wide..].iter_mut().zip(part) {
            *x += step * d;
        }
    }
}
