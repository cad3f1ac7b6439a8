/// `scale * (sum of parts) + shift * base`.
pub(crate) fn run(parts: &[f32], scale: f32, base: Option<(&[f32], f32)>, len: usize) -> Vec<f32> {
    (0..len)
        .map(|i| {
            let sum: f32 = parts.iter().skip(i).step_by(len).sum();
            scale * sum + base.map_or(0.0, |(base, shift)| shift * base[i])
        })
        .collect()
}
