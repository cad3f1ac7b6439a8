/// `a / (diagonal + shift)`, 0 where that is not above 0.
pub(crate) fn run(diagonal: &[f32], shift: f32, a: &[f32]) -> Vec<f32> {
    let entry = |(d, a): (&f32, &f32)| {
        if d + shift > 0.0 {
            a / (d + shift)
        } else {
            0.0
        }
    };
    diagonal.iter().zip(a).map(entry).collect()
}
