use super::line_sum;
use crate::kernel::MEMORY;
use crate::kernels::conjugate_dots::{Part, SUMS};
use crate::kernels::descent_direction::state;

const NEXT: usize = 8;
const SLOT: usize = 9;
const SOUND: usize = 10;
const ALONG: usize = 11;
const WHOLE: usize = 13;
const SIZE: usize = 14;
const CURVATURES: usize = 16;
const SHARES: usize = 24;

pub(crate) fn run(part: Part, parts: &[f32], numbers: &mut [f32]) {
    let sum = |k: usize| line_sum(parts.iter().skip(k).step_by(SUMS).copied());
    let memory = f32::from(u8::try_from(MEMORY).expect("a small number"));
    if part != Part::Fresh {
        let mut place = 0.0;
        for k in 0..MEMORY {
            let is_kept = place < numbers[state::COUNT];
            numbers[SHARES + k] = if is_kept {
                sum(k) / numbers[CURVATURES + k]
            } else {
                0.0
            };
            place += 1.0;
        }
        numbers[WHOLE] = sum(MEMORY);
        numbers[SIZE] = sum(MEMORY + 1);
        return;
    }
    let curvature = sum(MEMORY);
    let along = -sum(MEMORY + 1) / curvature;
    let finest = 100.0 * f32::EPSILON * numbers[SIZE];
    let is_sound = curvature > (f32::EPSILON.sqrt() * numbers[WHOLE]).max(finest);
    if is_sound && along.is_finite() {
        let slot = crate::primal::whole(numbers[NEXT]);
        numbers[SLOT] = numbers[NEXT];
        numbers[CURVATURES + slot] = curvature;
        let next = numbers[SLOT] + 1.0;
        numbers[NEXT] = if next >= memory { 0.0 } else { next };
        numbers[state::COUNT] = (numbers[state::COUNT] + 1.0).min(memory);
        numbers[SOUND] = 1.0;
        numbers[ALONG] = along;
    } else {
        numbers[NEXT] = 0.0;
        numbers[state::COUNT] = 0.0;
        numbers[SOUND] = 0.0;
    }
}
