use core::ops::Range;

use linalg_core::{Real, SparsePart};

use super::dispatch::Lane;
use super::micro;
use super::unit::Unit;

/// Rows that a pass goes over.
#[derive(Debug)]
pub(crate) enum Part<'a, T> {
    /// All numbers of each.
    Dense(DensePart<'a, T>),
    /// Their entries that are not zero.
    Sparse(SparsePart<'a, T>),
}

impl<T> Clone for Part<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Part<'_, T> {}

/// Rows of `rank` numbers, one after the other.
#[derive(Debug)]
pub(crate) struct DensePart<'a, T> {
    rows: &'a [T],
    rank: usize,
    count: usize,
}

impl<T> Clone for DensePart<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for DensePart<'_, T> {}

impl<'a, T> Part<'a, T> {
    /// `count` rows of `rank` numbers.
    pub(crate) fn dense(rows: &'a [T], rank: usize, count: usize) -> Self {
        let rows = &rows[..rank * count];
        Self::Dense(DensePart { rows, rank, count })
    }

    /// Rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Dense(part) => part.count,
            Self::Sparse(part) => part.n_rows(),
        }
    }

    /// Some of the rows.
    pub(crate) fn part(&self, rows: Range<usize>) -> Self {
        match self {
            Self::Dense(DensePart {
                rows: all, rank, ..
            }) => Self::dense(&all[rows.start * rank..], *rank, rows.len()),
            Self::Sparse(part) => Self::Sparse(part.part(rows)),
        }
    }

    /// The numbers of dense rows.
    pub(crate) fn as_slice(&self) -> Option<&'a [T]> {
        match self {
            Self::Dense(part) => Some(part.rows),
            Self::Sparse(_) => None,
        }
    }

    pub(crate) fn is_sparse(&self) -> bool {
        matches!(self, Self::Sparse(_))
    }
}

impl<T: Lane> Part<'_, T> {
    /// `u += factor * row`, in the precision of `u`.
    pub(crate) fn add_row<A: Real>(&self, row: usize, factor: A, u: &mut [A]) {
        match self {
            Self::Dense(DensePart { rows, rank, .. }) => {
                let row = &rows[row * rank..(row + 1) * rank];
                for (u, x) in u.iter_mut().zip(row) {
                    *u += factor * A::of(x.wide());
                }
            }
            Self::Sparse(part) => {
                let (columns, values) = part.row(row);
                for (column, x) in columns.iter().zip(values) {
                    u[*column as usize] += factor * A::of(x.wide());
                }
            }
        }
    }
}

impl Part<'_, f64> {
    /// `sums += factor * row^2`, number by number.
    pub(crate) fn add_squares(&self, row: usize, factor: f64, sums: &mut [f64]) {
        match self {
            Self::Dense(DensePart { rows, rank, .. }) => {
                let row = &rows[row * rank..(row + 1) * rank];
                for (sum, x) in sums.iter_mut().zip(row) {
                    *sum += factor * x * x;
                }
            }
            Self::Sparse(part) => {
                let (columns, values) = part.row(row);
                for (column, x) in columns.iter().zip(values) {
                    sums[*column as usize] += factor * x * x;
                }
            }
        }
    }
}

/// The products of `R` rows and a panel of columns, whose sums stay in registers.
pub(super) trait RowBlock<T: Lane>: Copy {
    /// Whether several rows at a time are faster than one: they share what is loaded of the panel.
    const IN_BLOCKS: bool;

    /// `rows * panel`, of `R` rows from `first` on.
    fn images<U: Unit<T>, const R: usize, const V: usize>(
        self,
        unit: U,
        first: usize,
        panel: &[T],
    ) -> [[U::Vector; V]; R];

    /// `panel += rows' * s`
    fn add_outer<U: Unit<T>, const R: usize, const V: usize>(
        self,
        unit: U,
        first: usize,
        s: &[[U::Vector; V]; R],
        panel: &mut [T],
    );
}

impl<T: Lane> RowBlock<T> for DensePart<'_, T> {
    const IN_BLOCKS: bool = true;

    #[inline(always)]
    fn images<U: Unit<T>, const R: usize, const V: usize>(
        self,
        unit: U,
        first: usize,
        panel: &[T],
    ) -> [[U::Vector; V]; R] {
        let rows = &self.rows[first * self.rank..(first + R) * self.rank];
        micro::images::<T, U, R, V>(unit, rows, self.rank, panel)
    }

    #[inline(always)]
    fn add_outer<U: Unit<T>, const R: usize, const V: usize>(
        self,
        unit: U,
        first: usize,
        s: &[[U::Vector; V]; R],
        panel: &mut [T],
    ) {
        let rows = &self.rows[first * self.rank..(first + R) * self.rank];
        micro::add_outer::<T, U, R, V>(unit, rows, self.rank, s, panel);
    }
}

impl<T: Lane> RowBlock<T> for SparsePart<'_, T> {
    const IN_BLOCKS: bool = false;

    #[inline(always)]
    fn images<U: Unit<T>, const R: usize, const V: usize>(
        self,
        unit: U,
        first: usize,
        panel: &[T],
    ) -> [[U::Vector; V]; R] {
        let mut z = [[unit.splat(T::default()); V]; R];
        for (q, z) in z.iter_mut().enumerate() {
            let (columns, values) = self.row(first + q);
            for (column, x) in columns.iter().zip(values) {
                let w: [U::Vector; V] =
                    micro::load(unit, &panel[*column as usize * (V * U::LANES)..]);
                let x = unit.splat(*x);
                for v in 0..V {
                    z[v] = unit.mul_add(x, w[v], z[v]);
                }
            }
        }
        z
    }

    #[inline(always)]
    fn add_outer<U: Unit<T>, const R: usize, const V: usize>(
        self,
        unit: U,
        first: usize,
        s: &[[U::Vector; V]; R],
        panel: &mut [T],
    ) {
        for (q, s) in s.iter().enumerate() {
            let (columns, values) = self.row(first + q);
            for (column, x) in columns.iter().zip(values) {
                let g = &mut panel[*column as usize * (V * U::LANES)..];
                let mut sum: [U::Vector; V] = micro::load(unit, g);
                let x = unit.splat(*x);
                for v in 0..V {
                    sum[v] = unit.mul_add(x, s[v], sum[v]);
                    unit.store(sum[v], &mut g[v * U::LANES..]);
                }
            }
        }
    }
}
