use core::ops::Range;

#[cfg(feature = "dense")]
use faer::{MatMut, MatRef};

/// Rows of as many numbers each, one after the other without a gap: a sample's lie together.
///
/// As a matrix they are `R'`, `width x n_rows`, a sample a column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DenseRows<T> {
    width: usize,
    n_rows: usize,
    values: Vec<T>,
}

impl<T: Copy> DenseRows<T> {
    /// Of `of(k, i)`, the number `k` of row `i`.
    pub fn from_fn(width: usize, n_rows: usize, mut of: impl FnMut(usize, usize) -> T) -> Self {
        let mut values = Vec::with_capacity(width * n_rows);
        for i in 0..n_rows {
            values.extend((0..width).map(|k| of(k, i)));
        }
        Self {
            width,
            n_rows,
            values,
        }
    }

    /// `n_rows` rows of one value.
    #[must_use]
    pub fn full(width: usize, n_rows: usize, value: T) -> Self {
        Self {
            width,
            n_rows,
            values: vec![value; width * n_rows],
        }
    }

    /// Numbers of a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// All numbers, row by row.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The same, to be changed.
    #[must_use]
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// The numbers of some rows.
    ///
    /// # Panics
    /// If there are no such rows.
    #[must_use]
    pub fn part(&self, rows: Range<usize>) -> &[T] {
        &self.values[rows.start * self.width..rows.end * self.width]
    }

    /// The numbers of a row.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[T] {
        self.part(row..row + 1)
    }

    /// A copy of some rows, in the order given.
    ///
    /// # Panics
    /// If there are no such rows.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let values = rows.iter().flat_map(|&i| self.row(i)).copied().collect();
        Self {
            width: self.width,
            n_rows: rows.len(),
            values,
        }
    }

    /// Rows of what comes of every number.
    pub fn map<U>(&self, of: impl FnMut(T) -> U) -> DenseRows<U> {
        DenseRows {
            width: self.width,
            n_rows: self.n_rows,
            values: self.values.iter().copied().map(of).collect(),
        }
    }
}

#[cfg(feature = "dense")]
impl<T: Copy> DenseRows<T> {
    /// A copy of the columns of `R'`, `width x n_rows`.
    #[must_use]
    pub fn of_columns(matrix: MatRef<'_, T>) -> Self {
        Self::from_fn(matrix.nrows(), matrix.ncols(), |k, i| *matrix.get(k, i))
    }

    /// `R'`, `width x n_rows`.
    #[must_use]
    pub fn matrix(&self) -> MatRef<'_, T> {
        MatRef::from_column_major_slice(&self.values, self.width, self.n_rows)
    }

    /// The same, to be changed.
    #[must_use]
    pub fn matrix_mut(&mut self) -> MatMut<'_, T> {
        MatMut::from_column_major_slice_mut(&mut self.values, self.width, self.n_rows)
    }
}

#[cfg(all(test, feature = "dense"))]
mod tests {
    use super::*;
    use faer::Mat;

    #[test]
    fn rows_are_the_columns_of_their_matrix() {
        let matrix = Mat::from_fn(3, 4, |k, i| (10 * i + k) as f64);
        let rows = DenseRows::of_columns(matrix.as_ref());
        assert_eq!(rows.matrix(), matrix.as_ref());
        assert_eq!((rows.width(), rows.n_rows()), (3, 4));
        assert_eq!(rows.row(2), [20.0, 21.0, 22.0]);
        assert_eq!(rows.part(1..3), &rows.values()[3..9]);
        let some = rows.select(&[3, 0]);
        assert_eq!(some.row(0), rows.row(3));
        assert_eq!(some.row(1), rows.row(0));
        assert_eq!(rows.map(|x| -x).matrix()[(1, 2)], -21.0);
    }

    #[test]
    fn rows_of_no_numbers_are_counted() {
        let none = DenseRows::from_fn(0, 5, |_, _| 0.0);
        assert_eq!((none.n_rows(), none.matrix().ncols()), (5, 5));
        assert!(none.row(4).is_empty());
        assert_eq!(none.select(&[1, 1]).n_rows(), 2);
    }

    #[test]
    fn numbers_are_changed_in_place() {
        let mut rows = DenseRows::full(2, 2, 1.0);
        rows.matrix_mut()[(0, 1)] = 3.0;
        rows.values_mut()[0] = 2.0;
        assert_eq!(rows.values(), [2.0, 1.0, 3.0, 1.0]);
    }
}
