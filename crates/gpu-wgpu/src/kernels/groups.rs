//! How far a product is cut.

/// The side of the largest tile: what is cut is cut into multiples of it, so that sums are taken in one
/// order whatever the tile.
pub(super) const LARGEST_TILE: usize = 64;
/// Groups that a product is cut into, about: enough for a large card. The cut follows from the
/// sizes alone, so that sums are taken in the same order in every run.
pub(super) const GROUPS: usize = 512;
/// Most parts of a product, each of the size of its result ...
pub(super) const MOST_PARTS: usize = 32;
/// ... and fewest rows of one.
pub(super) const LEAST_ROWS: usize = 64;
