//! Ridge regression over masked copies of the data, on whatever adapter there is.

use std::error::Error;
use std::sync::Arc;

use gpu_wgpu::{CgSolve, Device, GpuError, MaskedSystem, Preconditioning, block_on};
use linalg_core::Masks;

fn main() -> Result<(), Box<dyn Error>> {
    let device = match Device::open_blocking(None) {
        Ok(device) => Arc::new(device),
        // nothing to show on a machine without an adapter
        Err(GpuError::NoAdapter) => return Ok(()),
        Err(error) => return Err(error.into()),
    };

    // |x_1 + (second row only) x_2 - y|^2 / 2 + |x|^2 / 2 for two rows of one coordinate
    let masks = Masks::from_columns(2, vec![1, 1, 0, 1])?;
    let system = Arc::new(MaskedSystem::new(&device, &[1.0, 2.0], 1, &masks)?);
    let mut solve = CgSolve::new(&system, &Preconditioning::Identity, 1.0, 10)?;
    solve.set_penalty(1.0)?;
    let (x, _) = block_on(async {
        solve.solve(&[1.0, 2.0], 1e-6, || true).await?;
        solve.solution().await
    })?;

    // (1 + 4 + 1) x_1 + 4 x_2 = 5,  4 x_1 + (4 + 1) x_2 = 4
    assert!((x[0] - 9.0 / 14.0).abs() < 1e-5);
    assert!((x[1] - 2.0 / 7.0).abs() < 1e-5);
    Ok(())
}
