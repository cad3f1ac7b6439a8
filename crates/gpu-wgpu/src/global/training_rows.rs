use std::sync::Arc;

use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernels::loss_slope::Loss;
use crate::rows::Rows;

/// Rows, targets and weights of a training problem on the device.
///
/// **Shapes** `targets`: `outputs x n_samples`, an output's values together.
#[derive(Debug)]
pub struct TrainingRows {
    pub(super) device: Arc<Device>,
    pub(super) rows: Arc<Rows>,
    pub(super) targets: Buffer<f32>,
    pub(super) weights: Buffer<f32>,
    pub(super) deltas: Buffer<f32>,
    pub(super) outputs: usize,
    pub(super) loss: Loss,
}

impl TrainingRows {
    /// Joins rows that are on the device, their targets and weights.
    ///
    /// # Errors
    /// [`GpuError::Shape`], [`GpuError::TooLarge`], [`GpuError::OutOfMemory`].
    pub fn new(
        device: &Arc<Device>,
        rows: &Arc<Rows>,
        targets: &[f32],
        weights: &[f32],
        loss: Loss,
    ) -> Result<Self, GpuError> {
        let n = weights.len();
        let outputs = targets.len().checked_div(n).unwrap_or(1);
        let deltas = loss.deltas(outputs);
        for (what, want, got) in [
            ("weights", rows.n_samples(), n),
            ("targets", outputs.max(1) * n, targets.len()),
            ("deltas", outputs, deltas.len()),
        ] {
            if want != got {
                return Err(GpuError::Shape { what, want, got });
            }
        }
        device.check_size("the targets", targets.len() as u64 * 4)?;
        Ok(Self {
            rows: Arc::clone(rows),
            deltas: device.upload("deltas of the loss", &deltas)?,
            targets: device.upload("the targets", targets)?,
            weights: device.upload("weights of the rows", weights)?,
            device: Arc::clone(device),
            outputs,
            loss,
        })
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> &Arc<Device> {
        &self.device
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &Arc<Rows> {
        &self.rows
    }

    /// Outputs of a row.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }
}
