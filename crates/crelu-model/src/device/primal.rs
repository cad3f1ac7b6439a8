use std::sync::Arc;

use admm::{ForeignError, Lift, Space};
use crelu_convex::{
    DeviceRequest, DeviceStep, INNER_LIMIT, Method, ProgrammeError, ProgrammeSettings, SWEEP_LIMIT,
    sketch,
};
use faer::MatRef;
use gpu_wgpu::{Device, DeviceOperator, DevicePrimal, GpuError, MaskedSystem, Preconditioning};
use linalg_core::{Control, MaskedBlocks};
use precond_nystrom::masked_gram_diagonal;

/// A primal step on the adapter: data and masks go up once; the sketch of a Nystrom
/// preconditioner is made of products there, its decomposition here.
///
/// # Errors
/// [`ProgrammeError::Device`], [`ProgrammeError`] when a sketch fails.
pub(super) fn build<'a>(
    device: &Arc<Device>,
    request: &DeviceRequest<'a, '_>,
) -> Result<DeviceStep<'a>, ProgrammeError> {
    let DeviceRequest {
        rows,
        rank,
        masks,
        lift,
        method,
        settings,
        rho,
        control,
    } = *request;
    let system = MaskedSystem::new(device, rows, rank, masks).map_err(failed)?;
    let system = Arc::new(system);
    let mut note = Some(format!("on {}", device.adapter().name));
    let primal = match method {
        Method::Rbcd => DevicePrimal::descent(&system, lift, SWEEP_LIMIT, settings.seed),
        method => {
            let preconditioning = match method {
                Method::PcgJacobi => {
                    let data = MatRef::from_column_major_slice(rows, rank, masks.n_samples());
                    let blocks = MaskedBlocks::new(data, masks);
                    Preconditioning::Jacobi(masked_gram_diagonal(&blocks))
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
    Ok(DeviceStep {
        primal: Box::new(primal.map_err(failed)?.controlled(control)),
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
    op.sound().map_err(failed)?;
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

fn failed(error: GpuError) -> ProgrammeError {
    ProgrammeError::Device(ForeignError::new(error))
}
