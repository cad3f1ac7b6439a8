use core::ops::Range;

use crelu_core::{NarrowRows, Rows, TrainingSet};
use linalg_core::{DenseRows, SparseRows};

use crate::fused::Part;

/// Some rows of a set in `f32`, copied.
#[derive(Debug)]
pub(crate) enum Gathered {
    Dense(DenseRows<f32>),
    Sparse(SparseRows<f32>),
}

impl Gathered {
    pub(crate) fn part(&self) -> Part<'_, f32> {
        match self {
            Self::Dense(rows) => Part::dense(rows.values(), rows.width(), rows.n_rows()),
            Self::Sparse(rows) => Part::Sparse(rows.all()),
        }
    }
}

/// Some rows of a set, as passes go over them.
pub(crate) fn wide(set: &TrainingSet, rows: Range<usize>) -> Part<'_, f64> {
    match set.rows() {
        Rows::Dense(all) => Part::dense(all.part(rows.clone()), all.width(), rows.len()),
        Rows::Sparse(all) => Part::Sparse(all.all().part(rows)),
    }
}

/// All rows of a set in `f32`.
pub(crate) fn narrow(set: &TrainingSet) -> Part<'_, f32> {
    match set.narrow() {
        NarrowRows::Dense(rows) => Part::dense(rows.values(), rows.width(), rows.n_rows()),
        NarrowRows::Sparse(rows) => Part::Sparse(rows.all()),
    }
}

/// A copy of some of them.
pub(crate) fn gather(set: &TrainingSet, rows: &[usize]) -> Gathered {
    match set.narrow() {
        NarrowRows::Dense(all) => Gathered::Dense(all.select(rows)),
        NarrowRows::Sparse(all) => Gathered::Sparse(all.select(rows)),
    }
}
