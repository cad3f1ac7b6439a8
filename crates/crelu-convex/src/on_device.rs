use std::sync::Arc;

use admm::{Lift, Space};
use crelu_core::DeviceHandle;
use gpu_wgpu::{DeviceOperator, DevicePrimal, GpuError, MaskedSystem, Preconditioning};
use linalg_core::{Control, MaskedBlocks, Real};
use precond_nystrom::masked_gram_diagonal;

use crate::choose::{Choice, Method};
use crate::error::{ProgrammeError, ProgrammeSetting};
use crate::primal::{Built, INNER_LIMIT, SWEEP_LIMIT, sketch};
use crate::settings::ProgrammeSettings;

/// The primal step of a choice on the adapter: data and masks go up once; the sketch of a Nystrom
/// preconditioner is made of products there, its decomposition here.
///
/// # Errors
/// [`ProgrammeError::Device`], [`ProgrammeError`] when a sketch fails.
pub(crate) fn build<'a, T: Real>(
    blocks: &MaskedBlocks<'a, T>,
    lift: Lift,
    choice: &Choice,
    settings: &ProgrammeSettings,
    rho: f64,
    control: Control<'a>,
) -> Result<Built<'a, T>, ProgrammeError> {
    let opened = settings.device.as_ref();
    let Some(device) = opened.and_then(DeviceHandle::device::<gpu_wgpu::Device>) else {
        return Err(ProgrammeError::Setting {
            setting: ProgrammeSetting::Backend,
            problem: "wgpu needs an opened device",
        });
    };
    let data = blocks.data();
    let mut rows = Vec::with_capacity(data.nrows() * data.ncols());
    for i in 0..data.ncols() {
        rows.extend((0..data.nrows()).map(|k| f32::of(data[(k, i)].wide())));
    }
    let system = MaskedSystem::new(&device, &rows, data.nrows(), blocks.masks())?;
    let system = Arc::new(system);
    let mut note = Some(format!("on {}", device.adapter().name));
    let primal = match choice.method {
        Method::Rbcd => DevicePrimal::descent(&system, lift, SWEEP_LIMIT, settings.seed),
        method => {
            let preconditioning = match method {
                Method::PcgJacobi => {
                    let diagonal = masked_gram_diagonal(blocks);
                    Preconditioning::Jacobi(diagonal.iter().map(|d| f32::of(d.wide())).collect())
                }
                Method::PcgNystrom => {
                    let (found, said) = nystrom(&system, lift, settings, rho, &control)?;
                    note = note.map(|note| format!("{said}, {note}"));
                    found
                }
                _ => Preconditioning::Identity,
            };
            DevicePrimal::cg(&system, lift, &preconditioning, INNER_LIMIT)
        }
    };
    Ok(Built {
        primal: Box::new(primal?.controlled(control)),
        note,
    })
}

fn nystrom(
    system: &Arc<MaskedSystem>,
    lift: Lift,
    settings: &ProgrammeSettings,
    rho: f64,
    control: &Control<'_>,
) -> Result<(Preconditioning, String), ProgrammeError> {
    let op = DeviceOperator::new(Arc::clone(system));
    let shift = rho / lift.factor();
    let outcome = sketch::<f32>(&op, Space::Columns, settings, shift, control);
    // of a device that fails the numbers are not, and say less than its own error
    op.sound()?;
    let (found, said) = outcome?;
    let basis = found.basis();
    let columns = (0..basis.ncols()).flat_map(|j| basis.col(j).iter().copied().collect::<Vec<_>>());
    let preconditioning = Preconditioning::LowRank {
        basis: columns.collect(),
        values: found.eigenvalues().to_vec(),
        last: found.last(),
    };
    Ok((preconditioning, said))
}

impl From<GpuError> for ProgrammeError {
    fn from(error: GpuError) -> Self {
        Self::Device(error)
    }
}
