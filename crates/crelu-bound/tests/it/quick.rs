//! The quick bound: below the optimum, as good as its inequalities allow, and the same whatever the
//! units, the order of the rows or the coordinates.

use std::sync::atomic::AtomicBool;

use crelu_bound::{
    BoundError, KnownNetwork, Proof, QuickBound, QuickKind, QuickSettings, quick_bound, verify,
};
use faer::Mat;
use linalg_core::Control;
use proptest::prelude::*;
use testkit::Stream;

use crate::data::{Data, teacher};
use crate::exact::exact;

/// What the default tolerance leaves, doubled for what the stages may miss of it.
const REACHED: f64 = 1e-3;
/// The interior point's error: of the zero network's loss, and its absolute tolerance.
const EXACT: f64 = 1e-7;
const EXACT_ABSOLUTE: f64 = 1e-10;

fn bound(data: &Data, kind: QuickKind) -> QuickBound {
    let settings = QuickSettings::default().kind(kind).check().unwrap();
    quick_bound(&data.problem(), &settings, None, &Control::default())
        .unwrap()
        .unwrap()
}

fn half_square(data: &Data) -> f64 {
    0.5 * data.y.iter().map(|y| y * y).sum::<f64>() / data.y.len() as f64
}

proptest! {
    #![proptest_config(testkit::cases(105, 100))]

    #[test]
    fn quick_bound_is_below_the_exact_optimum_and_verifies_again(
        rank in 1_usize..4, rows in 1_usize..13, share in 0.01_f64..1.3, seed in any::<u64>()
    ) {
        let rows = if rank == 3 { rows.clamp(3, 7) } else { rows };
        let data = teacher(rows, rank, share, seed);
        let optimum = exact(&data).objective;
        for kind in [QuickKind::Plain, QuickKind::Turned] {
            let found = bound(&data, kind);
            let size = half_square(&data);
            prop_assert!(found.verified.value <= optimum + EXACT * size + EXACT_ABSOLUTE);
            prop_assert!(found.verified.value <= found.limit);
            let again = verify(&data.problem(), &found.certificate).unwrap().bound();
            prop_assert_eq!(again, Some(found.verified));
        }
    }
}

#[test]
fn quick_bound_comes_close_to_what_its_inequalities_allow() {
    for (seed, share) in [(1, 0.6), (2, 0.3), (3, 0.1), (4, 0.03)] {
        let data = teacher(120, 8, share, seed);
        let plain = bound(&data, QuickKind::Plain);
        let turned = bound(&data, QuickKind::Turned);
        for found in [&plain, &turned] {
            let left = 1.0 - found.verified.value / found.limit;
            assert!(left <= REACHED, "seed {seed}: {left}");
        }
        // more inequalities, more bound
        assert!(turned.verified.value >= plain.verified.value * (1.0 - REACHED));
        assert!(
            share > 0.2 || turned.limit > plain.limit * (1.0 + REACHED),
            "seed {seed}"
        );
    }
}

#[test]
fn quick_bound_does_not_depend_on_units_order_or_coordinates() {
    let data = teacher(80, 5, 0.2, 11);
    let plain = bound(&data, QuickKind::Turned).verified.value;
    let n = data.y.len();
    let mut rng = Stream::new(3);
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, rng.below(i + 1));
    }
    let square = Mat::from_fn(5, 5, |_, _| rng.normal());
    let (q, _) = linalg_core::orthogonal(square.as_ref(), 5);
    let cases = [
        (
            "order",
            1.0,
            Data {
                x: Mat::from_fn(n, 5, |i, j| data.x[(order[i], j)]),
                y: order.iter().map(|i| data.y[*i]).collect(),
                beta: data.beta,
            },
        ),
        (
            "rotation",
            1.0,
            Data {
                x: &data.x * &q,
                ..data.clone()
            },
        ),
        ("small rows", 1.0, scaled(&data, 1e-8, 1.0)),
        ("large rows", 1.0, scaled(&data, 1e8, 1.0)),
        ("small targets", 1e-16, scaled(&data, 1.0, 1e-8)),
        ("large targets", 1e16, scaled(&data, 1.0, 1e8)),
        (
            "more columns",
            1.0,
            Data {
                x: Mat::from_fn(n, 9, |i, j| if j < 5 { data.x[(i, j)] } else { 0.0 }),
                ..data.clone()
            },
        ),
    ];
    for (name, factor, other) in cases {
        let value = bound(&other, QuickKind::Turned).verified.value / factor;
        assert!(
            (value - plain).abs() <= REACHED * plain,
            "{name}: {value} {plain}"
        );
    }
}

fn scaled(data: &Data, rows: f64, targets: f64) -> Data {
    Data {
        x: Mat::from_fn(data.x.nrows(), data.x.ncols(), |i, j| rows * data.x[(i, j)]),
        y: data.y.iter().map(|y| targets * y).collect(),
        beta: data.beta * rows * targets,
    }
}

#[test]
fn quick_bound_of_unusual_data_is_valid() {
    let mut rng = Stream::new(21);
    let column = Mat::from_fn(30, 3, |i, j| {
        if j == 1 {
            4.0
        } else {
            (i as f64 * 0.7 + j as f64).sin()
        }
    });
    let deficient = Mat::from_fn(30, 6, |i, j| column[(i, j % 3)]);
    let repeated = Mat::from_fn(30, 3, |i, j| column[(i / 3, j)]);
    let y = rng.normals(30);
    let tiny = Mat::from_fn(30, 3, |i, j| {
        column[(i, j)] * 10.0_f64.powf(-((i % 12) as f64))
    });
    for (name, x) in [
        ("constant column", column),
        ("rank 3 of 6", deficient),
        ("repeated rows", repeated),
        ("rows of many sizes", tiny),
    ] {
        let data = Data {
            x,
            y: y.clone(),
            beta: 0.05,
        };
        let found = bound(&data, QuickKind::Turned);
        let value = found.verified.value;
        assert!(
            value > 0.0 && value <= half_square(&data),
            "{name}: {value}"
        );
        // a bound of the price below is a proof of nothing: it must hold at the known optimum
        if let Some(optimum) = small_optimum(&data) {
            assert!(value <= optimum, "{name}: {value} above {optimum}");
        }
    }
}

/// An upper bound of the optimum: the best weight of one neuron along each row.
fn small_optimum(data: &Data) -> Option<f64> {
    let (n, d) = (data.x.nrows(), data.x.ncols());
    (0..n)
        .filter_map(|k| {
            let size = (0..d).map(|j| data.x[(k, j)].powi(2)).sum::<f64>().sqrt();
            let z: Vec<f64> = (0..n)
                .map(|i| {
                    (0..d)
                        .map(|j| data.x[(i, j)] * data.x[(k, j)])
                        .sum::<f64>()
                        .max(0.0)
                        / size
                })
                .collect();
            let (along, square): (f64, f64) = z
                .iter()
                .zip(&data.y)
                .fold((0.0, 0.0), |(a, s), (z, y)| (a + z * y, s + z * z));
            let threshold = n as f64 * data.beta;
            let weight = (along.abs() - threshold).max(0.0) / square;
            let value = half_square(data)
                - (along.abs() * weight - 0.5 * square * weight * weight - threshold * weight)
                    / n as f64;
            value.is_finite().then_some(value)
        })
        .reduce(f64::min)
}

#[test]
fn quick_bound_of_one_row_is_its_optimum() {
    let data = Data {
        x: Mat::from_fn(1, 2, |_, j| [3.0, 4.0][j]),
        y: vec![2.0],
        beta: 0.5,
    };
    // f = 5 c, J = (f - 2)^2 / 2 + c / 2: the residual is 0.1
    let optimum = 0.5 * 0.1 * 0.1 + 0.5 * 1.9 / 5.0;
    let value = bound(&data, QuickKind::Plain).verified.value;
    assert!(
        value <= optimum && value >= optimum * (1.0 - REACHED),
        "{value} {optimum}"
    );
}

#[test]
fn quick_bound_above_the_price_of_the_targets_proves_zero_optimal() {
    for seed in [1, 2, 3] {
        let data = teacher(60, 6, 1.3, seed);
        let found = bound(&data, QuickKind::Turned);
        let zero = half_square(&data);
        assert!(
            (found.verified.value - zero).abs() <= 1e-12 * zero,
            "seed {seed}"
        );
    }
}

#[test]
fn quick_bound_of_zero_targets_or_zero_rows_is_the_zero_network() {
    let zero = Data {
        x: Mat::from_fn(5, 2, |i, j| (i + j) as f64),
        y: vec![0.0; 5],
        beta: 0.1,
    };
    assert_eq!(bound(&zero, QuickKind::Turned).verified.value, 0.0);
    let blank = Data {
        x: Mat::zeros(5, 2),
        y: vec![1.0; 5],
        beta: 0.1,
    };
    let value = bound(&blank, QuickKind::Turned).verified.value;
    assert!((value - 0.5).abs() <= 1e-12, "{value}");
}

#[test]
fn quick_bound_from_a_known_network_needs_fewer_evaluations() {
    let data = teacher(10, 2, 0.1, 5);
    let best = exact(&data);
    let hidden = Mat::from_fn(2, best.neurons.len(), |k, j| best.neurons[j].0[k]);
    let output: Vec<f64> = best.neurons.iter().map(|neuron| neuron.1).collect();
    let start = KnownNetwork {
        hidden: hidden.as_ref(),
        output: &output,
    };
    let settings = QuickSettings::default().check().unwrap();
    let warm = quick_bound(&data.problem(), &settings, Some(start), &Control::default())
        .unwrap()
        .unwrap();
    let cold = bound(&data, QuickKind::Turned);
    let apart = (warm.verified.value - cold.verified.value).abs();
    assert!(apart <= REACHED * cold.verified.value);
    assert!(
        warm.evaluations < cold.evaluations,
        "{} {}",
        warm.evaluations,
        cold.evaluations
    );
}

#[test]
fn quick_bound_from_a_network_of_another_width_is_refused() {
    let data = teacher(10, 3, 0.1, 5);
    let hidden = Mat::<f64>::zeros(2, 1);
    let start = KnownNetwork {
        hidden: hidden.as_ref(),
        output: &[1.0],
    };
    let settings = QuickSettings::default().check().unwrap();
    let refused = quick_bound(&data.problem(), &settings, Some(start), &Control::default());
    assert!(matches!(
        refused,
        Err(BoundError::Shape {
            want: 3,
            got: 2,
            ..
        })
    ));
}

#[test]
fn quick_bound_that_is_interrupted_hands_back_what_it_has() {
    let data = teacher(200, 10, 0.1, 5);
    let flag = AtomicBool::new(true);
    let control = Control::default().interrupt(&flag);
    let found = quick_bound(
        &data.problem(),
        &QuickSettings::default().check().unwrap(),
        None,
        &control,
    )
    .unwrap()
    .unwrap();
    let full = bound(&data, QuickKind::Turned);
    assert!(found.evaluations < 10, "{}", found.evaluations);
    assert!(found.verified.value >= 0.0 && found.verified.value < full.verified.value);
    assert!(matches!(found.certificate.proof, Proof::Interval(_)));
}
