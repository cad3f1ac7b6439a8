use crate::kernel::Tiling;

/// What an adapter was measured at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuned {
    /// The tiling that it is fastest with.
    pub tiling: Tiling,
    /// Flops a second of the products, with it.
    pub flops: f64,
    /// Seconds of a dispatch among others.
    pub call: f64,
    /// Seconds until a number is back from one.
    pub round_trip: f64,
}

impl Tuned {
    /// Seconds of so many flops in so many dispatches, with so many looks at a number.
    #[must_use]
    pub fn seconds(&self, flops: f64, calls: f64, looks: f64) -> f64 {
        flops / self.flops + calls * self.call + looks * self.round_trip
    }
}
