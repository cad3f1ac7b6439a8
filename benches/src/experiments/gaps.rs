//! The gaps of a race.

/// The certified gaps whose first crossing is reported.
pub(crate) const GAPS: [f64; 2] = [1e-2, 1e-3];
/// Where a run stops.
pub(crate) const TOL: f64 = 1e-3;
