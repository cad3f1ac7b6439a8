use std::sync::{Arc, Mutex, PoisonError};

use linalg_core::LinearOperator;

use super::MaskedSystem;
use crate::error::GpuError;

/// The masked data as an operator whose vectors come and go: for what is made once of many products,
/// like a sketch. An iteration stays on the device and has no use for it.
///
/// A product that fails hands back NaN; [`DeviceOperator::sound`] says why.
#[derive(Debug)]
pub struct DeviceOperator {
    system: Arc<MaskedSystem>,
    fault: Mutex<Option<GpuError>>,
}

impl DeviceOperator {
    /// The operator of a system.
    #[must_use]
    pub fn new(system: Arc<MaskedSystem>) -> Self {
        Self {
            system,
            fault: Mutex::new(None),
        }
    }

    /// Whether every product so far is one.
    ///
    /// # Errors
    /// The first that failed.
    pub fn sound(&self) -> Result<(), GpuError> {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.clone().map_or(Ok(()), Err)
    }

    fn note(&self, outcome: Result<(), GpuError>, out: &mut [f32]) {
        if let Err(error) = outcome {
            out.fill(f32::NAN);
            let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
            fault.get_or_insert(error);
        }
    }
}

impl LinearOperator<f32> for DeviceOperator {
    fn rows(&self) -> usize {
        self.system.rows().n_samples()
    }

    fn cols(&self) -> usize {
        self.system.cols()
    }

    fn apply(&self, x: &[f32], y: &mut [f32], scratch: &mut [f32]) {
        self.apply_block(1, x, y, scratch);
    }

    fn apply_adjoint(&self, y: &[f32], x: &mut [f32], scratch: &mut [f32]) {
        self.apply_adjoint_block(1, y, x, scratch);
    }

    fn apply_block(&self, k: usize, x: &[f32], y: &mut [f32], _scratch: &mut [f32]) {
        let outcome = pollster::block_on(self.system.apply(k, x, y));
        self.note(outcome, y);
    }

    fn apply_adjoint_block(&self, k: usize, y: &[f32], x: &mut [f32], _scratch: &mut [f32]) {
        let outcome = pollster::block_on(self.system.apply_adjoint(k, y, x));
        self.note(outcome, x);
    }
}
