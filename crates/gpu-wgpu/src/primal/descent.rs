use std::sync::Arc;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{MaskedSystem, Solved};
use crate::buffer::{ALIGNED, Buffer};
use crate::error::GpuError;
use crate::kernel::{MEMORY, TOGETHER};
use crate::kernels::cg_scalars::{self, Part as Scalars};
use crate::kernels::combine::{self, Factor};
use crate::kernels::conjugate_dots::{self, Conjugate, Part, SUMS};
use crate::kernels::descent_direction::{self, state};
use crate::kernels::descent_gradient::{self, Turn};
use crate::kernels::{
    conjugate_join, conjugate_move, conjugate_scalars, descent_image, descent_move, descent_step,
    dots,
};
use crate::step::Step;

/// Sweeps that are handed over before the gradient is made anew and its norm read.
const BATCH: usize = 4;
/// Orders of the blocks that sweeps go through in turn: random, and few enough to stay there.
const ORDERS: usize = 32;
/// In place of a block where they do not fill up a turn.
const NOBODY: u32 = u32::MAX;
/// Sweeps after which the residual is made anew and the directions are forgotten, so that no error
/// of an image can last.
const RENEW: usize = 32;
/// Batches that do not lower the gradient by a hundredth before the step counts as done: the
/// precision's limit.
const IDLE: usize = 12;
/// Share of `|A'| (|y| + |F w|)` roundings that the gradient carries: they are of either sign.
const ROUNDING: f64 = 0.25;

/// Randomised block descent for the step of a least-squares problem:
///
/// ```text
///     phi(x) = |t + c A x|^2 / 2 + c rho |x|^2 / 2,     t = F w - y
/// ```
///
/// In random order, four blocks at a time take a gradient step by Armijo's rule; a sweep over all
/// of them is the preconditioner of flexible conjugate gradients. The point, its residual and the
/// last directions stay on the device; after four sweeps a few numbers come back.
///
/// **Cost** a sweep: `4 n rank blocks` flops, in thin products.
/// **Source** Bai, Gautam & Sojoudi 2022 (the descent); Notay 2000, FCG(m).
pub struct DescentSolve {
    system: Arc<MaskedSystem>,
    factor: f32,
    max_sweeps: usize,
    rho: Option<f32>,
    /// `|A' t| / |t|` for the first `t`, in place of the norm of `A`.
    gain: Option<f64>,
    tall: Buffer<f32>,
    /// `x`, then the residual, each from a place where a binding may begin.
    point: Buffer<f32>,
    before: Buffer<f32>,
    kept: Buffer<f32>,
    fresh: Buffer<f32>,
    conjugate_parts: Buffer<f32>,
    misfit_at: usize,
    gradient: Buffer<f32>,
    gradient_parts: Buffer<f32>,
    direction: Buffer<f32>,
    image: Buffer<f32>,
    image_parts: Buffer<f32>,
    norm_parts: Buffer<f32>,
    norms: Buffer<f32>,
    order: Buffer<u32>,
    turns: usize,
    state: Buffer<f32>,
    steps: Steps,
}

#[derive(Default)]
struct Steps {
    /// The residual of `x`.
    residual: Vec<Step>,
    /// The minimiser over the directions kept.
    descend: Vec<Step>,
    /// The gradient and its norm.
    gradient: Vec<Step>,
    sweep: Vec<Step>,
}

impl DescentSolve {
    /// Takes room on the device; `factor` is `c`, `max_sweeps` bounds the sweeps of a solve, `seed`
    /// sets the orders of the blocks.
    ///
    /// # Errors
    /// [`GpuError::TooLarge`], [`GpuError::OutOfMemory`].
    pub fn new(
        system: &Arc<MaskedSystem>,
        factor: f32,
        max_sweeps: usize,
        seed: u64,
    ) -> Result<Self, GpuError> {
        let device = system.device();
        let (n, wide) = (system.rows().n_samples(), system.wide());
        let misfit_at = wide.next_multiple_of(ALIGNED);
        let length = misfit_at + n;
        device.check_size("the directions of a descent", (MEMORY * length * 4) as u64)?;
        let (order, turns) = orders(system.blocks(), seed);
        let quarter = TOGETHER * system.rows().wide();
        let joined = |what| device.zeros::<f32>(what, length);
        let mut first = vec![0.0; state::LEN];
        first[0] = 1.0;
        Ok(Self {
            factor,
            max_sweeps,
            rho: None,
            gain: None,
            tall: device.zeros("a right-hand side", n)?,
            point: joined("a point")?,
            before: joined("a point before")?,
            kept: device.zeros("the directions of a descent", MEMORY * length)?,
            fresh: joined("a direction")?,
            conjugate_parts: device.zeros("parts", SUMS * length.div_ceil(1024).max(1))?,
            misfit_at,
            gradient: device.zeros("a gradient", wide)?,
            gradient_parts: device.zeros(
                "parts of a gradient",
                quarter * descent_gradient::parts(system.rows()),
            )?,
            direction: device.zeros("a direction of some blocks", quarter)?,
            image: device.zeros("an image", n)?,
            image_parts: device.zeros("parts", descent_image::parts(system.rows()))?,
            norm_parts: device.zeros("parts", 6 * dots::blocks(wide).max(1))?,
            norms: device.upload("norms", &first[..cg_scalars::state::LEN])?,
            order: device.upload("orders of the blocks", &order)?,
            turns,
            state: device.upload("numbers of a descent", &first)?,
            steps: Steps::default(),
            system: Arc::clone(system),
        })
    }

    /// The gain, by the right-hand side that is on the device.
    async fn measure_gain(&self, size: f64) -> Result<f64, GpuError> {
        if size == 0.0 {
            return Ok(0.0);
        }
        let steps = self
            .system
            .adjoint(self.tall.raw(), 1.0, None, &self.gradient)?;
        let device = self.system.device();
        device.run(&steps.iter().collect::<Vec<_>>(), 1)?;
        let (norm, _) = self.norms().await?;
        Ok(norm / size)
    }

    /// Takes a new `rho`; the last `x` is scaled, since `rho x` hardly moves.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    pub fn set_penalty(&mut self, rho: f32) -> Result<(), GpuError> {
        let (system, device) = (&self.system, self.system.device());
        let (wide, factor) = (system.wide(), self.factor);
        if let Some(old) = self.rho {
            let ratio = (Factor(old / rho, 0), self.point.raw());
            let none = (Factor::NONE, self.gradient.raw());
            let step = combine::step(device, wide, &self.state, ratio, none)?;
            device.run(&[&step], 1)?;
        }
        self.rho = Some(rho);
        self.forget();
        device.write(&self.state, state::LAST, &[1.0 / rho]);

        let (x, misfit) = (self.point.raw(), self.point.from(self.misfit_at));
        let base = Some((&self.tall, 1.0));
        let mut steps = Steps {
            residual: system.product(x, factor, base, misfit)?,
            ..Steps::default()
        };
        let conjugate = Conjugate {
            point: &self.point,
            before: &self.before,
            kept: &self.kept,
            fresh: &self.fresh,
            parts: &self.conjugate_parts,
            state: &self.state,
            misfit_at: self.misfit_at,
            weight: factor * rho,
        };
        let length = self.point.len();
        let copy = |from: &Buffer<f32>, to: &Buffer<f32>| {
            let (to, from) = ((Factor::NONE, to.raw()), (Factor::ONE, from.raw()));
            combine::step(device, length, &self.state, to, from)
        };
        steps.descend = vec![
            conjugate_dots::step(device, Part::Point, &conjugate)?,
            conjugate_scalars::step(device, Part::Point, &conjugate)?,
            conjugate_join::step(device, Part::Point, &conjugate)?,
            copy(&self.fresh, &self.point)?,
        ];
        steps.gradient = system.adjoint(misfit, 1.0, Some((x, rho)), &self.gradient)?;

        let turn = Turn {
            bits: system.bits(),
            blocks: system.blocks(),
            order: &self.order,
            state: &self.state,
        };
        let rows = system.rows();
        let mut one = descent_gradient::steps(device, rows, &turn, misfit, &self.gradient_parts)?;
        let parts = (&self.gradient_parts, descent_gradient::parts(rows));
        let size = (rows.depth(), rho);
        let direction = &self.direction;
        one.push(descent_direction::step(
            device, size, parts, &turn, x, direction,
        )?);
        let image = (&self.image, &self.image_parts);
        one.extend(descent_image::steps(device, rows, &turn, direction, image)?);
        let (all, parts) = (self.turns * ORDERS, &self.image_parts);
        one.push(descent_step::step(
            device,
            (rho, factor),
            all,
            parts,
            &self.state,
        )?);
        let sizes = (rows.n_samples(), rows.depth(), self.misfit_at);
        let along = (direction, &self.image);
        one.push(descent_move::step(
            device,
            sizes,
            factor,
            &turn,
            along,
            &self.point,
        )?);

        steps.sweep.push(copy(&self.point, &self.before)?);
        for _ in 0..self.turns {
            steps.sweep.extend(one.iter().cloned());
        }
        steps.sweep.extend([
            conjugate_dots::step(device, Part::Move, &conjugate)?,
            conjugate_scalars::step(device, Part::Move, &conjugate)?,
            conjugate_join::step(device, Part::Move, &conjugate)?,
            conjugate_dots::step(device, Part::Fresh, &conjugate)?,
            conjugate_scalars::step(device, Part::Fresh, &conjugate)?,
            conjugate_move::step(device, &conjugate)?,
        ]);
        self.steps = steps;
        Ok(())
    }

    /// Forgets the directions.
    fn forget(&self) {
        let device = self.system.device();
        device.write(&self.state, state::COUNT, &[0.0, 0.0]);
    }

    /// Puts the unknown where the next solve starts.
    pub fn set_start(&mut self, x: &[f32]) {
        let padded = self.system.padded(x);
        self.system.device().write(&self.point, 0, &padded);
    }

    /// `|gradient|` and `|x|`.
    async fn norms(&self) -> Result<(f64, f64), GpuError> {
        let device = self.system.device();
        let wide = self.system.wide();
        let blocks = dots::blocks(wide);
        let parts = |region: usize| (&self.norm_parts, 2 * region * blocks);
        let gradient = (self.gradient.raw(), self.gradient.raw());
        let x = (self.point.raw(), self.point.raw());
        let start = Scalars::Start {
            shift: 0.0,
            floor: 0.0,
        };
        let steps = [
            dots::step(device, wide, gradient, parts(0))?,
            dots::step(device, wide, x, parts(1))?,
            cg_scalars::step(device, start, blocks, &self.norm_parts, &self.norms)?,
        ];
        device.run(&steps.iter().collect::<Vec<_>>(), 1)?;
        let numbers = device.read(&self.norms).await?;
        let at = cg_scalars::state::SIZE;
        Ok((f64::from(numbers[at]), f64::from(numbers[at + 1])))
    }

    /// The gradient made anew, and its norm with that of `x`.
    async fn gradient(&self) -> Result<(f64, f64), GpuError> {
        let steps: Vec<&Step> = self.steps.gradient.iter().collect();
        self.system.device().run(&steps, 1)?;
        self.norms().await
    }

    /// Descends from the last point for `t = F w - y`, to a relative error of the step of about
    /// `tol`; `carried` is `|y| + |F w|`, whose rounding the residual carries.
    ///
    /// # Errors
    /// [`GpuError::NotFinite`], [`GpuError`] of the device.
    ///
    /// # Panics
    /// If `t` has another length than there are rows, or before a penalty was set.
    pub async fn solve(
        &mut self,
        t: &[f32],
        carried: f64,
        tol: f64,
        goes_on: impl FnMut() -> bool,
    ) -> Result<Solved, GpuError> {
        assert_eq!(t.len(), self.tall.len(), "a number a row");
        self.system.device().write(&self.tall, 0, t);
        let size = f64::from(linalg_core::norm(t));
        self.solve_there(size, carried, tol, goes_on).await
    }

    /// As [`solve`](Self::solve), for the `t` that stands in [`tall`](Self::tall) and has this norm.
    pub(crate) async fn solve_there(
        &mut self,
        size: f64,
        carried: f64,
        tol: f64,
        mut goes_on: impl FnMut() -> bool,
    ) -> Result<Solved, GpuError> {
        let device = self.system.device();
        let rho = f64::from(self.rho.expect("set_penalty comes before solve"));
        let gain = match self.gain {
            Some(gain) => gain,
            None => self.measure_gain(size).await?,
        };
        self.gain = Some(gain).filter(|gain| *gain > 0.0);
        let start: Vec<&Step> = self.steps.residual.iter().collect();
        device.run(&start, 1)?;
        let descend: Vec<&Step> = self.steps.descend.iter().collect();
        device.run(&descend, 1)?;
        let sweep: Vec<&Step> = self.steps.sweep.iter().collect();
        let not_finite = GpuError::NotFinite { what: "a gradient" };
        let (mut left, mut length) = self.gradient().await?;
        if !left.is_finite() {
            return Err(not_finite);
        }
        let size = left + rho * length;
        let eps = f64::from(f32::EPSILON);
        let rounding = eps * (8.0 * size).max(ROUNDING * gain * carried);
        let wanted = |length: f64| {
            let share = match length > 0.0 && size > 0.0 {
                true => (length * rho / size).min(1.0),
                false => 1.0,
            };
            size * tol * share
        };
        let (mut sweeps, mut idle, mut least) = (0, 0, left);
        while left > wanted(length).max(rounding)
            && sweeps < self.max_sweeps
            && idle < IDLE
            && goes_on()
        {
            let times = BATCH.min(self.max_sweeps - sweeps);
            device.run(&sweep, times)?;
            sweeps += times;
            if sweeps % RENEW == 0 {
                device.run(&start, 1)?;
                self.forget();
            }
            (left, length) = self.gradient().await?;
            if !left.is_finite() {
                return Err(not_finite);
            }
            idle = if left < 0.99 * least { 0 } else { idle + 1 };
            least = least.min(left);
        }
        Ok(Solved {
            iterations: sweeps,
            residual: if size > 0.0 { left / size } else { 0.0 },
            short: left > wanted(length),
        })
    }

    /// Where `t` stands on the device.
    pub(crate) fn tall(&self) -> &Buffer<f32> {
        &self.tall
    }

    /// Where `x` stands on the device, the residual behind it.
    pub(crate) fn point(&self) -> &Buffer<f32> {
        &self.point
    }

    /// `x` and `t + c A x` of the last solve.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    pub async fn solution(&self) -> Result<(Vec<f32>, Vec<f32>), GpuError> {
        let device = self.system.device();
        let joined = device.read(&self.point).await?;
        let x = self.system.unpadded(&joined[..self.system.wide()]);
        Ok((x, joined[self.misfit_at..].to_vec()))
    }
}

/// Random orders of the blocks, four a turn, one order after the other; and the turns of one.
fn orders(blocks: usize, seed: u64) -> (Vec<u32>, usize) {
    let turns = blocks.div_ceil(TOGETHER);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut one: Vec<u32> = (0..).take(blocks).collect();
    let mut out = Vec::with_capacity(ORDERS * turns * TOGETHER);
    for _ in 0..ORDERS {
        one.shuffle(&mut random);
        out.extend_from_slice(&one);
        out.resize(out.len().next_multiple_of(TOGETHER), NOBODY);
    }
    (out, turns)
}
