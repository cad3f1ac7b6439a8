/// What a column is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// The target.
    Target,
    /// To be left out.
    Drop,
    /// The weights of the rows.
    Weights,
    /// The groups of the rows.
    Groups,
    /// To be taken for levels.
    Categorical,
}

impl Role {
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self::Target => "--target",
            Self::Drop => "--drop",
            Self::Weights => "--weights",
            Self::Groups => "--groups",
            Self::Categorical => "--categorical",
        }
    }
}
