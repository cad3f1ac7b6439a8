//! Seeded systems, and operators of the tests' own.

use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, MatRef, Side};
use linalg_core::{LinearOperator, Preconditioner, Real, axpy};

/// Spectra that decay, as those of data do: a power, an exponential, and a plateau with a floor.
pub(crate) fn spectrum(kind: usize, n: usize) -> Vec<f64> {
    (0..n)
        .map(|k| match kind {
            0 => 1.0 / (1.0 + k as f64).powi(2),
            1 => 0.8f64.powf(k as f64),
            _ if k < 8 => 1.0,
            _ => 1e-4,
        })
        .collect()
}

pub(crate) fn rounded<T: Real>(matrix: MatRef<'_, f64>) -> Mat<T> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, j| T::of(matrix[(i, j)]))
}

/// `A + shift I` of an operator `A`.
pub(crate) struct Shifted<'a, T>(pub(crate) &'a dyn LinearOperator<T>, pub(crate) T);

impl<T: Real> LinearOperator<T> for Shifted<'_, T> {
    fn rows(&self) -> usize {
        self.0.rows()
    }
    fn cols(&self) -> usize {
        self.0.cols()
    }
    fn scratch_len(&self) -> usize {
        self.0.scratch_len()
    }
    fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        self.0.apply(x, y, scratch);
        axpy(self.1, x, y);
    }
    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
        self.0.apply_adjoint(y, x, scratch);
        axpy(self.1, y, x);
    }
}

/// The Laplacian of a square grid graph, `degree - neighbours`: semidefinite, known to the tests
/// alone.
pub(crate) struct Grid(pub(crate) usize);

impl<T: Real> LinearOperator<T> for Grid {
    fn rows(&self) -> usize {
        self.0 * self.0
    }
    fn cols(&self) -> usize {
        self.0 * self.0
    }
    fn apply(&self, x: &[T], y: &mut [T], _scratch: &mut [T]) {
        let side = self.0;
        assert_eq!((x.len(), y.len()), (side * side, side * side));
        for i in 0..side {
            for j in 0..side {
                let at = i * side + j;
                let mut sum = T::of(0.0);
                let mut neighbour = |other: usize| sum += x[at] - x[other];
                if i > 0 {
                    neighbour(at - side);
                }
                if i + 1 < side {
                    neighbour(at + side);
                }
                if j > 0 {
                    neighbour(at - 1);
                }
                if j + 1 < side {
                    neighbour(at + 1);
                }
                y[at] = sum;
            }
        }
    }
    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
        self.apply(y, x, scratch);
    }
}

/// The dense matrix of an operator, in `f64`.
pub(crate) fn dense<T: Real>(op: &dyn LinearOperator<T>) -> Mat<f64> {
    columns(op.cols(), op.rows(), |x, y| {
        op.apply(x, y, &mut vec![T::of(f64::NAN); op.scratch_len()]);
    })
}

/// The dense matrix of `P^-1`, in `f64`.
pub(crate) fn dense_inverse<T: Real>(preconditioner: &dyn Preconditioner<T>) -> Mat<f64> {
    let n = preconditioner.dim();
    columns(n, n, |r, z| {
        let mut scratch = vec![T::of(f64::NAN); preconditioner.scratch_len()];
        preconditioner.apply_inverse(r, z, &mut scratch);
    })
}

fn columns<T: Real>(cols: usize, rows: usize, apply: impl Fn(&[T], &mut [T])) -> Mat<f64> {
    let mut out = Mat::zeros(rows, cols);
    let (mut x, mut y) = (vec![T::of(0.0); cols], vec![T::of(0.0); rows]);
    for j in 0..cols {
        x.fill(T::of(0.0));
        x[j] = T::of(1.0);
        apply(&x, &mut y);
        for i in 0..rows {
            out[(i, j)] = y[i].wide();
        }
    }
    out
}

/// `(matrix + shift I)^-1`.
pub(crate) fn inverse(matrix: &Mat<f64>, shift: f64) -> Mat<f64> {
    let n = matrix.nrows();
    let shifted = Mat::from_fn(n, n, |i, j| {
        matrix[(i, j)] + if i == j { shift } else { 0.0 }
    });
    let identity = Mat::<f64>::identity(n, n);
    Llt::new(shifted.as_ref(), Side::Lower)
        .unwrap()
        .solve(identity)
}

/// Eigenvalues, ascending, of `P^-1/2 A P^-1/2` for `P^-1 = C C'`: those of `C'A C`.
pub(crate) fn preconditioned_spectrum(inverse: &Mat<f64>, matrix: &Mat<f64>) -> Vec<f64> {
    let factor = Llt::new(inverse.as_ref(), Side::Lower).unwrap();
    let c = factor.L();
    let inner = c.transpose() * matrix * c;
    linalg_core::symmetric_eigenvalues(inner.as_ref()).unwrap()
}

/// Largest singular value of a symmetric matrix.
pub(crate) fn spectral_norm(matrix: &Mat<f64>) -> f64 {
    let values = linalg_core::symmetric_eigenvalues(matrix.as_ref()).unwrap();
    values.iter().fold(0.0, |most, v| most.max(v.abs()))
}
