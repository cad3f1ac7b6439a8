/// What a neuron computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `max(0, u'x)`: a pair of blocks a pattern, each inside the pattern's cone.
    Relu,
    /// `1[g'x >= 0] u'x`: one block a pattern, no constraint.
    Gated,
}

impl Activation {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Relu, Self::Gated];

    /// The name in options, files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::Gated => "gated",
        }
    }
}
