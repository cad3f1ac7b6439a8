use crate::error::LinalgError;

/// 0/1 row masks, one column a block: `masks[i, b]` says whether block `b` sees row `i`.
///
/// **Shapes** `n_samples x n_blocks`, one byte an entry, column-major.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masks {
    n_samples: usize,
    n_blocks: usize,
    bytes: Vec<u8>,
}

impl Masks {
    /// Takes the columns, one after the other; any non-zero byte counts as 1.
    ///
    /// # Errors
    /// [`LinalgError::Shape`] if the length is not a multiple of `n_samples`.
    pub fn from_columns(n_samples: usize, mut bytes: Vec<u8>) -> Result<Self, LinalgError> {
        let n_blocks = bytes.len().checked_div(n_samples).unwrap_or(0);
        if n_blocks * n_samples != bytes.len() {
            return Err(LinalgError::Shape {
                what: "masks",
                want: n_blocks * n_samples,
                got: bytes.len(),
            });
        }
        for byte in &mut bytes {
            *byte = u8::from(*byte != 0);
        }
        Ok(Self {
            n_samples,
            n_blocks,
            bytes,
        })
    }

    /// Rows of the data.
    #[must_use]
    pub fn n_samples(&self) -> usize {
        self.n_samples
    }

    /// How many masks.
    #[must_use]
    pub fn n_blocks(&self) -> usize {
        self.n_blocks
    }

    /// The mask of one block, a byte 0 or 1 a row.
    ///
    /// # Panics
    /// If `block >= n_blocks`.
    #[must_use]
    pub fn column(&self, block: usize) -> &[u8] {
        &self.bytes[block * self.n_samples..(block + 1) * self.n_samples]
    }

    /// The masks of some blocks, in the order given.
    ///
    /// # Panics
    /// If an index is out of range.
    #[must_use]
    pub fn select(&self, blocks: &[usize]) -> Self {
        let mut bytes = Vec::with_capacity(blocks.len() * self.n_samples);
        for &block in blocks {
            bytes.extend_from_slice(self.column(block));
        }
        Self {
            n_samples: self.n_samples,
            n_blocks: blocks.len(),
            bytes,
        }
    }

    /// The masks of the rows `first..first + count`: a shard.
    ///
    /// # Panics
    /// If the range reaches past the rows.
    #[must_use]
    pub fn rows(&self, first: usize, count: usize) -> Self {
        let mut bytes = Vec::with_capacity(count * self.n_blocks);
        for block in 0..self.n_blocks {
            bytes.extend_from_slice(&self.column(block)[first..first + count]);
        }
        Self {
            n_samples: count,
            n_blocks: self.n_blocks,
            bytes,
        }
    }
}
