/// Why an exchange between processes did not take place. What it was to fill in is then undefined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// Another process has ended, failed or cannot be reached.
    #[error("the exchange with the other processes failed: one of them is gone")]
    Lost,
    /// The processes brought different lengths: they are not at the same place.
    #[error("the exchange with the other processes failed: {got} numbers here, {want} elsewhere")]
    Length {
        /// What another process brought.
        want: usize,
        /// What this one brought.
        got: usize,
    },
}

/// The exchange between processes that each hold a shard of the rows of the data.
///
/// Every rank calls the same methods in the same order. Sums must not depend on timing, so that
/// all ranks take the same decisions. An exchange that fails fails on every rank that is left.
pub trait Collective: Sync {
    /// This process, `0 <= rank < size`.
    fn rank(&self) -> usize;
    /// How many processes hold shards.
    fn size(&self) -> usize;
    /// Replaces `values` on every rank by the sum over the ranks.
    ///
    /// # Errors
    /// [`ExchangeError`] where a process is gone or brings another length.
    fn sum(&self, values: &mut [f64]) -> Result<(), ExchangeError>;
    /// Replaces `values` on every rank by the elementwise maximum over the ranks.
    ///
    /// # Errors
    /// As [`sum`](Self::sum).
    fn max(&self, values: &mut [f64]) -> Result<(), ExchangeError>;
    /// Replaces `values` on every rank by those of rank 0.
    ///
    /// # Errors
    /// As [`sum`](Self::sum).
    fn broadcast(&self, values: &mut [f64]) -> Result<(), ExchangeError>;
    /// Replaces `bytes` on every rank by those of rank 0, of any length: a network, a seed, settings.
    ///
    /// # Errors
    /// As [`sum`](Self::sum).
    fn broadcast_bytes(&self, bytes: &mut Vec<u8>) -> Result<(), ExchangeError> {
        // the length first; then four bytes a number, which f64 holds exactly
        const BYTES: usize = 4;
        let mut length = [f64::from(u32::try_from(bytes.len()).unwrap_or(u32::MAX))];
        self.broadcast(&mut length)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a length below 2^32, as rank 0 wrote it"
        )]
        bytes.resize(length[0] as usize, 0);
        let number = |four: &[u8]| {
            let mut word = [0; BYTES];
            word[..four.len()].copy_from_slice(four);
            f64::from(u32::from_le_bytes(word))
        };
        let mut numbers: Vec<f64> = bytes.chunks(BYTES).map(number).collect();
        self.broadcast(&mut numbers)?;
        for (four, number) in bytes.chunks_mut(BYTES).zip(numbers) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a u32 as rank 0 wrote it"
            )]
            let word = (number as u32).to_le_bytes();
            four.copy_from_slice(&word[..four.len()]);
        }
        Ok(())
    }
}

/// The collective of one process: every exchange is the identity.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Collective for Alone {
    fn rank(&self) -> usize {
        0
    }
    fn size(&self) -> usize {
        1
    }
    fn sum(&self, _values: &mut [f64]) -> Result<(), ExchangeError> {
        Ok(())
    }
    fn max(&self, _values: &mut [f64]) -> Result<(), ExchangeError> {
        Ok(())
    }
    fn broadcast(&self, _values: &mut [f64]) -> Result<(), ExchangeError> {
        Ok(())
    }
}
