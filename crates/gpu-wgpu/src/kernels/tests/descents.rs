use testkit::Stream;

use super::*;
use crate::kernels::descent_gradient::{self, Turn};
use crate::kernels::{descent_direction, descent_image, descent_move, descent_step};
use crate::rows::Rows;
use crate::tests::on_device::devices;
use crate::twin;

const NOBODY: u32 = u32::MAX;

/// Data, masks, a point and whose turn it is.
struct Case {
    n: usize,
    rank: usize,
    wide: usize,
    blocks: usize,
    plain: Vec<f32>,
    rows: Vec<f32>,
    bits: Vec<u32>,
    x: Vec<f32>,
    misfit: Vec<f32>,
    turn: Vec<Option<usize>>,
    size: f32,
}

fn cases() -> Vec<Case> {
    let shapes = [
        (1, 1, 1),
        (63, 3, 4),
        (64, 16, 33),
        (65, 17, 7),
        (300, 70, 5),
        (130, 64, 64),
    ];
    let make = |(seed, (n, rank, blocks)): (u64, (usize, usize, usize))| {
        let mut random = Stream::new(seed);
        let wide = 4 * rank.div_ceil(4);
        let plain: Vec<f32> = random.vector(n * rank);
        let mut rows = Vec::new();
        crate::rows::pad(&plain, rank, wide, &mut rows);
        let largest = rows.iter().fold(1.0_f32, |most, x| most.max(x.abs()));
        Case {
            n,
            rank,
            wide,
            blocks,
            plain,
            rows,
            bits: crate::pack(&random.masks(n, blocks)),
            x: columns(&mut random, blocks, rank),
            misfit: random.vector(n),
            // the last block first, and places that are not filled where there are few
            turn: (0..4).map(|j| blocks.checked_sub(j + 1)).collect(),
            size: 4.0 * largest,
        }
    };
    (0..).zip(shapes).map(make).collect()
}

impl Case {
    fn masks(&self) -> (&[u32], usize) {
        (&self.bits, self.blocks.div_ceil(32))
    }

    /// The turn as the second of two.
    fn order(&self) -> Vec<u32> {
        let number = |block: &Option<usize>| match block {
            Some(block) => u32::try_from(*block).expect("a small number"),
            None => NOBODY,
        };
        [NOBODY; 4]
            .into_iter()
            .chain(self.turn.iter().map(number))
            .collect()
    }

    fn is_open(&self, i: usize, block: Option<usize>) -> bool {
        block.is_some_and(|b| twin::bit(&self.bits, self.blocks.div_ceil(32), i, b))
    }
}

/// The state at the second turn.
fn numbers() -> Vec<f32> {
    let mut numbers = vec![0.0; descent_direction::state::LEN];
    (numbers[0], numbers[1]) = (1.0, 1.0);
    numbers
}

#[test]
fn descent_gradient_twin_is_the_product() {
    for case in cases() {
        let parts = twin::descent_gradient::run(
            &case.rows,
            case.wide,
            case.masks(),
            &case.turn,
            &case.misfit,
            50,
        );
        let got = twin::sum_parts::run(&parts, 1.0, None, 4 * case.wide);
        for (j, block) in case.turn.iter().enumerate() {
            for k in 0..case.wide {
                let open = (0..case.n).filter(|&i| case.is_open(i, *block));
                let of =
                    |i: usize| f64::from(case.misfit[i]) * f64::from(case.rows[i * case.wide + k]);
                let want: f64 = open.map(of).sum();
                let off = (f64::from(got[j * case.wide + k]) - want).abs();
                assert!(off <= f64::from(room(case.n, 4.0 * case.size)));
            }
        }
    }
}

#[test]
fn descent_image_twin_is_the_product() {
    for case in cases() {
        let mut random = Stream::new(9);
        let direction = columns(&mut random, 4, case.rank);
        let (image, parts) =
            twin::descent_image::run(&case.rows, case.wide, case.masks(), &case.turn, &direction);
        let mut square = 0.0;
        for (i, got) in image.iter().enumerate() {
            let mut want = 0.0;
            for (j, block) in case.turn.iter().enumerate() {
                for k in (0..case.wide).filter(|_| case.is_open(i, *block)) {
                    let d = f64::from(direction[j * case.wide + k]);
                    want += d * f64::from(case.rows[i * case.wide + k]);
                }
            }
            assert!((f64::from(*got) - want).abs() <= f64::from(room(case.wide, 16.0 * case.size)));
            square += want * want;
        }
        let got: f64 = parts.iter().map(|x| f64::from(*x)).sum();
        assert!((got - square).abs() <= f64::from(room(case.n + case.wide, 1.0)) * square);
    }
}

#[test]
fn descent_direction_twin_is_the_gradient() {
    let (wide, rho) = (8, 0.25);
    let mut random = Stream::new(4);
    let (parts, x): (Vec<f32>, Vec<f32>) = (random.vector(3 * 4 * wide), random.vector(5 * wide));
    let turn = [Some(4), None, Some(0), Some(2)];
    let (direction, square) = twin::descent_direction::run(&parts, wide, rho, &turn, &x);
    let mut want_square = 0.0;
    for (j, block) in turn.iter().enumerate() {
        for k in 0..wide {
            let sum: f64 = (0..3)
                .map(|c| f64::from(parts[(c * 4 + j) * wide + k]))
                .sum();
            let want = block.map_or(0.0, |b| sum + 0.25 * f64::from(x[b * wide + k]));
            let off = (f64::from(direction[j * wide + k]) + want).abs();
            assert!(off <= f64::from(room(4, 4.0)));
            want_square += want * want;
        }
    }
    assert!((f64::from(square) - want_square).abs() <= f64::from(room(32, 1.0)) * want_square);
}

#[test]
fn descent_step_twin_passes_armijo_and_no_longer_step_does() {
    let mut random = Stream::new(8);
    for _ in 0..200 {
        let (square, image) = (random.unit().abs() + 1e-3, 1e3 * random.unit().abs());
        let [square, image]: [f32; 2] = [square, image].map(linalg_core::Real::of);
        let step = f64::from(twin::descent_step::run(&[image], (0.5, 2.0), square, 1.0));
        let fall = |t: f64| {
            let curvature = 0.5 * f64::from(square) + 2.0 * f64::from(image);
            -f64::from(square) * t + 0.5 * curvature * t * t
        };
        let passes = |t: f64| fall(t) <= -0.5 * f64::from(square) * t;
        assert!(step > 0.0 && passes(step * (1.0 - 1e-5)));
        assert!(step == 2.0 || !passes(2.0 * step * (1.0 + 1e-5)), "{step}");
    }
    assert_eq!(
        twin::descent_step::run(&[f32::NAN], (0.5, 2.0), 1.0, 1.0),
        0.0
    );
}

#[test]
fn descent_turn_on_the_device_is_that_of_the_twins() {
    const RHO: f32 = 0.5;
    const FACTOR: f32 = 2.0;
    for device in devices().iter().take(1) {
        for case in cases() {
            let fits = 64 * case.wide as u64 * 4;
            let rows = Rows::upload_in_tiles(device, &case.plain, case.n, case.rank, fits);
            let rows = rows.expect("rows that fit");
            let misfit_at = case.x.len().next_multiple_of(64);
            let mut joined = case.x.clone();
            joined.resize(misfit_at, 0.0);
            joined.extend(&case.misfit);
            let point = upload(device, &joined);
            let (bits, order) = (upload(device, &case.bits), upload(device, &case.order()));
            let mut first = numbers();
            first[descent_direction::state::LAST] = 0.125;
            let state = upload(device, &first);
            let turn = Turn {
                bits: &bits,
                blocks: case.blocks,
                order: &order,
                state: &state,
            };
            let chunk = descent_gradient::chunk(&rows);
            let count = descent_gradient::parts(&rows);
            let len = 4 * case.wide;
            let (parts, direction) = (stale(device, count * len), stale(device, len));
            let image = stale(device, case.n);
            let squares = stale(device, descent_image::parts(&rows));
            let misfit = point.from(misfit_at);
            let steps = descent_gradient::steps(device, &rows, &turn, misfit, &parts);
            let mut steps = steps.expect("steps");
            let sizes = (rows.depth(), RHO);
            let x = point.raw();
            let step =
                descent_direction::step(device, sizes, (&parts, count), &turn, x, &direction);
            steps.push(step.expect("a step"));
            let to = (&image, &squares);
            let more = descent_image::steps(device, &rows, &turn, &direction, to);
            steps.extend(more.expect("steps"));
            let step = descent_step::step(device, (RHO, FACTOR), 2, &squares, &state);
            steps.push(step.expect("a step"));
            let sizes = (case.n, rows.depth(), misfit_at);
            let along = (&direction, &image);
            let step = descent_move::step(device, sizes, FACTOR, &turn, along, &point);
            steps.push(step.expect("a step"));
            let got = after(device, &steps, &point);
            let read = |of: &Buffer<f32>| block_on(device.read(of)).expect("an array");

            let want_parts = twin::descent_gradient::run(
                &case.rows,
                case.wide,
                case.masks(),
                &case.turn,
                &case.misfit,
                chunk,
            );
            let size = room(case.n, 4.0 * case.size);
            assert_near(&read(&parts), &want_parts, size, "parts");
            // each against its twin on what the device had made before
            let got_parts = read(&parts);
            let (want, square) =
                twin::descent_direction::run(&got_parts, case.wide, RHO, &case.turn, &case.x);
            assert_near(
                &read(&direction),
                &want,
                room(count, size + case.size),
                "direction",
            );
            let got_direction = read(&direction);
            let (want, want_squares) = twin::descent_image::run(
                &case.rows,
                case.wide,
                case.masks(),
                &case.turn,
                &got_direction,
            );
            let steep = got_direction
                .iter()
                .fold(1.0_f32, |most, x| most.max(x.abs()));
            assert_near(
                &read(&image),
                &want,
                room(case.wide, 4.0 * steep * case.size),
                "image",
            );
            let whole: f32 = want_squares.iter().sum();
            assert_near(&read(&squares), &want_squares, room(64, whole), "squares");
            let now = read(&state);
            assert_eq!((now[1], now[2]), (0.0, 1.0), "the turns");
            assert!((now[5] - square).abs() <= room(len, 1.0) * square);
            let step = twin::descent_step::run(&read(&squares), (RHO, FACTOR), now[5], 0.125);
            // halvings of one number: equal unless the test is within rounding
            let ratio = now[3] / step;
            assert!([0.5, 1.0, 2.0].contains(&ratio), "{step} and {}", now[3]);
            let (mut x, mut misfit) = (case.x.clone(), case.misfit.clone());
            let moved = (&got_direction[..], &read(&image)[..]);
            let to = (&mut x[..], &mut misfit[..]);
            twin::descent_move::run((now[3], FACTOR), &case.turn, moved, to);
            let far = misfit
                .iter()
                .chain(&x)
                .fold(1.0_f32, |most, x| most.max(x.abs()));
            assert_near(&got[..x.len()], &x, room(4, far), "x");
            assert_near(&got[misfit_at..], &misfit, room(4, far), "misfit");
        }
    }
}

#[test]
fn descent_move_twin_moves_its_blocks_alone() {
    let (mut x, mut misfit) = (vec![1.0; 12], vec![1.0; 3]);
    let turn = [Some(2), None];
    let direction = [1.0, 2.0, 3.0, 4.0, 9.0, 9.0, 9.0, 9.0];
    let along = (&direction[..], &[1.0, 0.0, -1.0][..]);
    twin::descent_move::run((0.5, 2.0), &turn, along, (&mut x, &mut misfit));
    assert_eq!(
        x,
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.5, 2.0, 2.5, 3.0]
    );
    assert_eq!(misfit, [2.0, 1.0, 0.0]);
}
