/// What is added to an estimated price, relative to the trivial one, until the proof runs through:
/// `MARGIN * MARGIN_GROWTH^k`, `k < MARGINS`; the last is above the trivial price.
pub(super) const MARGIN: f64 = 1e-12;
pub(super) const MARGIN_GROWTH: f64 = 4.0;
pub(super) const MARGINS: i32 = 21;
