use core::sync::atomic::AtomicBool;

use faer::Mat;
use linalg_core::{Control, DenseOperator, Identity, LinalgError, Real};
use precond_nystrom::{Jacobi, Nystrom, NystromSettings, PrecondError, condition_estimate};
use testkit::Stream;

use crate::data::{Grid, Shifted, dense_inverse, preconditioned_spectrum, rounded, spectrum};

fn assert_full_lanczos_is_exact<T: Real>(condition: f64, allowed: f64) {
    let values: Vec<f64> = (0..40)
        .map(|k| condition.powf(-(k as f64) / 39.0))
        .collect();
    let matrix = rounded::<T>(Stream::new(1).with_spectrum(&values).as_ref());
    let op = DenseOperator::new(matrix.as_ref());
    let got = condition_estimate(&op, None, 40, 1, &Control::default()).unwrap();
    assert_eq!(got.steps, 40);
    assert!((got.largest - 1.0).abs() <= allowed, "{got:?}");
    assert!(
        (got.condition() / condition - 1.0).abs() <= allowed * condition,
        "{got:?}"
    );
}

#[test]
fn condition_estimate_with_all_steps_is_exact() {
    assert_full_lanczos_is_exact::<f64>(1e6, 1e-12);
    assert_full_lanczos_is_exact::<f32>(1e2, 1e-5);
}

#[test]
fn condition_estimate_grows_with_the_steps_and_stays_below() {
    let matrix = Stream::new(2).with_spectrum(&spectrum(1, 80));
    let op = DenseOperator::new(matrix.as_ref());
    let system = Shifted(&op, 1e-4);
    let mut before = 0.0;
    for steps in [1, 3, 10, 30, 80] {
        let got = condition_estimate(&system, None, steps, 3, &Control::default()).unwrap();
        assert!(got.condition() >= before * (1.0 - 1e-9), "{got:?} {before}");
        before = got.condition();
        assert!(before <= (1.0 + 1e-4) / 1e-4 * (1.0 + 1e-9), "{got:?}");
    }
    assert!(before >= 0.9e4, "{before}");
}

#[test]
fn condition_estimate_sees_through_a_preconditioner() {
    let mut stream = Stream::new(4);
    let matrix = stream.with_spectrum(&spectrum(0, 50));
    let op = DenseOperator::new(matrix.as_ref());
    let (shift, control) = (1e-3, Control::default());
    let system = Shifted(&op, shift);
    let dense = Mat::from_fn(50, 50, |i, j| {
        matrix[(i, j)] + if i == j { shift } else { 0.0 }
    });
    let settings = NystromSettings::default().rank(10).check().unwrap();
    let nystrom = Nystrom::new(&op, &settings, shift, &control).unwrap();
    let jacobi = Jacobi::new((0..50).map(|i| matrix[(i, i)]).collect(), shift).unwrap();
    let got = condition_estimate(&system, Some(&nystrom), 50, 5, &control).unwrap();
    let ends = preconditioned_spectrum(&dense_inverse(&nystrom), &dense);
    assert!(
        (got.condition() / (ends[49] / ends[0]) - 1.0).abs() <= 1e-6,
        "{got:?}"
    );
    let other = condition_estimate(&system, Some(&jacobi), 50, 5, &control).unwrap();
    let ends = preconditioned_spectrum(&dense_inverse(&jacobi), &dense);
    assert!(
        (other.condition() / (ends[49] / ends[0]) - 1.0).abs() <= 1e-6,
        "{other:?}"
    );
    let plain = condition_estimate(&system, None, 50, 5, &control).unwrap();
    assert!(
        10.0 * got.condition() < plain.condition(),
        "{got:?} {plain:?}"
    );
    let identity = Identity::new(50);
    let same = condition_estimate(&system, Some(&identity), 50, 5, &control).unwrap();
    assert!((same.condition() / plain.condition() - 1.0).abs() <= 1e-9);
}

#[test]
fn condition_estimate_exhausted_spectrum_ends_early() {
    let identity = Mat::<f64>::identity(30, 30);
    let op = DenseOperator::new(identity.as_ref());
    let got = condition_estimate(&op, None, 20, 6, &Control::default()).unwrap();
    assert_eq!(got.steps, 1);
    assert!((got.condition() - 1.0).abs() <= 1e-14);
    // three distinct eigenvalues
    let values: Vec<f64> = (0..30).map(|k| [1.0, 4.0, 9.0][k % 3]).collect();
    let matrix = Stream::new(7).with_spectrum(&values);
    let op = DenseOperator::new(matrix.as_ref());
    let got = condition_estimate(&op, None, 30, 8, &Control::default()).unwrap();
    assert_eq!(got.steps, 3);
    assert!((got.condition() - 9.0).abs() <= 1e-11, "{got:?}");
    let nothing = Mat::<f64>::zeros(0, 0);
    let op = DenseOperator::new(nothing.as_ref());
    let got = condition_estimate(&op, None, 5, 9, &Control::default()).unwrap();
    assert_eq!((got.steps, got.condition()), (0, 1.0));
}

#[test]
fn condition_estimate_of_a_grid_is_that_of_its_cosines() {
    let side = 8;
    let grid = Grid(side);
    let system = Shifted::<f64>(&grid, 0.05);
    let got = condition_estimate(&system, None, 64, 10, &Control::default()).unwrap();
    // eigenvalues 4 - 2 cos(pi i / side) - 2 cos(pi j / side)
    let last = (core::f64::consts::PI * (side as f64 - 1.0) / side as f64).cos();
    let want = (4.0 - 4.0 * last + 0.05) / 0.05;
    assert!(
        (got.condition() - want).abs() <= 1e-8 * want,
        "{got:?} {want}"
    );
}

#[test]
fn condition_estimate_bad_operators_are_errors() {
    let control = Control::default();
    let mut matrix = Stream::new(11).with_spectrum(&[2.0, 1.0, -0.5, 3.0]);
    let op = DenseOperator::new(matrix.as_ref());
    let error = condition_estimate(&op, None, 4, 1, &control).unwrap_err();
    assert!(matches!(error, PrecondError::NotPositive { value } if (value + 0.5).abs() < 1e-12));
    matrix[(0, 1)] = f64::NAN;
    let op = DenseOperator::new(matrix.as_ref());
    assert_eq!(
        condition_estimate(&op, None, 4, 1, &control),
        Err(PrecondError::NotFinite)
    );
    let other = Identity::new(3);
    assert!(matches!(
        condition_estimate(&op, Some(&other), 4, 1, &control),
        Err(PrecondError::Shape {
            want: 4,
            got: 3,
            ..
        })
    ));
    let flag = AtomicBool::new(true);
    let halted = Control::default().interrupt(&flag);
    assert_eq!(
        condition_estimate(&op, None, 4, 1, &halted),
        Err(PrecondError::Linalg(LinalgError::Halted))
    );
}
