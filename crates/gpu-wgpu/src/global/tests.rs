//! Ascents and the balanced evaluation against the same in `f64`, written plainly.

use std::sync::Arc;

use testkit::Stream;

use super::*;
use crate::kernels::ascent_step::Motion;
use crate::kernels::loss_slope::Loss;
use crate::rows::Rows;
use crate::tests::on_device::devices;
use crate::{Device, block_on};

/// Sums of some hundred products in `f32`.
const NEAR: f64 = 3e-5;

const MOTION: Motion = Motion {
    momentum: 0.9,
    gain: 0.03,
    least: 0.1,
};

struct Case {
    n: usize,
    rank: usize,
    outputs: usize,
    columns: usize,
    rows: Vec<f32>,
    target: Vec<f32>,
    weights: Vec<f32>,
    w: Vec<f32>,
    a: Vec<f32>,
}

fn cases() -> Vec<Case> {
    let shapes = [
        (1, 1, 1, 1),
        (37, 3, 1, 5),
        (130, 11, 1, 50),
        (65, 7, 3, 33),
        (40, 5, 2, 4),
    ];
    let make = |(seed, (n, rank, outputs, columns)): (u64, (usize, usize, usize, usize))| {
        let mut random = Stream::new(seed);
        let share = |x: f32| x.abs();
        Case {
            n,
            rank,
            outputs,
            columns,
            rows: random.vector(n * rank),
            target: random
                .vector::<f32>(outputs * n)
                .into_iter()
                .map(share)
                .collect(),
            weights: random.vector::<f32>(n).into_iter().map(share).collect(),
            w: random.vector(columns * rank),
            a: random.vector(outputs * columns),
        }
    };
    (0..).zip(shapes).map(make).collect()
}

impl Case {
    fn image(&self, i: usize, w: &[f64], j: usize) -> f64 {
        let row = &self.rows[i * self.rank..][..self.rank];
        row.iter()
            .zip(&w[j * self.rank..])
            .map(|(x, w)| f64::from(*x) * w)
            .sum()
    }

    /// The loss of a network, by its definition.
    fn loss(&self, loss: &Loss, w: &[f64], a: &[f64]) -> f64 {
        let row = |i: usize| {
            let f: Vec<f64> = (0..self.outputs)
                .map(|k| {
                    let of = |j| a[k * self.columns + j] * self.image(i, w, j).max(0.0);
                    (0..self.columns).map(of).sum()
                })
                .collect();
            let y = |k: usize| f64::from(self.target[k * self.n + i]);
            let each = f.iter().enumerate();
            let value: f64 = match loss {
                Loss::Squared => each.map(|(k, f)| 0.5 * (f - y(k)).powi(2)).sum(),
                Loss::Logistic => each
                    .map(|(k, f)| y(k) * (-f).exp().ln_1p() + (1.0 - y(k)) * f.exp().ln_1p())
                    .sum(),
                Loss::Softmax => {
                    let total: f64 = f.iter().map(|f| f.exp()).sum();
                    each.map(|(k, f)| y(k) * (total.ln() - f)).sum()
                }
                Loss::Huber { delta } => each
                    .map(|(k, f)| {
                        let (e, d) = ((f - y(k)).abs(), f64::from(delta[k]));
                        if e <= d {
                            0.5 * e * e
                        } else {
                            d * (e - 0.5 * d)
                        }
                    })
                    .sum(),
            };
            f64::from(self.weights[i]) * value
        };
        (0..self.n).map(row).sum()
    }

    fn on(&self, device: &Arc<Device>, loss: &Loss) -> Arc<TrainingRows> {
        let rows = Arc::new(self.rows_on(device));
        let made = TrainingRows::new(device, &rows, &self.target, &self.weights, loss.clone());
        Arc::new(made.expect("rows that fit"))
    }

    fn rows_on(&self, device: &Device) -> Rows {
        let fits = 64 * 4 * self.rank.div_ceil(4) as u64 * 4;
        Rows::upload_in_tiles(device, &self.rows, self.n, self.rank, fits).expect("rows that fit")
    }
}

fn losses(outputs: usize) -> [Loss; 4] {
    let delta = [0.3, 0.8].into_iter().cycle().take(outputs).collect();
    [
        Loss::Squared,
        Loss::Logistic,
        Loss::Softmax,
        Loss::Huber { delta },
    ]
}

#[test]
fn balanced_is_the_loss_and_its_gradient() {
    // of a loss of size 1 central differences leave about this
    const STEP: f64 = 1e-5;
    for device in devices() {
        for case in cases() {
            for loss in &losses(case.outputs) {
                let training = case.on(device, loss);
                let mut balanced = Balanced::new(&training, case.columns).expect("room");
                let wide = |x: &[f32]| -> Vec<f64> { x.iter().map(|x| f64::from(*x)).collect() };
                let (w, a) = (wide(&case.w), wide(&case.a));
                let (mut by_w, mut by_a) = (vec![0.0; w.len()], vec![0.0; a.len()]);
                // twice: nothing of the first may be left
                for _ in 0..2 {
                    let value = balanced.evaluate(&case.w, &case.a, &mut by_w, &mut by_a);
                    let value = block_on(value).expect("a value");
                    let want = case.loss(loss, &w, &a);
                    assert!(
                        (value - want).abs() <= NEAR * (1.0 + want.abs()),
                        "{loss:?}"
                    );
                }
                let size = 1.0 + by_w.iter().chain(&by_a).map(|g| g * g).sum::<f64>().sqrt();
                for at in (0..w.len()).step_by(1 + w.len() / 7) {
                    let moved = |by: f64| {
                        let mut w = w.clone();
                        w[at] += by;
                        case.loss(loss, &w, &a)
                    };
                    let slope = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
                    assert!(
                        (by_w[at] - slope).abs() <= 3.0 * NEAR * size,
                        "{loss:?} w {at}"
                    );
                }
                for at in (0..a.len()).step_by(1 + a.len() / 7) {
                    let moved = |by: f64| {
                        let mut a = a.clone();
                        a[at] += by;
                        case.loss(loss, &w, &a)
                    };
                    let slope = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
                    assert!(
                        (by_a[at] - slope).abs() <= 3.0 * NEAR * size,
                        "{loss:?} a {at}"
                    );
                }
            }
        }
    }
}

/// `|Theta'(R u)_+|`, or with its sign for one output.
fn price(case: &Case, theta: &[f32], u: &[f64], sign: f32) -> f64 {
    let along = |k: usize| -> f64 {
        let of = |i: usize| f64::from(theta[k * case.n + i]) * case.image(i, u, 0).max(0.0);
        (0..case.n).map(of).sum()
    };
    match case.outputs {
        1 => f64::from(sign) * along(0),
        k => (0..k).map(|k| along(k).powi(2)).sum::<f64>().sqrt(),
    }
}

#[test]
fn ascents_end_at_units_of_their_price_that_is_no_lower_than_at_the_start() {
    for device in devices() {
        for case in &cases()[1..] {
            let mut random = Stream::new(8);
            let theta: Vec<f32> = random.vector(case.outputs * case.n);
            let mut starts: Vec<f32> = random.vector(case.columns * case.rank);
            for u in starts.chunks_exact_mut(case.rank) {
                let norm = linalg_core::norm(u);
                linalg_core::scale(1.0 / norm, u);
            }
            let sign = |j: usize| {
                if case.outputs > 1 || j.is_multiple_of(2) {
                    1.0
                } else {
                    -1.0
                }
            };
            let signs: Vec<f32> = (0..case.columns).map(sign).collect();
            let rows = Arc::new(case.rows_on(device));
            let made = Ascents::new(device, &rows, &theta, &starts, &signs, MOTION);
            let mut ascents = made.expect("room");
            let sizes = [1.0, 0.7, 0.5, 0.3, 0.2, 0.1, 0.1, 0.1, 0.05, 0.0];
            block_on(ascents.climb(&sizes, || true)).expect("steps");
            let ended = block_on(ascents.ends()).expect("ends");
            let mut gain = 0.0;
            for (j, &sign) in signs.iter().enumerate() {
                let wide = |x: &[f32]| -> Vec<f64> { x.iter().map(|x| f64::from(*x)).collect() };
                let part = j * case.rank..(j + 1) * case.rank;
                let (u, start) = (wide(&ended.points[part.clone()]), wide(&starts[part]));
                let norm = u.iter().map(|x| x * x).sum::<f64>().sqrt();
                assert!((norm - 1.0).abs() <= NEAR, "{norm}");
                let value = f64::from(ended.values[j]);
                let want = price(case, &theta, &u, sign);
                assert!(
                    (value - want).abs() <= NEAR * (1.0 + want.abs()),
                    "{value} {want}"
                );
                let before = price(case, &theta, &start, sign);
                assert!(
                    value >= before - NEAR * (1.0 + before.abs()),
                    "{value} {before}"
                );
                gain += value - before;
            }
            assert!(gain > 0.0, "no ascent rose");
            assert_eq!(ascents.columns_gone_through(), sizes.len() * case.columns);
        }
    }
}

#[test]
fn ascents_kept_go_on_as_if_they_had_been_alone() {
    for device in devices().iter().take(1) {
        let case = &cases()[2];
        let mut random = Stream::new(9);
        let theta: Vec<f32> = random.vector(case.n);
        let starts: Vec<f32> = random.vector(case.columns * case.rank);
        let signs = vec![1.0; case.columns];
        let rows = Arc::new(case.rows_on(device));
        let run = |kept: &[usize]| {
            let made = Ascents::new(device, &rows, &theta, &starts, &signs, MOTION);
            let mut ascents = made.expect("room");
            block_on(async {
                ascents.climb(&[0.5, 0.4, 0.3], || true).await?;
                ascents.keep(kept).await?;
                ascents.climb(&[0.2, 0.1, 0.0], || true).await?;
                ascents.ends().await
            })
            .expect("ends")
        };
        let all: Vec<usize> = (0..case.columns).collect();
        let (whole, some) = (run(&all), run(&[3, 7, 41]));
        for (at, j) in [3, 7, 41].into_iter().enumerate() {
            let off = (whole.values[j] - some.values[at]).abs();
            assert!(off <= 1e-5 * whole.values[j].abs().max(1.0), "{j}: {off}");
        }
        // and the same run twice is the same to the bit
        assert_eq!(run(&[3, 7, 41]), some);
    }
}

#[test]
fn training_rows_of_other_lengths_are_refused() {
    for device in devices().iter().take(1) {
        let case = &cases()[1];
        let rows = Arc::new(case.rows_on(device));
        for (targets, weights) in [(case.n - 1, case.n), (case.n, case.n - 1), (0, case.n)] {
            let made = TrainingRows::new(
                device,
                &rows,
                &vec![0.0; targets],
                &vec![1.0; weights],
                Loss::Squared,
            );
            assert!(made.is_err(), "{targets} {weights}");
        }
    }
}

#[test]
fn network_outputs_are_those_of_the_network() {
    for device in devices() {
        for case in cases() {
            let rows = case.rows_on(device);
            let made = network_outputs(device, &rows, &case.w, &case.a, case.outputs);
            let got = block_on(made).expect("outputs");
            let w: Vec<f64> = case.w.iter().map(|w| f64::from(*w)).collect();
            for k in 0..case.outputs {
                for i in 0..case.n {
                    let of = |j: usize| {
                        f64::from(case.a[k * case.columns + j]) * case.image(i, &w, j).max(0.0)
                    };
                    let want: f64 = (0..case.columns).map(of).sum();
                    let off = (f64::from(got[k * case.n + i]) - want).abs();
                    assert!(off <= NEAR * (1.0 + want.abs()), "{k} {i}: {off:e}");
                }
            }
            let rows = case.rows_on(device);
            let short = network_outputs(device, &rows, &case.w[1..], &case.a, case.outputs);
            assert!(block_on(short).is_err());
        }
    }
}
