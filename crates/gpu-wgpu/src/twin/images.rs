use super::dot;

/// `out[b, i]`, columns of `stride` numbers; what is between them stays.
pub(crate) fn run(rows: &[f32], wide: usize, x: &[f32], stride: usize, out: &mut [f32]) {
    for (x, out) in x.chunks_exact(wide).zip(out.chunks_exact_mut(stride)) {
        for (row, out) in rows.chunks_exact(wide).zip(out) {
            *out = dot(row, x);
        }
    }
}
