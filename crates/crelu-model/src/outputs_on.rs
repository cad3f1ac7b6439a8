use crelu_core::Network;
use faer::MatRef;
use gpu_wgpu::{Device, GpuError, Rows, block_on, gate_patterns, gated_outputs, network_outputs};
use linalg_core::Real;
use std::sync::Arc;

/// The outputs of a network on a device, in `f32`. Whether a gate is open is decided as in `f64`: where
/// `f32` cannot tell, it is computed here.
///
/// **Shapes** `inputs`: `width x n_samples`; the result: `K` numbers a row.
///
/// # Errors
/// [`GpuError`].
pub(crate) fn outputs_on(
    network: &Network,
    inputs: MatRef<'_, f64>,
    device: &Arc<Device>,
) -> Result<Vec<f64>, GpuError> {
    let (n, width, k) = (inputs.ncols(), inputs.nrows(), network.n_outputs);
    let plain = narrow(inputs);
    let rows = Rows::upload(device, &plain, n, width)?;
    let hidden = narrow(network.hidden.as_ref());
    let output: Vec<f32> = (0..k)
        .flat_map(|k| network.output.iter().skip(k).step_by(network.n_outputs))
        .map(|a| f32::of(*a))
        .collect();
    let by_output = match &network.gates {
        None => block_on(network_outputs(device, &rows, &hidden, &output, k))?,
        Some(gates) => {
            let columns = gates.col_iter().flat_map(|gate| gate.iter().copied());
            let flat: Vec<f64> = columns.collect();
            let mut patterns = block_on(gate_patterns(device, &rows, &plain, &flat))?;
            for (i, j) in patterns.doubts().to_vec() {
                let pairs = inputs.col(i).iter().zip(gates.col(j).iter());
                let z: f64 = pairs.map(|(x, g)| x * g).sum();
                patterns.set((i, j), z >= 0.0);
            }
            block_on(gated_outputs(device, &rows, &patterns, &hidden, &output, k))?
        }
    };
    let row = |i: usize| by_output.iter().skip(i).step_by(n).map(|f| f64::from(*f));
    Ok((0..n).flat_map(row).collect())
}

fn narrow(of: MatRef<'_, f64>) -> Vec<f32> {
    let column = |j: usize| of.col(j).iter().map(|x| f32::of(*x));
    (0..of.ncols()).flat_map(column).collect()
}
