/// How a step ended that did not fail.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Held,
    /// Nothing was checked, for the reason given.
    Skipped(String),
}
