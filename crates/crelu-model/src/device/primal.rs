use std::sync::Arc;

use admm::{ForeignError, Lift, Space};
use crelu_convex::{
    DeviceIteration, DeviceRequest, DeviceStep, INNER_LIMIT, IterationRequest, Method,
    ProgrammeError, ProgrammeSettings, SWEEP_LIMIT, sketch,
};
use faer::MatRef;
use gpu_wgpu::{
    ConeSettings, Device, DeviceOperator, DevicePrimal, GpuError, LinearStep, MaskedSystem,
    Preconditioning, ThreeBlock, ThreeBlockSettings,
};
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
    let (system, step, note) = linear(device, request)?;
    let primal = DevicePrimal::new(&system, request.lift, step).controlled(request.control);
    Ok(DeviceStep {
        primal: Box::new(primal),
        note: Some(note),
    })
}

/// Whole iterations on the adapter.
///
/// # Errors
/// As [`build`].
pub(super) fn iteration<'a>(
    device: &Arc<Device>,
    request: &IterationRequest<'a, '_>,
) -> Result<DeviceIteration<'a>, ProgrammeError> {
    let of = &request.linear;
    let sizes = (of.masks.n_samples(), of.rank, of.masks.n_blocks());
    let has_cone = request.cone.is_some();
    ThreeBlock::check_room(device, sizes, of.lift, has_cone).map_err(failed)?;
    let (system, step, note) = linear(device, of)?;
    let settings = ThreeBlockSettings {
        target: request.target,
        lift: of.lift,
        cone: request.cone.map(|cone| ConeSettings {
            inverse: cone.inverse,
            tau: cone.tau,
        }),
        weight: request.weight,
        relaxation: request.relaxation,
    };
    let on_device = ThreeBlock::new(&system, step, &settings).map_err(failed)?;
    Ok(DeviceIteration {
        iteration: Box::new(gpu_wgpu::DeviceIteration::new(on_device, of.rho)),
        note: Some(format!("whole iterations {note}")),
    })
}

/// The linear step of a method, its data, and what is to be said about it.
fn linear(
    device: &Arc<Device>,
    request: &DeviceRequest<'_, '_>,
) -> Result<(Arc<MaskedSystem>, LinearStep, String), ProgrammeError> {
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
    let mut note = format!("on {}", device.adapter().name);
    let step = match method {
        Method::Rbcd => LinearStep::descent(&system, lift, SWEEP_LIMIT, settings.seed),
        method => {
            let preconditioning = match method {
                Method::PcgJacobi => {
                    let data = MatRef::from_column_major_slice(rows, rank, masks.n_samples());
                    let blocks = MaskedBlocks::new(data, masks);
                    Preconditioning::Jacobi(masked_gram_diagonal(&blocks))
                }
                Method::PcgNystrom => {
                    let (found, said) = nystrom(&system, lift, settings, rho, &control)?;
                    note = format!("{said}, {note}");
                    found
                }
                _ => Preconditioning::Identity,
            };
            LinearStep::cg(&system, lift, &preconditioning, INNER_LIMIT)
        }
    };
    Ok((system, step.map_err(failed)?, note))
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
