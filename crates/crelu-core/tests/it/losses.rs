use std::sync::Arc;

use crelu_core::contract::{assert_loss, assert_scalar_loss};
use crelu_core::{Huber, Logistic, Loss, LossKind, Separable, Softmax, Squared};
use proptest::prelude::*;
use testkit::Stream;

#[test]
fn proximal_points_solve_their_equation_wherever_they_start() {
    /// Of the numbers that meet in it.
    const OFF: f64 = 1e-9;
    let weights = || Some(vec![1.0, 0.3, 7.0]);
    let losses: [Arc<dyn Loss>; 4] = [
        LossKind::Logistic
            .of(vec![1.0, -1.0, 0.2], 1, weights())
            .unwrap(),
        LossKind::Huber { delta: vec![0.5] }
            .of(vec![0.1, -4.0, 30.0], 1, weights())
            .unwrap(),
        LossKind::Squared
            .of(vec![0.1, -4.0, 30.0], 1, weights())
            .unwrap(),
        LossKind::Softmax
            .of(
                vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.2, 0.3, 0.5],
                3,
                weights(),
            )
            .unwrap(),
    ];
    for loss in &losses {
        let count = 3 * loss.outputs();
        for size in [0.0, 0.3, 5.0, 20.0, 300.0, 800.0] {
            for rho in [1e-4, 3e-3, 0.07, 0.25, 1.0, 40.0] {
                for sign in [1.0, -1.0] {
                    let part = |i: usize| [1.0, -0.4, 0.7][i % 3];
                    let at: Vec<f64> = (0..count).map(|i| sign * size * part(i)).collect();
                    let (mut p, mut slope) = (vec![0.0; count], vec![0.0; count]);
                    loss.prox_into(0..3, &at, rho, &mut p);
                    loss.value_slope(0..3, &p, &mut slope);
                    for i in 0..count {
                        let rest = slope[i] + rho * (p[i] - at[i]);
                        let room = OFF * (1.0 + rho * (at[i].abs() + p[i].abs()));
                        let name = loss.name();
                        assert!(rest.abs() <= room, "{name}, {size}, {rho}, {i}: {rest}");
                    }
                }
            }
        }
    }
}

/// Outputs small, near a kink, and far.
const POINTS: [f64; 9] = [-30.0, -3.1, -0.7, -0.01, 0.0, 0.3, 1.0, 4.2, 25.0];

/// Targets, outputs and weights of so many rows.
struct Rows {
    target: Vec<f64>,
    fitted: Vec<f64>,
    other: Vec<f64>,
    weights: Option<Vec<f64>>,
}

fn rows(kind: &LossKind, n: usize, outputs: usize, seed: u64, weighted: bool) -> Rows {
    let mut stream = Stream::new(seed);
    let mut draw =
        |size: f64| -> Vec<f64> { (0..n * outputs).map(|_| size * stream.unit()).collect() };
    let (fitted, other) = (draw(3.0), draw(4.0));
    let drawn = draw(2.0);
    let target = match kind {
        LossKind::Logistic => drawn.iter().map(|y| y.signum()).collect(),
        LossKind::Softmax => drawn
            .chunks_exact(outputs)
            .enumerate()
            .flat_map(|(j, row)| {
                // pure labels, and shares of several
                let total: f64 = row.iter().map(|y| y.abs()).sum();
                let shares: Vec<f64> = (0..outputs)
                    .map(|k| match j % 3 {
                        0 => row[k].abs() / total,
                        _ => f64::from(k == j % outputs),
                    })
                    .collect();
                shares
            })
            .collect(),
        _ => drawn,
    };
    let weights = weighted.then(|| {
        draw(1.0)[..n]
            .iter()
            .map(|w| (2.0 * w).abs().floor() * 0.7 + 0.1)
            .collect()
    });
    Rows {
        target,
        fitted,
        other,
        weights,
    }
}

fn kinds(outputs: usize) -> Vec<LossKind> {
    let mut all = vec![
        LossKind::Squared,
        LossKind::Logistic,
        LossKind::Huber {
            delta: vec![0.8; outputs],
        },
    ];
    if outputs > 1 {
        all.push(LossKind::Softmax);
    }
    all
}

#[test]
fn scalar_losses_keep_the_contract() {
    for y in [-1.0, -0.25, 0.5, 1.0] {
        assert_scalar_loss(&Squared, &POINTS, y);
        assert_scalar_loss(&Logistic, &POINTS, y);
        let huber = Huber::new(1.3).expect("positive");
        assert_scalar_loss(&huber, &POINTS, y);
    }
}

#[test]
fn losses_of_rows_keep_the_contract() {
    for outputs in [1, 2, 5] {
        for kind in kinds(outputs) {
            for weighted in [false, true] {
                for seed in testkit::seeds(0..3) {
                    let rows = rows(&kind, 21, outputs, seed, weighted);
                    let loss = kind.of(rows.target, outputs, rows.weights).expect("a loss");
                    assert_loss(&*loss, &rows.fitted, &rows.other);
                }
            }
        }
    }
}

/// Sums of the same terms in another order.
const ORDER: f64 = 1e-12;

#[test]
fn weights_are_repeated_rows() {
    for outputs in [1, 3] {
        for kind in kinds(outputs) {
            let all = rows(&kind, 12, outputs, 5, false);
            let counts: Vec<usize> = (0..12).map(|j| j % 4).collect();
            let weights = counts.iter().map(|c| *c as f64).collect();
            let often = |values: &[f64]| -> Vec<f64> {
                let rows = values.chunks_exact(outputs).zip(&counts);
                rows.flat_map(|(row, c)| row.repeat(*c)).collect()
            };
            let weighted = kind
                .of(all.target.clone(), outputs, Some(weights))
                .expect("a loss");
            let repeated = kind.of(often(&all.target), outputs, None).expect("a loss");
            assert!((weighted.mass() - repeated.mass()).abs() < ORDER);
            let (a, b) = (
                weighted.value(&all.fitted),
                repeated.value(&often(&all.fitted)),
            );
            assert!((a - b).abs() <= ORDER * b, "{}: {a} {b}", kind.name());
            let a = weighted.dual(&weighted.theta(&all.fitted), 0.7);
            let b = repeated.dual(&repeated.theta(&often(&all.fitted)), 0.7);
            // the scale is a root found to 1e-9, the value is flat there
            assert!(
                (a.value - b.value).abs() <= 1e-9 * b.value.abs().max(1.0),
                "{}",
                kind.name()
            );
        }
    }
}

#[test]
fn mean_labels_are_rows_of_both_labels() {
    // three rows of the same features: two of +1, one of -1; the constant part is the same
    let soft = Separable::new(Logistic, vec![1.0 / 3.0], 1, Some(vec![3.0])).expect("a loss");
    let hard = Separable::new(Logistic, vec![1.0, 1.0, -1.0], 1, None).expect("a loss");
    let shares = Softmax::new(vec![2.0 / 3.0, 1.0 / 3.0], 2, Some(vec![3.0])).expect("a loss");
    for f in POINTS {
        let want = hard.value(&[f; 3]);
        assert!((soft.value(&[f]) - want).abs() <= ORDER * want);
        assert!((shares.value(&[f, 0.0]) - want).abs() <= ORDER * want);
    }
}

#[test]
fn softmax_of_two_is_logistic() {
    let two = Softmax::new(vec![1.0, 0.0, 0.0, 1.0], 2, None).expect("a loss");
    let one = Separable::new(Logistic, vec![1.0, -1.0], 1, None).expect("a loss");
    let value = two.value(&[0.3, -0.4, 1.2, 0.1]);
    let want = one.value(&[0.7, 1.1]);
    assert!((value - want).abs() <= ORDER * want);
}

#[test]
fn huber_dual_stays_in_its_domain() {
    // beyond delta the formula of the squared loss would exceed the loss: a false bound
    let loss = Separable::new(
        Huber::new(0.5).expect("positive"),
        vec![10.0, -7.0],
        1,
        None,
    )
    .expect("a loss");
    let theta = loss.theta(&[0.0, 0.0]);
    let best = loss.dual(&theta, f64::INFINITY);
    assert!(best.scale <= 1.0);
    assert!(best.value <= loss.value(&[0.0, 0.0]));
    assert!(best.value >= loss.value(&[0.0, 0.0]) * (1.0 - 1e-12));
}

proptest! {
    #![proptest_config(testkit::cases(11, 48))]

    #[test]
    fn any_rows_keep_the_contract(seed in 0_u64..10_000, n in 2_usize..9, outputs in 1_usize..4, which in 0_usize..4, weighted: bool) {
        let kinds = kinds(outputs);
        let kind = &kinds[which % kinds.len()];
        let rows = rows(kind, n, outputs, seed, weighted);
        let loss = kind.of(rows.target, outputs, rows.weights).expect("a loss");
        assert_loss(&*loss, &rows.fitted, &rows.other);
    }
}

#[test]
fn loss_by_rows_is_the_loss() {
    for outputs in [1, 3] {
        for kind in kinds(outputs) {
            let of = rows(&kind, 17, outputs, 5, true);
            let weights = of.weights.clone();
            let loss = kind.of(of.target, outputs, of.weights).expect("a loss");
            let by_rows = loss.by_rows().expect("a loss by name");
            let again = by_rows.kind.of(by_rows.target.to_vec(), outputs, weights);
            let value = again.expect("a loss").value(&of.fitted) + by_rows.constant;
            assert_eq!(value, loss.value(&of.fitted), "{kind:?}");
        }
    }
}

#[test]
fn softmax_rows_are_the_same_bits_alone_and_beside_others() {
    /// A sum of losses in another order, relatively.
    const ROUNDING: f64 = 1e-14;
    let n = 21;
    for classes in [2, 3, 10, 33] {
        let number = |i: usize| ((i * 37 + 11) % 101) as f64 / 5.0 - 10.0;
        let mut fitted: Vec<f64> = (0..n * classes).map(number).collect();
        fitted[..classes].fill(-800.0);
        fitted[2 * classes - 1] = 800.0;
        let one_hot = |i: usize| f64::from(u8::from(i % classes == (i / classes * 7) % classes));
        let mut shares: Vec<f64> = (0..n * classes).map(one_hot).collect();
        // equal ones in a row
        shares[5 * classes..6 * classes].fill(1.0 / classes as f64);
        let weights: Vec<f64> = (0..n).map(|j| (j % 4) as f64).collect();
        for weights in [None, Some(weights)] {
            let loss = Softmax::new(shares.clone(), classes, weights).expect("a loss");
            let mut together = vec![0.0; n * classes];
            let value = loss.value_slope(0..n, &fitted, &mut together);
            let mut sum = 0.0;
            for j in 0..n {
                let cells = j * classes..(j + 1) * classes;
                let mut alone = vec![0.0; classes];
                sum += loss.value_slope(j..j + 1, &fitted[cells.clone()], &mut alone);
                assert_eq!(alone, together[cells], "row {j} of {classes} classes");
            }
            assert!(
                (value - sum).abs() <= ROUNDING * sum.abs(),
                "{value}, {sum}"
            );
            // a row that is no number is none alone
            fitted[n / 2 * classes] = f64::NAN;
            let value = loss.value_slope(0..n, &fitted, &mut together);
            let spoilt = |j: usize| {
                together[j * classes..(j + 1) * classes]
                    .iter()
                    .any(|x| x.is_nan())
            };
            // a weight of 0 times that is none either
            assert!(value.is_nan());
            for j in 0..n {
                assert_eq!(spoilt(j), j == n / 2, "row {j} of {classes} classes");
            }
            fitted[n / 2 * classes] = 0.5;
        }
    }
}
