use std::sync::Arc;

use crate::buffer::{Buffer, Slice};
use crate::error::GpuError;
use crate::kernels::{dots, region_sums};
use crate::primal::{LinearStep, MaskedSystem, Solved};
use crate::step::Step;

/// A [`LinearStep`] in its place, and how its right-hand side is made.
pub(super) struct Linear {
    system: Arc<MaskedSystem>,
    /// As the device has it.
    target: Vec<f32>,
    /// `|y|`.
    size: f64,
    step: LinearStep,
    /// `t` of the point.
    load: Vec<Step>,
    /// `|t|^2`.
    square: Buffer<f32>,
    measure: Vec<Step>,
}

impl Linear {
    /// Joins a step with its target; `point` is where `d`, the point without its sign, will stand.
    pub(super) fn new(
        system: &Arc<MaskedSystem>,
        target: &[f32],
        step: LinearStep,
        point: Slice<'_>,
    ) -> Result<Self, GpuError> {
        let device = system.device();
        let n = system.rows().n_samples();
        if target.len() != n {
            let (what, want, got) = ("target", n, target.len());
            return Err(GpuError::Shape { what, want, got });
        }
        let on = device.upload("a target", target)?;
        // conjugate gradients take y - A d, a descent A d - y
        let (tall, sign) = match &step {
            LinearStep::Cg(cg) => (cg.tall(), -1.0),
            LinearStep::Descent(descent) => (descent.tall(), 1.0),
        };
        let load = system.product(point, sign, Some((&on, -sign)), tall.raw())?;
        let blocks = dots::blocks(n).max(1);
        let parts = device.zeros("parts of a norm", 2 * blocks)?;
        let square = device.zeros("a norm", 2)?;
        let measure = vec![
            dots::step(device, n, (tall.raw(), tall.raw()), (&parts, 0))?,
            region_sums::whole(device, (&parts, 1, 2 * blocks), (&square, 0))?,
        ];
        Ok(Self {
            target: target.to_vec(),
            size: f64::from(linalg_core::norm(target)),
            step,
            load,
            square,
            measure,
            system: Arc::clone(system),
        })
    }

    /// Steps that make the right-hand side of the point.
    pub(super) fn load(&self) -> &[Step] {
        &self.load
    }

    /// Where the answer stands.
    pub(super) fn answer(&self) -> Slice<'_> {
        match &self.step {
            LinearStep::Cg(cg) => cg.point().raw(),
            LinearStep::Descent(descent) => descent.point().raw(),
        }
    }

    pub(super) fn set_penalty(&mut self, rho: f32) -> Result<(), GpuError> {
        self.step.set_penalty(rho)
    }

    pub(super) async fn solve(
        &mut self,
        tol: f64,
        goes_on: impl FnMut() -> bool,
    ) -> Result<Solved, GpuError> {
        match &mut self.step {
            LinearStep::Cg(cg) => cg.solve_there(linalg_core::Real::of(tol), goes_on).await,
            LinearStep::Descent(descent) => {
                let device = self.system.device();
                device.run(&self.measure.iter().collect::<Vec<_>>(), 1)?;
                // both inner products of a block are |t|^2
                let twice = f64::from(device.read(&self.square).await?[0]);
                let size = (0.5 * twice).sqrt();
                // |F w| is at most |t| + |y|
                let carried = 2.0 * self.size + size;
                descent.solve_there(size, carried, tol, goes_on).await
            }
        }
    }

    /// The image `F u` of the last answer, `factor` copies of the data.
    pub(super) async fn image(&self, factor: f64) -> Result<Vec<f64>, GpuError> {
        let device = self.system.device();
        let target = self.target.iter().map(|y| f64::from(*y));
        match &self.step {
            LinearStep::Cg(cg) => {
                let (_, image) = cg.solution().await?;
                let rest = device.read(cg.tall()).await?;
                let moved = rest.iter().zip(image);
                let moved = moved.map(|(t, a)| factor * f64::from(a) - f64::from(*t));
                Ok(target.zip(moved).map(|(y, moved)| y + moved).collect())
            }
            LinearStep::Descent(descent) => {
                let (_, misfit) = descent.solution().await?;
                let misfit = misfit.into_iter().map(f64::from);
                Ok(target.zip(misfit).map(|(y, p)| y + p).collect())
            }
        }
    }
}
