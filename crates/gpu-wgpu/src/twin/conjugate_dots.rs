use super::line_sum;
use crate::kernel::{BLOCK, MEMORY};
use crate::kernels::conjugate_dots::Part;

/// Numbers of a conjugate descent: coordinates, and residuals from `misfit_at` on.
pub(crate) struct Joined<'a> {
    pub(crate) point: &'a [f32],
    pub(crate) before: &'a [f32],
    pub(crate) kept: &'a [f32],
    pub(crate) fresh: &'a [f32],
    pub(crate) misfit_at: usize,
    pub(crate) weight: f32,
}

impl Joined<'_> {
    /// The move, or the point itself.
    pub(crate) fn moved(&self, part: Part, i: usize) -> f32 {
        match part {
            Part::Move => self.point[i] - self.before[i],
            _ => self.point[i],
        }
    }
}

/// The sums of every block, those with the kept directions first.
pub(crate) fn run(part: Part, of: &Joined<'_>) -> Vec<f32> {
    let len = of.point.len();
    let mut out = Vec::new();
    for begin in (0..len).step_by(BLOCK) {
        let here = begin..len.min(begin + BLOCK);
        let sum = |value: &dyn Fn(usize) -> f32| {
            let weight = |i| if i < of.misfit_at { of.weight } else { 1.0 };
            line_sum(here.clone().map(|i| weight(i) * value(i)))
        };
        let is_fresh = part == Part::Fresh;
        for k in 0..MEMORY {
            let with = |i: usize| of.kept[k * len + i] * of.moved(part, i);
            out.push(if is_fresh { 0.0 } else { sum(&with) });
        }
        let (fresh, before) = (of.fresh, of.before);
        if is_fresh {
            out.push(sum(&|i| fresh[i] * fresh[i]));
            out.push(sum(&|i| fresh[i] * before[i]));
        } else {
            out.push(sum(&|i| of.moved(part, i) * of.moved(part, i)));
            out.push(sum(&|i| before[i] * before[i]));
        }
    }
    out
}
