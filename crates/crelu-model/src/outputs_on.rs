use crelu_core::Network;
use faer::MatRef;
use gpu_wgpu::{Device, GpuError};
use linalg_core::Real;
use std::sync::Arc;

/// The outputs of a network without gates on a device, in `f32`.
///
/// **Shapes** `inputs`: `width x n_samples`; the result: `K` numbers a row.
///
/// # Errors
/// [`GpuError`].
///
/// # Panics
/// If the network is gated.
pub(crate) fn outputs_on(
    network: &Network,
    inputs: MatRef<'_, f64>,
    device: &Arc<Device>,
) -> Result<Vec<f64>, GpuError> {
    assert!(network.gates.is_none(), "a network without gates");
    let (n, width, k) = (inputs.ncols(), inputs.nrows(), network.n_outputs);
    let narrow = |of: MatRef<'_, f64>| -> Vec<f32> {
        let column = |j: usize| of.col(j).iter().map(|x| f32::of(*x));
        (0..of.ncols()).flat_map(column).collect()
    };
    let rows = gpu_wgpu::Rows::upload(device, &narrow(inputs), n, width)?;
    let hidden = narrow(network.hidden.as_ref());
    let output: Vec<f32> = (0..k)
        .flat_map(|k| network.output.iter().skip(k).step_by(network.n_outputs))
        .map(|a| f32::of(*a))
        .collect();
    let made = gpu_wgpu::network_outputs(device, &rows, &hidden, &output, k);
    let by_output = gpu_wgpu::block_on(made)?;
    let row = |i: usize| by_output.iter().skip(i).step_by(n).map(|f| f64::from(*f));
    Ok((0..n).flat_map(row).collect())
}
