use core::ops::Range;

use crate::error::LinalgError;

/// Rows of which most entries are zero, by their other entries (compressed sparse rows).
///
/// ```text
///     row i:  columns[starts[i]..starts[i + 1]],  values[starts[i]..starts[i + 1]]
/// ```
///
/// **Shapes** `n_rows x n_columns`; the columns of a row ascend.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseRows<T> {
    n_columns: usize,
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<T>,
}

/// Some rows that follow each other.
#[derive(Debug)]
pub struct SparsePart<'a, T> {
    starts: &'a [usize],
    columns: &'a [u32],
    values: &'a [T],
}

impl<T> Clone for SparsePart<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for SparsePart<'_, T> {}

impl<'a, T> SparsePart<'a, T> {
    /// Rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// The columns and values of a row.
    ///
    /// # Panics
    /// If there is no such row.
    #[inline(always)]
    #[must_use]
    pub fn row(&self, row: usize) -> (&'a [u32], &'a [T]) {
        let range = self.starts[row]..self.starts[row + 1];
        (&self.columns[range.clone()], &self.values[range])
    }

    /// Some of these rows.
    ///
    /// # Panics
    /// If there are no such rows.
    #[must_use]
    pub fn part(&self, rows: Range<usize>) -> Self {
        Self {
            starts: &self.starts[rows.start..=rows.end],
            ..*self
        }
    }
}

impl SparseRows<f64> {
    /// Takes rows: where each begins and the last ends, and columns and values of all entries.
    ///
    /// # Errors
    /// [`LinalgError::Shape`] where lengths do not fit, [`LinalgError::Column`] for a column that is
    /// not there or does not ascend, [`LinalgError::NotFinite`] for NaN and infinities.
    pub fn new(
        n_columns: usize,
        starts: Vec<usize>,
        columns: Vec<u32>,
        values: Vec<f64>,
    ) -> Result<Self, LinalgError> {
        let shape = |what, want, got| LinalgError::Shape { what, want, got };
        if columns.len() != values.len() {
            return Err(shape("columns", values.len(), columns.len()));
        }
        let ascend = starts.first() == Some(&0) && starts.windows(2).all(|two| two[0] <= two[1]);
        let end = starts.last().copied().unwrap_or(0);
        if !ascend || end != values.len() {
            return Err(shape("starts", values.len(), end));
        }
        for (row, two) in starts.windows(2).enumerate() {
            let columns = &columns[two[0]..two[1]];
            let beyond = columns.iter().find(|k| index(**k) >= n_columns);
            let back = columns.windows(2).find(|two| two[1] <= two[0]);
            if let Some(&column) = beyond.or(back.map(|two| &two[1])) {
                return Err(LinalgError::Column {
                    row,
                    column: index(column),
                    columns: n_columns,
                });
            }
        }
        if values.iter().any(|x| !x.is_finite()) {
            return Err(LinalgError::NotFinite { what: "rows" });
        }
        Ok(Self {
            n_columns,
            starts,
            columns,
            values,
        })
    }
}

impl<T: Copy> SparseRows<T> {
    /// Rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Columns, those without an entry among them.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Entries of all rows.
    #[must_use]
    pub fn n_entries(&self) -> usize {
        self.values.len()
    }

    /// The values of all entries.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// `(column, value)` of all entries, row by row.
    pub fn entries(&self) -> impl Iterator<Item = (usize, T)> {
        let columns = self.columns.iter().map(|k| index(*k));
        columns.zip(self.values.iter().copied())
    }

    /// All rows.
    #[must_use]
    pub fn all(&self) -> SparsePart<'_, T> {
        SparsePart {
            starts: &self.starts,
            columns: &self.columns,
            values: &self.values,
        }
    }

    /// The rows given, in that order.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let mut out = Self {
            n_columns: self.n_columns,
            starts: vec![0],
            columns: Vec::new(),
            values: Vec::new(),
        };
        for &row in rows {
            let (columns, values) = self.all().row(row);
            out.columns.extend_from_slice(columns);
            out.values.extend_from_slice(values);
            out.starts.push(out.values.len());
        }
        out
    }

    /// The same rows with other values.
    #[must_use]
    pub fn map<U>(&self, mut to: impl FnMut(usize, T) -> U) -> SparseRows<U> {
        SparseRows {
            n_columns: self.n_columns,
            starts: self.starts.clone(),
            columns: self.columns.clone(),
            values: self.entries().map(|(column, x)| to(column, x)).collect(),
        }
    }

    /// The same rows with their columns at other places; none: its entries are left out.
    ///
    /// # Panics
    /// If there is not one place a column, or places do not ascend below `n_columns`.
    #[must_use]
    pub fn with_columns(&self, places: &[Option<u32>], n_columns: usize) -> Self {
        assert_eq!(places.len(), self.n_columns, "places: one a column");
        let kept = || places.iter().flatten();
        assert!(
            kept().zip(kept().skip(1)).all(|(a, b)| a < b) && kept().all(|k| index(*k) < n_columns),
            "places: ascending, below the number of columns"
        );
        let mut out = Self {
            n_columns,
            starts: Vec::with_capacity(self.starts.len()),
            columns: Vec::with_capacity(self.columns.len()),
            values: Vec::with_capacity(self.values.len()),
        };
        out.starts.push(0);
        for row in 0..self.n_rows() {
            let (columns, values) = self.all().row(row);
            for (column, value) in columns.iter().zip(values) {
                if let Some(place) = places[index(*column)] {
                    out.columns.push(place);
                    out.values.push(*value);
                }
            }
            out.starts.push(out.values.len());
        }
        out
    }

    /// The same rows with one more column, of `value` in each.
    ///
    /// # Panics
    /// If there are 2^32 columns.
    #[must_use]
    pub fn with_constant(&self, value: T) -> Self {
        let last = u32::try_from(self.n_columns).expect("columns are counted in 32 bits");
        let entries = self.n_entries() + self.n_rows();
        let mut out = Self {
            n_columns: self.n_columns + 1,
            starts: Vec::with_capacity(self.starts.len()),
            columns: Vec::with_capacity(entries),
            values: Vec::with_capacity(entries),
        };
        out.starts.push(0);
        for row in 0..self.n_rows() {
            let (columns, values) = self.all().row(row);
            out.columns.extend_from_slice(columns);
            out.values.extend_from_slice(values);
            out.columns.push(last);
            out.values.push(value);
            out.starts.push(out.values.len());
        }
        out
    }
}

/// A column as an index: its 32 bits fit.
#[inline(always)]
fn index(column: u32) -> usize {
    column as usize
}
