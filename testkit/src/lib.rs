//! What the tests of several crates share, for dev-dependencies alone: the seeds of random tests,
//! a stream of test data, a clock that the test moves, a collective of threads, the list of all
//! activation patterns, and the tables that document settings.
//!
//! Random tests draw from seeds that are written beside them, so that the suite passes or fails the
//! same way everywhere. `cargo xtask explore` runs the same tests on fresh seeds:
//!
//! ```
//! use proptest::prelude::*;
//!
//! proptest! {
//!     #![proptest_config(testkit::cases(7, 64))]
//!     # /*
//!     #[test]
//!     # */
//!     fn square_is_not_negative(x in -9.0..9.0_f64) {
//!         prop_assert!(x * x >= 0.0);
//!     }
//! }
//! # square_is_not_negative();
//!
//! for seed in testkit::seeds(0..4) {
//!     let x = testkit::Stream::new(seed).unit();
//!     assert!(x.abs() <= 1.0, "seed {seed}");
//! }
//! ```

#[cfg(feature = "algebra")]
mod clock;
#[cfg(feature = "algebra")]
mod collective;
mod explore;
#[cfg(feature = "algebra")]
mod patterns;
#[cfg(feature = "algebra")]
mod regression;
mod settings_table;
mod stream;

#[cfg(feature = "algebra")]
pub use clock::MovingClock;
#[cfg(feature = "algebra")]
pub use collective::{Rank, on_ranks};
pub use explore::{cases, seeds};
#[cfg(feature = "algebra")]
pub use patterns::all_patterns;
#[cfg(feature = "algebra")]
pub use regression::regression;
pub use settings_table::{SettingRow, count, public_fields, setting_rows};
pub use stream::Stream;
