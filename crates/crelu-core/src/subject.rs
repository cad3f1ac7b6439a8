use core::fmt;

/// What an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// Features.
    Features,
    /// Columns of features.
    FeatureColumns,
    /// Columns of features of the test data.
    TestFeatureColumns,
    /// A target.
    Target,
    /// Rows of a target.
    TargetRows,
    /// Weights of rows.
    Weights,
    /// Products of features and target.
    FeaturesTimesTarget,
    /// Data in the solver's coordinates.
    Data,
    /// Their products with the target.
    DataTimesTarget,
    /// Patterns.
    Masks,
    /// Gate vectors.
    Gates,
    /// Rows of the gate vectors.
    GateRows,
    /// Coordinates of the gate vectors.
    GateCoordinates,
    /// The penalty.
    Beta,
    /// Inputs of the network to start from.
    StartInputs,
    /// Outputs of the network to start from.
    StartOutputs,
    /// Groups of rows.
    Groups,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Features => "features",
            Self::FeatureColumns => "feature columns",
            Self::TestFeatureColumns => "feature columns of the test data",
            Self::Target => "target",
            Self::TargetRows => "target rows",
            Self::Weights => "weights",
            Self::FeaturesTimesTarget => "features times target",
            Self::Data => "data",
            Self::DataTimesTarget => "data times target",
            Self::Masks => "masks",
            Self::Gates => "gates",
            Self::GateRows => "gates: rows",
            Self::GateCoordinates => "gates' coordinates",
            Self::Beta => "beta",
            Self::Groups => "groups",
            Self::StartOutputs => "outputs of the network to start from",
            Self::StartInputs => "inputs of the network to start from, the bias among them",
        })
    }
}
