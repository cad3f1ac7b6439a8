use core::sync::atomic::AtomicBool;

use faer::Mat;
use krylov::{CgSettings, CgStatus, CgWorkspace, NormalOperator, pcg};
use linalg_core::{
    Control, DenseOperator, LinalgError, LinearOperator, MaskedBlocks, Masks, Preconditioner, Real,
    axpy, dot, norm,
};
use precond_nystrom::{
    AdaptiveRank, BlockDiagonal, BlockNystrom, Jacobi, Nystrom, NystromSettings, PrecondError,
    RankStatus, TestMatrix, approximation_error, masked_gram_diagonal,
};
use testkit::Stream;

use crate::data::spectrum;

fn make(matrix: &Mat<f64>, rank: usize, shift: f64) -> Result<Nystrom<f64>, PrecondError> {
    let settings = NystromSettings::default().rank(rank).check().unwrap();
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
        let settings = AdaptiveRank::default().check().unwrap();
        let result = Nystrom::adaptive(&op, &settings, 1.0, &Control::default());
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
    let settings = AdaptiveRank::default().check().unwrap();
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
            |error: PrecondError| matches!(error, PrecondError::Setting(e) if e.name == "shift");
        assert!(ranged(make(&matrix, 2, shift).unwrap_err()));
        assert!(ranged(Jacobi::new(vec![1.0], shift).unwrap_err()));
        let settings = AdaptiveRank::default().check().unwrap();
        let result = Nystrom::adaptive(&op, &settings, shift, &Control::default());
        assert!(ranged(result.unwrap_err()));
    }
    for (settings, want) in [
        (AdaptiveRank::default().start(0), "start"),
        (AdaptiveRank::default().max(0), "max"),
        (AdaptiveRank::default().factor(f64::NAN), "factor"),
        (AdaptiveRank::default().factor(0.0), "factor"),
    ] {
        assert_eq!(settings.check().unwrap_err().name, want);
    }
    let empty = TestMatrix::SparseSign { per_row: 0 };
    let refused = NystromSettings::default().test_matrix(empty).check();
    assert_eq!(refused.unwrap_err().name, "per_row");
}

#[test]
fn set_shift_out_of_range_is_an_error_and_changes_nothing() {
    let matrix = Stream::new(7).with_spectrum(&spectrum(0, 5));
    let block = BlockDiagonal::diagonal(&[1.0; 5], 1).unwrap();
    let settings = NystromSettings::default().rank(2).check().unwrap();
    let op = DenseOperator::new(matrix.as_ref());
    let both = BlockNystrom::new(&op, block, &settings, 0.5, &Control::default()).unwrap();
    let jacobi = Jacobi::new(vec![1.0; 5], 0.5).unwrap();
    let nystrom = make(&matrix, 2, 0.5).unwrap();
    let all: [Box<dyn Preconditioner<f64>>; 3] =
        [Box::new(nystrom), Box::new(jacobi), Box::new(both)];
    for mut preconditioner in all {
        let apply = |preconditioner: &dyn Preconditioner<f64>| {
            let (mut z, mut scratch) = ([0.0; 5], vec![0.0; preconditioner.scratch_len()]);
            preconditioner.apply_inverse(&[1.0, 2.0, -1.0, 0.5, 3.0], &mut z, &mut scratch);
            z
        };
        let before = apply(preconditioner.as_ref());
        for shift in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(preconditioner.set_shift(shift).unwrap_err().name, "shift");
            assert_eq!(apply(preconditioner.as_ref()), before);
        }
        preconditioner.set_shift(0.25).unwrap();
        assert_ne!(apply(preconditioner.as_ref()), before);
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
    let settings = NystromSettings::default().check().unwrap();
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
    let control = Control::default().interrupt(&flag);
    let settings = NystromSettings::default().check().unwrap();
    let result = Nystrom::new(&op, &settings, 1.0, &control);
    assert_eq!(
        result.unwrap_err(),
        PrecondError::Linalg(LinalgError::Halted)
    );
    let good = make(&matrix, 3, 1.0).unwrap();
    let result = approximation_error(&op, &good, 1, &control);
    assert_eq!(result, Err(PrecondError::Linalg(LinalgError::Halted)));
}

/// `size v v' + I / 2`, as long as a data set has rows.
struct Spike<'a>(f32, &'a [f32]);

impl LinearOperator<f32> for Spike<'_> {
    fn rows(&self) -> usize {
        self.1.len()
    }
    fn cols(&self) -> usize {
        self.1.len()
    }
    fn apply(&self, x: &[f32], y: &mut [f32], _scratch: &mut [f32]) {
        let along = linalg_core::wide_dot(self.1, x);
        y.copy_from_slice(x);
        linalg_core::scale(0.5, y);
        axpy(self.0 * f32::of(along), self.1, y);
    }
    fn apply_adjoint(&self, y: &[f32], x: &mut [f32], scratch: &mut [f32]) {
        self.apply(y, x, scratch);
    }
}

#[test]
fn nystrom_f32_long_vectors_on_the_largest_direction_stay_positive() {
    for n in [1000, 40_000] {
        let mut v = Stream::new(10).vector::<f32>(n);
        // a common sign: the sums of the products grow, and their rounding with them
        v.iter_mut().for_each(|v| *v = v.abs());
        let length = norm(&v);
        linalg_core::scale(1.0 / length, &mut v);
        let op = Spike(1e9, &v);
        let settings = NystromSettings::default().rank(4).check().unwrap();
        let nystrom = Nystrom::new(&op, &settings, 1.0, &Control::default()).unwrap();
        let (mut z, mut scratch) = (vec![0.0; n], vec![0.0; nystrom.scratch_len()]);
        nystrom.apply_inverse(&v, &mut z, &mut scratch);
        assert!(dot(&v, &z) > 0.0, "{n}: {}", dot(&v, &z));
    }
}

/// Data that a preconditioner meets: duplicated columns, columns scaled by 1e6 and 1e-6, a
/// constant column, fewer samples than columns, one pattern, a pattern that sees nothing.
fn assert_degenerate_data_end_with_a_status<T: Real>(shares: &[f64], tol: f64) {
    for (n, seed) in [(40, 1), (5, 2)] {
        let mut stream = Stream::new(seed);
        let raw = stream.matrix::<f64>(8, n);
        let entry = |k: usize, i: usize| match k {
            1 => raw[(0, i)],
            2 => 1e6 * raw[(2, i)],
            3 => 1e-6 * raw[(3, i)],
            4 => 1.0,
            5 => 0.0,
            _ => raw[(k, i)],
        };
        let data = Mat::from_fn(8, n, |k, i| T::of(entry(k, i)));
        let random = stream.masks(n, 2);
        let mut bytes = [random.column(0), random.column(0), random.column(1)].concat();
        bytes.extend(vec![0; n]);
        bytes.extend(vec![1; n]);
        let masks = Masks::from_columns(n, bytes).unwrap();
        let a = MaskedBlocks::new(data.as_ref(), &masks);
        let gram = NormalOperator::new(&a, T::of(2.0), T::of(0.0));
        let control = Control::default();
        let trace: f64 = masked_gram_diagonal(&a).iter().map(|d| d.wide()).sum();
        for share in shares {
            let shift = T::of(share * trace);
            let system = NormalOperator::new(&a, T::of(2.0), shift);
            let settings = AdaptiveRank::default().seed(seed).check().unwrap();
            let (nystrom, _) = Nystrom::adaptive(&gram, &settings, shift, &control).unwrap();
            let diagonal = masked_gram_diagonal(&a);
            let diagonal = diagonal.iter().map(|d| T::of(2.0) * *d).collect();
            let jacobi = Jacobi::new(diagonal, shift).unwrap();
            let preconditioners: [&dyn Preconditioner<T>; 2] = [&nystrom, &jacobi];
            for preconditioner in preconditioners {
                let b: Vec<T> = stream.vector(40);
                let mut x = vec![T::of(0.0); 40];
                let limits = CgSettings::default()
                    .tol(tol)
                    .max_iters(500)
                    .check()
                    .unwrap();
                let report = pcg(
                    &system,
                    preconditioner,
                    &b,
                    &mut x,
                    &limits,
                    &control,
                    &mut (),
                    &mut CgWorkspace::new(),
                )
                .unwrap();
                let ended = matches!(report.status, CgStatus::Converged | CgStatus::Stagnated);
                assert!(ended, "n {n}, shift {shift}: {report:?}");
                assert!(x.iter().all(|v| v.wide().is_finite()));
            }
        }
    }
}

#[test]
fn pcg_degenerate_data_end_with_a_status() {
    assert_degenerate_data_end_with_a_status::<f64>(&[1e-9, 1e-4, 1.0], 1e-6);
    assert_degenerate_data_end_with_a_status::<f32>(&[1e-4, 1.0], 1e-3);
}
