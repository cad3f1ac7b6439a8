use num_traits::Float;

use crate::real::Real;
use crate::vector::{axpy, dot, norm};

/// A thin QR factorisation `[c_1 .. c_s] = Q T` that takes and drops columns.
///
/// **Shapes** columns of length `dim`; at most `dim` of them stand. **Cost** `8 dim s` flops to
/// append (Gram-Schmidt, twice), `6 (s - j)(dim + s)` to drop column `j` (Givens rotations).
#[derive(Debug, Clone)]
pub struct ActiveQr<T> {
    dim: usize,
    len: usize,
    q: Vec<T>,
    t: Vec<T>,
}

/// A column counts as dependent on those held when less than this many roundings of its norm is
/// left of it after the second orthogonalisation.
const DEPENDENT_ROUNDINGS: f64 = 64.0;

impl<T: Real> ActiveQr<T> {
    /// No columns, each to be of length `dim`.
    #[must_use]
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            len: 0,
            q: Vec::new(),
            t: Vec::new(),
        }
    }

    /// How many columns stand.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no column stands.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Drops all columns; the memory is kept.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Drops all columns and gives the memory back.
    pub fn release(&mut self) {
        *self = Self::new(self.dim);
    }

    /// Column `j` of the triangle starts here: packed, `j + 1` numbers.
    fn start(j: usize) -> usize {
        j * (j + 1) / 2
    }

    /// Appends a column; `false`, and nothing changes, if it depends on those that stand.
    ///
    /// # Panics
    /// If its length is not `dim`.
    pub fn append(&mut self, column: &[T]) -> bool {
        assert_eq!(column.len(), self.dim, "column: the factorisation's length");
        let (dim, s) = (self.dim, self.len);
        let size = norm(column);
        let is_nonzero = size > T::of(0.0); // not so for NaN
        if s >= dim || !is_nonzero {
            return false;
        }
        self.q.resize((s + 1) * dim, T::of(0.0));
        self.t.resize(Self::start(s + 1), T::of(0.0));
        let (held, fresh) = self.q.split_at_mut(s * dim);
        fresh.copy_from_slice(column);
        let coefficients = &mut self.t[Self::start(s)..];
        coefficients.fill(T::of(0.0));
        for _ in 0..2 {
            // classical Gram-Schmidt in slabs of eight columns: one pass over Q a sweep
            for (slab, part) in held.chunks(8 * dim).enumerate() {
                let mut h = [T::of(0.0); 8];
                for (k, q) in part.chunks_exact(dim).enumerate() {
                    h[k] = dot(q, fresh);
                }
                for (k, q) in part.chunks_exact(dim).enumerate() {
                    axpy(-h[k], q, fresh);
                    coefficients[slab * 8 + k] += h[k];
                }
            }
        }
        let left = norm(fresh);
        let is_independent = left > T::of(DEPENDENT_ROUNDINGS * T::EPS) * size;
        if !is_independent {
            self.q.truncate(s * dim);
            self.t.truncate(Self::start(s));
            return false;
        }
        crate::vector::scale(T::of(1.0) / left, fresh);
        coefficients[s] = left;
        self.len = s + 1;
        true
    }

    /// Drops column `j`; those behind it move up.
    ///
    /// # Panics
    /// If `j` is out of range.
    pub fn drop_column(&mut self, j: usize) {
        assert!(j < self.len, "column: one that stands");
        let (dim, s) = (self.dim, self.len);
        // columns j+1..s of T move left and become upper Hessenberg; rotate rows k, k+1 back
        let mut rotations: Vec<(T, T)> = Vec::with_capacity(s - j - 1);
        for k in j + 1..s {
            let from = Self::start(k);
            let mut column: Vec<T> = self.t[from..=from + k].to_vec();
            for (i, &(c, sn)) in rotations.iter().enumerate() {
                let (a, b) = (column[j + i], column[j + i + 1]);
                column[j + i] = c * a + sn * b;
                column[j + i + 1] = c * b - sn * a;
            }
            let (a, b) = (column[k - 1], column[k]);
            let length = Float::hypot(a, b);
            let (c, sn) = if length > T::of(0.0) {
                (a / length, b / length)
            } else {
                (T::of(1.0), T::of(0.0))
            };
            column[k - 1] = length;
            let to = Self::start(k - 1);
            self.t[to..to + k].copy_from_slice(&column[..k]);
            rotations.push((c, sn));
        }
        for (i, &(c, sn)) in rotations.iter().enumerate() {
            let (left, right) = self.q[(j + i) * dim..(j + i + 2) * dim].split_at_mut(dim);
            for (a, b) in left.iter_mut().zip(right) {
                let (x, y) = (*a, *b);
                *a = c * x + sn * y;
                *b = c * y - sn * x;
            }
        }
        self.len = s - 1;
        self.q.truncate(self.len * dim);
        self.t.truncate(Self::start(self.len));
    }

    /// Splits `z` into its part in the span of the columns and the rest: `rest = z - Q Q' z` and
    /// `coefficients = T^-1 Q' z`, so that `z = sum_k coefficients_k c_k + rest`.
    ///
    /// # Panics
    /// If `z` or `rest` is not of length `dim`, or `coefficients` not as many as the columns.
    pub fn split(&self, z: &[T], coefficients: &mut [T], rest: &mut [T]) {
        assert_eq!(z.len(), self.dim, "z: the factorisation's length");
        assert_eq!(coefficients.len(), self.len, "coefficients: one a column");
        rest.copy_from_slice(z);
        for (k, q) in self
            .q
            .chunks_exact(self.dim.max(1))
            .take(self.len)
            .enumerate()
        {
            // modified form: what is projected is what is left, which halves the error
            let h = dot(q, rest);
            axpy(-h, q, rest);
            coefficients[k] = h;
        }
        self.back_substitute(coefficients);
    }

    /// `x <- T^-1 x`.
    fn back_substitute(&self, x: &mut [T]) {
        for k in (0..self.len).rev() {
            let column = &self.t[Self::start(k)..=Self::start(k) + k];
            let value = x[k] / column[k];
            x[k] = value;
            axpy(-value, &column[..k], &mut x[..k]);
        }
    }

    /// The orthonormal columns, `dim x len`, column-major.
    #[must_use]
    pub fn basis(&self) -> &[T] {
        &self.q[..self.len * self.dim]
    }
}
