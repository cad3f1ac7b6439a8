use std::sync::Arc;

use super::{MaskedSystem, Solved};
use crate::buffer::Buffer;
use crate::error::GpuError;
use crate::kernels::basis_dots::{self, BasisTile};
use crate::kernels::cg_scalars::{self, Part, state};
use crate::kernels::combine::{self, Factor};
use crate::kernels::{basis_sum, diagonal_scale, dots};
use crate::step::Step;

/// Inner iterations that are handed over before the numbers of the solve are read: where the last
/// solve says nothing about this one, and after that many as it took.
const BATCH: usize = 4;
/// The least relative residual that `f32` reaches, in roundings.
const FLOOR: f32 = 8.0;
/// Smallest eigenvalue of a low-rank preconditioner, in roundings, beside the root of its side.
const LEAST_WEIGHT: f64 = 32.0;

/// The preconditioner of `A'A + s I` on the device; it follows the shift.
#[derive(Debug, Clone, PartialEq)]
pub enum Preconditioning {
    /// None.
    Identity,
    /// The diagonal of `A'A`, a number a column.
    Jacobi(Vec<f32>),
    /// `(last + s) U (diag(values) + s)^-1 U' + (I - U U')` with orthonormal `U`.
    LowRank {
        /// The columns of `U`, one after the other.
        basis: Vec<f32>,
        /// Their eigenvalues.
        values: Vec<f64>,
        /// The eigenvalue that stands for the rest.
        last: f64,
    },
}

enum Prepared {
    Identity,
    Jacobi(Buffer<f32>),
    LowRank {
        tiles: Vec<BasisTile>,
        values: Vec<f64>,
        last: f64,
        weights: Buffer<f32>,
        along: Buffer<f32>,
    },
}

/// Conjugate gradients for the step of a least-squares problem:
///
/// ```text
///     (A'A + s I) x = A' t / c,     s = rho / c
/// ```
///
/// Directions, residuals and the scalars between them stay on the device; after each batch of
/// inner iterations a dozen numbers come back, at the end `x` and `A x`.
///
/// **Cost** an inner iteration: `4 n rank blocks` flops, and the preconditioner's.
pub struct CgSolve {
    system: Arc<MaskedSystem>,
    preconditioning: Prepared,
    factor: f32,
    max_iters: usize,
    shift: Option<f32>,
    likely: usize,
    /// What the last answer is multiplied by where the next solve starts: `x` stands for the old shift.
    pending: f32,
    tall: Buffer<f32>,
    rest: Buffer<f32>,
    image: Buffer<f32>,
    x: Buffer<f32>,
    rhs: Buffer<f32>,
    residual: Buffer<f32>,
    scaled: Option<Buffer<f32>>,
    direction: Buffer<f32>,
    product: Buffer<f32>,
    parts: Buffer<f32>,
    state: Buffer<f32>,
    start: Vec<Step>,
    iteration: Vec<Step>,
    end: Vec<Step>,
}

impl CgSolve {
    /// Takes room on the device; `factor` is `c`, `max_iters` bounds the inner iterations of a
    /// solve.
    ///
    /// # Errors
    /// [`GpuError::Shape`], [`GpuError::TooLarge`], [`GpuError::OutOfMemory`].
    pub fn new(
        system: &Arc<MaskedSystem>,
        preconditioning: &Preconditioning,
        factor: f32,
        max_iters: usize,
    ) -> Result<Self, GpuError> {
        let device = system.device();
        let (n, wide) = (system.rows().n_samples(), system.wide());
        let preconditioning = Prepared::new(system, preconditioning)?;
        let has_scaled = !matches!(preconditioning, Prepared::Identity);
        let vector = |what| device.zeros::<f32>(what, wide);
        let mut first = vec![0.0; state::LEN];
        first[0] = 1.0;
        Ok(Self {
            preconditioning,
            factor,
            max_iters,
            shift: None,
            likely: BATCH,
            pending: 1.0,
            tall: device.zeros("a right-hand side", n)?,
            rest: device.zeros("a residual of the rows", n)?,
            image: device.zeros("an image", n)?,
            x: vector("the unknown")?,
            rhs: vector("a right-hand side")?,
            residual: vector("a residual")?,
            scaled: match has_scaled {
                true => Some(vector("a scaled residual")?),
                false => None,
            },
            direction: vector("a direction")?,
            product: vector("a product")?,
            parts: device.zeros("parts of inner products", 6 * dots::blocks(wide).max(1))?,
            state: device.upload("numbers of a solve", &first)?,
            start: Vec::new(),
            iteration: Vec::new(),
            end: Vec::new(),
            system: Arc::clone(system),
        })
    }

    /// Takes a new `rho`; the next solve starts at the last `x` scaled, since `rho x` hardly moves.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    pub fn set_penalty(&mut self, rho: f32) -> Result<(), GpuError> {
        let (system, device) = (&self.system, self.system.device());
        let shift = rho / self.factor;
        if let Some(old) = self.shift {
            self.pending *= old / shift;
        }
        self.shift = Some(shift);
        self.preconditioning.follow(system, shift);

        let wide = system.wide();
        let blocks = dots::blocks(wide);
        let parts = |region: usize| (&self.parts, 2 * region * blocks);
        let scaled = self.scaled.as_ref().unwrap_or(&self.residual);
        let scalars = |part| cg_scalars::step(device, part, blocks, &self.parts, &self.state);
        let along = (self.residual.raw(), scaled.raw());
        let reciprocal = 1.0 / self.factor;

        let mut start = system.product(
            self.x.raw(),
            -1.0,
            Some((&self.tall, reciprocal)),
            self.rest.raw(),
        )?;
        let back = Some((self.x.raw(), -shift));
        start.extend(system.adjoint(self.rest.raw(), 1.0, back, &self.residual)?);
        start.extend(system.adjoint(self.tall.raw(), reciprocal, None, &self.rhs)?);
        let rhs = (self.rhs.raw(), self.rhs.raw());
        start.push(dots::step(device, wide, rhs, parts(0))?);
        let x = (self.x.raw(), self.x.raw());
        start.push(dots::step(device, wide, x, parts(1))?);
        start.extend(self.preconditioned(shift)?);
        // r is the first factor: r.z, then r.r
        start.push(dots::step(device, wide, along, parts(2))?);
        let floor = FLOOR * f32::EPSILON;
        start.push(scalars(Part::Start { shift, floor })?);
        let copy = (Factor::NONE, self.direction.raw());
        let from = (Factor::ONE, scaled.raw());
        start.push(combine::step(device, wide, &self.state, copy, from)?);

        let mut iteration = system.product(self.direction.raw(), 1.0, None, self.image.raw())?;
        let back = Some((self.direction.raw(), shift));
        iteration.extend(system.adjoint(self.image.raw(), 1.0, back, &self.product)?);
        let curvature = (self.direction.raw(), self.product.raw());
        iteration.push(dots::step(device, wide, curvature, parts(0))?);
        iteration.push(scalars(Part::Step)?);
        for (to, sign, by) in [
            (&self.x, 1.0, &self.direction),
            (&self.residual, -1.0, &self.product),
        ] {
            let to = (Factor::ONE, to.raw());
            let by = (Factor(sign, state::ALPHA), by.raw());
            iteration.push(combine::step(device, wide, &self.state, to, by)?);
        }
        iteration.extend(self.preconditioned(shift)?);
        iteration.push(dots::step(device, wide, along, parts(2))?);
        iteration.push(scalars(Part::Direction)?);
        let kept = (Factor(1.0, state::BETA), self.direction.raw());
        iteration.push(combine::step(device, wide, &self.state, kept, from)?);

        let end = system.product(self.x.raw(), 1.0, None, self.image.raw())?;
        (self.start, self.iteration, self.end) = (start, iteration, end);
        Ok(())
    }

    /// Steps that make `scaled` of the residual.
    fn preconditioned(&self, shift: f32) -> Result<Vec<Step>, GpuError> {
        let device = self.system.device();
        let Some(scaled) = &self.scaled else {
            return Ok(Vec::new());
        };
        match &self.preconditioning {
            Prepared::Identity => Ok(Vec::new()),
            Prepared::Jacobi(diagonal) => {
                let diagonal = (diagonal, shift);
                let step = diagonal_scale::step(device, diagonal, &self.residual, scaled)?;
                Ok(vec![step])
            }
            Prepared::LowRank {
                tiles,
                weights,
                along,
                ..
            } => {
                let mut steps = Vec::new();
                for tile in tiles {
                    let step = basis_dots::step(device, tile, weights, &self.residual, along)?;
                    steps.push(step);
                }
                for tile in tiles {
                    steps.push(basis_sum::step(
                        device,
                        tile,
                        along,
                        &self.residual,
                        scaled,
                    )?);
                }
                Ok(steps)
            }
        }
    }

    /// Puts the unknown where the next solve starts.
    pub fn set_start(&mut self, x: &[f32]) {
        let padded = self.system.padded(x);
        self.pending = 1.0;
        self.system.device().write(&self.x, 0, &padded);
    }

    /// Solves for the right-hand side `A' t / c`, to a relative error of the step of about `tol`.
    ///
    /// # Errors
    /// [`GpuError::NotPositiveDefinite`], [`GpuError::NotFinite`], [`GpuError`] of the device.
    ///
    /// # Panics
    /// If `t` has another length than there are rows, or before a penalty was set.
    pub async fn solve(
        &mut self,
        t: &[f32],
        tol: f32,
        goes_on: impl FnMut() -> bool,
    ) -> Result<Solved, GpuError> {
        assert_eq!(t.len(), self.tall.len(), "a number a row");
        self.system.device().write(&self.tall, 0, t);
        self.solve_there(tol, goes_on).await
    }

    /// As [`solve`](Self::solve), for the `t` that stands in [`tall`](Self::tall).
    pub(crate) async fn solve_there(
        &mut self,
        tol: f32,
        mut goes_on: impl FnMut() -> bool,
    ) -> Result<Solved, GpuError> {
        let device = self.system.device();
        assert!(self.shift.is_some(), "set_penalty comes before solve");
        if self.pending != 1.0 {
            let scaled = (Factor(self.pending, 0), self.x.raw());
            let none = (Factor::NONE, self.rhs.raw());
            let step = combine::step(device, self.x.len(), &self.state, scaled, none)?;
            device.run(&[&step], 1)?;
            self.pending = 1.0;
        }
        device.write(&self.state, state::GOAL, &[tol]);
        let start: Vec<&Step> = self.start.iter().collect();
        device.run(&start, 1)?;
        let iteration: Vec<&Step> = self.iteration.iter().collect();
        let mut handed = 0;
        let mut batch = self.likely.clamp(1, self.max_iters.max(1));
        let numbers = loop {
            let times = batch.min(self.max_iters - handed);
            device.run(&iteration, times)?;
            handed += times;
            let numbers = device.read(&self.state).await?;
            if numbers[state::DONE] != 0.0 || handed >= self.max_iters || !goes_on() {
                break numbers;
            }
            batch = BATCH;
        };
        let made = whole(numbers[state::COUNT]);
        if numbers[state::BROKEN] != 0.0 {
            return Err(match numbers[state::RR].is_finite() {
                true => GpuError::NotPositiveDefinite { iteration: made },
                false => GpuError::NotFinite { what: "a residual" },
            });
        }
        // one below what this one took: the next seldom takes fewer by more
        self.likely = made.saturating_sub(1).max(1);
        let size = f64::from(numbers[state::SIZE]);
        let left = f64::from(numbers[state::RR]).sqrt();
        Ok(Solved {
            iterations: made,
            residual: if size > 0.0 { left / size } else { 0.0 },
            short: numbers[state::DONE] == 0.0,
        })
    }

    /// Where `t` stands on the device.
    pub(crate) fn tall(&self) -> &Buffer<f32> {
        &self.tall
    }

    /// Where `x` stands on the device.
    pub(crate) fn point(&self) -> &Buffer<f32> {
        &self.x
    }

    /// `x` and `A x` of the last solve.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    pub async fn solution(&self) -> Result<(Vec<f32>, Vec<f32>), GpuError> {
        let device = self.system.device();
        let end: Vec<&Step> = self.end.iter().collect();
        device.run(&end, 1)?;
        let x = device.read(&self.x).await?;
        let image = device.read(&self.image).await?;
        Ok((self.system.unpadded(&x), image))
    }
}

/// A count that the device keeps as a number.
pub(crate) fn whole(count: f32) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count below 2^24, or 0 for NaN"
    )]
    let count = count as usize;
    count
}

impl Prepared {
    fn new(system: &MaskedSystem, of: &Preconditioning) -> Result<Self, GpuError> {
        let device = system.device();
        let cols = system.cols();
        match of {
            Preconditioning::Identity => Ok(Self::Identity),
            Preconditioning::Jacobi(diagonal) => {
                if diagonal.len() != cols {
                    let (what, want, got) = ("diagonal", cols, diagonal.len());
                    return Err(GpuError::Shape { what, want, got });
                }
                let padded = system.padded(diagonal);
                Ok(Self::Jacobi(device.upload("a diagonal", &padded)?))
            }
            Preconditioning::LowRank {
                basis,
                values,
                last,
            } => {
                if basis.len() != cols * values.len() {
                    let (what, want, got) = ("basis", cols * values.len(), basis.len());
                    return Err(GpuError::Shape { what, want, got });
                }
                let column_bytes = (system.wide() * size_of::<f32>()).max(16);
                let fits = device.adapter().binding_limit / column_bytes as u64;
                let share = usize::try_from(fits).unwrap_or(usize::MAX).clamp(1, 65_535);
                let mut tiles = Vec::new();
                for first in (0..values.len()).step_by(share) {
                    let columns = share.min(values.len() - first);
                    // a column of the basis is one of all blocks
                    let part = &basis[first * cols..(first + columns) * cols];
                    tiles.push(BasisTile {
                        data: device.upload("a basis", &system.padded(part))?,
                        first,
                        columns,
                    });
                }
                Ok(Self::LowRank {
                    tiles,
                    weights: device.zeros("weights of a basis", values.len())?,
                    along: device.zeros("inner products with a basis", values.len())?,
                    values: values.clone(),
                    last: *last,
                })
            }
        }
    }

    fn follow(&self, system: &MaskedSystem, shift: f32) {
        if let Self::LowRank {
            values,
            last,
            weights,
            ..
        } = self
        {
            let shift = f64::from(shift);
            // below the rounding of the two products the sign of a weight plus 1 is that of chance
            #[expect(clippy::cast_precision_loss, reason = "a length far below 2^53")]
            let side = system.cols() as f64;
            let least = (LEAST_WEIGHT + side.sqrt()) * f64::from(f32::EPSILON);
            let weight = |value: &f64| ((last + shift) / (value + shift)).max(least) - 1.0;
            let made: Vec<f32> = values
                .iter()
                .map(|v| linalg_core::Real::of(weight(v)))
                .collect();
            system.device().write(weights, 0, &made);
        }
    }
}
