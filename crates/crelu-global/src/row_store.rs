use core::ops::Range;

use faer::{Mat, MatRef};
use linalg_core::{Real, SparseRows};

use crate::fused::Part;

/// The rows of a problem, in `f64` and, divided by the largest entry, in `f32`.
#[derive(Debug, Clone)]
pub(crate) enum RowStore {
    /// A sample's coordinates together, one sample after the other.
    Dense { wide: Vec<f64>, narrow: Vec<f32> },
    /// Their entries that are not zero.
    Sparse {
        wide: SparseRows<f64>,
        narrow: SparseRows<f32>,
    },
}

/// Some rows of a problem in `f32`, copied.
#[derive(Debug)]
pub(crate) enum Gathered {
    /// With their number.
    Dense(Vec<f32>, usize),
    Sparse(SparseRows<f32>),
}

impl Gathered {
    pub(crate) fn part(&self, rank: usize) -> Part<'_, f32> {
        match self {
            Self::Dense(rows, count) => Part::dense(rows, rank, *count),
            Self::Sparse(rows) => Part::Sparse(rows.all()),
        }
    }
}

impl RowStore {
    /// Of `rank x n_samples`, whose entries are no larger than `largest`, with what `R` is multiplied by in
    /// `f32`.
    pub(crate) fn dense(data: &Mat<f64>, largest: f64) -> (Self, f64) {
        let scale = scale_of(largest);
        let mut wide = Vec::with_capacity(data.nrows() * data.ncols());
        for i in 0..data.ncols() {
            wide.extend((0..data.nrows()).map(|k| data[(k, i)]));
        }
        let narrow: Vec<f32> = wide.iter().map(|x| f32::of(x * scale)).collect();
        (Self::Dense { wide, narrow }, scale)
    }

    /// The same of sparse rows.
    pub(crate) fn sparse(wide: SparseRows<f64>, largest: f64) -> (Self, f64) {
        let scale = scale_of(largest);
        let narrow = wide.map(|_, x| f32::of(x * scale));
        (Self::Sparse { wide, narrow }, scale)
    }

    pub(crate) fn as_matrix(&self, rank: usize, n: usize) -> Option<MatRef<'_, f64>> {
        match self {
            Self::Dense { wide, .. } => Some(MatRef::from_column_major_slice(wide, rank, n)),
            Self::Sparse { .. } => None,
        }
    }

    pub(crate) fn wide(&self, rank: usize, rows: Range<usize>) -> Part<'_, f64> {
        match self {
            Self::Dense { wide, .. } => Part::dense(&wide[rows.start * rank..], rank, rows.len()),
            Self::Sparse { wide, .. } => Part::Sparse(wide.all().part(rows)),
        }
    }

    pub(crate) fn narrow(&self, rank: usize, n: usize) -> Part<'_, f32> {
        match self {
            Self::Dense { narrow, .. } => Part::dense(narrow, rank, n),
            Self::Sparse { narrow, .. } => Part::Sparse(narrow.all()),
        }
    }

    /// Copies some rows.
    pub(crate) fn gather(&self, rank: usize, rows: &[usize]) -> Gathered {
        match self {
            Self::Dense { narrow, .. } => {
                let row = |&i: &usize| &narrow[i * rank..(i + 1) * rank];
                Gathered::Dense(rows.iter().flat_map(row).copied().collect(), rows.len())
            }
            Self::Sparse { narrow, .. } => Gathered::Sparse(narrow.select(rows)),
        }
    }
}

/// The largest size of an entry.
pub(crate) fn largest_of(data: &Mat<f64>) -> f64 {
    (0..data.ncols())
        .flat_map(|j| (0..data.nrows()).map(move |i| (i, j)))
        .fold(0.0_f64, |most, at| most.max(data[at].abs()))
}

/// The same of sparse rows.
pub(crate) fn largest_entry(rows: &SparseRows<f64>) -> f64 {
    rows.values().iter().fold(0.0_f64, |a, x| a.max(x.abs()))
}

/// The searches run in `f32` on data of unit scale: no overflow whatever the units.
fn scale_of(largest: f64) -> f64 {
    if largest > 0.0 { 1.0 / largest } else { 1.0 }
}
