use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use linalg_core::{Real, product, wide_dot};

/// Inner products of all rows are kept, `n_samples^2` numbers, from this rank on, where they cost
/// more to make anew than to fetch ...
const TABLE_RANK: usize = 64;
/// ... and up to this many rows (128 MiB).
const TABLE_ROWS: usize = 4096;

/// The data, and the inner products of their rows where they are kept.
#[derive(Debug, Clone)]
pub(super) struct Rows<'a, T> {
    pub(super) data: MatRef<'a, T>,
    table: Option<Mat<f64>>,
}

impl<'a, T: Real> Rows<'a, T> {
    pub(super) fn new(data: MatRef<'a, T>) -> Self {
        let n = data.ncols();
        let table = (data.nrows() >= TABLE_RANK && n <= TABLE_ROWS).then(|| {
            let wide = Mat::from_fn(data.nrows(), n, |k, i| data[(k, i)].wide());
            let mut out = Mat::zeros(n, n);
            product(
                out.as_mut(),
                Accum::Replace,
                wide.transpose(),
                wide.as_ref(),
                1.0,
            );
            out
        });
        Self { data, table }
    }

    pub(super) fn row(&self, i: usize) -> &'a [T] {
        column(self.data, i)
    }

    pub(super) fn inner(&self, i: usize, j: usize) -> f64 {
        match &self.table {
            Some(table) => table[(i, j)],
            None => wide_dot(self.row(i), self.row(j)),
        }
    }

    /// Inner products of some rows: of those that are kept, or one product.
    pub(super) fn gram(&self, some: &[usize]) -> Mat<f64> {
        let count = some.len();
        if let Some(table) = &self.table {
            return Mat::from_fn(count, count, |a, b| table[(some[a], some[b])]);
        }
        let chosen = Mat::from_fn(self.data.nrows(), count, |k, j| {
            self.data[(k, some[j])].wide()
        });
        let mut out = Mat::zeros(count, count);
        matmul(
            out.as_mut(),
            Accum::Replace,
            chosen.transpose(),
            chosen.as_ref(),
            1.0,
            // the blocks of a group are the tasks
            Par::Seq,
        );
        out
    }
}

/// A sample's coordinates.
pub(crate) fn column<'a, T: Real>(data: MatRef<'a, T>, i: usize) -> &'a [T] {
    data.col(i)
        .try_as_col_major()
        .map_or(&[], |col| col.as_slice())
}
