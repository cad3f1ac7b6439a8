use core::time::Duration;
use std::sync::atomic::{AtomicBool, Ordering};

use faer::{Accum, Mat};
use linalg_core::{
    Control, DenseOperator, Halt, LinalgError, LinearOperator, Masks, Real, RowSpace, ShiftedGram,
};
use testkit::{MovingClock, Stream};

use crate::data::semidefinite;

fn factor_error<T: Real>(dense: &Mat<T>) -> LinalgError {
    let mut gram = ShiftedGram::from_dense(dense.as_ref()).unwrap();
    let error = gram
        .factor(T::of(1.0), T::of(1.0), &Control::default())
        .unwrap_err();
    assert!(!gram.is_factored());
    error
}

#[test]
fn shifted_gram_indefinite_names_the_pivot() {
    let dim = 300;
    for bad in [0, 1, 127, 128, 200, 299] {
        // -3 on one place of the diagonal: every pivot before it is that of a definite matrix
        let mut dense = semidefinite::<f64>(&mut Stream::new(bad as u64), dim);
        dense[(bad, bad)] = -3.0;
        let narrow = Mat::from_fn(dim, dim, |i, j| f32::of(dense[(i, j)]));
        let want = |precision| LinalgError::NotPositiveDefinite {
            index: bad,
            dim,
            precision,
        };
        assert_eq!(factor_error(&dense), want("f64"), "seed {bad}");
        assert_eq!(factor_error(&narrow), want("f32"), "seed {bad}");
    }
}

#[test]
fn shifted_gram_value_that_is_not_finite_is_an_error() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for (i, j) in [(0, 0), (5, 5), (3, 140), (130, 140), (299, 299)] {
            let mut dense = semidefinite::<f64>(&mut Stream::new(7), 300);
            (dense[(i, j)], dense[(j, i)]) = (value, value);
            let error = factor_error(&dense);
            let LinalgError::NotPositiveDefinite { index, .. } = error else {
                panic!("{value} at ({i}, {j}): {error}");
            };
            assert!(
                (i..=j).contains(&index),
                "{value} at ({i}, {j}): pivot {index}"
            );
        }
    }
    let mut gram = ShiftedGram::from_dense(Mat::<f64>::zeros(3, 3).as_ref()).unwrap();
    for shift in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
        let result = gram.factor(shift, 1.0, &Control::default());
        assert!(matches!(
            result,
            Err(LinalgError::NotPositiveDefinite { index: 0, .. })
        ));
    }
}

#[test]
fn shifted_gram_after_a_failure_factors_again() {
    let mut gram = ShiftedGram::from_dense(Mat::<f64>::zeros(2, 2).as_ref()).unwrap();
    assert!(gram.factor(-1.0, 1.0, &Control::default()).is_err());
    gram.factor(4.0, 1.0, &Control::default()).unwrap();
    let mut x = [8.0, -4.0];
    gram.solve_vector(&mut x);
    assert_eq!(x, [2.0, -1.0]);
}

#[test]
fn shifted_gram_stopped_control_is_halted() {
    let mut gram =
        ShiftedGram::from_dense(semidefinite::<f64>(&mut Stream::new(1), 300).as_ref()).unwrap();
    let raised = AtomicBool::new(true);
    let control = Control::default().interrupt(&raised);
    assert_eq!(gram.factor(1.0, 1.0, &control), Err(LinalgError::Halted));
    // the third tile column comes after the limit
    let clock = MovingClock::ticking(1.0);
    let control = Control::with_clock(&clock).deadline(2.0);
    assert_eq!(gram.factor(1.0, 1.0, &control), Err(LinalgError::Halted));
    assert!(!gram.is_factored());
    gram.factor(1.0, 1.0, &control.unlimited()).unwrap();
    assert!(gram.is_factored());
}

#[test]
fn shifted_gram_not_square_is_a_shape_error() {
    let error = ShiftedGram::from_dense(Mat::<f64>::zeros(3, 4).as_ref()).unwrap_err();
    assert_eq!(
        error,
        LinalgError::Shape {
            what: "matrix",
            want: 3,
            got: 4
        }
    );
}

#[test]
fn masks_length_that_does_not_divide_is_a_shape_error() {
    let error = Masks::from_columns(3, vec![1; 7]).unwrap_err();
    assert_eq!(
        error,
        LinalgError::Shape {
            what: "masks",
            want: 6,
            got: 7
        }
    );
    assert!(Masks::from_columns(0, vec![1]).is_err());
    assert_eq!(Masks::from_columns(0, vec![]).unwrap().n_blocks(), 0);
}

#[test]
fn row_space_data_that_are_not_finite_are_an_error() {
    for value in [f64::NAN, f64::INFINITY] {
        for (rows, cols) in [(6, 4), (4, 6), (60, 50)] {
            let mut x = Stream::new(2).matrix::<f64>(rows, cols);
            x[(1, 2)] = value;
            let error = RowSpace::svd(x.as_ref())
                .map(|space| space.rank())
                .unwrap_err();
            assert_eq!(error, LinalgError::NoSvd { rows, cols }, "{value}");
        }
    }
}

#[test]
fn control_limit_and_flag_halt() {
    let (clock, flag) = (MovingClock::ticking(1.0), AtomicBool::new(false));
    let control = Control::with_clock(&clock).deadline(2.0).interrupt(&flag);
    assert_eq!(control.ends_at(), Some(2.0));
    assert_eq!(control.halt(), None);
    assert_eq!(control.halt(), None);
    assert_eq!(control.halt(), Some(Halt::TimeLimit));
    flag.store(true, Ordering::Relaxed);
    assert_eq!(control.halt(), Some(Halt::Interrupted));
    let free = control.unlimited();
    assert_eq!((free.halt(), free.ends_at()), (None, None));
    assert!(free.seconds() >= 3.0);
}

#[test]
fn control_deadline_is_a_moment_and_within_a_duration() {
    let clock = || 10.0;
    let control = Control::with_clock(&clock);
    assert_eq!(control.deadline(10.0).halt(), Some(Halt::TimeLimit));
    assert_eq!(control.deadline(10.5).halt(), None);
    assert_eq!(control.deadline(f64::NAN).halt(), Some(Halt::TimeLimit));
    assert_eq!(control.deadline(None).ends_at(), None);
    let within = |seconds| control.within(Duration::from_secs_f64(seconds));
    assert_eq!(within(0.5).ends_at(), Some(10.5));
    assert_eq!(within(0.0).halt(), Some(Halt::TimeLimit));
    // the earliest counts, in whatever order they come
    assert_eq!(within(4.0).deadline(12.0).ends_at(), Some(12.0));
    assert_eq!(within(1.0).deadline(12.0).ends_at(), Some(11.0));
    assert_eq!(within(1.0).deadline(f64::NAN).halt(), Some(Halt::TimeLimit));
    assert_eq!(
        control.deadline(f64::NAN).deadline(50.0).halt(),
        Some(Halt::TimeLimit)
    );
    // what has no clock takes no deadline
    let none = Control::default();
    assert!(none.clocked().is_none() && control.unlimited().clocked().is_some());
    assert_eq!((none.seconds(), none.halt()), (0.0, None));
}

fn panics(work: impl FnOnce() + std::panic::UnwindSafe) -> bool {
    std::panic::catch_unwind(work).is_err()
}

#[test]
fn wrong_lengths_panic_as_documented() {
    assert!(panics(|| {
        let _ = linalg_core::dot(&[1.0], &[1.0, 2.0]);
    }));
    assert!(panics(|| linalg_core::axpy(1.0, &[1.0], &mut [1.0, 2.0])));
    assert!(panics(|| {
        let _ = linalg_core::distance(&[1.0], &[1.0, 2.0]);
    }));
    assert!(panics(|| linalg_core::combine(
        1.0,
        &[1.0],
        1.0,
        &[1.0, 2.0],
        &mut [0.0]
    )));
    let a = Mat::<f64>::zeros(2, 3);
    assert!(panics(|| DenseOperator::new(a.as_ref()).apply(
        &[0.0; 2],
        &mut [0.0; 2],
        &mut []
    )));
    assert!(panics(|| {
        let mut dst = Mat::<f64>::zeros(2, 2);
        linalg_core::product(dst.as_mut(), Accum::Replace, a.as_ref(), a.as_ref(), 1.0);
    }));
    let gram = ShiftedGram::from_dense(Mat::<f64>::zeros(3, 3).as_ref()).unwrap();
    assert!(panics(move || gram.solve_vector(&mut [0.0; 3])));
}
