use super::{bit, dot};

/// Where and how a cone copy moves.
pub(crate) struct Cone {
    /// Coordinates of a row, filled up.
    pub(crate) wide: usize,
    pub(crate) patterns: usize,
    pub(crate) blocks: usize,
    /// Numbers from one row of `z` to the next.
    pub(crate) stride: usize,
    pub(crate) tau: f32,
    pub(crate) alpha: f32,
    /// Columns that are added up before others.
    pub(crate) unit: usize,
}

/// Moves `z` and returns `parts[q, i, c]`.
pub(crate) fn run(of: &Cone, rows: &[f32], bits: &[u32], u: &[f32], z: &mut [f32]) -> Vec<f32> {
    let n = rows.len() / of.wide;
    let units = of.blocks.div_ceil(of.unit);
    let mut parts = vec![0.0; 5 * n * units];
    for i in 0..n {
        let row = &rows[i * of.wide..(i + 1) * of.wide];
        for b in 0..of.blocks {
            let words = of.patterns.div_ceil(32);
            let sign = match bit(bits, words, i, b % of.patterns) {
                true => of.tau,
                false => -of.tau,
            };
            let p = sign * dot(row, &u[b * of.wide..(b + 1) * of.wide]);
            let z = &mut z[i * of.stride + b];
            let v_before = z.max(0.0);
            *z += of.alpha * (p - v_before);
            let v = z.max(0.0);
            let lengths = [p, v, p - v, v - v_before, *z - v];
            for (q, length) in lengths.into_iter().enumerate() {
                parts[(q * n + i) * units + b / of.unit] += length * length;
            }
        }
    }
    parts
}
