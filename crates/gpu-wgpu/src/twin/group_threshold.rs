use super::line_sum;

/// The vectors of all blocks.
pub(crate) struct Copies {
    pub(crate) u: Vec<f32>,
    pub(crate) z: Vec<f32>,
    pub(crate) v: Vec<f32>,
    pub(crate) w: Vec<f32>,
}

/// Moves the copies and returns `parts[q, b]`.
pub(crate) fn run(of: &mut Copies, wide: usize, alpha: f32, threshold: f32) -> Vec<f32> {
    let blocks = of.u.len().checked_div(wide).unwrap_or(0);
    let mut parts = vec![0.0; 5 * blocks];
    for b in 0..blocks {
        let here = b * wide..(b + 1) * wide;
        let u = &of.u[here.clone()];
        let (z, v) = (&mut of.z[here.clone()], &mut of.v[here.clone()]);
        for (z, (u, v)) in z.iter_mut().zip(u.iter().zip(v.iter())) {
            *z += alpha * (u - v);
        }
        let size = line_sum(z.iter().map(|z| z * z)).sqrt();
        let factor = match size > threshold {
            true => 1.0 - threshold / size,
            false => 0.0,
        };
        let before = v.to_vec();
        for ((v, w), z) in v.iter_mut().zip(&mut of.w[here]).zip(z.iter()) {
            *v = factor * z;
            *w = 2.0 * *v - z;
        }
        let square =
            |length: &dyn Fn(usize) -> f32| line_sum((0..wide).map(|k| length(k) * length(k)));
        parts[b] = square(&|k| u[k]);
        parts[blocks + b] = square(&|k| v[k]);
        parts[2 * blocks + b] = square(&|k| u[k] - v[k]);
        parts[3 * blocks + b] = square(&|k| v[k] - before[k]);
        parts[4 * blocks + b] = square(&|k| z[k] - v[k]);
    }
    parts
}
