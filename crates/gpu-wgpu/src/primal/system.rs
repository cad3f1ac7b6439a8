use std::sync::Arc;

use linalg_core::Masks;

use crate::bits;
use crate::buffer::{Buffer, Slice};
use crate::device::Device;
use crate::error::GpuError;
use crate::kernels::masked_adjoint::{self, Factors};
use crate::kernels::masked_product;
use crate::kernels::sum_parts::{self, Sum};
use crate::rows::{self, Rows};
use crate::step::Step;

/// The masked data of a programme on the device: rows, packed masks, and room for the parts of
/// their products.
#[derive(Debug)]
pub struct MaskedSystem {
    device: Arc<Device>,
    rows: Rows,
    blocks: usize,
    bits: Buffer<u32>,
    ones: Buffer<f32>,
    tall_parts: Buffer<f32>,
    wide_parts: Buffer<f32>,
}

impl MaskedSystem {
    /// Takes the data, `n_samples x rank` with a sample's coordinates together, and the masks.
    ///
    /// # Errors
    /// [`GpuError::TooLarge`] before anything is taken, [`GpuError::Shape`],
    /// [`GpuError::OutOfMemory`].
    pub fn new(
        device: &Arc<Device>,
        data: &[f32],
        rank: usize,
        masks: &Masks,
    ) -> Result<Self, GpuError> {
        let (n, blocks) = (masks.n_samples(), masks.n_blocks());
        let wide = 4 * rank.div_ceil(4);
        let bytes = |numbers: usize| numbers as u64 * 4;
        device.check_size("the masks", bytes(n * blocks.div_ceil(32)))?;
        device.check_size("a vector of all blocks", bytes(blocks * wide))?;
        device.check_size("a vector of all rows", bytes(n))?;
        let rows = Rows::upload(device, data, n, rank)?;
        let tall_parts = n * masked_product::parts(&rows, blocks);
        let wide_parts = blocks * wide * masked_adjoint::parts(&rows, blocks);
        device.check_size("parts of a product", bytes(tall_parts.max(wide_parts)))?;
        Ok(Self {
            bits: device.upload("masks", &bits::pack(masks))?,
            ones: device.upload("ones", &vec![1.0; blocks])?,
            tall_parts: device.zeros("parts of a product", tall_parts)?,
            wide_parts: device.zeros("parts of an adjoint product", wide_parts)?,
            device: Arc::clone(device),
            rows,
            blocks,
        })
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> &Arc<Device> {
        &self.device
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Blocks.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// Numbers of a vector of all blocks, as the host has it.
    #[must_use]
    pub fn cols(&self) -> usize {
        self.blocks * self.rows.rank()
    }

    /// Numbers of the same on the device, where a block is filled up to quadruples.
    #[must_use]
    pub fn wide(&self) -> usize {
        self.blocks * self.rows.wide()
    }

    pub(crate) fn bits(&self) -> &Buffer<u32> {
        &self.bits
    }

    /// A vector of all blocks as the device has it.
    pub(crate) fn padded(&self, x: &[f32]) -> Vec<f32> {
        let mut out = Vec::new();
        rows::pad(x, self.rows.rank(), self.rows.wide(), &mut out);
        out
    }

    /// ... and back.
    pub(crate) fn unpadded(&self, x: &[f32]) -> Vec<f32> {
        let mut out = Vec::new();
        rows::unpad(x, self.rows.rank(), self.rows.wide(), &mut out);
        out
    }

    /// `out = scale A x + shift base`.
    pub(crate) fn product(
        &self,
        x: Slice<'_>,
        scale: f32,
        base: Option<(&Buffer<f32>, f32)>,
        out: Slice<'_>,
    ) -> Result<Vec<Step>, GpuError> {
        let (device, rows) = (&self.device, &self.rows);
        let mut steps =
            masked_product::steps(device, rows, self.blocks, &self.bits, x, &self.tall_parts)?;
        let sum = Sum {
            parts: &self.tall_parts,
            count: masked_product::parts(rows, self.blocks),
            scale,
            base: base.map(|(base, shift)| (base.raw(), shift)),
            out,
            length: rows.n_samples(),
        };
        steps.push(sum_parts::step(device, &sum)?);
        Ok(steps)
    }

    /// `out = scale A' t + shift base`.
    pub(crate) fn adjoint(
        &self,
        t: Slice<'_>,
        scale: f32,
        base: Option<(Slice<'_>, f32)>,
        out: &Buffer<f32>,
    ) -> Result<Vec<Step>, GpuError> {
        let (device, rows) = (&self.device, &self.rows);
        let factors = Factors {
            bits: &self.bits,
            slopes: t,
            weights: &self.ones,
            outputs: 1,
        };
        let mut steps =
            masked_adjoint::steps(device, rows, self.blocks, &factors, &self.wide_parts)?;
        let sum = Sum {
            parts: &self.wide_parts,
            count: masked_adjoint::parts(rows, self.blocks),
            scale,
            base,
            out: out.raw(),
            length: self.wide(),
        };
        steps.push(sum_parts::step(device, &sum)?);
        Ok(steps)
    }

    /// `A X` for `count` columns, one after the other: one transfer each way.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    ///
    /// # Panics
    /// If a length does not fit.
    pub async fn apply(&self, count: usize, x: &[f32], out: &mut [f32]) -> Result<(), GpuError> {
        let (cols, n) = (self.cols(), self.rows.n_samples());
        assert_eq!(x.len(), count * cols, "columns of the operator's width");
        assert_eq!(out.len(), count * n, "columns of the operator's height");
        let from = self.device.zeros("a column", self.wide())?;
        let to: Buffer<f32> = self.device.zeros("an image", n)?;
        let steps = self.product(from.raw(), 1.0, None, to.raw())?;
        let steps: Vec<&Step> = steps.iter().collect();
        for k in 0..count {
            let column = self.padded(&x[k * cols..(k + 1) * cols]);
            self.device.write(&from, 0, &column);
            self.device.run(&steps, 1)?;
            let image = self.device.read(&to).await?;
            out[k * n..(k + 1) * n].copy_from_slice(&image);
        }
        Ok(())
    }

    /// `A' T` for `count` columns.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    ///
    /// # Panics
    /// If a length does not fit.
    pub async fn apply_adjoint(
        &self,
        count: usize,
        t: &[f32],
        out: &mut [f32],
    ) -> Result<(), GpuError> {
        let (cols, n) = (self.cols(), self.rows.n_samples());
        assert_eq!(t.len(), count * n, "columns of the operator's height");
        assert_eq!(out.len(), count * cols, "columns of the operator's width");
        let from: Buffer<f32> = self.device.zeros("a column", n)?;
        let to = self.device.zeros("an image", self.wide())?;
        let steps = self.adjoint(from.raw(), 1.0, None, &to)?;
        let steps: Vec<&Step> = steps.iter().collect();
        for k in 0..count {
            self.device.write(&from, 0, &t[k * n..(k + 1) * n]);
            self.device.run(&steps, 1)?;
            let image = self.unpadded(&self.device.read(&to).await?);
            out[k * cols..(k + 1) * cols].copy_from_slice(&image);
        }
        Ok(())
    }
}
