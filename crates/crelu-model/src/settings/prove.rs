use serde::{Serialize, Serializer};

/// How much is done for a proven bound over all networks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Prove {
    /// Nothing.
    Never,
    /// Global mode: the quick bound where it is cheap, and the prices of all neurons where the
    /// data lie in up to six dimensions. Sampled mode: nothing.
    #[default]
    Quick,
    /// The quick bound whatever it costs, in sampled mode too, and so many seconds for a tighter
    /// one.
    Seconds(f64),
}

/// By name, or the seconds.
impl Serialize for Prove {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Never => serializer.serialize_str("never"),
            Self::Quick => serializer.serialize_str("quick"),
            Self::Seconds(seconds) => serializer.serialize_f64(*seconds),
        }
    }
}
