use linalg_core::{Control, Real};

use crate::drive::{AdmmSolution, drive};
use crate::error::AdmmError;
use crate::host_iteration::{HostIteration, Splitting};
use crate::monitor::Monitor;
use crate::primal::SmoothStep;
use crate::prox::Proximal;
use crate::settings::CheckedAdmmSettings;
use crate::state::AdmmState;

/// Runs the iteration from `state` until the monitor, a limit or the control ends it.
///
/// ```text
///     u <- argmin f(F u) + rho/2 |u - (2v - z)|^2
///     z <- z + alpha (u - v), accelerated;   v <- prox(z)
/// ```
///
/// `state.v` and `state.fv` must be the proximal step at `state.z` and its image (as the zero
/// point's are); `state.rho` is the first penalty parameter. Where the variable has a second part
/// ([`Proximal::split`]), `state.ratio` is that part's penalty parameter over `rho`, first; it follows
/// the balance of its own residuals at the iterations at which `rho` is reconsidered.
///
/// **Cost** an iteration: one primal step, one proximal step, one product with `F`, no
/// allocation beyond what the acceleration keeps.
/// **Source** Eckstein & Bertsekas 1992 (ADMM as Douglas-Rachford, over-relaxed).
///
/// # Errors
/// Over row shards the control must [agree](Control::agreed) on halts with the other processes: every other
/// decision here is taken on numbers that are the same on all of them.
///
/// [`AdmmError`] where no iterate is worth reading: shapes, a failed factorisation, NaN. A limit
/// or interruption is a status, not an error.
pub fn solve<T: Real, S: SmoothStep<T> + ?Sized, X: Proximal<T> + ?Sized>(
    problem: &mut Splitting<'_, T, S, X>,
    settings: &CheckedAdmmSettings,
    control: &Control<'_>,
    state: &mut AdmmState<T>,
    monitor: &mut dyn Monitor<T, X>,
) -> Result<AdmmSolution, AdmmError> {
    let mut host = HostIteration::new(problem, settings, state)?;
    drive(&mut host, settings, control, &mut |host, residuals| {
        Ok(monitor.observe(host.state, residuals, host.problem.prox))
    })
}
