use core::any::Any;
use core::fmt;

use admm::{Lift, PrimalError, PrimalReport, PrimalSolver};
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
