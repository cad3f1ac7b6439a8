//! The steps of an ascent, for whoever makes them.

/// The first and the last step of an ascent, as shares of the whole way to `g / |g|`.
const FIRST_STEP: f32 = 1.0;
const LAST_STEP: f32 = 0.03;
/// Those that go on to the end take so many tenths of the steps again, down to this one.
const FINISH: usize = 4;
const FINEST_STEP: f32 = 3e-4;
/// ... and those that climb on over all rows, after steps on a sample, so many, from this one.
const CLIMB: usize = 3;
const CLIMB_STEP: f32 = 0.3;
/// What stays of the velocity of an ascent.
pub const MOMENTUM: f32 = 0.9;
/// What a gradient adds to the velocity: together with the momentum, 0.3 of the power step. Larger
/// ones jump over narrow maxima (1 and 3 leave J up to 0.03 % and 0.1 % higher), 0.1 is too slow.
pub const GAIN: f32 = 0.03;
/// Tenths of the steps after which the worse half of the ascents is given up.
const CULLS: [usize; 2] = [2, 4];
/// A value below this share of the gradient's length does not set the length of the step.
pub const LEAST_VALUE: f32 = 0.1;

/// Which of its three parts an ascent goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// Large steps, then small ones: over all rows.
    Whole,
    /// Large steps: over a sample, to climb on from.
    Sample,
    /// Large steps alone, of all ascents.
    Broad,
    /// A few steps over all rows from where those over a sample ended.
    Climb,
}

/// A part of an ascent: the sizes of its steps, and those before which the worse half is given up.
#[derive(Debug, Clone)]
pub struct Phase {
    /// The sizes.
    pub sizes: Vec<f32>,
    /// Before which steps the worse half is given up.
    pub culls: Vec<usize>,
}

/// The parts that a course goes through, as the host does.
#[must_use]
pub fn phases(course: Course, steps: usize) -> Vec<Phase> {
    let small = |count: usize, first: f32| Phase {
        sizes: step_sizes(count, first, FINEST_STEP),
        culls: Vec::new(),
    };
    let large = |culls: &[usize]| Phase {
        sizes: step_sizes(steps, FIRST_STEP, LAST_STEP),
        culls: culls.iter().copied().filter(|&k| k < steps).collect(),
    };
    let culls = CULLS.map(|part| part * steps / 10);
    match course {
        Course::Whole => vec![large(&culls), small(steps * FINISH / 10, LAST_STEP)],
        Course::Sample => vec![large(&culls)],
        Course::Broad => vec![large(&[])],
        Course::Climb => vec![small(steps * CLIMB / 10, CLIMB_STEP)],
    }
}

/// So many sizes from the first to the last, each the same share of the one before.
fn step_sizes(count: usize, first: f32, last: f32) -> Vec<f32> {
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^24")]
    let ratio = (last / first).powf(1.0 / (count.max(2) - 1) as f32);
    core::iter::successors(Some(first), |size| Some(size * ratio))
        .take(count)
        .collect()
}

/// The half of the columns whose values are best, of each sign.
///
/// # Panics
/// If there are fewer signs than values.
#[must_use]
pub fn better_half(values: &[f32], signs: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[j].total_cmp(&values[i]).then(i.cmp(&j)));
    let mut kept: Vec<usize> = Vec::with_capacity(values.len() / 2 + 2);
    for sign in [1.0, -1.0] {
        let of_sign = order.iter().copied().filter(|&j| signs[j] * sign > 0.0);
        let of_sign: Vec<usize> = of_sign.collect();
        kept.extend(&of_sign[..of_sign.len().div_ceil(2)]);
    }
    kept.sort_unstable();
    kept
}

/// Columns times steps of so many ascents, and the steps over all rows of one that climbs on.
pub(crate) fn column_steps(ascents: usize, steps: usize, course: Course) -> (usize, usize) {
    let [first, second] = CULLS.map(|tenth| tenth * steps / 10);
    let finish = match course {
        Course::Broad => return (ascents * (steps + 1), 0),
        Course::Whole => steps * FINISH / 10 + 1,
        Course::Sample | Course::Climb => 0,
    };
    let wide = first + (second - first) / 2 + (steps + 1 - second + finish) / 4;
    (ascents * wide, steps * CLIMB / 10 + 1)
}
