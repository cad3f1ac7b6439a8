use admm::{AdmmError, Advanced, Iterate, Iteration, PhaseSeconds, PrimalError, PrimalReport};
use linalg_core::Control;

use super::three_block::{Copies, ThreeBlock};
use crate::error::GpuError;

/// A [`ThreeBlock`] as `admm` drives it: who calls waits for the device.
pub struct DeviceIteration {
    on_device: ThreeBlock,
    rho: f64,
    read: Copies,
}

impl DeviceIteration {
    /// From a first penalty parameter on.
    #[must_use]
    pub fn new(on_device: ThreeBlock, rho: f64) -> Self {
        Self {
            on_device,
            rho,
            read: Copies::default(),
        }
    }
}

fn failed(error: GpuError) -> AdmmError {
    PrimalError::foreign(error).into()
}

impl Iteration<f64> for DeviceIteration {
    fn set_penalty(&mut self, _control: &Control<'_>) -> Result<bool, PrimalError> {
        let set = self.on_device.set_penalty(self.rho);
        set.map(|()| true).map_err(PrimalError::foreign)
    }

    fn advance(
        &mut self,
        tol: f64,
        _accelerate: bool,
        control: &Control<'_>,
    ) -> Result<Advanced, AdmmError> {
        let begun = control.seconds();
        let goes_on = || control.halt().is_none();
        let moved = pollster::block_on(self.on_device.advance(tol, goes_on)).map_err(failed)?;
        let seconds = PhaseSeconds {
            // the copies' steps among them: the device does not say when one ends
            primal: control.seconds() - begun,
            ..PhaseSeconds::default()
        };
        let report = PrimalReport {
            inner_iterations: moved.solved.iterations,
            residual: moved.solved.residual,
            short: moved.solved.short,
            halted: moved.lengths.is_none(),
        };
        let Some(lengths) = moved.lengths else {
            return Ok(Advanced::halted(report, seconds));
        };
        let all = [
            lengths.u,
            lengths.v,
            lengths.apart,
            lengths.moved,
            lengths.slack,
        ];
        Ok(Advanced {
            report,
            first: lengths,
            second: Default::default(),
            is_finite: all.iter().all(|length| length.is_finite()),
            seconds,
        })
    }

    fn rescale(&mut self, first: f64, _second: f64) -> Result<(), AdmmError> {
        self.on_device.rescale(first).map_err(failed)?;
        self.rho *= first;
        Ok(())
    }

    fn forget(&mut self) {}

    fn shrinkage(&mut self) -> Result<Option<f64>, AdmmError> {
        Ok(None)
    }

    fn penalised(&mut self) -> Result<&[f64], AdmmError> {
        let read = &mut self.read.v;
        pollster::block_on(self.on_device.read_blocks(read)).map_err(failed)?;
        Ok(read)
    }

    fn iterate(&mut self) -> Result<Iterate<'_, f64>, AdmmError> {
        pollster::block_on(self.on_device.read(&mut self.read)).map_err(failed)?;
        Ok(Iterate {
            z: &self.read.z,
            v: &self.read.v,
            fu: &self.read.fu,
            rho: self.rho,
        })
    }
}
