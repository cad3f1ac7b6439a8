//! Prices over the whole sphere in four to six dimensions.

use crelu_bound::{
    BoundProblem, Certificate, CheckedConeSettings, ConeReport, ConeSettings, Control, Halt, Proof,
    dearest_in_cones, dearest_neuron, verify,
};
use faer::Mat;
use proptest::prelude::*;
use testkit::Stream;

use crate::data::{Data, sampled_price, teacher};

/// Of the searches here, and a little more than that: what the prices of both kinds of search differ by.
const TOLERANCE: f64 = 1e-4;
const AGREE: f64 = 1.01e-4;

fn settings(tolerance: f64) -> CheckedConeSettings {
    let settings = ConeSettings::default().tolerance(tolerance);
    settings.check().unwrap()
}

fn search(x: &Mat<f64>, theta: &[f64], tolerance: f64) -> ConeReport {
    let y = vec![1.0; x.nrows()];
    let problem = BoundProblem::new(x.as_ref(), &y, 1.0).unwrap();
    dearest_in_cones(&problem, theta, &settings(tolerance), &Control::default()).unwrap()
}

/// `sign theta'(X u)_+` at a unit multiple of `u`.
fn price(x: &Mat<f64>, theta: &[f64], sign: f64, u: &[f64]) -> f64 {
    let length = u.iter().map(|v| v * v).sum::<f64>().sqrt();
    let row = |i: usize| (0..u.len()).map(|j| x[(i, j)] * u[j] / length).sum::<f64>();
    (0..x.nrows())
        .map(|i| sign * theta[i] * row(i).max(0.0))
        .sum()
}

proptest! {
    #![proptest_config(testkit::cases(102, 40))]

    #[test]
    fn cones_in_three_dimensions_agree_with_caps(rows in 1_usize..25, seed in any::<u64>()) {
        let mut rng = Stream::new(seed);
        // a fourth column that adds no dimension
        let x = Mat::from_fn(rows, 3, |_, _| rng.normal());
        let x = Mat::from_fn(rows, 4, |i, j| if j < 3 { x[(i, j)] } else { x[(i, 0)] - x[(i, 2)] });
        let theta = rng.normals(rows);
        let y = vec![1.0; rows];
        let problem = BoundProblem::new(x.as_ref(), &y, 1.0).unwrap();
        let exact = dearest_neuron(&problem, &theta, &Control::default()).unwrap();
        let found = search(&x, &theta, TOLERANCE).dearest;
        prop_assert!(found.bound >= exact.price * (1.0 - 1e-12));
        prop_assert!(found.bound <= exact.bound * (1.0 + AGREE), "{found:?} {exact:?}");
        prop_assert!(found.price <= exact.bound);
    }

    #[test]
    fn cones_bound_is_within_its_tolerance_of_a_neuron(
        rows in 1_usize..60,
        rank in 4_usize..7,
        seed in any::<u64>(),
    ) {
        let mut rng = Stream::new(seed);
        let x = Mat::from_fn(rows, rank, |_, _| rng.normal());
        let theta = rng.normals(rows);
        let found = search(&x, &theta, 1e-2).dearest;
        let at = price(&x, &theta, found.sign, &found.direction);
        // of fewer dimensions than are searched, the direction may be shorter than one
        prop_assert!(at >= found.price * (1.0 - 1e-11) && at <= found.bound);
        prop_assert!(found.bound <= found.price * (1.0 + 1.001e-2));
        for _ in 0..300 {
            let u = rng.normals(rank);
            let sampled = price(&x, &theta, 1.0, &u).abs();
            prop_assert!(sampled <= found.bound, "{sampled} above {}", found.bound);
        }
    }

    #[test]
    fn cones_certificate_proves_what_the_search_found(
        rows in 8_usize..50,
        rank in 4_usize..6,
        size in -40_i32..40,
        seed in any::<u64>(),
    ) {
        let mut data = teacher(rows, rank, 0.2, seed);
        let unit = 1.7 * 2.0_f64.powi(size);
        data.y.iter_mut().for_each(|y| *y *= unit);
        data.beta *= unit;
        let found = dearest_in_cones(&data.problem(), &data.y, &settings(1e-2), &Control::default())
            .unwrap()
            .dearest;
        let at = |price| Certificate::new(data.y.clone(), Proof::Cones { price });
        let verified = verify(&data.problem(), &at(found.bound)).unwrap().bound().unwrap();
        prop_assert!((verified.price_bound / found.bound - 1.0).abs() <= 1e-12);
        // below the price of a neuron there is no proof; just below it, that takes long to see
        for spoiled in [found.price * 0.98, 0.0, -1.0, f64::NAN] {
            prop_assert_eq!(verify(&data.problem(), &at(spoiled)).unwrap().bound(), None);
        }
    }
}

#[test]
fn cones_planted_direction_is_the_known_optimum() {
    // rows e_k, -e_k with weights 1: the price is sum |u_k|, largest at (1, .., 1) / sqrt(r)
    let x = Mat::from_fn(10, 5, |i, j| match (i / 2 == j, i % 2) {
        (true, 0) => 1.0,
        (true, _) => -1.0,
        _ => 0.0,
    });
    let found = search(&x, &[1.0; 10], 1e-6).dearest;
    let exact = 5.0_f64.sqrt();
    assert!(found.bound >= exact && found.bound <= exact * (1.0 + 2e-6));
    assert!((found.price - exact).abs() <= 1e-6 * exact);
}

#[test]
fn cones_degenerate_rows_are_bounded() {
    let mut rng = Stream::new(5);
    let base = Mat::from_fn(12, 4, |_, _| rng.normal());
    // every row twice, its opposite, and a row of zeros
    let x = Mat::from_fn(37, 4, |i, j| match i {
        36 => 0.0,
        _ if i % 3 == 2 => -base[(i / 3, j)],
        _ => base[(i / 3, j)],
    });
    let theta = rng.normals(37);
    let found = search(&x, &theta, 1e-3).dearest;
    let data = Data {
        x,
        y: theta.clone(),
        beta: 1.0,
    };
    assert!(found.bound >= sampled_price(&data.x, &theta, &mut rng));
    assert!(found.bound <= found.price * (1.0 + 1.01e-3));
    let zeros = Mat::zeros(3, 4);
    let none = search(&zeros, &[1.0, -1.0, 0.5], 1e-3).dearest;
    assert!(none.bound <= 1e-100 && none.price == 0.0);
}

#[test]
fn cones_limits_leave_a_valid_looser_bound() {
    let data = teacher(400, 5, 0.02, 11);
    let theta = Stream::new(12).normals(400);
    let whole = search(&data.x, &theta, 1e-3);
    let limited = |visits: usize, bytes: usize| {
        let settings = ConeSettings::default().tolerance(1e-3);
        settings.visits(visits).bytes(bytes).check().unwrap()
    };
    let short = limited(64 * 400, usize::MAX);
    let stop = std::sync::atomic::AtomicBool::new(true);
    let interrupted = Control::default().interrupt(&stop);
    assert_eq!(interrupted.halt(), Some(Halt::Interrupted));
    let small = limited(usize::MAX, 4 * 64 * 400);
    for (settings, control) in [
        (&short, Control::default()),
        (&small, Control::default()),
        (&settings(1e-3), interrupted),
    ] {
        let cut = dearest_in_cones(&data.problem(), &theta, settings, &control).unwrap();
        assert!(cut.visits < whole.visits, "{} {}", cut.visits, whole.visits);
        assert!(cut.dearest.bound > whole.dearest.bound);
        // and the verifier agrees
        let certificate = Certificate::new(
            theta.clone(),
            Proof::Cones {
                price: cut.dearest.bound,
            },
        );
        assert!(
            verify(&data.problem(), &certificate)
                .unwrap()
                .bound()
                .is_some()
        );
    }
}

#[test]
fn cones_limits_below_the_first_cones_are_none() {
    let data = teacher(120, 5, 0.02, 11);
    // 64 cones of 120 rows
    let first = 64 * 120;
    for (visits, bytes, serves) in [
        (first - 1, 4 * first, false),
        (first, 4 * first - 1, false),
        (first, 4 * first, true),
    ] {
        let settings = ConeSettings::default().tolerance(1e-3);
        let settings = settings.visits(visits).bytes(bytes).check().unwrap();
        let control = Control::default();
        let found = dearest_in_cones(&data.problem(), &data.y, &settings, &control);
        assert_eq!(found.is_some(), serves, "{visits} {bytes}");
    }
}

#[test]
fn cones_other_shapes_and_values_are_refused() {
    let data = teacher(30, 8, 0.1, 2);
    let run = |data: &Data, theta: &[f64]| {
        dearest_in_cones(&data.problem(), theta, &settings(0.1), &Control::default())
    };
    assert_eq!(run(&data, &data.y), None);
    let data = teacher(30, 5, 0.1, 2);
    assert_eq!(run(&data, &data.y[1..]), None);
    assert_eq!(run(&data, &[f64::NAN; 30]), None);
    assert_eq!(run(&data, &[1e200; 30]), None);
}
