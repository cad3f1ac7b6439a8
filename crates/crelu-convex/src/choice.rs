use crelu_core::Backend;

use crate::settings::{Precision, Splitting};

/// How the linear system of the primal step is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A Cholesky factor.
    Cholesky,
    /// Conjugate gradients.
    Cg,
    /// Conjugate gradients with the exact diagonal as preconditioner.
    PcgJacobi,
    /// Conjugate gradients with a randomised Nystrom preconditioner.
    PcgNystrom,
    /// Randomised block coordinate descent.
    Rbcd,
    /// Block descent through one factor that all blocks share.
    BlockExact,
}

/// The system that is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `n_samples x n_samples`.
    Kernel,
    /// `rank n_patterns` on a side, formed.
    Gram,
    /// The same, by products only.
    Reduced,
    /// Both halves of every pair, `2 rank n_patterns` on a side: the source's system. In the
    /// three-block splitting with its cone term.
    Full,
}

impl Method {
    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cholesky => "cholesky",
            Self::Cg => "cg",
            Self::PcgJacobi => "pcg-jacobi",
            Self::PcgNystrom => "pcg-nystrom",
            Self::Rbcd => "rbcd",
            Self::BlockExact => "block-exact",
        }
    }
}

impl Form {
    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Gram => "gram",
            Self::Reduced => "reduced",
            Self::Full => "full",
        }
    }
}

/// What was chosen, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The linear solve.
    pub method: Method,
    /// The system.
    pub form: Form,
    /// The splitting the run starts with.
    pub splitting: Splitting,
    /// The precision the run starts in.
    pub precision: Precision,
    /// The library of the matrix products and factors.
    pub backend: Backend,
    /// Bytes that the run is expected to take.
    pub bytes: f64,
    /// In words, with the figures that decided.
    pub reason: String,
}

impl Choice {
    /// Adds what was found while the step was built.
    pub(crate) fn note(&mut self, note: Option<String>) {
        if let Some(note) = note {
            self.reason.push_str("; ");
            self.reason.push_str(&note);
        }
    }

    /// Takes over the system of another choice, saying so.
    pub(crate) fn follow(&mut self, other: &Self, why: &str) {
        (self.form, self.method) = (other.form, other.method);
        self.bytes = self.bytes.max(other.bytes);
        self.reason.push_str(&format!("; {why}: {}", other.reason));
    }
}
