use std::sync::Arc;

use super::TrainingRows;
use crate::buffer::Buffer;
use crate::error::GpuError;
use crate::kernels::loss_slope::{self, Slopes};
use crate::kernels::masked_adjoint::{self, Factors};
use crate::kernels::sum_parts;
use crate::kernels::{dots, open_columns, open_outputs};
use crate::rows;
use crate::step::Step;

/// Value and gradient of a network's loss on the device:
///
/// ```text
///     F = (R W)_+ A',   loss(F, Y),   Theta = -(its derivative by F)
///     by W: -R' (1[R W > 0] o (Theta A)),    by A: -Theta' (R W)_+
/// ```
///
/// **Shapes** `w`: `columns` of `rank` numbers; `a`: `outputs x columns`.
///
/// Weights go up, gradients and a loss for every thousand rows come back; outputs, slopes and
/// patterns stay.
///
/// **Cost** `4 n rank columns` flops for one output; `6 n rank columns` for several, whose
/// patterns are made twice.
pub struct Balanced {
    training: Arc<TrainingRows>,
    columns: usize,
    w: Buffer<f32>,
    a: Buffer<f32>,
    gradient: Buffer<f32>,
    along: Buffer<f32>,
    loss_parts: Buffer<f32>,
    steps: Vec<Step>,
    padded: Vec<f32>,
    narrow: Vec<f32>,
}

impl Balanced {
    /// Takes room for so many neurons.
    ///
    /// # Errors
    /// [`GpuError::TooLarge`], [`GpuError::OutOfMemory`].
    pub fn new(training: &Arc<TrainingRows>, columns: usize) -> Result<Self, GpuError> {
        let (device, rows, outputs) = (&training.device, &*training.rows, training.outputs);
        let (n, wide) = (rows.n_samples(), rows.wide());
        let w = device.zeros("neurons", columns * wide)?;
        let a = device.zeros("output weights", outputs * columns)?;
        let bits = device.zeros("patterns", n * columns.div_ceil(32))?;
        let count = open_outputs::parts(rows, columns);
        let tall_parts = device.zeros("parts of the outputs", count * outputs * n)?;
        let tall = |what| device.zeros::<f32>(what, outputs * n);
        let (fitted, theta) = (tall("the outputs")?, tall("the slopes")?);
        let losses = device.zeros("losses of the rows", n)?;
        let ones = device.upload("ones", &vec![1.0; columns.max(n)])?;
        let gradient = device.zeros("a gradient", columns * wide)?;
        let along = device.zeros("a gradient", outputs * columns)?;
        let loss_parts = device.zeros("parts of the loss", 2 * dots::blocks(n).max(1))?;

        let opened = open_outputs::Columns {
            w: &w,
            a: &a,
            outputs,
            bits: &bits,
            parts: &tall_parts,
        };
        let mut steps = open_outputs::steps(device, rows, columns, &opened)?;
        steps.push(sum_parts::plain(
            device,
            (&tall_parts, count),
            &fitted,
            outputs * n,
        )?);
        let slopes = Slopes {
            fitted: &fitted,
            targets: &training.targets,
            weights: &training.weights,
            deltas: &training.deltas,
            theta: &theta,
            losses: &losses,
            samples: n,
            outputs,
        };
        steps.push(loss_slope::step(device, &training.loss, &slopes)?);
        let all = (losses.raw(), ones.raw());
        steps.push(dots::step(device, n, all, (&loss_parts, 0))?);
        // for one output the weight is a factor of a neuron's whole gradient, and the host's
        if outputs > 1 {
            let count = open_columns::parts(rows, columns);
            let parts = device.zeros("parts of a gradient", count * outputs * columns)?;
            let again = open_columns::Columns {
                u: &w,
                theta: &theta,
                outputs,
                bits: &bits,
                parts: &parts,
            };
            steps.extend(open_columns::steps(device, rows, columns, &again)?);
            steps.push(sum_parts::plain(
                device,
                (&parts, count),
                &along,
                outputs * columns,
            )?);
        }
        let factors = Factors {
            bits: &bits,
            slopes: theta.raw(),
            weights: if outputs > 1 { &a } else { &ones },
            outputs,
        };
        let count = masked_adjoint::parts(rows, columns);
        let parts = device.zeros("parts of a gradient", count * columns * wide)?;
        steps.extend(masked_adjoint::steps(
            device, rows, columns, &factors, &parts,
        )?);
        steps.push(sum_parts::plain(
            device,
            (&parts, count),
            &gradient,
            columns * wide,
        )?);
        Ok(Self {
            training: Arc::clone(training),
            columns,
            w,
            a,
            gradient,
            along,
            loss_parts,
            steps,
            padded: Vec::new(),
            narrow: Vec::new(),
        })
    }

    /// The loss, summed over the rows by their weights; its derivatives by `w` and `a` are written
    /// out.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    ///
    /// # Panics
    /// If a length does not fit.
    pub async fn evaluate(
        &mut self,
        w: &[f32],
        a: &[f32],
        by_w: &mut [f64],
        by_a: &mut [f64],
    ) -> Result<f64, GpuError> {
        let device = &self.training.device;
        let (rank, wide) = (self.training.rows.rank(), self.training.rows.wide());
        let outputs = self.training.outputs;
        for (what, want, got) in [
            ("w", self.columns * rank, w.len()),
            ("a", outputs * self.columns, a.len()),
            ("by_w", w.len(), by_w.len()),
            ("by_a", a.len(), by_a.len()),
        ] {
            assert_eq!(want, got, "{what}: its length");
        }
        rows::pad(w, rank, wide, &mut self.padded);
        device.write(&self.w, 0, &self.padded);
        device.write(&self.a, 0, a);
        let steps: Vec<&Step> = self.steps.iter().collect();
        device.run(&steps, 1)?;
        let parts = device.read(&self.loss_parts).await?;
        let loss: f64 = parts.iter().step_by(2).map(|part| f64::from(*part)).sum();
        let gradient = device.read(&self.gradient).await?;
        rows::unpad(&gradient, rank, wide, &mut self.narrow);
        if outputs > 1 {
            for (to, from) in by_w.iter_mut().zip(&self.narrow) {
                *to = -f64::from(*from);
            }
            let along = device.read(&self.along).await?;
            for (to, from) in by_a.iter_mut().zip(along) {
                *to = -f64::from(from);
            }
            return Ok(loss);
        }
        let columns = by_w.chunks_exact_mut(rank.max(1));
        let given = w
            .chunks_exact(rank.max(1))
            .zip(self.narrow.chunks_exact(rank.max(1)));
        for ((to, (w, g)), (to_a, a)) in columns.zip(given).zip(by_a.iter_mut().zip(a)) {
            let mut sum = 0.0;
            for ((to, w), g) in to.iter_mut().zip(w).zip(g) {
                *to = -f64::from(*a) * f64::from(*g);
                sum += f64::from(*w) * f64::from(*g);
            }
            *to_a = -sum;
        }
        Ok(loss)
    }
}
