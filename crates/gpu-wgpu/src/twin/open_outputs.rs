/// `parts[g, k, i]` of images `n x columns`, for groups of `share` columns; `a`:
/// `outputs x columns`.
pub(crate) fn run(images: &[f32], columns: usize, a: &[f32], share: usize) -> Vec<f32> {
    let mut parts = Vec::new();
    for begin in (0..columns).step_by(share) {
        for a in a.chunks_exact(columns) {
            for row in images.chunks_exact(columns) {
                let here = begin..columns.min(begin + share);
                parts.push(here.map(|j| a[j] * row[j].max(0.0)).sum());
            }
        }
    }
    parts
}
