/// What is below zero, over the factor.
pub(crate) fn run(z: &mut [f32], factor: f32) {
    for z in z {
        *z = z.max(0.0) + z.min(0.0) / factor;
    }
}
