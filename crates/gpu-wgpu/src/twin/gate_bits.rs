/// `bits` and `doubts` of images `n x columns`, for a reach a row.
pub(crate) fn run(images: &[f32], columns: usize, reach: &[f32]) -> (Vec<u32>, Vec<u32>) {
    let words = columns.div_ceil(32);
    let mut bits = vec![0; reach.len() * words];
    let mut doubts = bits.clone();
    for ((i, row), near) in images.chunks_exact(columns).enumerate().zip(reach) {
        for (j, z) in row.iter().enumerate() {
            let (at, bit) = (i * words + j / 32, j % 32);
            bits[at] |= u32::from(*z >= 0.0) << bit;
            let is_sure = z.abs() > *near && z.abs() < 3e38;
            doubts[at] |= u32::from(!is_sure) << bit;
        }
    }
    (bits, doubts)
}
