/// The splitting of the iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Splitting {
    /// Chosen by the rank of the data.
    #[default]
    Auto,
    /// Loss | norm and cone.
    TwoBlock,
    /// Loss | norm | cone: the source's form.
    ThreeBlock,
}

impl Splitting {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::TwoBlock, Self::ThreeBlock];

    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::TwoBlock => "two-block",
            Self::ThreeBlock => "three-block",
        }
    }
}

/// The linear solve of the primal step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PrimalChoice {
    /// Chosen by work within the memory limit.
    #[default]
    Auto,
    /// A Cholesky factor of the smaller side.
    Cholesky,
    /// Conjugate gradients.
    Cg,
    /// Conjugate gradients with the diagonal as preconditioner.
    PcgJacobi,
    /// Conjugate gradients with a randomised Nystrom preconditioner.
    PcgNystrom,
    /// Randomised block coordinate descent.
    Rbcd,
    /// Block descent through one factor that all blocks share.
    BlockExact,
}

impl PrimalChoice {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Auto,
        Self::Cholesky,
        Self::Cg,
        Self::PcgJacobi,
        Self::PcgNystrom,
        Self::Rbcd,
        Self::BlockExact,
    ];

    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cholesky => "cholesky",
            Self::Cg => "cg",
            Self::PcgJacobi => "pcg-jacobi",
            Self::PcgNystrom => "pcg-nystrom",
            Self::Rbcd => "rbcd",
            Self::BlockExact => "block-exact",
        }
    }
}

/// The system that the linear solve works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FormChoice {
    /// The best of those that the method has: `kernel` or `gram` for a factor, else `reduced`.
    #[default]
    Auto,
    /// `n_samples x n_samples`, by a factor or by conjugate gradients.
    Kernel,
    /// `rank n_patterns` on a side, factored.
    Gram,
    /// The same, by products only.
    Reduced,
    /// Both halves of every pair: the source's system, for comparison.
    Full,
}

impl FormChoice {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Auto,
        Self::Kernel,
        Self::Gram,
        Self::Reduced,
        Self::Full,
    ];

    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Kernel => "kernel",
            Self::Gram => "gram",
            Self::Reduced => "reduced",
            Self::Full => "full",
        }
    }
}

/// The precision of the iteration; certificates are always evaluated in `f64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// `f64`, or `mixed` where the kernel matrix has over 64 million entries.
    #[default]
    Auto,
    /// Everything in `f32`.
    F32,
    /// Everything in `f64`.
    F64,
    /// The factor of the kernel system, or the sketch of a Nystrom preconditioner, in `f32`,
    /// corrected by residuals in `f64`; `f64` for methods that have neither.
    Mixed,
}

impl Precision {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Auto, Self::F32, Self::F64, Self::Mixed];

    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Mixed => "mixed",
        }
    }
}

/// Whether an optional part of the method is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Switch {
    /// By its cost rule.
    #[default]
    Auto,
    /// Always, where it applies.
    On,
    /// Never.
    Off,
}

impl Switch {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::On, Self::Off];

    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

crelu_core::written_by_name!(FormChoice, Precision, PrimalChoice, Splitting, Switch);
