use super::line_sum;
use crate::kernels::cg_scalars::{Part, state};

/// Sums of region `which` of the parts: the first or the second of each pair.
fn region(parts: &[f32], blocks: usize, which: usize, second: usize) -> f32 {
    line_sum((0..blocks).map(|w| parts[2 * (which * blocks + w) + second]))
}

pub(crate) fn run(part: Part, parts: &[f32], blocks: usize, numbers: &mut [f32]) {
    const RZ: usize = 1;
    let sum = |which, second| region(parts, blocks, which, second);
    match part {
        Part::Start { shift, floor } => {
            let (size, length) = (sum(0, 0).sqrt(), sum(1, 0).sqrt());
            let mut bound = numbers[state::GOAL];
            if length > 0.0 && size > 0.0 {
                bound *= (length * shift / size).min(1.0);
            }
            let goal = (bound.max(floor) * size).powi(2);
            let rr = sum(2, 1);
            numbers.fill(0.0);
            numbers[0] = 1.0;
            numbers[RZ] = sum(2, 0);
            numbers[state::RR] = rr;
            numbers[state::GOAL] = goal;
            numbers[state::DONE] = f32::from(u8::from(rr <= goal));
            numbers[state::SIZE] = size;
            numbers[state::SIZE + 1] = length;
        }
        Part::Step => {
            let curvature = sum(0, 0);
            numbers[state::ALPHA] = 0.0;
            if numbers[state::DONE] == 0.0 {
                if curvature > 0.0 && curvature < 3e38 {
                    numbers[state::ALPHA] = numbers[RZ] / curvature;
                    numbers[state::COUNT] += 1.0;
                } else {
                    numbers[state::BROKEN] = 1.0;
                    numbers[state::DONE] = 1.0;
                }
            }
        }
        Part::Direction => {
            let (rz, rr) = (sum(2, 0), sum(2, 1));
            if numbers[state::DONE] != 0.0 {
                numbers[state::BETA] = 0.0;
                return;
            }
            numbers[state::BETA] = rz / numbers[RZ];
            numbers[RZ] = rz;
            numbers[state::RR] = rr;
            if rr <= numbers[state::GOAL] {
                numbers[state::DONE] = 1.0;
            } else if !(rz > 0.0 && rz < 3e38) {
                numbers[state::BROKEN] = 1.0;
                numbers[state::DONE] = 1.0;
            }
        }
    }
}
