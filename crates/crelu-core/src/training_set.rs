use core::ops::Range;
use std::sync::{Arc, OnceLock};

use linalg_core::{DenseRows, Real, SparseRows};

use crate::error::SetError;
use crate::loss::Loss;
use crate::subject::Subject;

/// Rows of a training set, to be shared.
#[derive(Debug, Clone)]
pub enum Rows {
    /// All their numbers.
    Dense(Arc<DenseRows<f64>>),
    /// Those that are not zero.
    Sparse(Arc<SparseRows<f64>>),
}

impl From<DenseRows<f64>> for Rows {
    fn from(rows: DenseRows<f64>) -> Self {
        Self::Dense(Arc::new(rows))
    }
}

impl From<SparseRows<f64>> for Rows {
    fn from(rows: SparseRows<f64>) -> Self {
        Self::Sparse(Arc::new(rows))
    }
}

impl Rows {
    /// Rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        match self {
            Self::Dense(rows) => rows.n_rows(),
            Self::Sparse(rows) => rows.n_rows(),
        }
    }

    /// Columns: coordinates of a row.
    #[must_use]
    pub fn width(&self) -> usize {
        match self {
            Self::Dense(rows) => rows.width(),
            Self::Sparse(rows) => rows.n_columns(),
        }
    }

    /// Numbers that are held.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.values().len()
    }

    /// A copy of some of the rows, in the order given.
    ///
    /// # Panics
    /// If there are no such rows.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        match self {
            Self::Dense(all) => all.select(rows).into(),
            Self::Sparse(all) => all.select(rows).into(),
        }
    }

    fn values(&self) -> &[f64] {
        match self {
            Self::Dense(rows) => rows.values(),
            Self::Sparse(rows) => rows.values(),
        }
    }

    /// The largest size of a number.
    fn largest(&self) -> f64 {
        self.values().iter().fold(0.0_f64, |a, x| a.max(x.abs()))
    }
}

/// Rows in `f32`.
#[derive(Debug)]
pub enum NarrowRows {
    /// All their numbers.
    Dense(DenseRows<f32>),
    /// Those that are not zero.
    Sparse(SparseRows<f32>),
}

/// The one owner of what is trained on: the rows `R`, in whatever coordinates, and the loss with the
/// targets and weights of its rows. Programmes and problems are of a set, shared, and a penalty.
///
/// Of rows that are divided over processes each has a set: its own rows, and the loss of all.
///
/// **Cost** the rows once in `f64`; half as much for those in `f32` once they were asked for.
#[derive(Debug)]
pub struct TrainingSet {
    rows: Rows,
    loss: Arc<dyn Loss>,
    span: Range<usize>,
    largest: f64,
    narrow: OnceLock<NarrowRows>,
}

impl TrainingSet {
    /// Of all rows of a loss.
    ///
    /// # Errors
    /// [`SetError::Shape`] when their numbers differ, [`SetError::NotFinite`] for NaN or infinities.
    pub fn new(rows: impl Into<Rows>, loss: Arc<dyn Loss>) -> Result<Self, SetError> {
        let all = rows.into();
        if loss.n_samples() != all.n_rows() {
            return Err(SetError::Shape {
                what: Subject::Target,
                want: all.n_rows(),
                got: loss.n_samples(),
            });
        }
        let span = 0..all.n_rows();
        Self::of_span(all, loss, span)
    }

    /// Of the rows `span` of a loss.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_span(
        rows: impl Into<Rows>,
        loss: Arc<dyn Loss>,
        span: Range<usize>,
    ) -> Result<Self, SetError> {
        let rows = rows.into();
        let shape = |what, want, got| SetError::Shape { what, want, got };
        if rows.n_rows() != span.len() {
            return Err(shape(Subject::Data, span.len(), rows.n_rows()));
        }
        if span.end > loss.n_samples() {
            return Err(shape(Subject::Target, span.end, loss.n_samples()));
        }
        if !rows.values().iter().all(|x| x.is_finite()) {
            return Err(SetError::NotFinite {
                what: Subject::Data,
            });
        }
        Ok(Self {
            largest: rows.largest(),
            rows,
            loss,
            span,
            narrow: OnceLock::new(),
        })
    }

    /// The same with the largest size of a number of all processes, which the rows in `f32` are divided by.
    #[must_use]
    pub fn with_largest(self, largest: f64) -> Self {
        Self {
            largest,
            narrow: OnceLock::new(),
            ..self
        }
    }

    /// The largest size of a number, which the rows in `f32` are divided by.
    #[must_use]
    pub fn largest(&self) -> f64 {
        self.largest
    }

    /// The rows that are here.
    #[must_use]
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The loss of all rows.
    #[must_use]
    pub fn loss(&self) -> &Arc<dyn Loss> {
        &self.loss
    }

    /// Which rows of the loss are here.
    #[must_use]
    pub fn span(&self) -> &Range<usize> {
        &self.span
    }

    /// Coordinates of a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.rows.width()
    }

    /// The rows in `f32`, times [`narrow_scale`](Self::narrow_scale); made when first asked for.
    #[must_use]
    pub fn narrow(&self) -> &NarrowRows {
        let scale = self.narrow_scale();
        self.narrow.get_or_init(|| match &self.rows {
            Rows::Dense(rows) => NarrowRows::Dense(rows.map(|x| f32::of(x * scale))),
            Rows::Sparse(rows) => NarrowRows::Sparse(rows.map(|_, x| f32::of(x * scale))),
        })
    }

    /// What the rows are multiplied by there: to be of unit size, so that nothing overflows whatever the
    /// units.
    #[must_use]
    pub fn narrow_scale(&self) -> f64 {
        if self.largest > 0.0 {
            1.0 / self.largest
        } else {
            1.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::LossKind;

    fn loss(n: usize) -> Arc<dyn Loss> {
        let target = vec![1.0; n];
        LossKind::Squared.of(target, 1, None).expect("a loss")
    }

    fn rows(width: usize, n: usize) -> DenseRows<f64> {
        DenseRows::from_fn(width, n, |k, i| if k == 0 { -4.0 } else { i as f64 })
    }

    #[test]
    fn narrow_rows_are_those_of_unit_size_and_made_once() {
        let set = TrainingSet::new(rows(2, 3), loss(3)).expect("of one shape");
        assert_eq!(set.narrow_scale(), 0.25);
        let first = set.narrow();
        let NarrowRows::Dense(narrow) = first else {
            panic!("dense rows")
        };
        assert_eq!(narrow.values(), [-1.0, 0.0, -1.0, 0.25, -1.0, 0.5]);
        assert!(core::ptr::eq(first, set.narrow()));
        let of_all = set.with_largest(8.0);
        assert_eq!(of_all.narrow_scale(), 0.125);
        let zero = TrainingSet::new(DenseRows::full(2, 1, 0.0), loss(1)).expect("finite");
        assert_eq!(zero.narrow_scale(), 1.0);
    }

    #[test]
    fn sparse_rows_are_the_same_set() {
        let sparse = SparseRows::new(3, vec![0, 1, 1], vec![2], vec![-2.0]).expect("rows");
        let set = TrainingSet::new(sparse, loss(2)).expect("of one shape");
        assert_eq!((set.width(), set.rows().entries()), (3, 1));
        let NarrowRows::Sparse(narrow) = set.narrow() else {
            panic!("sparse rows")
        };
        assert_eq!(narrow.values(), [-1.0]);
        assert_eq!(set.rows().select(&[1, 0]).entries(), 1);
    }

    #[test]
    fn sets_of_two_shapes_or_of_no_numbers_are_errors() {
        let told = |set: Result<TrainingSet, SetError>| set.expect_err("no set").to_string();
        let short = told(TrainingSet::new(rows(2, 3), loss(4)));
        assert_eq!(short, "target: 4, expected 3");
        let part = TrainingSet::of_span(rows(2, 3), loss(9), 3..6).expect("a part");
        assert_eq!(part.span(), &(3..6));
        let short = told(TrainingSet::of_span(rows(2, 3), loss(9), 3..7));
        assert_eq!(short, "data: 3, expected 4");
        let short = told(TrainingSet::of_span(rows(2, 3), loss(5), 3..6));
        assert_eq!(short, "target: 5, expected 6");
        for bad in [f64::NAN, f64::INFINITY] {
            let told = told(TrainingSet::new(DenseRows::full(1, 1, bad), loss(1)));
            assert_eq!(told, "data holds a value that is not finite");
        }
    }
}
