/// What can go wrong in any of the crates.
pub(crate) type Failed = Box<dyn std::error::Error>;

/// Fails with what was expected.
pub(crate) fn expect(holds: bool, what: impl FnOnce() -> String) -> Result<(), Failed> {
    match holds {
        true => Ok(()),
        false => Err(what().into()),
    }
}
