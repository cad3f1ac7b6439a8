/// `keep out + add a`; without `keep` the old numbers do not count, whatever they are.
pub(crate) fn run(keep: f32, out: &mut [f32], add: f32, a: &[f32]) {
    for (out, a) in out.iter_mut().zip(a) {
        *out = if keep == 0.0 {
            add * a
        } else {
            keep * *out + add * a
        };
    }
}
