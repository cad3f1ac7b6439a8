use super::line_sum;

/// The sums of blocks of `block` numbers of each region of `length`.
pub(crate) fn run(a: &[f32], length: usize, block: usize) -> Vec<f32> {
    let regions = a.chunks_exact(length.max(1));
    regions
        .flat_map(|region| {
            region
                .chunks(block)
                .map(|part| line_sum(part.iter().copied()))
        })
        .collect()
}
