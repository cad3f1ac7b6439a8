//! The words by which choices stand in options, files and reports.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::coding::Task;
use crate::gates::GateSampler;
use crate::programme::{
    Activation, Backend, Form, FormChoice, Method, Precision, PrimalChoice, Splitting, Switch,
};
use crate::report::TrainMode;
use crate::settings::LossChoice;

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

impl TrainMode {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Sampled, Self::Global];

    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sampled => "sampled",
            Self::Global => "global",
        }
    }
}

impl LossChoice {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Auto,
        Self::Squared,
        Self::Logistic,
        Self::Softmax,
        Self::Huber,
    ];

    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Squared => "squared",
            Self::Logistic => "logistic",
            Self::Softmax => "softmax",
            Self::Huber => "huber",
        }
    }
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

macro_rules! written_by_name {
    ($($choice:ty),*) => {$(
        impl Serialize for $choice {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl fmt::Display for $choice {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    )*};
}

written_by_name!(
    Activation,
    Backend,
    Form,
    FormChoice,
    GateSampler,
    LossChoice,
    Method,
    Precision,
    PrimalChoice,
    Splitting,
    Switch,
    Task,
    TrainMode
);
