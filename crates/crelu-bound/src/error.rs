use core::fmt;

/// A part of the data, of a network or of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BoundPart {
    /// The data matrix.
    X,
    /// Its columns.
    Columns,
    /// The targets.
    Y,
    /// The weights of the rows.
    Weights,
    /// The places of rows that are equal.
    Merged,
    /// Rows of a network's hidden weights.
    NetworkRows,
    /// Output weights of a network.
    NetworkOutput,
    /// The vector of a certificate.
    Theta,
    /// Multipliers of the quick bound.
    Mu,
    /// Multipliers of the quick bound.
    T,
    /// Multipliers of the quick bound.
    G,
    /// The factor of the quick bound.
    Factor,
    /// Products of the tight bound.
    Products,
    /// Bounds of the tight bound.
    Bound,
    /// Directions of the tight bound.
    Direction,
}

impl fmt::Display for BoundPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X => "x",
            Self::Columns => "columns of x",
            Self::Y => "y",
            Self::Weights => "weights",
            Self::Merged => "merged",
            Self::NetworkRows => "rows of the network",
            Self::NetworkOutput => "output weights of the network",
            Self::Theta => "theta",
            Self::Mu => "mu",
            Self::T => "t",
            Self::G => "g",
            Self::Factor => "factor",
            Self::Products => "products",
            Self::Bound => "bound",
            Self::Direction => "direction",
        })
    }
}

/// A setting that has a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BoundSetting {
    /// Seconds for bounds beyond the quick one.
    Seconds,
    /// Most flops of a quick bound that was not asked for.
    Flops,
    /// Bytes.
    Memory,
    /// Bytes of the cones that wait.
    Bytes,
    /// Visits of a row by a cone.
    Visits,
    /// Rows of a block.
    BlockRows,
    /// Columns of the moments' factors.
    Width,
    /// Stages of the quick bound.
    Stages,
    /// Iterations of a stage.
    Iterations,
    /// A tolerance.
    Tol,
}

impl BoundSetting {
    /// The first of these settings that is outside its range.
    pub(crate) fn first_outside<const N: usize>(
        settings: [(Self, bool); N],
    ) -> Result<(), BoundError> {
        let outside = settings.into_iter().find(|(_, holds)| !holds);
        outside.map_or(Ok(()), |(setting, _)| Err(BoundError::Setting(setting)))
    }
}

impl fmt::Display for BoundSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "seconds: must be a finite number, at least 0",
            Self::Flops => "flops: must be a number, at least 0",
            Self::Memory => "memory: must be above 0",
            Self::Bytes => "bytes: must be at least 1",
            Self::Visits => "visits: must be at least 1",
            Self::BlockRows => "block_rows: must be at least 1",
            Self::Width => "width: must be at least 3",
            Self::Stages => "stages: must be at least 1",
            Self::Iterations => "iterations: must be at least 1",
            Self::Tol => "tol: must be a finite number, at least 0",
        })
    }
}

/// What a bound can refuse.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BoundError {
    /// Two sizes that must agree do not.
    #[error("{part}: length {got}, expected {want}")]
    Shape {
        /// Of what.
        part: BoundPart,
        /// The length it must have.
        want: usize,
        /// The length it has.
        got: usize,
    },
    /// A value that is NaN or infinite.
    #[error("{part}: row {row} (from 0) holds a value that is not finite")]
    NotFinite {
        /// Where.
        part: BoundPart,
        /// The row, from 0.
        row: usize,
    },
    /// A target that the logistic loss has no value for.
    #[error("y: row {row} (from 0) is {value}, not from -1 to 1")]
    Label {
        /// The row, from 0.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// A weight that is none.
    #[error("weights: row {row} (from 0) is {value}: must be positive, and add up to a number")]
    Weight {
        /// The row, from 0.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// Rows that a certificate says are equal, and are not; or a place that is none.
    #[error("merged: row {row} (from 0) is not equal to the row of its place")]
    Merged {
        /// The row, from 0.
        row: usize,
    },
    /// A weight of the penalty that is not positive.
    #[error("beta = {0}: a bound needs a positive, finite weight")]
    Beta(f64),
    /// A setting is outside its range.
    #[error("{0}")]
    Setting(BoundSetting),
    /// Blocks of rows that overlap, or hold other rows.
    #[error("row {row} (from 0) is in two blocks, or not one of the {n_samples} rows")]
    Partition {
        /// The row.
        row: usize,
        /// How many there are.
        n_samples: usize,
    },
    /// A factorisation or product below failed.
    #[error(transparent)]
    Linalg(#[from] linalg_core::LinalgError),
}
