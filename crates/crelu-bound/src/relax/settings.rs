/// Settings of [`tighten`](crate::tighten).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TightSettings {
    /// Most rows of one block; `None`: all rows in one up to 300, blocks of at most 150 beyond,
    /// which are joined (up to 700 rows) when they have little left to give.
    pub block_rows: Option<usize>,
    /// Most iterations.
    pub max_iters: usize,
    /// Stop when the bound is within this share of the start network's objective, or of the
    /// relaxation's own value.
    pub tol: f64,
}

impl Default for TightSettings {
    fn default() -> Self {
        Self {
            block_rows: None,
            max_iters: 5000,
            tol: 1e-4,
        }
    }
}

impl TightSettings {
    /// Sets the most rows of one block.
    #[must_use]
    pub fn block_rows(mut self, rows: Option<usize>) -> Self {
        self.block_rows = rows;
        self
    }

    /// Sets the most iterations.
    #[must_use]
    pub fn max_iters(mut self, iterations: usize) -> Self {
        self.max_iters = iterations;
        self
    }

    /// Sets the gap at which to stop.
    #[must_use]
    pub fn tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// The most rows of one block for data of so many rows.
    #[must_use]
    pub(crate) fn most_rows(&self, n_rows: usize) -> usize {
        match self.block_rows {
            Some(rows) => rows.max(1),
            None if n_rows <= WHOLE => WHOLE,
            None => PART,
        }
    }
}

/// Whether blocks may be joined to one of so many rows.
pub(super) fn may_join(settings: &TightSettings, rows: usize) -> bool {
    settings.block_rows.is_none() && rows <= JOINED
}

/// Most rows of a joined block: `50 m^2` numbers, 200 MB.
const JOINED: usize = 700;
/// Up to this many rows, all of them in one block.
const WHOLE: usize = 300;
/// Beyond, blocks of at most this many: smaller ones lose, larger ones are slower.
const PART: usize = 150;
