use testkit::Stream;

use super::*;
use crate::kernels::ascent_step::{self, Motion};
use crate::kernels::loss_slope::{self, Loss, Slopes};
use crate::kernels::{gather_columns, price_weights};
use crate::tests::on_device::devices;
use crate::twin::{self, ascent_step::Column};

/// A shader's `exp` and `log` are within a few units; three of them make a slope.
const TRANSCENDENT: f32 = 64.0 * f32::EPSILON;

/// All of them, for so many outputs.
fn losses(outputs: usize) -> [Loss; 4] {
    let delta = [0.7, 0.2, 1.5].into_iter().cycle().take(outputs).collect();
    [
        Loss::Squared,
        Loss::Logistic,
        Loss::Softmax,
        Loss::Huber { delta },
    ]
}

/// The loss of a row in `f64`, written by its definition.
fn value(loss: &Loss, fitted: &[f64], target: &[f64]) -> f64 {
    let pairs = fitted.iter().zip(target);
    match loss {
        Loss::Squared => pairs.map(|(f, y)| 0.5 * (f - y).powi(2)).sum(),
        Loss::Logistic => pairs
            .map(|(f, q)| q * (-f).exp().ln_1p() + (1.0 - q) * f.exp().ln_1p())
            .sum(),
        Loss::Softmax => {
            let total: f64 = fitted.iter().map(|f| f.exp()).sum();
            pairs.map(|(f, q)| q * (total.ln() - f)).sum()
        }
        Loss::Huber { delta } => {
            let of = |(e, delta): (f64, f64)| match e <= delta {
                true => 0.5 * e * e,
                false => delta * (e - 0.5 * delta),
            };
            let off = pairs.map(|(f, y)| (f - y).abs());
            off.zip(delta.iter().map(|d| f64::from(*d))).map(of).sum()
        }
    }
}

/// Outputs and targets, `outputs x n`; shares of labels where the loss has them.
fn fitted(random: &mut Stream, loss: &Loss, n: usize, outputs: usize) -> (Vec<f32>, Vec<f32>) {
    let fitted: Vec<f32> = random.vector(n * outputs);
    let mut target: Vec<f32> = random.vector(n * outputs);
    if matches!(loss, Loss::Logistic | Loss::Softmax) {
        target.iter_mut().for_each(|q| *q = q.abs().min(1.0));
    }
    if *loss == Loss::Softmax {
        for i in 0..n {
            let total: f32 = (0..outputs).map(|k| target[k * n + i]).sum();
            (0..outputs).for_each(|k| target[k * n + i] /= total.max(1e-6));
        }
    }
    (fitted, target)
}

#[test]
fn loss_slope_twin_is_the_derivative() {
    // central differences of a function of size 1 leave about this
    const DIFFERENCE: f64 = 1e-5;
    for loss in &losses(3) {
        let mut random = Stream::new(5);
        for _ in 0..40 {
            let (f, y) = fitted(&mut random, loss, 1, 3);
            let (slopes, got) = twin::loss_slope::run(loss, &f, &y, 2.0);
            let wide = |x: &[f32]| -> Vec<f64> { x.iter().map(|x| f64::from(*x)).collect() };
            let (f, y) = (wide(&f), wide(&y));
            assert!(
                (f64::from(got) - 2.0 * value(loss, &f, &y)).abs() < DIFFERENCE,
                "{loss:?}"
            );
            for k in 0..3 {
                let moved = |by: f64| {
                    let mut f = f.clone();
                    f[k] += by;
                    value(loss, &f, &y)
                };
                let slope = 2.0 * (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!(
                    (f64::from(slopes[k]) + slope).abs() < 10.0 * DIFFERENCE,
                    "{loss:?}"
                );
            }
        }
    }
}

#[test]
fn loss_slope_device_is_its_twin() {
    for device in devices().iter().take(1) {
        for (n, outputs) in [(0, 1), (1, 1), (63, 3), (64, 2), (65, 10)] {
            for loss in &losses(outputs) {
                let mut random = Stream::new(6);
                let (f, y) = fitted(&mut random, loss, n, outputs);
                let weights: Vec<f32> = random.vector::<f32>(n).iter().map(|w| w.abs()).collect();
                let (on_f, on_y) = (upload(device, &f), upload(device, &y));
                let on_w = upload(device, &weights);
                let (theta, losses) = (stale(device, n * outputs), stale(device, n));
                let of = Slopes {
                    fitted: &on_f,
                    targets: &on_y,
                    weights: &on_w,
                    deltas: &upload(device, &loss.deltas(outputs)),
                    theta: &theta,
                    losses: &losses,
                    samples: n,
                    outputs,
                };
                let steps = [loss_slope::step(device, loss, &of).expect("a step")];
                let got = after(device, &steps, &theta);
                let got_losses = block_on(device.read(&losses)).expect("the losses");
                for i in 0..n {
                    let of =
                        |x: &[f32]| -> Vec<f32> { (0..outputs).map(|k| x[k * n + i]).collect() };
                    let (want, value) = twin::loss_slope::run(loss, &of(&f), &of(&y), weights[i]);
                    assert_near(&of(&got), &want, 8.0 * TRANSCENDENT, "slopes");
                    assert_near(&got_losses[i..=i], &[value], 64.0 * TRANSCENDENT, "losses");
                }
            }
        }
    }
}

#[test]
fn loss_slope_of_huge_outputs_is_finite() {
    for device in devices().iter().take(1) {
        for loss in &losses(2) {
            let f = [800.0, -800.0, 0.0_f32, -800.0, 800.0, 0.0];
            let y = [1.0, 0.0, 0.5, 0.0, 1.0, 0.5_f32];
            let (on_f, on_y) = (upload(device, &f), upload(device, &y));
            let on_w = upload(device, &[1.0; 3]);
            let (theta, losses) = (stale(device, 6), stale(device, 3));
            let of = Slopes {
                fitted: &on_f,
                targets: &on_y,
                weights: &on_w,
                deltas: &upload(device, &loss.deltas(2)),
                theta: &theta,
                losses: &losses,
                samples: 3,
                outputs: 2,
            };
            let steps = [loss_slope::step(device, loss, &of).expect("a step")];
            let got = after(device, &steps, &theta);
            let got_losses = block_on(device.read(&losses)).expect("the losses");
            assert!(
                got.iter().chain(&got_losses).all(|x| x.is_finite()),
                "{loss:?}: {got:?}"
            );
            for i in 0..3 {
                let (want, value) =
                    twin::loss_slope::run(loss, &[f[i], f[3 + i]], &[y[i], y[3 + i]], 1.0);
                let size = want.iter().fold(1.0_f32, |most, x| most.max(x.abs()));
                assert_near(&[got[i], got[3 + i]], &want, size * TRANSCENDENT, "slopes");
                assert!((got_losses[i] - value).abs() <= TRANSCENDENT * value.max(1.0));
            }
        }
    }
}

#[test]
fn price_weights_twin_and_device_are_the_direction() {
    for (seed, (count, outputs)) in (0..).zip([(0, 1), (1, 1), (63, 3), (64, 1), (65, 4)]) {
        let mut random = Stream::new(seed);
        let mut along: Vec<f32> = random.vector(count * outputs);
        if outputs > 1 {
            // a column without a price
            (0..outputs).for_each(|k| along[k * count] = 0.0);
        }
        let signs: Vec<f32> = (0..count)
            .map(|j| if j.is_multiple_of(2) { 1.0 } else { -1.0 })
            .collect();
        let column =
            |j: usize| -> Vec<f32> { (0..outputs).map(|k| along[k * count + j]).collect() };
        for (j, &sign) in signs.iter().enumerate() {
            let (weights, price) = twin::price_weights::run(&column(j), sign);
            let inner: f64 = weights
                .iter()
                .zip(column(j))
                .map(|(a, c)| f64::from(*a) * f64::from(c))
                .sum();
            // a' c is the price, and the weights are a unit or nothing
            assert!(
                (inner - f64::from(price)).abs() <= 16.0 * f64::from(f32::EPSILON) * inner.abs()
            );
            let unit: f64 = weights.iter().map(|a| f64::from(*a).powi(2)).sum();
            assert!(unit == 0.0 && price == 0.0 || (unit - 1.0).abs() < 1e-5);
        }
        for device in devices().iter().take(1) {
            let (on, s) = (upload(device, &along), upload(device, &signs));
            let (weights, prices) = (stale(device, count * outputs), stale(device, count));
            let to = (&weights, &prices);
            let step = price_weights::step(device, (count, outputs), (&on, &s), to);
            let got = after(device, &[step.expect("a step")], &weights);
            let got_prices = block_on(device.read(&prices)).expect("the prices");
            for j in 0..count {
                let (want, price) = twin::price_weights::run(&column(j), signs[j]);
                let of: Vec<f32> = (0..outputs).map(|k| got[k * count + j]).collect();
                assert_near(&of, &want, 16.0 * f32::EPSILON, "weights");
                let room = 16.0 * f32::EPSILON * price.abs();
                assert!((got_prices[j] - price).abs() <= room);
            }
        }
    }
}

const MOTION: Motion = Motion {
    momentum: 0.9,
    gain: 0.03,
    least: 0.1,
};

#[test]
fn ascent_step_twin_is_the_formula() {
    for (seed, rank) in (0..).zip([1, 3, 4, 63, 70]) {
        let mut random = Stream::new(seed);
        let (u, g) = (columns(&mut random, 1, rank), columns(&mut random, 1, rank));
        let m = columns(&mut random, 1, rank);
        let mut column = Column {
            u: u.clone(),
            velocity: m.clone(),
            best: vec![0.0; u.len()],
            value: 0.25,
        };
        twin::ascent_step::run(&mut column, &g, 0.5, MOTION, 0.3);
        assert_eq!((&column.best, column.value), (&u, 0.5));
        let wide = |x: &[f32]| -> Vec<f64> { x.iter().map(|x| f64::from(*x)).collect() };
        let (u, g, m) = (wide(&u), wide(&g), wide(&m));
        let length = g.iter().map(|g| g * g).sum::<f64>().sqrt();
        let share = 0.03 / 0.5_f64.max(0.1 * length);
        let m: Vec<f64> = (0..u.len())
            .map(|k| 0.9 * m[k] + share * (g[k] - 0.5 * u[k]))
            .collect();
        let moved: Vec<f64> = (0..u.len()).map(|k| u[k] + 0.3 * m[k]).collect();
        let norm = moved.iter().map(|x| x * x).sum::<f64>().sqrt();
        for k in 0..u.len() {
            let off = (f64::from(column.u[k]) - moved[k] / norm).abs();
            assert!(off <= f64::from(room(rank, 1.0)), "{rank}");
            let off = (f64::from(column.velocity[k]) - m[k]).abs();
            assert!(off <= f64::from(room(rank, 4.0)), "{rank}");
        }
    }
}

#[test]
fn ascent_step_device_is_its_twin() {
    for device in devices().iter().take(1) {
        for (seed, (count, rank)) in
            (0..).zip([(1, 1), (5, 3), (3, 256), (2, 257), (70, 16), (0, 4)])
        {
            for (size, price) in [(0.3, 0.5), (0.0, 0.5), (0.3, 0.0), (0.3, f32::NAN)] {
                let mut random = Stream::new(seed);
                let wide = 4 * rank_depth(rank);
                let (u, g) = (
                    columns(&mut random, count, rank),
                    columns(&mut random, count, rank),
                );
                let m = columns(&mut random, count, rank);
                // above the price for every second column
                let values: Vec<f32> = (0..count)
                    .map(|j| if j.is_multiple_of(2) { 0.25 } else { 2.0 })
                    .collect();
                let on = ascent_step::Ascents {
                    gradients: &upload(device, &g),
                    prices: &upload(device, &vec![price; count]),
                    u: &upload(device, &u),
                    velocity: &upload(device, &m),
                    best: &upload(device, &vec![7.0; count * wide]),
                    values: &upload(device, &values),
                    columns: count,
                    depth: rank_depth(rank),
                };
                let step = ascent_step::step(device, &on, MOTION, size).expect("a step");
                let got = after(device, &[step], on.u);
                let read = |of: &Buffer<f32>| block_on(device.read(of)).expect("an array");
                let (velocity, best, values_now) =
                    (read(on.velocity), read(on.best), read(on.values));
                for j in 0..count {
                    let part = j * wide..(j + 1) * wide;
                    let mut column = Column {
                        u: u[part.clone()].to_vec(),
                        velocity: m[part.clone()].to_vec(),
                        best: vec![7.0; wide],
                        value: values[j],
                    };
                    twin::ascent_step::run(&mut column, &g[part.clone()], price, MOTION, size);
                    assert_near(&got[part.clone()], &column.u, room(rank, 1.0), "u");
                    assert_near(
                        &velocity[part.clone()],
                        &column.velocity,
                        room(rank, 4.0),
                        "m",
                    );
                    assert_eq!(best[part], column.best);
                    assert_eq!(values_now[j], column.value);
                }
            }
        }
    }
}

fn rank_depth(rank: usize) -> usize {
    rank.div_ceil(4)
}

#[test]
fn gather_columns_twin_and_device_pick() {
    for (seed, (count, rank)) in (0..).zip([(1, 1), (9, 3), (300, 17), (64, 64)]) {
        let mut random = Stream::new(seed);
        let all = columns(&mut random, count, rank);
        let index: Vec<u32> = (0..).step_by(3).take(count.div_ceil(3)).collect();
        let wide = 4 * rank_depth(rank);
        let twin = twin::gather_columns::run(&all, wide, &index);
        assert_eq!(twin.len(), index.len() * wide);
        assert_eq!(
            twin[twin.len() - wide..],
            all[(count - 1) / 3 * 3 * wide..][..wide]
        );
        for device in devices().iter().take(1) {
            let (from, at) = (upload(device, &all), upload(device, &index));
            let out = stale(device, twin.len());
            let step = gather_columns::step(device, rank_depth(rank), &at, &from, &out);
            assert_eq!(after(device, &[step.expect("a step")], &out), twin);
        }
    }
}
