use std::sync::Arc;

use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernels::ascent_step::{self, Motion};
use crate::kernels::masked_adjoint::{self, Factors};
use crate::kernels::sum_parts;
use crate::kernels::{gather_columns, open_columns, price_weights};
use crate::rows::{self, Rows};
use crate::step::Step;

/// Steps after which the device is waited for, to ask whether to go on.
const AT_A_TIME: usize = 8;

/// Ends of ascents.
#[derive(Debug, Clone, PartialEq)]
pub struct Ascended {
    /// The best points met, `rank` numbers each.
    pub points: Vec<f32>,
    /// Their prices.
    pub values: Vec<f32>,
}

/// A batch of ascents of a neuron's price over the unit sphere, all columns at once:
///
/// ```text
///     c = Theta' (R u)_+,   price = s c for one output, |c| for several
///     g = R' (1[R u > 0] o Theta a),   a = s, or c / |c|
///     m = momentum m + gain (g - v u) / |v|,   u = (u + t m) / |u + t m|
/// ```
///
/// Points, velocities and the best points met stay on the device; a number a column comes back
/// where the caller asks.
///
/// **Cost** `4 n rank` flops a step and column, `2 n outputs` more for the prices.
pub struct Ascents {
    device: Arc<Device>,
    rows: Arc<Rows>,
    outputs: usize,
    motion: Motion,
    theta: Arc<Buffer<f32>>,
    columns: usize,
    arrays: Arrays,
    gradients: Vec<Step>,
    made: usize,
}

struct Arrays {
    u: Buffer<f32>,
    velocity: Buffer<f32>,
    best: Buffer<f32>,
    values: Buffer<f32>,
    signs: Vec<f32>,
    gradients: Buffer<f32>,
    prices: Buffer<f32>,
}

impl Ascents {
    /// Starts at `columns` of `rank` numbers, each with its sign (of no use for several outputs).
    ///
    /// **Shapes** `theta`: `outputs x n_samples`.
    ///
    /// # Errors
    /// [`GpuError::Shape`], [`GpuError::TooLarge`], [`GpuError::OutOfMemory`].
    pub fn new(
        device: &Arc<Device>,
        rows: &Arc<Rows>,
        theta: &[f32],
        columns: &[f32],
        signs: &[f32],
        motion: Motion,
    ) -> Result<Self, GpuError> {
        let (n, rank, wide) = (rows.n_samples(), rows.rank(), rows.wide());
        let count = signs.len();
        let outputs = theta.len().checked_div(n).unwrap_or(1).max(1);
        for (what, want, got) in [
            ("theta", outputs * n, theta.len()),
            ("columns", count * rank, columns.len()),
        ] {
            if want != got {
                return Err(GpuError::Shape { what, want, got });
            }
        }
        let mut padded = Vec::new();
        rows::pad(columns, rank, wide, &mut padded);
        let theta = Arc::new(device.upload("theta", theta)?);
        let u = device.upload("points of ascents", &padded)?;
        let best = device.upload("the best points", &padded)?;
        let values = device.upload("prices", &vec![f32::NEG_INFINITY; count])?;
        let velocity = device.zeros("velocities", count * wide)?;
        let arrays = Arrays {
            u,
            velocity,
            best,
            values,
            signs: signs.to_vec(),
            gradients: device.zeros("gradients", count * wide)?,
            prices: device.zeros("prices", count)?,
        };
        let mut made = Self {
            device: Arc::clone(device),
            rows: Arc::clone(rows),
            outputs,
            motion,
            theta,
            columns: count,
            arrays,
            gradients: Vec::new(),
            made: 0,
        };
        made.gradients = made.gradient_steps()?;
        Ok(made)
    }

    /// Prices and gradients of all columns.
    fn gradient_steps(&self) -> Result<Vec<Step>, GpuError> {
        let (device, rows) = (&self.device, &*self.rows);
        let (outputs, columns) = (self.outputs, self.columns);
        let bits = device.zeros("patterns", rows.n_samples() * columns.div_ceil(32))?;
        let count = open_columns::parts(rows, columns);
        let parts = device.zeros("parts of prices", count * outputs * columns)?;
        let opened = open_columns::Columns {
            u: &self.arrays.u,
            theta: &self.theta,
            outputs,
            bits: &bits,
            parts: &parts,
        };
        let mut steps = open_columns::steps(device, rows, columns, &opened)?;
        let along = device.zeros("prices by output", outputs * columns)?;
        steps.push(sum_parts::plain(
            device,
            (&parts, count),
            &along,
            outputs * columns,
        )?);
        let weights = device.zeros("output weights", outputs * columns)?;
        let signs = device.upload("signs", &self.arrays.signs)?;
        let sizes = (columns, outputs);
        let to = (&weights, &self.arrays.prices);
        steps.push(price_weights::step(device, sizes, (&along, &signs), to)?);
        let factors = Factors {
            bits: &bits,
            slopes: self.theta.raw(),
            weights: &weights,
            outputs,
        };
        let length = columns * rows.wide();
        let count = masked_adjoint::parts(rows, columns);
        let parts = device.zeros("parts of gradients", count * length)?;
        steps.extend(masked_adjoint::steps(
            device, rows, columns, &factors, &parts,
        )?);
        steps.push(sum_parts::plain(
            device,
            (&parts, count),
            &self.arrays.gradients,
            length,
        )?);
        Ok(steps)
    }

    fn moving(&self, size: f32) -> Result<Step, GpuError> {
        let of = ascent_step::Ascents {
            gradients: &self.arrays.gradients,
            prices: &self.arrays.prices,
            u: &self.arrays.u,
            velocity: &self.arrays.velocity,
            best: &self.arrays.best,
            values: &self.arrays.values,
            columns: self.columns,
            depth: self.rows.depth(),
        };
        ascent_step::step(&self.device, &of, self.motion, size)
    }

    /// Steps of these sizes, each after a look at the price; a size of 0 only looks.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    pub async fn climb(
        &mut self,
        sizes: &[f32],
        mut goes_on: impl FnMut() -> bool,
    ) -> Result<(), GpuError> {
        if self.columns == 0 {
            return Ok(());
        }
        for sizes in sizes.chunks(AT_A_TIME) {
            let moves: Result<Vec<Step>, GpuError> =
                sizes.iter().map(|size| self.moving(*size)).collect();
            let moves = moves?;
            let each = moves.iter();
            let all: Vec<&Step> = each
                .flat_map(|m| self.gradients.iter().chain([m]))
                .collect();
            self.device.run(&all, 1)?;
            self.made += sizes.len() * self.columns;
            self.device.read_first(&self.arrays.values, 1).await?;
            if !goes_on() {
                break;
            }
        }
        Ok(())
    }

    /// Begins anew without velocity, at the best points if `from_best`.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    pub fn restart(&mut self, from_best: bool) -> Result<(), GpuError> {
        let len = self.arrays.velocity.len();
        self.arrays.velocity = self.device.zeros("velocities", len)?;
        if from_best {
            self.device.copy(&self.arrays.best, &self.arrays.u);
        }
        Ok(())
    }

    /// The best prices met.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    pub async fn values(&self) -> Result<Vec<f32>, GpuError> {
        self.device.read(&self.arrays.values).await
    }

    /// The signs.
    #[must_use]
    pub fn signs(&self) -> &[f32] {
        &self.arrays.signs
    }

    /// Goes on with some columns.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    ///
    /// # Panics
    /// If there is no such column.
    pub async fn keep(&mut self, columns: &[usize]) -> Result<(), GpuError> {
        let values = self.values().await?;
        let (device, wide) = (&self.device, self.rows.wide());
        let index: Vec<u32> = columns
            .iter()
            .map(|&column| crate::kernel::count("columns", column))
            .collect::<Result<_, _>>()?;
        let index = device.upload("columns kept", &index)?;
        let len = columns.len() * wide;
        let to = |what| device.zeros::<f32>(what, len);
        let kept = Arrays {
            u: to("points of ascents")?,
            velocity: to("velocities")?,
            best: to("the best points")?,
            values: {
                let values: Vec<f32> = columns.iter().map(|&j| values[j]).collect();
                device.upload("prices", &values)?
            },
            signs: columns.iter().map(|&j| self.arrays.signs[j]).collect(),
            gradients: to("gradients")?,
            prices: device.zeros("prices", columns.len())?,
        };
        let depth = self.rows.depth();
        let old = &self.arrays;
        let steps = [
            gather_columns::step(device, depth, &index, &old.u, &kept.u)?,
            gather_columns::step(device, depth, &index, &old.velocity, &kept.velocity)?,
            gather_columns::step(device, depth, &index, &old.best, &kept.best)?,
        ];
        device.run(&steps.iter().collect::<Vec<_>>(), 1)?;
        self.arrays = kept;
        self.columns = columns.len();
        self.gradients = self.gradient_steps()?;
        Ok(())
    }

    /// Columns whose gradients were made, step for step.
    #[must_use]
    pub fn columns_gone_through(&self) -> usize {
        self.made
    }

    /// The best points met and their prices.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    pub async fn ends(&self) -> Result<Ascended, GpuError> {
        let best = self.device.read(&self.arrays.best).await?;
        let mut points = Vec::new();
        rows::unpad(&best, self.rows.rank(), self.rows.wide(), &mut points);
        Ok(Ascended {
            points,
            values: self.values().await?,
        })
    }
}
