use testkit::Stream;

use super::*;
use crate::kernels::basis_dots::BasisTile;
use crate::kernels::cg_scalars::{self, Part, state};
use crate::kernels::combine::{self, Factor};
use crate::kernels::{basis_dots, basis_sum, diagonal_scale, dots};
use crate::tests::on_device::devices;
use crate::twin;

#[test]
fn dots_twin_and_device_are_the_inner_products() {
    for (seed, len) in (0..).zip(lengths()) {
        let mut random = Stream::new(seed);
        let (a, b): (Vec<f32>, Vec<f32>) = (random.vector(len), random.vector(len));
        let twin = twin::dots::run(&a, &b);
        for (which, other) in [&b, &a].into_iter().enumerate() {
            let pairs = a.iter().zip(other);
            let want: f64 = pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let got: f64 = twin
                .iter()
                .skip(which)
                .step_by(2)
                .map(|x| f64::from(*x))
                .sum();
            assert!((got - want).abs() <= f64::from(room(len, 16.0)), "{len}");
        }
        for device in devices().iter().take(1) {
            let (x, y) = (upload(device, &a), upload(device, &b));
            let parts = stale(device, 4 + twin.len());
            let at = (&parts, 4);
            let step = dots::step(device, len, (x.raw(), y.raw()), at).expect("a step");
            let got = after(device, &[step], &parts);
            assert_near(&got[4..], &twin, room(len, 16.0), "dots");
        }
    }
}

#[test]
fn combine_twin_and_device_add_up() {
    for (seed, len) in (0..).zip(lengths()) {
        let mut random = Stream::new(seed);
        let (a, b): (Vec<f32>, Vec<f32>) = (random.vector(len), random.vector(len));
        for keep in [0.0, 1.0, -0.5] {
            let mut twin = b.clone();
            twin::combine::run(keep, &mut twin, 3.0, &a);
            for i in 0..len {
                let want = f64::from(keep) * f64::from(b[i]) + 3.0 * f64::from(a[i]);
                assert!((f64::from(twin[i]) - want).abs() <= f64::from(room(2, 16.0)));
            }
            for device in devices().iter().take(1) {
                let numbers = upload(device, &[1.0, 0.0, -2.0, 6.0_f32]);
                let (x, out) = (upload(device, &a), upload(device, &b));
                let to = (Factor(keep / -2.0, 2), out.raw());
                let by = (Factor(0.5, 3), x.raw());
                let step = combine::step(device, len, &numbers, to, by).expect("a step");
                let got = after(device, &[step], &out);
                assert_near(&got, &twin, room(2, 16.0), "combine");
            }
        }
    }
}

#[test]
fn combine_that_keeps_nothing_forgets_nan() {
    for device in devices().iter().take(1) {
        let numbers = upload(device, &[1.0_f32]);
        let (x, out) = (upload(device, &[2.0_f32]), upload(device, &[f32::NAN]));
        let (to, by) = ((Factor::NONE, out.raw()), (Factor::ONE, x.raw()));
        let step = combine::step(device, 1, &numbers, to, by).expect("a step");
        assert_eq!(after(device, &[step], &out), [2.0]);
    }
}

#[test]
fn diagonal_scale_twin_and_device_divide() {
    for (seed, len) in (0..).zip(lengths()) {
        let mut random = Stream::new(seed);
        let a: Vec<f32> = random.vector(len);
        // some below minus the shift
        let diagonal: Vec<f32> = random.vector(len);
        let twin = twin::diagonal_scale::run(&diagonal, 0.5, &a);
        for i in 0..len {
            let entry = f64::from(diagonal[i]) + 0.5;
            let want = if entry > 0.0 {
                f64::from(a[i]) / entry
            } else {
                0.0
            };
            // the rounding of the entry counts by how near to 0 it is
            let room = 4.0 * f64::from(f32::EPSILON) * (want.abs() + 1.0) / entry.abs().min(1.0);
            assert!((f64::from(twin[i]) - want).abs() <= room, "{entry} {want}");
        }
        for device in devices().iter().take(1) {
            let (d, x) = (upload(device, &diagonal), upload(device, &a));
            let out = stale(device, len);
            let step = diagonal_scale::step(device, (&d, 0.5), &x, &out).expect("a step");
            let got = after(device, &[step], &out);
            for (got, twin) in got.iter().zip(&twin) {
                // division may be off by a few roundings
                assert!((got - twin).abs() <= 4.0 * f32::EPSILON * twin.abs());
            }
        }
    }
}

#[test]
fn basis_twins_and_device_are_the_low_rank_product() {
    for (seed, (len, rank)) in (0..).zip([(1, 1), (63, 3), (64, 1), (65, 20), (1025, 7), (9, 0)]) {
        let mut random = Stream::new(seed);
        let basis: Vec<f32> = random.vector(len * rank);
        let (weights, a): (Vec<f32>, Vec<f32>) = (random.vector(rank), random.vector(len));
        let along = twin::basis_dots::run(&basis, &weights, &a);
        let twin = twin::basis_sum::run(&basis, &along, &a);
        let size = 64.0 * <f32 as linalg_core::Real>::of(len as f64);
        for i in 0..len {
            let mut want = f64::from(a[i]);
            for (j, weight) in weights.iter().enumerate() {
                let column = &basis[j * len..(j + 1) * len];
                let dot: f64 = column
                    .iter()
                    .zip(&a)
                    .map(|(u, a)| f64::from(*u) * f64::from(*a))
                    .sum();
                want += f64::from(column[i]) * f64::from(*weight) * dot;
            }
            let off = (f64::from(twin[i]) - want).abs();
            assert!(off <= f64::from(room(len + rank, size)), "{len} {rank}");
        }
        for device in devices().iter().take(1) {
            // in two arrays
            let cut = rank / 2;
            let tile = |first: usize, columns: usize| BasisTile {
                data: upload(device, &basis[first * len..(first + columns) * len]),
                first,
                columns,
            };
            let tiles = [tile(0, cut), tile(cut, rank - cut)];
            let (w, x) = (upload(device, &weights), upload(device, &a));
            let (dots, out) = (stale(device, rank), upload(device, &a));
            let mut steps = Vec::new();
            for tile in &tiles {
                steps.push(basis_dots::step(device, tile, &w, &x, &dots).expect("a step"));
            }
            for tile in tiles.iter().filter(|tile| tile.columns > 0) {
                steps.push(basis_sum::step(device, tile, &dots, &x, &out).expect("a step"));
            }
            let got = after(device, &steps, &out);
            assert_near(&got, &twin, room(len + rank, size), "basis");
        }
    }
}

#[test]
fn cg_scalars_twin_and_device_agree_at_the_start_along_and_broken() {
    let blocks = 70;
    let mut random = Stream::new(3);
    let pairs: Vec<f32> = random.vector(6 * blocks);
    let positive: Vec<f32> = pairs.iter().map(|x| x.abs() + 0.1).collect();
    let negative: Vec<f32> = positive.iter().map(|x| -x).collect();
    let nan = vec![f32::NAN; 6 * blocks];
    let start = Part::Start {
        shift: 0.3,
        floor: 1e-6,
    };
    for (part, parts, done) in [
        (start, &positive, 0.0),
        (Part::Step, &positive, 0.0),
        (Part::Step, &positive, 1.0),
        (Part::Step, &negative, 0.0),
        (Part::Step, &nan, 0.0),
        (Part::Direction, &positive, 0.0),
        (Part::Direction, &positive, 1.0),
        (Part::Direction, &nan, 0.0),
        (Part::Direction, &negative, 0.0),
    ] {
        let mut numbers = vec![0.0; state::LEN];
        (numbers[0], numbers[1], numbers[state::GOAL]) = (1.0, 7.0, 1e-3);
        numbers[state::DONE] = done;
        let before = numbers.clone();
        twin::cg_scalars::run(part, parts, blocks, &mut numbers);
        let sum = |region: usize, second: usize| -> f64 {
            let of = &parts[2 * region * blocks..2 * (region + 1) * blocks];
            of.iter()
                .skip(second)
                .step_by(2)
                .map(|x| f64::from(*x))
                .sum()
        };
        // against f64: the sizes at the start, the step, the next direction
        let near = |got: f32, want: f64| {
            let off = (f64::from(got) - want).abs();
            assert!(
                off <= 100.0 * f64::from(f32::EPSILON) * want.abs(),
                "{part:?}: {got} {want}"
            );
        };
        let is_sound = parts == &positive && done == 0.0;
        match part {
            Part::Start { .. } => {
                near(numbers[state::SIZE], sum(0, 0).sqrt());
                near(numbers[state::RR], sum(2, 1));
                let share = (sum(1, 0).sqrt() * 0.3 / sum(0, 0).sqrt()).min(1.0);
                near(numbers[state::GOAL], 1e-6 * share * share * sum(0, 0));
            }
            Part::Step if is_sound => near(numbers[state::ALPHA], 7.0 / sum(0, 0)),
            Part::Direction if is_sound => near(numbers[state::BETA], sum(2, 0) / 7.0),
            _ => {
                let broken = if done == 0.0 { 1.0 } else { 0.0 };
                // a residual that is below the goal by its sign is an end, not a break
                if !(parts == &negative && matches!(part, Part::Direction)) {
                    assert_eq!(numbers[state::BROKEN], broken, "{part:?}");
                }
                assert_eq!(numbers[state::DONE], 1.0, "{part:?}");
            }
        }
        for device in devices().iter().take(1) {
            let (on, out) = (upload(device, parts), upload(device, &before));
            let step = cg_scalars::step(device, part, blocks, &on, &out).expect("a step");
            let got = after(device, &[step], &out);
            for (at, (got, want)) in got.iter().zip(&numbers).enumerate() {
                let room = 16.0 * f32::EPSILON * want.abs();
                let same = got.is_nan() && want.is_nan() || (got - want).abs() <= room;
                assert!(same, "{part:?} [{at}]: {got} for {want}");
            }
        }
    }
}
