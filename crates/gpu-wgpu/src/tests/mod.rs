//! What the tests of this crate share.

mod compile;
pub(crate) mod on_device;
