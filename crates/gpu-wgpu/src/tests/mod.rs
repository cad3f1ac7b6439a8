//! What the tests of this crate share.

pub(crate) mod on_device;
