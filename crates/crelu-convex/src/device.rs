use core::any::Any;
use core::fmt;

use admm::{Iteration, Lift, PrimalError, PrimalReport, PrimalSolver};
use linalg_core::{Control, Masks, Real};

use crate::choice::Method;
use crate::error::ProgrammeError;
use crate::settings::ProgrammeSettings;

/// A device that makes primal steps, whole solves that stay on it, in `f32`. Who opens one puts it into
/// [`DeviceHandle::new`](crelu_core::DeviceHandle::new) as `Arc<Box<dyn PrimalDevice>>` and that into the settings.
pub trait PrimalDevice: Any + fmt::Debug + Send + Sync {
    /// The primal step of a method.
    ///
    /// # Errors
    /// [`ProgrammeError::Device`] where the device fails, [`ProgrammeError`] when a sketch does.
    fn primal<'a>(&self, request: &DeviceRequest<'a, '_>)
    -> Result<DeviceStep<'a>, ProgrammeError>;

    /// Whole iterations of the three-block form.
    ///
    /// # Errors
    /// As [`primal`](Self::primal).
    fn iteration<'a>(
        &self,
        request: &IterationRequest<'a, '_>,
    ) -> Result<DeviceIteration<'a>, ProgrammeError>;

    /// The device itself, for who knows it.
    fn as_any(&self) -> &dyn Any;
}

/// What a device is asked for.
#[derive(Debug)]
pub struct DeviceRequest<'a, 's> {
    /// The rows, `rank` numbers each.
    pub rows: &'s [f32],
    /// Coordinates of a row.
    pub rank: usize,
    /// The patterns.
    pub masks: &'a Masks,
    /// How blocks are made of copies of the masked data.
    pub lift: Lift,
    /// Conjugate gradients, with a preconditioner or without, or block descent.
    pub method: Method,
    /// Rank and seed of sketches.
    pub settings: &'s ProgrammeSettings,
    /// The first penalty parameter.
    pub rho: f64,
    /// The control of the solves.
    pub control: Control<'a>,
}

/// What a device is asked for, to make whole iterations from zero on.
#[derive(Debug)]
pub struct IterationRequest<'a, 's> {
    /// The linear step; its rows are those of the cone copy's coordinates, where there is one.
    pub linear: DeviceRequest<'a, 's>,
    /// A number a row.
    pub target: &'s [f32],
    /// The cone copy, for pairs of blocks.
    pub cone: Option<ConeRequest<'s>>,
    /// The weight of the norms.
    pub weight: f64,
    /// The over-relaxation.
    pub relaxation: f64,
}

/// The cone copy `tau (2 D_b - I) R u_b` of every block.
#[derive(Debug, Clone, Copy)]
pub struct ConeRequest<'s> {
    /// `L^-1` of `I + tau^2 R'R = L L'`: `rank x rank` numbers, row after row.
    pub inverse: &'s [f32],
    /// The scale of the copy.
    pub tau: f64,
}

/// Iterations on a device.
pub struct DeviceIteration<'a> {
    /// The iterations.
    pub iteration: Box<dyn Iteration<f64> + 'a>,
    /// What is to be said about it.
    pub note: Option<String>,
}

/// A primal step on a device.
pub struct DeviceStep<'a> {
    /// The step.
    pub primal: Box<dyn PrimalSolver<f64> + 'a>,
    /// What is to be said about it.
    pub note: Option<String>,
}

/// The step in another precision: `f64` holds what the device computes in.
pub(crate) struct InPrecision<'a> {
    step: Box<dyn PrimalSolver<f64> + 'a>,
    target: Vec<f64>,
    w: Vec<f64>,
    fw: Vec<f64>,
    u: Vec<f64>,
    fu: Vec<f64>,
}

impl<'a> InPrecision<'a> {
    pub(crate) fn new(step: Box<dyn PrimalSolver<f64> + 'a>) -> Self {
        Self {
            step,
            target: Vec::new(),
            w: Vec::new(),
            fw: Vec::new(),
            u: Vec::new(),
            fu: Vec::new(),
        }
    }
}

/// Within the room that the first call made.
fn widen<T: Real>(from: &[T], to: &mut Vec<f64>) {
    to.clear();
    to.extend(from.iter().map(|x| x.wide()));
}

impl<T: Real> PrimalSolver<T> for InPrecision<'_> {
    fn set_penalty(&mut self, rho: T, control: &Control<'_>) -> Result<(), PrimalError> {
        self.step.set_penalty(rho.wide(), control)
    }

    fn solve(
        &mut self,
        target: &[T],
        w: &[T],
        fw: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        widen(target, &mut self.target);
        widen(w, &mut self.w);
        widen(fw, &mut self.fw);
        widen(u, &mut self.u);
        widen(fu, &mut self.fu);
        let (wide_u, wide_fu) = (&mut self.u, &mut self.fu);
        let step = &mut self.step;
        let report = step.solve(&self.target, &self.w, &self.fw, tol, wide_u, wide_fu)?;
        for (out, wide) in [(u, wide_u), (fu, wide_fu)] {
            for (x, wide) in out.iter_mut().zip(wide) {
                *x = T::of(*wide);
            }
        }
        Ok(report)
    }

    fn is_exact(&self) -> bool {
        self.step.is_exact()
    }
}
