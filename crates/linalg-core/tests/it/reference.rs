use linalg_core::reference::{
    ReferenceBlocks, ReferenceDense, ReferenceGram, as_faer, as_faer_mut, as_nalgebra, view_as_faer,
};
use linalg_core::{
    Control, DenseOperator, LinalgError, LinearOperator, ShiftedSolve, assert_adjoint_consistent,
};
use nalgebra::DMatrix;
use testkit::Stream;

fn matrix(rows: usize, cols: usize) -> DMatrix<f64> {
    let mut stream = Stream::new((rows * 31 + cols) as u64);
    DMatrix::from_fn(rows, cols, |_, _| stream.unit())
}

#[test]
fn reference_dense_keeps_the_contract_and_is_the_fast_one() {
    for (rows, cols) in [(1, 1), (7, 3), (3, 8), (0, 4), (4, 0)] {
        let a = matrix(rows, cols);
        let part = a.view((0, 0), (rows.div_ceil(2), cols.div_ceil(2)));
        for view in [a.as_view(), part] {
            let plain = ReferenceDense::new(view);
            assert_adjoint_consistent(&plain, 1);
            let fast = DenseOperator::new(view_as_faer(&view));
            let (m, n) = (fast.rows(), fast.cols());
            assert_eq!((plain.rows(), plain.cols()), (m, n));
            let x = Stream::new(2).vector::<f64>(n);
            let (mut one, mut other) = (vec![f64::NAN; m], vec![f64::NAN; m]);
            plain.apply(&x, &mut one, &mut []);
            fast.apply(&x, &mut other, &mut []);
            for (a, b) in one.iter().zip(&other) {
                assert!((a - b).abs() <= 16.0 * n as f64 * f64::EPSILON);
            }
        }
    }
}

#[test]
fn views_share_the_memory_and_the_entries() {
    let a = matrix(6, 5);
    let there = as_faer(&a);
    let back = as_nalgebra(there).unwrap();
    assert_eq!((there.as_ptr(), back.as_ptr()), (a.as_ptr(), a.as_ptr()));
    assert_eq!(back, a);
    // a faer matrix may have gaps between its columns
    let own = faer::Mat::from_fn(3, 4, |i, j| (10 * i + j) as f64);
    let view = as_nalgebra(own.as_ref().submatrix(1, 1, 2, 3)).unwrap();
    assert_eq!(view.as_ptr(), &raw const own[(1, 1)]);
    assert_eq!(view, DMatrix::from_fn(2, 3, |i, j| own[(i + 1, j + 1)]));
    let steps = a.view_with_steps((0, 0), (3, 3), (1, 1));
    let steps = view_as_faer(&steps);
    for i in 0..3 {
        for j in 0..3 {
            assert_eq!(steps[(i, j)], a[(2 * i, 2 * j)]);
        }
    }
}

#[test]
fn as_nalgebra_other_layouts_are_nothing() {
    let own = faer::Mat::<f64>::zeros(3, 2);
    assert!(as_nalgebra(own.transpose()).is_none());
    assert!(as_nalgebra(own.reverse_rows()).is_none());
    assert!(as_nalgebra(own.reverse_cols()).is_none());
    // one row has no row stride
    assert!(as_nalgebra(own.as_ref().submatrix(0, 0, 1, 2)).is_some());
}

#[test]
fn as_faer_mut_writes_through() {
    let mut a = matrix(4, 3);
    as_faer_mut(&mut a)[(2, 1)] = 7.5;
    assert_eq!(a[(2, 1)], 7.5);
}

#[test]
fn reference_gram_that_is_not_square_is_a_shape_error() {
    let error = ReferenceGram::new(matrix(3, 2)).unwrap_err();
    let want = LinalgError::Shape {
        what: "matrix",
        want: 3,
        got: 2,
    };
    assert_eq!(error, want);
}

#[test]
fn reference_gram_of_a_dense_matrix_solves_its_ridge() {
    let a = matrix(9, 4);
    let (mut inner, mut outer) = (ReferenceGram::inner(&a), ReferenceGram::outer(&a));
    assert_eq!((inner.dim(), outer.dim()), (4, 9));
    assert_eq!(inner.matrix().shape(), (4, 4));
    inner.factor(0.3, 1.0, &Control::default()).unwrap();
    outer.factor(0.3, 1.0, &Control::default()).unwrap();
    // (A'A + s)^-1 A' y = A' (A A' + s)^-1 y
    let y = Stream::new(3).vector::<f64>(9);
    let op = ReferenceDense::new(as_nalgebra(as_faer(&a)).unwrap());
    let (mut left, mut right, mut theta) = (vec![0.0; 4], vec![0.0; 4], y.clone());
    op.apply_adjoint(&y, &mut left, &mut []);
    inner.solve_vector(&mut left);
    outer.solve_vector(&mut theta);
    op.apply_adjoint(&theta, &mut right, &mut []);
    for (a, b) in left.iter().zip(&right) {
        assert!((a - b).abs() <= 1e-12, "{a} {b}");
    }
}

#[test]
fn reference_blocks_dense_matrix_is_that_of_its_products() {
    let (data, masks) = (matrix(3, 8), Stream::new(4).masks(8, 5));
    let op = ReferenceBlocks::new(as_nalgebra(as_faer(&data)).unwrap(), &masks);
    let (dense, x) = (op.to_dense(), Stream::new(5).vector::<f64>(15));
    let want = &dense * nalgebra::DVector::from_vec(x.clone());
    let (mut got, mut scratch) = (vec![0.0; 8], vec![f64::NAN; op.scratch_len()]);
    op.apply(&x, &mut got, &mut scratch);
    for (a, b) in got.iter().zip(want.iter()) {
        assert!((a - b).abs() <= 1e-14, "{a} {b}");
    }
}
