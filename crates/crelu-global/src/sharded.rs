use core::fmt;
use core::ops::Range;
use std::sync::Arc;

use linalg_core::{Collective, Control, ExchangeError};

/// Rows of a block: passes in `f32` add up so many in `f32`, and the blocks in `f64`. So their sums do not
/// depend, but for the roundings of `f64`, on which process has which blocks; a sum in `f64` costs as much as
/// one or two rows.
pub(crate) const BLOCK: usize = 256;

/// The passes over rows that are divided over processes: each goes over its own, and what it sums up is
/// added to that of the others. All processes make the same calls in the same order with the same
/// arguments but for the rows, and get the same answers: one network, kept by each.
///
/// What is exchanged: `rank` numbers a column and step of an ascent, `(rank + K) m` an evaluation of `m`
/// neurons, `m^2` a correction, `K` a row for a bound (which is made of the dual point of all rows). Vectors
/// with numbers for rows stay where the rows are.
///
/// A halt is agreed upon, so that all halt in one place. Where an exchange fails the answer of a pass is
/// NaN, which no network is taken for, and the training is interrupted with the best network so far.
///
/// The processes must do the same arithmetic: one program, on processors of one kind.
pub struct Sharded {
    ranks: Arc<dyn Collective + Send + Sync>,
    /// The rows of this process, and all.
    span: Range<usize>,
    all: usize,
}

impl Sharded {
    /// Of a process with the next `rows` rows after those of the ranks before it. To all ranks at once.
    ///
    /// # Errors
    /// [`ExchangeError`] where the exchange fails.
    pub fn new(
        ranks: Arc<dyn Collective + Send + Sync>,
        rows: usize,
    ) -> Result<Self, ExchangeError> {
        let mut counts = vec![0.0; ranks.size()];
        counts[ranks.rank()] = wide(rows);
        ranks.sum(&mut counts)?;
        let first = narrow(counts[..ranks.rank()].iter().sum());
        Ok(Self {
            span: first..first + rows,
            all: narrow(counts.iter().sum()),
            ranks,
        })
    }

    /// A division of so many rows into whole blocks: the rows of one rank.
    #[must_use]
    pub fn rows_of(rows: usize, rank: usize, size: usize) -> Range<usize> {
        let blocks = rows.div_ceil(BLOCK);
        let begin = |rank: usize| (rank * blocks / size * BLOCK).min(rows);
        begin(rank)..begin(rank + 1)
    }

    /// The rows of this process among all.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Rows of all processes.
    #[must_use]
    pub fn all(&self) -> usize {
        self.all
    }

    /// How many processes have rows.
    pub(crate) fn processes(&self) -> usize {
        self.ranks.size()
    }

    /// Some of all rows, of which this process has so many after those of the ranks before it.
    pub(crate) fn of_part(&self, span: Range<usize>, all: usize) -> Self {
        let ranks = Arc::clone(&self.ranks);
        Self { ranks, span, all }
    }

    /// Replaces sums over the rows of this process by those over all; NaN where the exchange fails.
    pub(crate) fn join(&self, sums: &mut [f64]) {
        if self.try_join(sums).is_err() {
            sums.fill(f64::NAN);
        }
    }

    /// The same for the largest value.
    pub(crate) fn join_largest(&self, values: &mut [f64]) {
        if self.try_join_largest(values).is_err() {
            values.fill(f64::NAN);
        }
    }

    pub(crate) fn try_join(&self, sums: &mut [f64]) -> Result<(), ExchangeError> {
        self.ranks.sum(sums)
    }

    pub(crate) fn try_join_largest(&self, values: &mut [f64]) -> Result<(), ExchangeError> {
        self.ranks.max(values)
    }

    /// The numbers of the ranks before this one, added up, and those of all.
    pub(crate) fn before(&self, here: f64) -> (f64, f64) {
        let mut each = vec![0.0; self.ranks.size()];
        each[self.ranks.rank()] = here;
        self.join(&mut each);
        let before = each[..self.ranks.rank()].iter().sum();
        (before, each.iter().sum())
    }

    /// The numbers of all rows, `K` a row, where this process has those of its own.
    pub(crate) fn gather(&self, own: &[f64], outputs: usize) -> Vec<f64> {
        let mut all = vec![0.0; self.all * outputs];
        all[self.span.start * outputs..self.span.end * outputs].copy_from_slice(own);
        self.join(&mut all);
        all
    }

    /// Sums of 64-bit numbers that wrap around.
    pub(crate) fn join_words(&self, words: &mut [u64]) {
        // halves are exact in f64, and so are their sums
        const HALF: u32 = 32;
        let low = |word: &u64| f64::from(u32::try_from(word & u64::from(u32::MAX)).unwrap_or(0));
        let high = |word: &u64| f64::from(u32::try_from(word >> HALF).unwrap_or(0));
        let mut halves: Vec<f64> = words
            .iter()
            .map(low)
            .chain(words.iter().map(high))
            .collect();
        self.join(&mut halves);
        let (low, high) = halves.split_at(words.len());
        for ((word, low), high) in words.iter_mut().zip(low).zip(high) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "sums of 32-bit numbers; of a failed exchange 0"
            )]
            let (low, high) = (*low as u64, *high as u64);
            *word = low.wrapping_add(high << HALF);
        }
    }

    /// A control that halts on all processes where one would.
    pub(crate) fn agreed<'c>(&'c self, control: &Control<'c>) -> Control<'c> {
        control.agreed(&*self.ranks)
    }
}

impl fmt::Debug for Sharded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sharded")
            .field("rank", &self.ranks.rank())
            .field("span", &self.span)
            .field("all", &self.all)
            .finish_non_exhaustive()
    }
}

/// A count as the exchange takes it.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
pub(crate) fn wide(count: usize) -> f64 {
    count as f64
}

/// A count from the exchange.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sum of counts"
)]
pub(crate) fn narrow(count: f64) -> usize {
    count as usize
}
