use testkit::Stream;

use super::*;
use crate::kernel::MEMORY;
use crate::kernels::conjugate_dots::{self, Conjugate, Part, SUMS};
use crate::kernels::descent_direction::state;
use crate::kernels::{conjugate_join, conjugate_move, conjugate_scalars};
use crate::tests::on_device::devices;
use crate::twin::{self, conjugate_dots::Joined};

const WEIGHT: f32 = 0.3;

/// Vectors of coordinates and residuals.
struct Case {
    len: usize,
    misfit_at: usize,
    point: Vec<f32>,
    before: Vec<f32>,
    kept: Vec<f32>,
    fresh: Vec<f32>,
}

fn cases() -> Vec<Case> {
    let sizes = [
        (1, 0),
        (64, 63),
        (1023, 64),
        (1024, 512),
        (1025, 1024),
        (2500, 640),
    ];
    let make = |(seed, (len, misfit_at)): (u64, (usize, usize))| {
        let mut random = Stream::new(seed);
        Case {
            len,
            misfit_at,
            point: random.vector(len),
            before: random.vector(len),
            kept: random.vector(MEMORY * len),
            fresh: random.vector(len),
        }
    };
    (0..).zip(sizes).map(make).collect()
}

impl Case {
    fn joined(&self) -> Joined<'_> {
        Joined {
            point: &self.point,
            before: &self.before,
            kept: &self.kept,
            fresh: &self.fresh,
            misfit_at: self.misfit_at,
            weight: WEIGHT,
        }
    }

    /// In the Hessian, in `f64`.
    fn inner(&self, a: impl Fn(usize) -> f32, b: impl Fn(usize) -> f32) -> f64 {
        let weight = |i: usize| {
            if i < self.misfit_at {
                f64::from(WEIGHT)
            } else {
                1.0
            }
        };
        (0..self.len)
            .map(|i| weight(i) * f64::from(a(i)) * f64::from(b(i)))
            .sum()
    }
}

/// Numbers of a descent that keeps four directions, the next in the fifth place.
fn numbers(random: &mut Stream) -> Vec<f32> {
    let mut numbers = vec![0.0; state::LEN];
    numbers[0] = 1.0;
    (numbers[state::COUNT], numbers[state::COUNT + 1]) = (4.0, 4.0);
    for curvature in &mut numbers[16..16 + MEMORY] {
        *curvature = linalg_core::Real::of(1.0 + random.unit().abs());
    }
    numbers
}

#[test]
fn conjugate_dots_twin_is_the_inner_products() {
    for case in cases() {
        for part in [Part::Move, Part::Point, Part::Fresh] {
            let parts = twin::conjugate_dots::run(part, &case.joined());
            let sum = |k: usize| -> f64 {
                parts
                    .iter()
                    .skip(k)
                    .step_by(SUMS)
                    .map(|x| f64::from(*x))
                    .sum()
            };
            let new = |i: usize| case.joined().moved(part, i);
            let near = |got: f64, want: f64| {
                let room = f64::from(room(case.len, 32.0));
                assert!(
                    (got - want).abs() <= room,
                    "{part:?} {}: {got} {want}",
                    case.len
                );
            };
            if part == Part::Fresh {
                let fresh = |i: usize| case.fresh[i];
                near(sum(MEMORY), case.inner(fresh, fresh));
                near(sum(MEMORY + 1), case.inner(fresh, |i| case.before[i]));
                continue;
            }
            for k in 0..MEMORY {
                near(sum(k), case.inner(|i| case.kept[k * case.len + i], new));
            }
            near(sum(MEMORY), case.inner(new, new));
            near(
                sum(MEMORY + 1),
                case.inner(|i| case.before[i], |i| case.before[i]),
            );
        }
    }
}

#[test]
fn conjugate_twins_make_a_direction_that_is_conjugate() {
    let case = cases().pop().expect("a case");
    let mut numbers = numbers(&mut Stream::new(1));
    // one direction, with its own curvature
    let first = |i: usize| case.kept[i];
    (numbers[state::COUNT], numbers[state::COUNT + 1]) = (1.0, 1.0);
    numbers[16] = linalg_core::Real::of(case.inner(first, first));
    let parts = twin::conjugate_dots::run(Part::Move, &case.joined());
    twin::conjugate_scalars::run(Part::Move, &parts, &mut numbers);
    let fresh = twin::conjugate_join::run(Part::Move, &case.joined(), &numbers[24..24 + MEMORY]);
    let across = case.inner(first, |i| fresh[i]);
    assert!(across.abs() <= f64::from(room(case.len, 32.0)), "{across}");
    // and the step along it is the minimiser's: the gradient along it vanishes there
    let with = Joined {
        fresh: &fresh,
        ..case.joined()
    };
    let parts = twin::conjugate_dots::run(Part::Fresh, &with);
    twin::conjugate_scalars::run(Part::Fresh, &parts, &mut numbers);
    assert_eq!(
        (numbers[10], numbers[9], numbers[state::COUNT]),
        (1.0, 1.0, 2.0)
    );
    let point = twin::conjugate_move::run(&case.before, &fresh, numbers[11]);
    let slope = case.inner(|i| point[i], |i| fresh[i]);
    assert!(slope.abs() <= f64::from(room(case.len, 32.0)), "{slope}");
}

#[test]
fn conjugate_kernels_on_the_device_are_their_twins() {
    for device in devices().iter().take(1) {
        for case in cases() {
            let on = |values: &[f32]| upload(device, values);
            let (point, before) = (on(&case.point), on(&case.before));
            let (kept, fresh) = (on(&case.kept), on(&case.fresh));
            let parts = stale(device, SUMS * case.len.div_ceil(1024));
            let mut want = numbers(&mut Stream::new(2));
            let state = on(&want);
            let of = Conjugate {
                point: &point,
                before: &before,
                kept: &kept,
                fresh: &fresh,
                parts: &parts,
                state: &state,
                misfit_at: case.misfit_at,
                weight: WEIGHT,
            };
            let read = |of: &Buffer<f32>| block_on(device.read(of)).expect("an array");
            let size = room(case.len, 32.0);
            for part in [Part::Move, Part::Point, Part::Fresh] {
                let joined = case.joined();
                let step = conjugate_dots::step(device, part, &of).expect("a step");
                let got = after(device, &[step], &parts);
                let mut twin = twin::conjugate_dots::run(part, &joined);
                assert_near(&got, &twin, size, "dots");
                twin.copy_from_slice(&got);
                let step = conjugate_scalars::step(device, part, &of).expect("a step");
                let got = after(device, &[step], &state);
                twin::conjugate_scalars::run(part, &twin, &mut want);
                let most = want.iter().fold(1.0_f32, |most, x| most.max(x.abs()));
                assert_near(&got, &want, room(SUMS, most), "scalars");
                want.copy_from_slice(&got);
                if part == Part::Fresh {
                    continue;
                }
                let step = conjugate_join::step(device, part, &of).expect("a step");
                let got = after(device, &[step], &fresh);
                let shares = &want[24..24 + MEMORY];
                let twin = twin::conjugate_join::run(part, &joined, shares);
                let most = twin
                    .iter()
                    .chain(shares)
                    .fold(8.0_f32, |m, x| m.max(x.abs()));
                assert_near(&got, &twin, room(MEMORY, 8.0 * most), "join");
                device.write(&fresh, 0, &case.fresh);
            }
            // the fifth place was next, and is taken
            assert_eq!((want[9], want[10]), (4.0, 1.0));
            let step = conjugate_move::step(device, &of).expect("a step");
            let got = after(device, &[step], &point);
            let twin = twin::conjugate_move::run(&case.before, &case.fresh, want[11]);
            assert_near(&got, &twin, room(2, 8.0 * want[11].abs().max(1.0)), "move");
            let now = read(&kept);
            assert_eq!(now[4 * case.len..5 * case.len], case.fresh[..]);
            assert_eq!(now[..4 * case.len], case.kept[..4 * case.len]);
        }
    }
}

#[test]
fn conjugate_direction_of_nan_is_forgotten() {
    for device in devices().iter().take(1) {
        let on = |values: &[f32]| upload(device, values);
        let (point, before) = (on(&[1.0, 2.0]), on(&[0.5, 0.5]));
        let (kept, fresh) = (on(&[0.0; 2 * MEMORY]), on(&[f32::NAN, 1.0]));
        let (parts, state) = (stale(device, SUMS), on(&numbers(&mut Stream::new(2))));
        let of = Conjugate {
            point: &point,
            before: &before,
            kept: &kept,
            fresh: &fresh,
            parts: &parts,
            state: &state,
            misfit_at: 0,
            weight: WEIGHT,
        };
        let steps = [
            conjugate_dots::step(device, Part::Fresh, &of).expect("a step"),
            conjugate_scalars::step(device, Part::Fresh, &of).expect("a step"),
            conjugate_move::step(device, &of).expect("a step"),
        ];
        assert_eq!(after(device, &steps, &point), [1.0, 2.0]);
        let numbers = block_on(device.read(&state)).expect("the numbers");
        assert_eq!((numbers[state::COUNT], numbers[10]), (0.0, 0.0));
        let now = block_on(device.read(&kept)).expect("the directions");
        assert_eq!(now, [0.0; 2 * MEMORY]);
    }
}
