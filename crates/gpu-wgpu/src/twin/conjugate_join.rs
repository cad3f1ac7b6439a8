use super::conjugate_dots::Joined;
use crate::kernels::conjugate_dots::Part;

/// The part of the move, or of the point, that is conjugate to the directions.
pub(crate) fn run(part: Part, of: &Joined<'_>, shares: &[f32]) -> Vec<f32> {
    let len = of.point.len();
    (0..len)
        .map(|i| {
            let mut value = of.moved(part, i);
            for (k, share) in shares
                .iter()
                .enumerate()
                .filter(|(_, share)| **share != 0.0)
            {
                value -= share * of.kept[k * len + i];
            }
            value
        })
        .collect()
}
