/// The exchange between processes that each hold a shard of the rows of the data.
///
/// Every rank calls the same methods in the same order. Sums must not depend on timing, so that
/// all ranks take the same decisions.
pub trait Collective: Sync {
    /// This process, `0 <= rank < size`.
    fn rank(&self) -> usize;
    /// How many processes hold shards.
    fn size(&self) -> usize;
    /// Replaces `values` on every rank by the sum over the ranks.
    fn sum(&self, values: &mut [f64]);
    /// Replaces `values` on every rank by the elementwise maximum over the ranks.
    fn max(&self, values: &mut [f64]);
    /// Replaces `values` on every rank by those of rank 0.
    fn broadcast(&self, values: &mut [f64]);
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
    fn sum(&self, _values: &mut [f64]) {}
    fn max(&self, _values: &mut [f64]) {}
    fn broadcast(&self, _values: &mut [f64]) {}
}
