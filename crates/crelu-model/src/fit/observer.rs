use crelu_bound::ProofProgress;

use crate::path::PathProgress;
use crate::report::HistoryEntry;

/// Where a fit stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress<'a> {
    /// A step has begun that may take its time: what it does, in a few words.
    Doing(&'static str),
    /// The data are prepared: rows, columns, patterns, and `beta`.
    Prepared {
        /// Rows.
        n: usize,
        /// Columns, the bias among them.
        d: usize,
        /// Patterns; none where neurons are generated.
        patterns: Option<usize>,
        /// The penalty.
        beta: f64,
    },
    /// An iteration is over.
    Iteration(usize),
    /// A check is over.
    Check(&'a HistoryEntry),
    /// A better bound over all networks is proven.
    Proven {
        /// The bound on `J`.
        bound: f64,
        /// The relative gap of the network to it.
        gap: f64,
    },
    /// A step of a path, or of the choice from it.
    Path(PathProgress<'a>),
    /// A proof is left out, or made in another way.
    Proof(ProofProgress),
    /// There is no proof, and why.
    NoProof(&'static str),
}

/// The caller's eye on a fit.
pub trait FitObserver {
    /// Told after every step; `false` ends the fit with the best network so far.
    fn progress(&mut self, progress: Progress<'_>) -> bool;
}

impl FitObserver for () {
    fn progress(&mut self, _progress: Progress<'_>) -> bool {
        true
    }
}

impl<F: FnMut(Progress<'_>) -> bool> FitObserver for F {
    fn progress(&mut self, progress: Progress<'_>) -> bool {
        self(progress)
    }
}
