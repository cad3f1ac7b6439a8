//! Prices over the whole sphere in one, two and three dimensions.

use core::sync::atomic::AtomicBool;

use crelu_bound::{
    BoundProblem, Certificate, Control, Dearest, Proof, dearest_neuron, is_enumerable, verify,
};
use faer::Mat;
use proptest::prelude::*;
use testkit::{MovingClock, Stream};

use crate::data::{Data, sampled_price, teacher};
use crate::exact::exact;

/// What the search promises between its bound and its best neuron, relatively.
const TIGHT: f64 = 1e-9;

fn dearest(x: &Mat<f64>, theta: &[f64]) -> Dearest {
    dearest_within(x, theta, &Control::default())
}

fn dearest_within(x: &Mat<f64>, theta: &[f64], control: &Control<'_>) -> Dearest {
    let y = vec![1.0; x.nrows()];
    let problem = BoundProblem::new(x.as_ref(), &y, 1.0).unwrap();
    dearest_neuron(&problem, theta, control).unwrap()
}

/// `sign theta'(X u)_+` at a unit multiple of `u`.
fn price(x: &Mat<f64>, theta: &[f64], sign: f64, u: &[f64]) -> f64 {
    let length = u.iter().map(|v| v * v).sum::<f64>().sqrt();
    (0..x.nrows())
        .map(|i| {
            let z: f64 = (0..u.len()).map(|j| x[(i, j)] * u[j] / length).sum();
            sign * theta[i] * z.max(0.0)
        })
        .sum()
}

/// The largest price in two dimensions: on every arc between two kinks the price is `|v| cos`.
fn exact_in_the_plane(x: &Mat<f64>, theta: &[f64]) -> f64 {
    let mut kinks: Vec<f64> = (0..x.nrows())
        .flat_map(|i| {
            let angle = x[(i, 1)].atan2(x[(i, 0)]);
            [0.5, -0.5].map(|turn| angle + turn * std::f64::consts::PI)
        })
        .map(|angle| angle.rem_euclid(2.0 * std::f64::consts::PI))
        .collect();
    kinks.sort_by(f64::total_cmp);
    let mut best = 0.0_f64;
    for k in 0..kinks.len() {
        let (low, mut high) = (kinks[k], kinks[(k + 1) % kinks.len()]);
        if high < low || kinks.len() == 1 {
            high += 2.0 * std::f64::consts::PI;
        }
        let middle = 0.5 * (low + high);
        let at = |angle: f64| vec![angle.cos(), angle.sin()];
        let mut v = [0.0; 2];
        for i in
            (0..x.nrows()).filter(|&i| x[(i, 0)] * middle.cos() + x[(i, 1)] * middle.sin() > 0.0)
        {
            v[0] += theta[i] * x[(i, 0)];
            v[1] += theta[i] * x[(i, 1)];
        }
        for sign in [1.0, -1.0] {
            let top = (sign * v[1]).atan2(sign * v[0]);
            let turns = [0.0, 1.0, 2.0].map(|t| top + t * 2.0 * std::f64::consts::PI);
            let inside = turns.into_iter().filter(|a| *a >= low && *a <= high);
            for angle in inside.chain([low, high]) {
                best = best.max(price(x, theta, sign, &at(angle)));
            }
        }
    }
    best
}

proptest! {
    #![proptest_config(testkit::cases(103, 120))]

    #[test]
    fn dearest_in_the_plane_is_the_exact_largest_price(rows in 1_usize..40, seed in any::<u64>()) {
        let mut rng = Stream::new(seed);
        let x = Mat::from_fn(rows, 2, |_, _| rng.normal());
        let theta = rng.normals(rows);
        let (found, exact) = (dearest(&x, &theta), exact_in_the_plane(&x, &theta));
        prop_assert!(found.bound >= exact * (1.0 - 1e-13), "{} below {exact}", found.bound);
        prop_assert!(found.bound <= exact * (1.0 + TIGHT), "{} far above {exact}", found.bound);
        let at = price(&x, &theta, found.sign, &found.direction);
        prop_assert!((at - found.price).abs() <= 1e-12 * exact);
    }

    #[test]
    fn dearest_in_space_is_tight_and_above_every_price_found(
        rows in 1_usize..60, copies in 0_usize..3, seed in any::<u64>()
    ) {
        let mut rng = Stream::new(seed);
        // repeated, opposite and nearly collinear rows among them
        let base = Mat::from_fn(rows, 3, |_, j| if j == 2 { 1.0 } else { rng.normal() });
        let all = rows * (1 + copies);
        let scales = [1.0, -0.5, 3.0 + 1e-13];
        let x = Mat::from_fn(all, 3, |i, j| scales[i / rows] * base[(i % rows, j)]);
        let theta = rng.normals(all);
        let found = dearest(&x, &theta);
        let sampled = sampled_price(&x, &theta, &mut rng);
        prop_assert!(found.bound >= sampled * (1.0 - 1e-13), "{} below {sampled}", found.bound);
        let at = price(&x, &theta, found.sign, &found.direction);
        prop_assert!(found.bound <= at * (1.0 + TIGHT), "{} far above {at}", found.bound);
    }

    #[test]
    fn verify_with_enumeration_stays_below_the_exact_optimum_and_reaches_it(
        rank in 1_usize..4, rows in 2_usize..13, share in 0.05_f64..1.1, seed in any::<u64>()
    ) {
        let rows = if rank == 3 { rows.clamp(3, 7) } else { rows };
        let data = teacher(rows, rank, share, seed);
        let best = exact(&data);
        let certificate = Certificate::new(best.theta, Proof::Enumeration);
        let bound = verify(&data.problem(), &certificate).unwrap().bound().unwrap();
        let size = data.y.iter().map(|y| y * y).sum::<f64>() / rows as f64;
        // the interior point stops at about 1e-8
        prop_assert!(bound.value <= best.objective + 1e-7 * size);
        prop_assert!(bound.value >= best.objective - 1e-5 * size, "{} {}", bound.value, best.objective);
    }
}

#[test]
fn dearest_of_data_of_rank_three_in_six_columns_is_that_of_their_coordinates() {
    let mut rng = Stream::new(5);
    let small = Mat::from_fn(50, 3, |_, _| rng.normal());
    let basis = Mat::from_fn(6, 3, |_, _| rng.normal());
    let (q, _) = linalg_core::orthogonal(basis.as_ref(), 3);
    let wide = &small * q.transpose();
    let theta = rng.normals(50);
    let (a, b) = (dearest(&small, &theta), dearest(&wide, &theta));
    assert!((a.price - b.price).abs() <= 1e-12 * a.price);
    assert!(b.bound >= a.price * (1.0 - 1e-14) && b.bound <= a.bound * (1.0 + TIGHT));
    assert_eq!(b.direction.len(), 6);
}

#[test]
fn dearest_scales_with_the_data() {
    let mut rng = Stream::new(6);
    let x = Mat::from_fn(40, 3, |_, _| rng.normal());
    let theta = rng.normals(40);
    let plain = dearest(&x, &theta).bound;
    for scale in [1e-8, 1e8, 1e-60] {
        let scaled = Mat::from_fn(40, 3, |i, j| scale * x[(i, j)]);
        let bound = dearest(&scaled, &theta).bound / scale;
        assert!(
            (bound - plain).abs() <= 1e-9 * plain,
            "{scale}: {bound} {plain}"
        );
    }
}

#[test]
fn verify_with_enumeration_of_any_length_of_theta_stays_below_the_optimum() {
    for (rank, rows) in [(1, 6), (2, 9), (3, 6)] {
        let data = teacher(rows, rank, 0.2, 3);
        let best = exact(&data);
        let size = data.y.iter().map(|y| y * y).sum::<f64>() / rows as f64;
        for power in (-1070..1020).step_by(11) {
            let by = |t: &f64| t * 2.0_f64.powi(power / 2) * 2.0_f64.powi(power - power / 2);
            let theta: Vec<f64> = best.theta.iter().map(by).collect();
            let certificate = Certificate::new(theta, Proof::Enumeration);
            let bound = verify(&data.problem(), &certificate).unwrap().bound();
            // the interior point stops at about 1e-8
            let most = best.objective + 1e-7 * size;
            assert!(
                bound.is_none_or(|b| b.value <= most),
                "2^{power}: {bound:?}"
            );
        }
    }
}

#[test]
fn dearest_price_is_sound_where_squares_would_leave_the_range() {
    let mut rng = Stream::new(9);
    let x = Mat::from_fn(100, 2, |_, _| rng.normal());
    let theta = rng.normals(100);
    let plain = dearest(&x, &theta).price;
    for scale in [1e-170, 1e-90, 1e90, 1e152] {
        let scaled: Vec<f64> = theta.iter().map(|t| t * scale).collect();
        let data = Data {
            x: x.clone(),
            y: scaled.clone(),
            beta: 0.1,
        };
        let found = dearest_neuron(&data.problem(), &scaled, &Control::default());
        let is_sound = found.is_none_or(|found| found.bound / scale >= plain * (1.0 - 1e-14));
        assert!(is_sound, "{scale}");
    }
}

#[test]
fn dearest_of_no_price_is_nothing() {
    let x = Mat::from_fn(7, 3, |i, j| (i * 3 + j) as f64 - 8.0);
    let found = dearest(&x, &[0.0; 7]);
    assert_eq!((found.bound, found.price), (0.0, 0.0));
    let zero = Mat::<f64>::zeros(7, 3);
    assert!(dearest(&zero, &[1.0; 7]).bound <= 1e-140);
}

#[test]
fn enumeration_refuses_four_dimensions() {
    let mut rng = Stream::new(8);
    let x = Mat::from_fn(20, 4, |_, _| rng.normal());
    let data = Data {
        x,
        y: rng.normals(20),
        beta: 0.1,
    };
    assert!(!is_enumerable(&data.problem()));
    let none = dearest_neuron(&data.problem(), &data.y, &Control::default());
    assert_eq!(none, None);
    // a fourth dimension that is rounding is none
    let mut x = data.x.clone();
    for i in 0..20 {
        x[(i, 3)] = x[(i, 0)] - 2.0 * x[(i, 1)] + 1e-14 * x[(i, 3)];
    }
    let data = Data { x, ..data };
    assert!(is_enumerable(&data.problem()));
}

#[test]
fn enumeration_of_a_thousand_rows_is_complete() {
    let data = teacher(1000, 3, 0.1, 9);
    let found = dearest(&data.x, &data.y);
    assert!(found.bound <= found.price * (1.0 + TIGHT), "{found:?}");
}

/// Rows all over the sphere, of about equal weight: every neuron costs nearly the same, and a
/// complete search takes seconds.
fn even(rows: usize) -> (Mat<f64>, Vec<f64>) {
    // the golden angle
    let turn = std::f64::consts::PI * (3.0 - 5.0_f64.sqrt());
    let x = Mat::from_fn(rows, 3, |i, j| {
        let height = 1.0 - (2 * i + 1) as f64 / rows as f64;
        let (sine, cosine) = (turn * i as f64).sin_cos();
        let radius = (1.0 - height * height).sqrt();
        [radius * cosine, radius * sine, height][j]
    });
    let mut rng = Stream::new(4);
    let theta = (0..rows).map(|_| 1.0 + 1e-3 * rng.normal()).collect();
    (x, theta)
}

#[test]
fn dearest_with_its_limit_up_is_a_loose_bound_and_a_real_neuron() {
    let flag = AtomicBool::new(true);
    let controls = [
        *Control::with_clock(&|| 0.0).deadline(0.0),
        Control::default().interrupt(&flag),
    ];
    // of the last the first cap is within 0.08 % already
    let seeds = testkit::seeds((0..30).chain([4_136_593_467]));
    for (seed, rank) in seeds.map(|seed| (seed, 2 + usize::from(seed % 3 > 0))) {
        let data = teacher(300, rank, 0.1, seed);
        let complete = dearest(&data.x, &data.y);
        for control in &controls {
            let cut = dearest_within(&data.x, &data.y, control);
            let (bound, best) = (cut.bound, complete.price);
            assert!(bound >= best * (1.0 - 1e-13), "{seed}: {bound} {best}");
            // it was cut: one that ends by itself is that close
            let ended = complete.bound.max(best * (1.0 + TIGHT));
            assert!(bound > ended, "{seed}: {bound} {best}");
            assert!(cut.price <= complete.bound, "{seed}");
            let at = price(&data.x, &data.y, cut.sign, &cut.direction);
            assert!((at - cut.price).abs() <= 1e-12 * best, "{seed}");
        }
    }
}

#[test]
fn dearest_is_the_tighter_the_later_its_limit() {
    let (x, theta) = even(5000);
    let mut last = f64::INFINITY;
    for seconds in [0_u32, 2, 8, 32] {
        let clock = MovingClock::ticking(1.0);
        let control = Control::with_clock(&clock).deadline(f64::from(seconds));
        let found = dearest_within(&x, &theta, &control);
        // each of the two signs ends at the first look that finds the limit up
        let late = clock.now() - f64::from(seconds);
        assert!((0.0..=2.0).contains(&late), "{seconds}: {late} s late");
        assert!(found.bound < last, "{seconds}: {} {last}", found.bound);
        assert!(found.bound >= found.price);
        last = found.bound;
    }
}
