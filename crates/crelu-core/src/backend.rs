/// The library that the products and the factors of the primal step come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// faer, threaded and blocked.
    #[default]
    Faer,
    /// nalgebra: an independent reference, clear rather than fast.
    Nalgebra,
    /// A graphics adapter, by wgpu, in `f32`: primal steps by conjugate gradients and block descent,
    /// searches and slides of global training.
    Wgpu,
}

impl Backend {
    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Faer => "faer",
            Self::Nalgebra => "nalgebra",
            Self::Wgpu => "wgpu",
        }
    }
}
