//! The network of a point of a convex programme, and its outputs on other rows.

use crelu_convex::{Activation, Programme};
use crelu_core::Network;
use faer::{Accum, Mat, MatRef};
use linalg_core::{RowSpace, product};

/// The network of a point's blocks.
pub(super) fn returned_network(
    programme: &Programme,
    v: MatRef<'_, f64>,
    space: &RowSpace,
    gates: &Mat<f64>,
) -> Network {
    let active: Vec<usize> = (0..v.ncols())
        .filter(|&b| (0..v.nrows()).any(|k| v[(k, b)] != 0.0))
        .collect();
    let blocks =
        space.expand(Mat::from_fn(v.nrows(), active.len(), |k, j| v[(k, active[j])]).as_ref());
    let n_outputs = programme.outputs();
    let mut directions = vec![0.0; n_outputs * active.len()];
    for (a, &b) in directions.chunks_exact_mut(n_outputs).zip(&active) {
        a[programme.output(b)] = programme.sign(b);
    }
    let gates = (programme.activation() == Activation::Gated).then(|| {
        Mat::from_fn(gates.nrows(), active.len(), |k, j| {
            gates[(k, programme.pattern(active[j]))]
        })
    });
    let gates = gates.as_ref().map(Mat::as_ref);
    Network::of_directions(blocks.as_ref(), &directions, n_outputs, gates)
}

/// The outputs of the network of a point on inputs in the programme's coordinates, a row's together.
pub(super) fn point_outputs(
    programme: &Programme,
    v: MatRef<'_, f64>,
    inputs: MatRef<'_, f64>,
) -> Vec<f64> {
    let active: Vec<usize> = (0..v.ncols())
        .filter(|&b| (0..v.nrows()).any(|k| v[(k, b)] != 0.0))
        .collect();
    let columns = |source: &dyn Fn(usize, usize) -> f64| {
        Mat::from_fn(v.nrows(), active.len(), |k, j| source(k, active[j]))
    };
    let packed = columns(&|k, b| v[(k, b)]);
    let mut values = Mat::<f64>::zeros(inputs.ncols(), active.len());
    product(
        values.as_mut(),
        Accum::Replace,
        inputs.transpose(),
        packed.as_ref(),
        1.0,
    );
    let gated = programme.activation() == Activation::Gated;
    let mut open = Mat::<f64>::zeros(if gated { inputs.ncols() } else { 0 }, active.len());
    if gated {
        let gates = columns(&|k, b| programme.gates()[(k, programme.pattern(b))]);
        product(
            open.as_mut(),
            Accum::Replace,
            inputs.transpose(),
            gates.as_ref(),
            1.0,
        );
    }
    let outputs = programme.outputs();
    let mut out = vec![0.0; inputs.ncols() * outputs];
    for (j, &b) in active.iter().enumerate() {
        let own = out.iter_mut().skip(programme.output(b)).step_by(outputs);
        for (i, f) in own.enumerate() {
            let h = values[(i, j)];
            if if gated { open[(i, j)] >= 0.0 } else { h > 0.0 } {
                *f += programme.sign(b) * h;
            }
        }
    }
    out
}
