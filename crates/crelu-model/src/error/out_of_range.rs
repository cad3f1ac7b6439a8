use core::fmt;

/// Values of a size that training cannot be made with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OutOfRange {
    /// Of a target, less their mean if they are centred.
    Target {
        /// The largest.
        size: f64,
    },
    /// Of a feature.
    Feature {
        /// The largest.
        size: f64,
    },
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Target { size } | Self::Feature { size }) = self;
        write!(f, "values of size {size:.2e} ")?;
        f.write_str(match self {
            Self::Target { size } if *size < 1.0 => {
                "(less their mean, if they are centred) are too small for their squares to be numbers: scale the column, to about 1"
            }
            Self::Target { .. } => {
                "(less their mean, if they are centred) are too large to be squared: scale the column, to about 1"
            }
            Self::Feature { size } if *size < 1.0 => {
                "are too small beside the bias or the target: scale the column, or have it standardised"
            }
            Self::Feature { .. } => {
                "are too large beside the target: scale the column, or have it standardised"
            }
        })
    }
}
