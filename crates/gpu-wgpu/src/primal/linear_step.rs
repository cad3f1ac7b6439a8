use std::sync::Arc;

use admm::Lift;
use linalg_core::Real;

use super::{CgSolve, DescentSolve, MaskedSystem, Preconditioning};
use crate::error::GpuError;

/// What makes the linear step of an iteration on the device.
pub enum LinearStep {
    /// Conjugate gradients.
    Cg(Box<CgSolve>),
    /// Randomised block descent.
    Descent(Box<DescentSolve>),
}

impl LinearStep {
    /// Conjugate gradients; `max_iters` bounds the inner iterations of a step.
    ///
    /// # Errors
    /// [`GpuError`] when sizes do not fit, or of the device.
    pub fn cg(
        system: &Arc<MaskedSystem>,
        lift: Lift,
        preconditioning: &Preconditioning,
        max_iters: usize,
    ) -> Result<Self, GpuError> {
        let factor = f32::of(lift.factor());
        let cg = CgSolve::new(system, preconditioning, factor, max_iters)?;
        Ok(Self::Cg(Box::new(cg)))
    }

    /// Randomised block descent; `max_sweeps` bounds the sweeps of a step.
    ///
    /// # Errors
    /// As [`LinearStep::cg`].
    pub fn descent(
        system: &Arc<MaskedSystem>,
        lift: Lift,
        max_sweeps: usize,
        seed: u64,
    ) -> Result<Self, GpuError> {
        let factor = f32::of(lift.factor());
        let descent = DescentSolve::new(system, factor, max_sweeps, seed)?;
        Ok(Self::Descent(Box::new(descent)))
    }

    /// Takes a new `rho`; the last answer is scaled, since `rho x` hardly moves.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    pub fn set_penalty(&mut self, rho: f32) -> Result<(), GpuError> {
        match self {
            Self::Cg(cg) => cg.set_penalty(rho),
            Self::Descent(descent) => descent.set_penalty(rho),
        }
    }

    /// Puts the unknown where the next solve starts.
    pub fn set_start(&mut self, x: &[f32]) {
        match self {
            Self::Cg(cg) => cg.set_start(x),
            Self::Descent(descent) => descent.set_start(x),
        }
    }
}
