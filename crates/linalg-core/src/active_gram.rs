use num_traits::Float;

use crate::vector::{axpy, dot};

/// A Cholesky factor `G = T'T` of the Gram matrix of a changing list of vectors: they are
/// appended and dropped one at a time, in `f64` whatever the precision of the vectors.
///
/// Only the factor is kept, not an orthonormal basis: `s^2 / 2` numbers for `s` vectors of any
/// length. What solves with it loses `cond(G)` roundings, so a caller that needs more corrects
/// by the residual of its own vectors once.
///
/// **Cost** `s^2` flops to append (beside the caller's `s` inner products), `3 (s - j)^2` to drop
/// vector `j`, `2 s^2` to solve.
/// **Source** Golub & Van Loan, section 6.5 (updating a Cholesky factor, Givens rotations).
#[derive(Debug, Clone, Default)]
pub struct ActiveGram {
    len: usize,
    /// Columns of the upper triangle, packed: column `j` has `j + 1` numbers.
    factor: Vec<f64>,
    rotations: Vec<(f64, f64)>,
}

/// A vector counts as dependent on those held when less than this share of its square is left:
/// a few dozen roundings of the subtraction that finds it.
const DEPENDENT: f64 = 1e-14;

fn start(j: usize) -> usize {
    j * (j + 1) / 2
}

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
        self.factor.clear();
    }

    /// Appends a vector by its inner products with those that stand and its own square; `false`,
    /// and nothing changes, if it depends on them or a number is not finite.
    ///
    /// # Panics
    /// If there is not one inner product a vector.
    pub fn append(&mut self, products: &[f64], square: f64) -> bool {
        assert_eq!(products.len(), self.len, "products: one a vector");
        let from = start(self.len);
        self.factor.extend_from_slice(products);
        let (held, fresh) = self.factor.split_at_mut(from);
        forward(held, fresh);
        let left = square - dot(fresh, fresh);
        if !(left > DEPENDENT * square && left.is_finite()) {
            self.factor.truncate(from);
            return false;
        }
        self.factor.push(left.sqrt());
        self.len += 1;
        true
    }

    /// Drops vector `j`; those behind it move up.
    ///
    /// # Panics
    /// If `j` is out of range.
    pub fn drop_vector(&mut self, j: usize) {
        assert!(j < self.len, "vector: one that stands");
        self.rotations.clear();
        for k in j + 1..self.len {
            // column k moves to k - 1: rotations made so far, then one that zeroes its last entry
            let from = start(k);
            let column = &mut self.factor[from..=from + k];
            for (i, &(c, s)) in self.rotations.iter().enumerate() {
                let (a, b) = (column[j + i], column[j + i + 1]);
                column[j + i] = c * a + s * b;
                column[j + i + 1] = c * b - s * a;
            }
            let (a, b) = (column[k - 1], column[k]);
            let length = Float::hypot(a, b);
            self.rotations.push(if length > 0.0 { (a / length, b / length) } else { (1.0, 0.0) });
            column[k - 1] = length;
            let to = start(k - 1);
            self.factor.copy_within(from..from + k, to);
        }
        self.len -= 1;
        self.factor.truncate(start(self.len));
    }

    /// Solves `G x = rhs` in place.
    ///
    /// # Panics
    /// If there is not one number a vector.
    pub fn solve(&self, rhs: &mut [f64]) {
        assert_eq!(rhs.len(), self.len, "rhs: one number a vector");
        forward(&self.factor, rhs);
        for k in (0..self.len).rev() {
            let column = &self.factor[start(k)..=start(k) + k];
            let value = rhs[k] / column[k];
            rhs[k] = value;
            axpy(-value, &column[..k], &mut rhs[..k]);
        }
    }
}

/// `x <- T^-T x` for as many columns of the packed factor as `x` has numbers.
fn forward(factor: &[f64], x: &mut [f64]) {
    for k in 0..x.len() {
        let column = &factor[start(k)..=start(k) + k];
        let (done, rest) = x.split_at_mut(k);
        rest[0] = (rest[0] - dot(&column[..k], done)) / column[k];
    }
}
