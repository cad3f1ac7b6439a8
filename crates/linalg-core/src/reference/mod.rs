//! The operators and the direct solver again, on `nalgebra`, written plainly: what the fast ones
//! are compared with, and what a program uses that holds its data in that library's types.
//!
//! Everything here is on one thread, forms what it needs and takes no short cut; it shares no code
//! with the rest of the crate but the traits.

mod dense;
mod interchange;
mod library;
mod masked;
mod shifted;

pub use dense::ReferenceDense;
pub use interchange::{as_faer, as_faer_mut, as_nalgebra, view_as_faer};
pub use library::{NalgebraLibrary, reference};
pub use masked::ReferenceBlocks;
pub use shifted::ReferenceGram;
