use crate::buffer::Buffer;
use crate::error::GpuError;
use crate::kernels::cone_step::{self, ConeCopy};
use crate::kernels::group_threshold::SUMS;
use crate::kernels::sum_parts::{self, Sum};
use crate::kernels::{cone_adjoint, cone_rescale, images, region_sums};
use crate::primal::MaskedSystem;
use crate::rows::Rows;
use crate::step::Step;

/// The cone copy of the three-block form: `tau (2 D_b - I) R u_b`, kept non-negative.
#[derive(Debug, Clone, Copy)]
pub struct ConeSettings<'s> {
    /// `L^-1`, of `I + tau^2 R'R = L L'`: `rank x rank` numbers, row after row. The rows of the system
    /// are those of `R L^-T`.
    pub inverse: &'s [f32],
    /// The scale of the copy.
    pub tau: f64,
}

/// The cone copy on the device, and the coordinates in which the linear step knows nothing of it.
pub(super) struct Cone {
    copy: ConeCopy,
    patterns: usize,
    tau: f32,
    /// `L^-1` and `L^-T`, by rows.
    inverse: Rows,
    adjoint: Rows,
    /// `L^-1 w`.
    lifted: Buffer<f32>,
    adjoint_parts: Buffer<f32>,
    length_parts: Buffer<f32>,
    length_sums: Buffer<f32>,
}

impl Cone {
    /// Numbers of the copy, and of the parts of its lengths.
    pub(super) fn numbers(n: usize, blocks: usize) -> (usize, usize) {
        let copy = n.saturating_mul(ConeCopy::stride(blocks));
        (copy, (SUMS * n).saturating_mul(ConeCopy::units(blocks)))
    }

    /// Takes room for `blocks` blocks of the system's patterns.
    pub(super) fn new(
        system: &MaskedSystem,
        blocks: usize,
        of: &ConeSettings<'_>,
    ) -> Result<Self, GpuError> {
        let (device, rows) = (system.device(), system.rows());
        let (n, rank) = (rows.n_samples(), rows.rank());
        if of.inverse.len() != rank * rank {
            let (what, want, got) = ("inverse", rank * rank, of.inverse.len());
            return Err(GpuError::Shape { what, want, got });
        }
        let transposed: Vec<f32> = (0..rank)
            .flat_map(|k| of.inverse.iter().skip(k).step_by(rank).copied())
            .collect();
        let (copies, length_parts) = Self::numbers(n, blocks);
        let parts = cone_adjoint::parts(rows, blocks) * blocks * rows.wide();
        device.check_size("parts of a product", parts as u64 * 4)?;
        let lengths = n * ConeCopy::units(blocks);
        Ok(Self {
            copy: ConeCopy {
                z: device.zeros("the cone copies", copies)?,
                blocks,
            },
            patterns: system.blocks(),
            tau: linalg_core::Real::of(of.tau),
            inverse: Rows::upload(device, of.inverse, rank, rank)?,
            adjoint: Rows::upload(device, &transposed, rank, rank)?,
            lifted: device.zeros("a point", blocks * rows.wide())?,
            adjoint_parts: device.zeros("parts of a product", parts)?,
            length_parts: device.zeros("parts of lengths", length_parts)?,
            length_sums: device.zeros(
                "parts of lengths",
                SUMS * region_sums::blocks(lengths).max(1),
            )?,
        })
    }

    /// `point = L^-1 w + tau R~'(e o (2 v - z))` of the cone copy.
    pub(super) fn point(
        &self,
        system: &MaskedSystem,
        w: &Buffer<f32>,
        point: &Buffer<f32>,
    ) -> Result<Vec<Step>, GpuError> {
        let (device, rows, blocks) = (system.device(), system.rows(), self.copy.blocks);
        let out = (&self.lifted, rows.wide());
        let mut steps = images::steps(device, &self.inverse, blocks, w, out)?;
        let masks = (system.bits(), self.patterns);
        let parts = &self.adjoint_parts;
        steps.extend(cone_adjoint::steps(device, rows, masks, &self.copy, parts)?);
        let sum = Sum {
            parts,
            count: cone_adjoint::parts(rows, blocks),
            scale: self.tau,
            base: Some((self.lifted.raw(), 1.0)),
            out: point.raw(),
            length: point.len(),
        };
        steps.push(sum_parts::step(device, &sum)?);
        Ok(steps)
    }

    /// The copy's own step from the smooth one in its coordinates, its five lengths to `numbers` from the
    /// `at`-th on, and the smooth one in the data's coordinates to `u`.
    pub(super) fn advance(
        &self,
        system: &MaskedSystem,
        smooth: &Buffer<f32>,
        alpha: f32,
        u: &Buffer<f32>,
        (numbers, at): (&Buffer<f32>, usize),
    ) -> Result<Vec<Step>, GpuError> {
        let (device, rows, blocks) = (system.device(), system.rows(), self.copy.blocks);
        let masks = (system.bits(), self.patterns);
        let how = (self.tau, alpha);
        let parts = &self.length_parts;
        let mut steps = cone_step::steps(device, rows, masks, smooth, &self.copy, how, parts)?;
        let lengths = rows.n_samples() * ConeCopy::units(blocks);
        let sums = &self.length_sums;
        let groups = region_sums::blocks(lengths).max(1);
        steps.extend([
            region_sums::by_blocks(device, (parts, SUMS, lengths), sums)?,
            region_sums::whole(device, (sums, SUMS, groups), (numbers, at))?,
        ]);
        let out = (u, rows.wide());
        steps.extend(images::steps(device, &self.adjoint, blocks, smooth, out)?);
        Ok(steps)
    }

    /// The copy at a penalty parameter `factor` times as large.
    pub(super) fn rescaled(&self, system: &MaskedSystem, factor: f32) -> Result<Step, GpuError> {
        cone_rescale::step(system.device(), &self.copy.z, factor)
    }

    /// `z` of every block, a block's rows together.
    pub(super) async fn read(
        &self,
        system: &MaskedSystem,
        out: &mut [f64],
    ) -> Result<(), GpuError> {
        let z = system.device().read(&self.copy.z).await?;
        let n = system.rows().n_samples();
        let stride = ConeCopy::stride(self.copy.blocks);
        for (b, column) in out.chunks_exact_mut(n.max(1)).enumerate() {
            for (i, out) in column.iter_mut().enumerate() {
                *out = f64::from(z[i * stride + b]);
            }
        }
        Ok(())
    }

    /// Numbers of the copy, as the host has it.
    pub(super) fn len(&self, system: &MaskedSystem) -> usize {
        system.rows().n_samples() * self.copy.blocks
    }
}
