use core::sync::atomic::AtomicBool;

use faer::Mat;
use linalg_core::{Control, DenseOperator, LinalgError, Preconditioner};
use precond_nystrom::{
    AdaptiveRank, BlockDiagonal, BlockNystrom, Jacobi, Nystrom, NystromSettings, PrecondError,
    RankStatus, approximation_error,
};

use crate::data::{Stream, spectrum};

fn make(matrix: &Mat<f64>, rank: usize, shift: f64) -> Result<Nystrom<f64>, PrecondError> {
    let settings = NystromSettings::default().rank(rank);
    let op = DenseOperator::new(matrix.as_ref());
    Nystrom::new(&op, &settings, shift, &Control::default())
}

#[test]
fn nystrom_nan_operator_is_an_error() {
    for bad in [f64::NAN, f64::INFINITY] {
        let mut matrix = Stream::new(1).with_spectrum(&spectrum(0, 20));
        matrix[(3, 4)] = bad;
        assert_eq!(make(&matrix, 5, 1.0).unwrap_err(), PrecondError::NotFinite);
        let op = DenseOperator::new(matrix.as_ref());
        let result = Nystrom::adaptive(&op, &AdaptiveRank::default(), 1.0, &Control::default());
        assert_eq!(result.unwrap_err(), PrecondError::NotFinite);
        let good = Stream::new(1).with_spectrum(&spectrum(0, 20));
        let nystrom = make(&good, 5, 1.0).unwrap();
        let result = approximation_error(&op, &nystrom, 1, &Control::default());
        assert_eq!(result, Err(PrecondError::NotFinite));
    }
}

#[test]
fn nystrom_zero_operator_and_rank_zero_are_the_identity() {
    let zero = Mat::<f64>::zeros(12, 12);
    let some = Stream::new(2).with_spectrum(&spectrum(0, 12));
    for nystrom in [make(&zero, 5, 0.3).unwrap(), make(&some, 0, 0.3).unwrap()] {
        assert_eq!(nystrom.rank(), 0);
        let (r, mut z) = (Stream::new(3).vector::<f64>(12), vec![0.0; 12]);
        nystrom.apply_inverse(&r, &mut z, &mut []);
        assert_eq!(r, z);
    }
    let op = DenseOperator::new(zero.as_ref());
    let settings = AdaptiveRank::default();
    let (nystrom, report) = Nystrom::adaptive(&op, &settings, 1e-9, &Control::default()).unwrap();
    assert_eq!((nystrom.rank(), report.error), (0, 0.0));
    assert_eq!(report.status, RankStatus::Reached);
}

#[test]
fn nystrom_rank_above_the_side_is_the_side() {
    let matrix = Stream::new(4).with_spectrum(&spectrum(0, 12));
    assert_eq!(make(&matrix, 500, 0.3).unwrap().rank(), 12);
    let one = Mat::from_fn(1, 1, |_, _| 4.0);
    let nystrom = make(&one, 3, 1.0).unwrap();
    assert_eq!(nystrom.rank(), 1);
    assert!((nystrom.eigenvalues()[0] - 4.0).abs() <= 1e-14);
}

#[test]
fn nystrom_indefinite_operator_is_an_error() {
    let mut values = spectrum(0, 30);
    values[1] = -0.5;
    let matrix = Stream::new(5).with_spectrum(&values);
    let PrecondError::NotPositive { value } = make(&matrix, 20, 1.0).unwrap_err() else {
        panic!("another error");
    };
    // a value of a quadratic form: between the smallest eigenvalue and zero
    assert!((-0.5..0.0).contains(&value), "{value}");
}

#[test]
fn nystrom_semidefinite_operator_with_rounding_is_taken() {
    // rank one, and the rounding of its entries makes tiny negative eigenvalues
    let v: Vec<f64> = Stream::new(6).vector(40);
    let matrix = Mat::from_fn(40, 40, |i, j| 1e6 * v[i] * v[j]);
    let nystrom = make(&matrix, 10, 1.0).unwrap();
    let want = 1e6 * v.iter().map(|x| x * x).sum::<f64>();
    assert!((nystrom.eigenvalues()[0] - want).abs() <= 1e-10 * want);
    assert!(
        nystrom
            .eigenvalues()
            .iter()
            .skip(1)
            .all(|l| *l <= 1e-10 * want)
    );
}

#[test]
fn shift_out_of_range_is_an_error() {
    let matrix = Stream::new(7).with_spectrum(&spectrum(0, 5));
    let op = DenseOperator::new(matrix.as_ref());
    for shift in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let ranged =
            |error: PrecondError| matches!(error, PrecondError::Range { what: "shift", .. });
        assert!(ranged(make(&matrix, 2, shift).unwrap_err()));
        assert!(ranged(Jacobi::new(vec![1.0], shift).unwrap_err()));
        let settings = AdaptiveRank::default();
        let result = Nystrom::adaptive(&op, &settings, shift, &Control::default());
        assert!(ranged(result.unwrap_err()));
    }
    for (settings, want) in [
        (AdaptiveRank::default().start(0), "start"),
        (AdaptiveRank::default().max(0), "max"),
        (AdaptiveRank::default().factor(f64::NAN), "factor"),
        (AdaptiveRank::default().factor(0.0), "factor"),
    ] {
        let result = Nystrom::adaptive(&op, &settings, 1.0, &Control::default());
        let error = result.unwrap_err();
        assert!(
            matches!(error, PrecondError::Range { what, .. } if what == want),
            "{error}"
        );
    }
}

#[test]
fn wrong_shapes_are_errors() {
    let tall = Mat::<f64>::zeros(5, 3);
    assert!(matches!(
        make(&tall, 2, 1.0),
        Err(PrecondError::Shape {
            want: 3,
            got: 5,
            ..
        })
    ));
    assert!(matches!(
        Jacobi::weighted(vec![1.0; 3], vec![1.0; 2], 1.0),
        Err(PrecondError::Shape {
            want: 3,
            got: 2,
            ..
        })
    ));
    assert!(BlockDiagonal::new(tall.as_ref(), 2).is_err());
    let square = Stream::new(8).with_spectrum(&spectrum(0, 6));
    let op = DenseOperator::new(square.as_ref());
    let block = BlockDiagonal::diagonal(&[1.0, 2.0], 2).unwrap();
    let settings = NystromSettings::default();
    let result = BlockNystrom::new(&op, block, &settings, 1.0, &Control::default());
    assert!(matches!(
        result,
        Err(PrecondError::Shape {
            want: 6,
            got: 4,
            ..
        })
    ));
}

#[test]
fn diagonals_out_of_range_are_errors() {
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(Jacobi::new(vec![1.0, bad], 1.0).is_err());
        assert!(Jacobi::weighted(vec![1.0], vec![bad], 1.0).is_err());
        assert!(BlockDiagonal::diagonal(&[1.0, bad], 1).is_err());
    }
    assert!(Jacobi::weighted(vec![1.0], vec![0.0], 1.0).is_err());
    let mut indefinite = Mat::<f64>::identity(3, 3);
    indefinite[(2, 2)] = -1.0;
    assert!(matches!(
        BlockDiagonal::new(indefinite.as_ref(), 1),
        Err(PrecondError::Linalg(LinalgError::NotPositiveDefinite {
            index: 2,
            ..
        }))
    ));
}

#[test]
fn interrupted_sketch_is_halted() {
    let matrix = Stream::new(9).with_spectrum(&spectrum(0, 20));
    let op = DenseOperator::new(matrix.as_ref());
    let flag = AtomicBool::new(true);
    let control = Control::default().interrupt(Some(&flag));
    let result = Nystrom::new(&op, &NystromSettings::default(), 1.0, &control);
    assert_eq!(
        result.unwrap_err(),
        PrecondError::Linalg(LinalgError::Halted)
    );
    let good = make(&matrix, 3, 1.0).unwrap();
    let result = approximation_error(&op, &good, 1, &control);
    assert_eq!(result, Err(PrecondError::Linalg(LinalgError::Halted)));
}
