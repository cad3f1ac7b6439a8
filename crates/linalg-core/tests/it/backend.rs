//! What every library that carries the operators and the direct solvers must do.

use core::sync::atomic::AtomicBool;

use faer::{Mat, MatRef};
use linalg_core::{
    Control, FaerLibrary, LinalgError, LinearOperator, Masks, MatrixLibrary, Mirrored, Real,
    ShiftedSolve, assert_adjoint_consistent,
};
use testkit::Stream;

use crate::data::{dense_masked, gap};

fn backends<T: Real>() -> Vec<&'static dyn MatrixLibrary<T>> {
    vec![
        &FaerLibrary,
        #[cfg(feature = "nalgebra")]
        linalg_core::reference::reference().expect("a scalar of this crate"),
    ]
}

/// Shapes `(rank, n_samples, n_blocks)`.
const SHAPES: [(usize, usize, usize); 7] = [
    (1, 1, 1),
    (3, 17, 5),
    (2, 9, 130),
    (5, 33, 4),
    (0, 7, 4),
    (4, 0, 0),
    (4, 6, 0),
];

fn assert_blocks<T: Real>(backend: &dyn MatrixLibrary<T>) {
    for (k, (rank, n, blocks)) in SHAPES.into_iter().enumerate() {
        let mut stream = Stream::new(k as u64);
        let (data, masks) = (stream.matrix::<T>(rank, n), stream.masks(n, blocks));
        let op = backend.blocks(data.as_ref(), &masks);
        assert_adjoint_consistent(&*op, k as u64);
        let want = dense_masked(data.as_ref(), &masks);
        let mut got = Mat::<f64>::zeros(op.rows(), op.cols());
        let (mut x, mut y) = (vec![T::of(0.0); op.cols()], vec![T::of(0.0); op.rows()]);
        for j in 0..op.cols() {
            x.fill(T::of(0.0));
            x[j] = T::of(1.0);
            let mut scratch = vec![T::of(f64::NAN); op.scratch_len()];
            op.apply(&x, &mut y, &mut scratch);
            for i in 0..op.rows() {
                got[(i, j)] = y[i].wide();
            }
        }
        // a column of the matrix is not rounded
        assert_eq!(gap(got.as_ref(), want.as_ref()), 0.0, "{}", backend.name());
    }
}

#[test]
fn backend_blocks_are_the_masked_matrix() {
    backends::<f64>().into_iter().for_each(assert_blocks);
    backends::<f32>().into_iter().for_each(assert_blocks);
}

/// A gram matrix of a backend, by its name, and the dense one in `f64`.
fn grams(a: MatRef<'_, f64>) -> [Mat<f64>; 2] {
    [a.transpose() * a, a * a.transpose()]
}

fn assert_solves<T: Real>(backend: &dyn MatrixLibrary<T>) {
    for (k, (rank, n, blocks)) in SHAPES.into_iter().enumerate() {
        let mut stream = Stream::new(k as u64);
        let (data, masks) = (stream.matrix::<T>(rank, n), stream.masks(n, blocks));
        let dense = grams(dense_masked(data.as_ref(), &masks).as_ref());
        let solvers = [
            backend
                .inner_gram(data.as_ref(), &masks, &Control::default())
                .unwrap(),
            backend
                .outer_gram(data.as_ref(), &masks, &Control::default())
                .unwrap(),
        ];
        for (mut solver, dense) in solvers.into_iter().zip(dense) {
            let dim = dense.nrows();
            assert_eq!(solver.dim(), dim);
            let trace: f64 = (0..dim).map(|i| dense[(i, i)]).sum();
            let rounding = 16.0 * (1.0 + trace) * T::EPS;
            assert!((solver.trace().wide() - trace).abs() <= rounding);
            for (shift, scale) in [(1.0, 2.0), (0.5, 0.1), (100.0, 1.0)] {
                let control = Control::default();
                solver.factor(T::of(shift), T::of(scale), &control).unwrap();
                let rhs = stream.vector::<T>(2 * dim);
                let mut x = rhs.clone();
                solver.solve_block(2, &mut x);
                let mut first = rhs[..dim].to_vec();
                solver.solve_vector(&mut first);
                for j in 0..2 {
                    let x = &x[j * dim..(j + 1) * dim];
                    for i in 0..dim {
                        let image: f64 = (0..dim).map(|l| dense[(i, l)] * x[l].wide()).sum();
                        let left = shift * x[i].wide() + scale * image;
                        // roundings of the matrix, whose norm its trace bounds, times the answer,
                        // whose entries are at most the root of `dim` over the shift
                        let allowed = 64.0 * T::EPS * (shift + scale * trace) * dim as f64 / shift;
                        let want = rhs[j * dim + i].wide();
                        assert!(
                            (left - want).abs() <= allowed,
                            "{}, side {dim}, shift {shift}: {left} not {want}",
                            backend.name()
                        );
                    }
                }
                for (a, b) in first.iter().zip(&x) {
                    assert!((a.wide() - b.wide()).abs() <= 1e3 * T::EPS * (1.0 + trace / shift));
                }
            }
        }
    }
}

#[test]
fn backend_grams_solve_for_shift_after_shift() {
    backends::<f64>().into_iter().for_each(assert_solves);
    backends::<f32>().into_iter().for_each(assert_solves);
}

#[test]
fn backend_gram_that_is_not_definite_names_its_pivot() {
    // R R' for one row of ones under one mask: eigenvalues 0 and 1
    let data = Mat::from_fn(1, 3, |_, i| [1.0, 0.0, 2.0][i]);
    let masks = Masks::from_columns(3, vec![1; 3]).unwrap();
    for backend in backends::<f64>() {
        let mut solver = backend
            .outer_gram(data.as_ref(), &masks, &Control::default())
            .unwrap();
        let control = Control::default();
        // diagonal 1 - 0.5, 0 - 0.5: the second pivot is the first bad one
        let error = solver.factor(-0.5, 1.0, &control).unwrap_err();
        let want = LinalgError::NotPositiveDefinite {
            index: 1,
            dim: 3,
            precision: "f64",
        };
        assert_eq!(error, want, "{}", backend.name());
        for (shift, index) in [(f64::NAN, 0), (-2.0, 0), (0.0, 1)] {
            let error = solver.factor(shift, 1.0, &control).unwrap_err();
            assert!(
                matches!(error, LinalgError::NotPositiveDefinite { index: at, .. } if at == index),
                "{}, shift {shift}: {error}",
                backend.name()
            );
        }
        // and a good factor after a bad one
        solver.factor(1.0, 1.0, &control).unwrap();
        let mut x = [2.0, 1.0, 0.0];
        solver.solve_vector(&mut x);
        // (I + v v') x = b with v = (1, 0, 2): x = b - v (v'b) / 6
        let want = [2.0 - 2.0 / 6.0, 1.0, -4.0 / 6.0];
        for (x, want) in x.iter().zip(want) {
            assert!((x - want).abs() <= 1e-14, "{}", backend.name());
        }
    }
}

#[test]
fn backend_gram_halted_is_an_error() {
    let data = Stream::new(1).matrix::<f64>(2, 5);
    let masks = Stream::new(2).masks(5, 3);
    let flag = AtomicBool::new(true);
    let control = Control::default().interrupt(&flag);
    for backend in backends::<f64>() {
        let mut solver = backend
            .inner_gram(data.as_ref(), &masks, &Control::default())
            .unwrap();
        let result = solver.factor(1.0, 1.0, &control);
        assert_eq!(result, Err(LinalgError::Halted), "{}", backend.name());
    }
}

/// What takes an operator or a solver by type takes a backend's box.
#[test]
fn backend_boxes_stand_for_what_they_hold() {
    let data = Stream::new(3).matrix::<f64>(2, 7);
    let masks = Stream::new(4).masks(7, 3);
    for backend in backends::<f64>() {
        let pair = Mirrored::new(backend.blocks(data.as_ref(), &masks));
        assert_eq!((pair.rows(), pair.cols()), (7, 12));
        assert_adjoint_consistent::<f64>(&pair, 5);
        let mut solver = backend
            .inner_gram(data.as_ref(), &masks, &Control::default())
            .unwrap();
        assert_eq!(solved(&mut solver), solved(&mut *solver));
    }
}

fn solved(solver: &mut (impl ShiftedSolve<f64> + ?Sized)) -> Vec<f64> {
    let mut x = vec![1.0; 2 * solver.dim()];
    solver.factor(1.0, 0.5, &Control::default()).unwrap();
    solver.solve_block(2, &mut x);
    x.push(solver.trace());
    x
}

#[test]
fn backends_have_names_of_their_own() {
    let mut names: Vec<_> = backends::<f64>().iter().map(|b| b.name()).collect();
    let count = names.len();
    names.dedup();
    assert_eq!((names[0], names.len()), ("faer", count));
}
