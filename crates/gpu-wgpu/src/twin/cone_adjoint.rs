use super::bit;
use super::cone_step::Cone;

/// `parts[c, b]` for chunks of `chunk` rows.
pub(crate) fn run(of: &Cone, rows: &[f32], bits: &[u32], z: &[f32], chunk: usize) -> Vec<f32> {
    let n = rows.len() / of.wide;
    let mut parts = Vec::new();
    for begin in (0..n).step_by(chunk) {
        for b in 0..of.blocks {
            let mut sum = vec![0.0; of.wide];
            for i in begin..n.min(begin + chunk) {
                let size = z[i * of.stride + b].abs();
                let words = of.patterns.div_ceil(32);
                let share = match bit(bits, words, i, b % of.patterns) {
                    true => size,
                    false => -size,
                };
                for (sum, x) in sum.iter_mut().zip(&rows[i * of.wide..]) {
                    *sum += share * x;
                }
            }
            parts.extend(sum);
        }
    }
    parts
}
