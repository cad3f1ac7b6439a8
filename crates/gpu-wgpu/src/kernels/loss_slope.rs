use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, LANES, count, params};
use crate::step::Step;

params! { samples: u32, outputs: u32, loss: u32 }

/// The loss of every row and minus its derivative by the outputs.
///
/// **Cost** a few flops an output; outputs, targets and slopes pass once.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "loss_slope",
    text: include_str!("loss_slope.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Write,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// A loss that the device knows; targets are values, or shares of labels.
#[derive(Debug, Clone, PartialEq)]
pub enum Loss {
    /// `|f - y|^2 / 2`.
    Squared,
    /// `log(1 + e^f) - q f`, `q` the share of the larger label.
    Logistic,
    /// `logsumexp(f) - q . f`, `q` the shares of the labels.
    Softmax,
    /// `e^2 / 2` for `e = f - y` up to an output's `delta`, then `delta (|e| - delta / 2)`.
    Huber {
        /// Where it becomes linear, for each output.
        delta: Vec<f32>,
    },
}

impl Loss {
    pub(crate) fn number(&self) -> u32 {
        match self {
            Self::Squared => 0,
            Self::Logistic => 1,
            Self::Softmax => 2,
            Self::Huber { .. } => 3,
        }
    }

    /// A number an output, for the kernel.
    pub(crate) fn deltas(&self, outputs: usize) -> Vec<f32> {
        match self {
            Self::Huber { delta } => delta.clone(),
            _ => vec![0.0; outputs],
        }
    }
}

/// The arrays of a loss; all but `weights` and `losses` are `outputs x n_samples`.
pub(crate) struct Slopes<'a> {
    pub(crate) fitted: &'a Buffer<f32>,
    pub(crate) targets: &'a Buffer<f32>,
    pub(crate) weights: &'a Buffer<f32>,
    /// [`Loss::deltas`].
    pub(crate) deltas: &'a Buffer<f32>,
    pub(crate) theta: &'a Buffer<f32>,
    pub(crate) losses: &'a Buffer<f32>,
    pub(crate) samples: usize,
    pub(crate) outputs: usize,
}

pub(crate) fn step(device: &Device, loss: &Loss, of: &Slopes<'_>) -> Result<Step, GpuError> {
    let params = Params {
        samples: count("rows", of.samples)?,
        outputs: count("outputs", of.outputs)?,
        loss: loss.number(),
    };
    let arrays = [
        of.fitted.raw(),
        of.targets.raw(),
        of.weights.raw(),
        of.deltas.raw(),
        of.theta.raw(),
        of.losses.raw(),
    ];
    let groups = of.samples.div_ceil(LANES as usize);
    device.step(&KERNEL, &params, &arrays, [groups, 1, 1])
}
