use core::fmt;

/// A setting, for errors about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setting {
    /// The penalty.
    Beta,
    /// The penalty as a fraction.
    BetaFrac,
    /// The tolerance.
    Tol,
    /// How far above the best network the returned one may be.
    Thin,
    /// What may be left to win when a run ends by the course of its objective.
    Settle,
    /// Whether a run goes on until its largest searches find nothing.
    Thorough,
    /// Ascents of the largest searches.
    Ascents,
    /// Most neurons.
    MaxNeurons,
    /// The network to start from.
    Init,
    /// The way of training.
    Train,
    /// The loss.
    Loss,
    /// The residual up to which the huber loss is quadratic.
    HuberDelta,
    /// The gates given.
    Gates,
    /// The number of patterns.
    Patterns,
    /// Bytes.
    MemoryLimit,
    /// Rank of a preconditioner.
    NystromRank,
    /// The splitting of the iteration.
    Splitting,
    /// The system of the linear solve.
    Form,
    /// The library of its products.
    Backend,
    /// The precision.
    Precision,
    /// What is done for a proven bound.
    Prove,
    /// The share of rows for the test.
    TestFrac,
    /// The penalties of a path.
    Betas,
    /// The folds.
    Folds,
    /// What held-out rows are scored by.
    Metric,
    /// Rounds without a better score that end a training.
    Patience,
    /// Settings of the iteration that are made here.
    Iteration,
}

impl Setting {
    /// The name of its option on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Beta => "beta",
            Self::BetaFrac => "beta-frac",
            Self::Tol => "tol",
            Self::Thin => "thin",
            Self::Settle => "settle",
            Self::Thorough => "thorough",
            Self::Ascents => "ascents",
            Self::MaxNeurons => "max-neurons",
            Self::Init => "init",
            Self::Train => "train",
            Self::Loss => "loss",
            Self::HuberDelta => "huber-delta",
            Self::Gates => "gates",
            Self::Patterns => "patterns",
            Self::MemoryLimit => "memory-limit",
            Self::NystromRank => "nystrom-rank",
            Self::Form => "form",
            Self::Backend => "backend",
            Self::Splitting => "splitting",
            Self::Precision => "precision",
            Self::Prove => "prove",
            Self::TestFrac => "test-frac",
            Self::Betas => "betas",
            Self::Folds => "folds",
            Self::Metric => "metric",
            Self::Patience => "patience",
            Self::Iteration => "iteration",
        }
    }

    /// The setting of a name that an engine has it by.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let option = name.replace('_', "-");
        Self::OF_ENGINES
            .into_iter()
            .find(|setting| setting.name() == option)
    }

    /// Those that are an engine's own.
    const OF_ENGINES: [Self; 7] = [
        Self::Tol,
        Self::Thin,
        Self::Settle,
        Self::Ascents,
        Self::MaxNeurons,
        Self::MemoryLimit,
        Self::NystromRank,
    ];
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
