use num_traits::Float;
use pulp::{Arch, WithSimd};

use crate::vector::{axpy, dot};

/// A Cholesky factor `G = T'T` of the Gram matrix of a changing list of vectors: they are
/// appended and dropped one at a time, in `f64` whatever the precision of the vectors.
///
/// Only the factor is kept, not an orthonormal basis: about `s^2` numbers for `s` vectors of any
/// length. What solves with it loses `cond(G)` roundings, so a caller that needs more corrects
/// by the residual of its own vectors once.
///
/// **Cost** `s^2` flops to append (beside the caller's `s` inner products), `3 (s - j)^2` to drop
/// vector `j`, `2 s^2` to solve.
/// **Source** Golub & Van Loan, section 6.5 (updating a Cholesky factor, Givens rotations).
#[derive(Debug, Clone, Default)]
pub struct ActiveGram {
    len: usize,
    /// Room for this many vectors.
    room: usize,
    /// The upper triangle by rows, `room` apart: rotations and solves run along them.
    factor: Vec<f64>,
    row: Vec<f64>,
}

/// A vector counts as dependent on those held when less than this share of its square is left:
/// a few dozen roundings of the subtraction that finds it.
const DEPENDENT: f64 = 1e-14;

impl ActiveGram {
    /// No vectors.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many vectors stand.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no vector stands.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Drops all vectors; the memory is kept.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Appends a vector by its inner products with those that stand and its own square; `false`,
    /// and nothing changes, if it depends on them or a number is not finite.
    ///
    /// Vectors that are nearly dependent leave rounding behind that can hide one dependence more:
    /// a caller that knows the dimension must not append beyond it.
    ///
    /// # Panics
    /// If there is not one inner product a vector.
    pub fn append(&mut self, products: &[f64], square: f64) -> bool {
        assert_eq!(products.len(), self.len, "products: one a vector");
        self.row.clear();
        self.row.extend_from_slice(products);
        let mut fresh = core::mem::take(&mut self.row);
        self.forward(&mut fresh);
        let left = square - dot(&fresh, &fresh);
        let independent = left > DEPENDENT * square && left.is_finite();
        if independent {
            if self.len == self.room {
                self.grow();
            }
            for (k, &value) in fresh.iter().enumerate() {
                self.factor[k * self.room + self.len] = value;
            }
            self.factor[self.len * self.room + self.len] = left.sqrt();
            self.len += 1;
        }
        self.row = fresh;
        independent
    }

    /// Holds so many vectors, by the factor `T` of their Gram matrix, which `entry(row, col)` gives for
    /// `row <= col`; `squares` are those of the vectors. `false`, and none is held, if one of them depends on
    /// those before it or a number is not finite: [`append`](Self::append) then says which.
    ///
    /// **Cost** a copy: a factor that was made at once takes the place of as many appends.
    pub fn replace(&mut self, squares: &[f64], entry: impl Fn(usize, usize) -> f64) -> bool {
        self.clear();
        let len = squares.len();
        let independent = (0..len).all(|k| {
            let left = entry(k, k).powi(2);
            left > DEPENDENT * squares[k] && left.is_finite()
        });
        if !independent {
            return false;
        }
        if self.room < len {
            self.room = len;
            self.factor = vec![0.0; len * len];
        }
        for row in 0..len {
            for col in row..len {
                self.factor[row * self.room + col] = entry(row, col);
            }
        }
        self.len = len;
        true
    }

    fn grow(&mut self) {
        let room = (self.room + self.room / 2).max(8);
        let mut factor = vec![0.0; room * room];
        for k in 0..self.len {
            let (from, to) = (k * self.room + k, k * room + k);
            factor[to..to + self.len - k].copy_from_slice(&self.factor[from..from + self.len - k]);
        }
        (self.room, self.factor) = (room, factor);
    }

    /// Drops vector `j`; those behind it move up.
    ///
    /// # Panics
    /// If `j` is out of range.
    pub fn drop_vector(&mut self, j: usize) {
        assert!(j < self.len, "vector: one that stands");
        let (len, room) = (self.len, self.room);
        for k in 0..j {
            let row = k * room;
            self.factor.copy_within(row + j + 1..row + len, row + j);
        }
        // rows j.. are now one column to the right of a triangle: rotate each with the next
        for k in j..len - 1 {
            let (head, tail) = self.factor.split_at_mut((k + 1) * room);
            let upper = &mut head[k * room..];
            let lower = &mut tail[..len];
            let (a, b) = (upper[k + 1], lower[k + 1]);
            let length = Float::hypot(a, b);
            let (c, s) = if length > 0.0 {
                (a / length, b / length)
            } else {
                (1.0, 0.0)
            };
            self.row.clear();
            self.row.extend_from_slice(&upper[k + 1..len]);
            Arch::new().dispatch(Rotate(
                c,
                s,
                &self.row,
                &mut lower[k + 1..len],
                &mut upper[k..len - 1],
            ));
        }
        self.len -= 1;
    }

    /// Solves `G x = rhs` in place.
    ///
    /// # Panics
    /// If there is not one number a vector.
    pub fn solve(&self, rhs: &mut [f64]) {
        assert_eq!(rhs.len(), self.len, "rhs: one number a vector");
        self.forward(rhs);
        for k in (0..self.len).rev() {
            let row = &self.factor[k * self.room..k * self.room + self.len];
            let sum = dot(&row[k + 1..], &rhs[k + 1..]);
            rhs[k] = (rhs[k] - sum) / row[k];
        }
    }

    /// `x <- T^-T x`.
    fn forward(&self, x: &mut [f64]) {
        for k in 0..self.len {
            let row = &self.factor[k * self.room..k * self.room + self.len];
            let (done, rest) = x.split_at_mut(k + 1);
            done[k] /= row[k];
            axpy(-done[k], &row[k + 1..], rest);
        }
    }
}

/// A Givens rotation of two rows: the first result goes one place to the left.
struct Rotate<'a>(f64, f64, &'a [f64], &'a mut [f64], &'a mut [f64]);

impl WithSimd for Rotate<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let Self(c, s, upper, lower, out) = self;
        for ((a, b), out) in upper.iter().zip(lower.iter_mut()).zip(out) {
            let (x, y) = (*a, *b);
            *out = c * x + s * y;
            *b = c * y - s * x;
        }
    }
}
