/// `before + along fresh`.
pub(crate) fn run(before: &[f32], fresh: &[f32], along: f32) -> Vec<f32> {
    before
        .iter()
        .zip(fresh)
        .map(|(b, f)| b + along * f)
        .collect()
}
