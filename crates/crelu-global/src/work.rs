use core::sync::atomic::{AtomicU64, Ordering};

/// What a training took, without the clock.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Work {
    /// Products `R u` or `R'v` of the data with one neuron, in searches and slides; one over a part
    /// of the rows counts for its share. A full-batch gradient step of `m` neurons takes `2 m`.
    pub products: f64,
    /// Flops of the products with the rows, of whatever kind, and of the sweeps over the output weights of several
    /// outputs.
    pub flops: u64,
}

/// A count of flops that the parts of a training add to; a copy starts from what was counted.
#[derive(Debug, Default)]
pub(crate) struct FlopCount(AtomicU64);

impl FlopCount {
    /// `2 rows inner columns`, `times` over.
    pub(crate) fn add_products(&self, times: usize, rows: usize, inner: usize, columns: usize) {
        // the product of sizes that each fit into 32 bits need not
        let sizes = [2, times, rows, inner, columns].map(|size| size as u64);
        self.0.fetch_add(sizes.iter().product(), Ordering::Relaxed);
    }

    pub(crate) fn add(&self, flops: usize) {
        self.0.fetch_add(flops as u64, Ordering::Relaxed);
    }

    pub(crate) fn flops(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clone for FlopCount {
    fn clone(&self) -> Self {
        Self(AtomicU64::new(self.flops()))
    }
}
