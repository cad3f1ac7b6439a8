use std::sync::Arc;

use admm::{Lengths, Lift};

use super::cone::{Cone, ConeSettings};
use super::linear::Linear;
use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, MOST_GROUPS};
use crate::kernels::combine::{self, Factor};
use crate::kernels::group_threshold::{self, SUMS};
use crate::kernels::{pair_difference, pair_spread, region_sums};
use crate::primal::{LinearStep, MaskedSystem, Solved};
use crate::step::Step;

/// What [`ThreeBlock`] minimises and how.
#[derive(Debug, Clone, Copy)]
pub struct ThreeBlockSettings<'s> {
    /// A number a row.
    pub target: &'s [f32],
    /// How blocks are made of copies of the masked data: pairs have cones, single ones none.
    pub lift: Lift,
    /// The cone copy, where there is one.
    pub cone: Option<ConeSettings<'s>>,
    /// The weight of the norms.
    pub weight: f64,
    /// The over-relaxation.
    pub relaxation: f64,
}

/// The three-block form of ADMM, all of whose vectors stay on the device:
///
/// ```text
///     u <- argmin |F u - y|^2 / 2 + rho/2 |u - w|^2 + rho/2 |tau G u - w^s|^2,   w = 2 v - z
///     z <- z + alpha (u - v);   v <- blocks shrunk by weight / rho,   v^s <- max(0, z^s)
/// ```
///
/// with `G = (2 D_b - I) R` for every block. Without a cone copy the last term is none, and it is the
/// iteration of gated programmes. Ten lengths come back an iteration, and the numbers of the linear
/// step; vectors when they are asked for.
///
/// **Cost** an iteration: `8 n rank blocks + 4 rank^2 blocks` flops of the cone copy and the change of
/// coordinates, and the linear step.
/// **Source** the three-block ADMM for convex ReLU networks; its linear step without the cone copy, in
/// coordinates in which `I + tau^2 R'R` is the identity.
pub struct ThreeBlock {
    system: Arc<MaskedSystem>,
    linear: Linear,
    lift: Lift,
    cone: Option<Cone>,
    blocks: usize,
    weight: f64,
    relaxation: f64,
    rho: f32,
    /// The point of the linear step, and its image under the pairs' difference.
    point: Buffer<f32>,
    difference: Option<Buffer<f32>>,
    /// The answer in the linear step's coordinates.
    smooth: Buffer<f32>,
    u: Option<Buffer<f32>>,
    z: Buffer<f32>,
    v: Buffer<f32>,
    w: Buffer<f32>,
    parts: Buffer<f32>,
    sums: Buffer<f32>,
    numbers: Buffer<f32>,
    one: Buffer<f32>,
    /// From the copies to the right-hand side.
    before: Vec<Step>,
    /// From the answer to the copies and their lengths.
    after: Vec<Step>,
}

/// What an iteration has come to.
#[derive(Debug, Clone, Copy)]
pub struct Moved {
    /// Of the linear step.
    pub solved: Solved,
    /// The lengths of all copies together, where the step was not cut short by the caller.
    pub lengths: Option<Lengths>,
}

/// The copies, read by the host: every block's numbers, then the cone copy's, a block's rows together.
#[derive(Debug, Clone, Default)]
pub struct Copies {
    /// The fixed-point variable.
    pub z: Vec<f64>,
    /// The penalised copy.
    pub v: Vec<f64>,
    /// The image of the smooth copy, a number a row.
    pub fu: Vec<f64>,
}

impl ThreeBlock {
    /// Refuses what does not fit, before anything is taken: `patterns` of `n` rows of `rank` coordinates,
    /// in pairs with cones or alone.
    ///
    /// # Errors
    /// [`GpuError::TooLarge`], [`GpuError::Count`].
    pub fn check_room(
        device: &Device,
        (n, rank, patterns): (usize, usize, usize),
        lift: Lift,
        has_cone: bool,
    ) -> Result<(), GpuError> {
        let blocks = match lift {
            Lift::Mirrored => 2 * patterns,
            Lift::Single => patterns,
        };
        let len = blocks.saturating_mul(rank.next_multiple_of(4));
        let cone = match has_cone {
            true => Cone::numbers(n, blocks),
            false => (0, 0),
        };
        for (what, numbers) in [
            ("a vector of all blocks", len),
            ("the cone copies", cone.0),
            ("parts of lengths", cone.1),
        ] {
            device.check_size(what, numbers as u64 * 4)?;
        }
        // a group a block, and one for each so many numbers of a vector
        for (what, got, limit) in [
            ("blocks", blocks, MOST_GROUPS),
            ("numbers of all blocks", len, MOST_GROUPS * BLOCK),
            ("numbers of the cone copies", cone.0, MOST_GROUPS * BLOCK),
        ] {
            if got > limit {
                return Err(GpuError::Count { what, got, limit });
            }
        }
        Ok(())
    }

    /// Takes room on the device; everything is zero.
    ///
    /// # Errors
    /// [`GpuError::Shape`], [`GpuError::TooLarge`] before the largest arrays are taken,
    /// [`GpuError::OutOfMemory`].
    pub fn new(
        system: &Arc<MaskedSystem>,
        step: LinearStep,
        of: &ThreeBlockSettings<'_>,
    ) -> Result<Self, GpuError> {
        let device = system.device();
        let rows = system.rows();
        let sizes = (rows.n_samples(), rows.rank(), system.blocks());
        Self::check_room(device, sizes, of.lift, of.cone.is_some())?;
        let pairs = matches!(of.lift, Lift::Mirrored);
        let blocks = match pairs {
            true => 2 * system.blocks(),
            false => system.blocks(),
        };
        let len = blocks * system.rows().wide();
        let cone = match &of.cone {
            Some(cone) => Some(Cone::new(system, blocks, cone)?),
            None => None,
        };
        let vector = |what| device.zeros::<f32>(what, len);
        let w = vector("a point")?;
        let point = match cone {
            Some(_) => vector("a point")?,
            None => device.zeros("no point", 0)?,
        };
        let difference = match pairs {
            true => Some(device.zeros("differences of pairs", len / 2)?),
            false => None,
        };
        let from = match (&difference, &cone) {
            (Some(difference), _) => difference,
            (None, Some(_)) => &point,
            (None, None) => &w,
        };
        let linear = Linear::new(system, of.target, step, from.raw())?;
        let u = match cone {
            Some(_) => Some(vector("the smooth copy")?),
            None => None,
        };
        let groups = region_sums::blocks(blocks).max(1);
        let mut made = Self {
            linear,
            lift: of.lift,
            blocks,
            weight: of.weight,
            relaxation: of.relaxation,
            rho: 1.0,
            point,
            difference,
            smooth: vector("the smooth copy")?,
            u,
            z: vector("the variable")?,
            v: vector("the sparse copy")?,
            w,
            parts: device.zeros("parts of lengths", SUMS * blocks)?,
            sums: device.zeros("parts of lengths", SUMS * groups)?,
            numbers: device.zeros("lengths", 2 * SUMS)?,
            one: device.upload("one", &[1.0])?,
            before: Vec::new(),
            after: Vec::new(),
            cone,
            system: Arc::clone(system),
        };
        made.before = made.right_hand_side()?;
        Ok(made)
    }

    /// The point that the linear step starts from.
    fn point(&self) -> &Buffer<f32> {
        match self.cone {
            Some(_) => &self.point,
            None => &self.w,
        }
    }

    fn right_hand_side(&self) -> Result<Vec<Step>, GpuError> {
        let device = self.system.device();
        let mut steps = match &self.cone {
            Some(cone) => cone.point(&self.system, &self.w, &self.point)?,
            None => Vec::new(),
        };
        if let Some(difference) = &self.difference {
            steps.push(pair_difference::step(device, self.point(), difference)?);
        }
        steps.extend(self.linear.load().iter().cloned());
        Ok(steps)
    }

    /// Takes a penalty parameter up.
    ///
    /// # Errors
    /// [`GpuError::NotFinite`], [`GpuError`] of the device.
    pub fn set_penalty(&mut self, rho: f64) -> Result<(), GpuError> {
        self.rho = linalg_core::Real::of(rho);
        if !(self.rho.is_finite() && self.rho > 0.0) {
            return Err(GpuError::NotFinite { what: "rho" });
        }
        self.linear.set_penalty(self.rho)?;
        let (system, device) = (&self.system, self.system.device());
        let (alpha, threshold) = (
            linalg_core::Real::of(self.relaxation),
            linalg_core::Real::of(self.weight / f64::from(self.rho)),
        );
        let (point, answer) = (self.point(), self.linear.answer());
        let mut steps = match self.difference {
            Some(_) => vec![pair_spread::step(device, point, answer, &self.smooth)?],
            None => {
                let len = self.smooth.len();
                let add = |to, from| combine::step(device, len, &self.one, to, from);
                let smooth = self.smooth.raw();
                vec![
                    add((Factor::NONE, smooth), (Factor::ONE, point.raw()))?,
                    add((Factor::ONE, smooth), (Factor::ONE, answer))?,
                ]
            }
        };
        let u = match (&self.cone, &self.u) {
            (Some(cone), Some(u)) => {
                let numbers = (&self.numbers, SUMS);
                steps.extend(cone.advance(system, &self.smooth, alpha, u, numbers)?);
                u
            }
            _ => &self.smooth,
        };
        let of = group_threshold::Copies {
            u,
            z: &self.z,
            v: &self.v,
            w: &self.w,
            parts: &self.parts,
            blocks: self.blocks,
            wide: system.rows().wide(),
        };
        steps.push(group_threshold::step(device, &of, alpha, threshold)?);
        let (parts, sums) = (&self.parts, &self.sums);
        let groups = region_sums::blocks(self.blocks).max(1);
        steps.extend([
            region_sums::by_blocks(device, (parts, SUMS, self.blocks), sums)?,
            region_sums::whole(device, (sums, SUMS, groups), (&self.numbers, 0))?,
        ]);
        self.after = steps;
        Ok(())
    }

    /// The penalty parameter.
    #[must_use]
    pub fn rho(&self) -> f64 {
        f64::from(self.rho)
    }

    /// One iteration, its linear step to a relative error of about `tol`.
    ///
    /// # Errors
    /// [`GpuError`] of the linear step and of the device.
    ///
    /// # Panics
    /// Before a penalty was set.
    pub async fn advance(
        &mut self,
        tol: f64,
        mut goes_on: impl FnMut() -> bool,
    ) -> Result<Moved, GpuError> {
        let device = self.system.device();
        assert!(!self.after.is_empty(), "set_penalty comes before advance");
        device.run(&self.before.iter().collect::<Vec<_>>(), 1)?;
        let solved = self.linear.solve(tol, &mut goes_on).await?;
        if solved.short && !goes_on() {
            let lengths = None;
            return Ok(Moved { solved, lengths });
        }
        device.run(&self.after.iter().collect::<Vec<_>>(), 1)?;
        let squares = device.read(&self.numbers).await?;
        let length = |q: usize| {
            let of = |part: usize| f64::from(squares[part * SUMS + q]);
            (of(0) + of(1)).sqrt()
        };
        let lengths = Some(Lengths {
            u: length(0),
            v: length(1),
            apart: length(2),
            moved: length(3),
            slack: length(4),
        });
        Ok(Moved { solved, lengths })
    }

    /// Keeps `rho (z - v)` for a penalty parameter `factor` times as large, which
    /// [`set_penalty`](Self::set_penalty) then takes up.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    pub fn rescale(&mut self, factor: f64) -> Result<(), GpuError> {
        let device = self.system.device();
        let len = self.z.len();
        let share: f32 = linalg_core::Real::of(1.0 / factor);
        let add = |to, from| combine::step(device, len, &self.one, to, from);
        let (z, v, w) = (self.z.raw(), self.v.raw(), self.w.raw());
        let mut steps = vec![
            add((Factor(share, 0), z), (Factor(1.0 - share, 0), v))?,
            add((Factor::NONE, w), (Factor(2.0, 0), v))?,
            add((Factor::ONE, w), (Factor(-1.0, 0), z))?,
        ];
        if let Some(cone) = &self.cone {
            steps.push(cone.rescaled(&self.system, linalg_core::Real::of(factor))?);
        }
        self.rho = linalg_core::Real::of(f64::from(self.rho) * factor);
        device.run(&steps.iter().collect::<Vec<_>>(), 1)
    }

    /// Reads the blocks of the sparse copy, without those of the cone copy.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    pub async fn read_blocks(&self, v: &mut Vec<f64>) -> Result<(), GpuError> {
        let values = self.system.device().read(&self.v).await?;
        v.clear();
        v.extend(self.system.unpadded(&values).into_iter().map(f64::from));
        Ok(())
    }

    /// Reads the copies.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    pub async fn read(&self, out: &mut Copies) -> Result<(), GpuError> {
        let (system, device) = (&self.system, self.system.device());
        let cone = self.cone.as_ref().map_or(0, |cone| cone.len(system));
        for (vector, to) in [(&self.z, &mut out.z), (&self.v, &mut out.v)] {
            let values = system.unpadded(&device.read(vector).await?);
            to.clear();
            to.extend(values.into_iter().map(f64::from));
            to.resize(to.len() + cone, 0.0);
        }
        if let Some(of) = &self.cone {
            let split = out.z.len() - cone;
            of.read(system, &mut out.z[split..]).await?;
            for (v, z) in out.v[split..].iter_mut().zip(&out.z[split..]) {
                *v = z.max(0.0);
            }
        }
        out.fu = self.linear.image(self.lift.factor()).await?;
        Ok(())
    }
}
