use crate::error::{BoundError, BoundSetting};

/// Settings of [`tighten`](crate::tighten).
///
/// | name | default | range |
/// |---|---|---|
/// | `block_rows` | by the rows | at least 1 |
/// | `max_iters` | 5000 | |
/// | `tol` | 1e-4 | at least 0, finite |
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TightSettings {
    /// Most rows of one block; `None`: all rows in one up to 300, blocks of at most 150 beyond,
    /// which are joined (up to 700 rows and a gigabyte in all) when they have little left to give.
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

    /// Checks the ranges; NaN is outside every one.
    ///
    /// # Errors
    /// [`BoundError::Setting`] names the first setting outside its range.
    pub fn check(self) -> Result<CheckedTightSettings, BoundError> {
        BoundSetting::first_outside([
            (BoundSetting::BlockRows, self.block_rows != Some(0)),
            (BoundSetting::Tol, self.tol.is_finite() && self.tol >= 0.0),
        ])?;
        Ok(CheckedTightSettings(self))
    }

    /// About the bytes a run on `n x d` data takes at its peak, in a proof.
    #[must_use]
    pub fn bytes(&self, n: usize, d: usize) -> f64 {
        let most = self.most_rows(n);
        let (mut m, mut blocks) = (n.max(1), 1_usize);
        while m > most {
            (m, blocks) = (m.div_ceil(2), 2 * blocks);
        }
        let all = |group: usize| vec![group * m; blocks.div_ceil(group)];
        let joined = [4, 2].map(|group| all(group.min(blocks)));
        let joined = joined.into_iter().find(|all| may_join(self, all, d.min(n)));
        block_bytes(&joined.unwrap_or_else(|| all(1)), d.min(n))
    }

    /// These settings, or with the largest smaller blocks by which a run on `n x d` data takes at
    /// most `limit` bytes; none where no blocks do: every block holds the moments of all `d`.
    #[must_use]
    pub fn within(self, limit: f64, n: usize, d: usize) -> Option<Self> {
        if self.bytes(n, d) <= limit {
            return Some(self);
        }
        let most = self.most_rows(n).min(n.max(1));
        let halves = std::iter::successors(Some(most), |rows| Some(rows / 2));
        let mut halves = halves.take_while(|rows| *rows >= LEAST);
        let rows = halves.find(|rows| self.clone().block_rows(Some(*rows)).bytes(n, d) <= limit);
        rows.map(|rows| self.block_rows(Some(rows)))
    }

    /// The most rows of one block for data of so many rows.
    #[must_use]
    pub(crate) fn most_rows(&self, n_rows: usize) -> usize {
        match self.block_rows {
            // unchecked settings are asked for their bytes, too
            Some(rows) => rows.max(1),
            None if n_rows <= WHOLE => WHOLE,
            None => PART,
        }
    }
}

/// Settings that passed [`TightSettings::check`].
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedTightSettings(TightSettings);

impl CheckedTightSettings {
    /// The values.
    #[must_use]
    pub fn get(&self) -> &TightSettings {
        &self.0
    }
}

/// Whether blocks may be joined to blocks of so many rows.
pub(super) fn may_join(settings: &TightSettings, rows: &[usize], rank: usize) -> bool {
    settings.block_rows.is_none()
        && rows.iter().all(|m| *m <= JOINED)
        && block_bytes(rows, rank) <= JOINED_BYTES
}

/// `60 m^2 + 10 s^2` numbers a block of `m` rows and sign, `s = m + rank + 1`; measured.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn block_bytes(rows: &[usize], rank: usize) -> f64 {
    let one = |m: &usize| {
        let (m, side) = (*m as f64, (m + rank + 1) as f64);
        16.0 * (60.0 * m * m + 10.0 * side * side)
    };
    rows.iter().map(one).sum()
}

/// Most rows of a joined block: an iteration of more takes too long for the time people give.
const JOINED: usize = 700;
/// Bytes that joining may lead to.
const JOINED_BYTES: f64 = 1e9;
/// Up to this many rows, all of them in one block.
const WHOLE: usize = 300;
/// Beyond, blocks of at most this many: smaller ones lose, larger ones are slower.
const PART: usize = 150;
/// Blocks of fewer rows have too few products to be worth their moments.
const LEAST: usize = 8;
