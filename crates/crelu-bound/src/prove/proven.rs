use crate::certificate::Certificate;
use crate::verify::VerifiedBound;

/// A bound and its certificate.
#[derive(Debug, Clone, PartialEq)]
pub struct Proven {
    /// Of the bound.
    pub certificate: Certificate,
    /// What the verifier made of it.
    pub bound: VerifiedBound,
}
