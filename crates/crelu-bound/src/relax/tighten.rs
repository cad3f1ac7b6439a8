use linalg_core::{Control, Halt, LinalgError};

use super::pace::Pace;
use super::report::{TightProgress, TightReport, TightStatus};
use super::run::TightRun;
use super::settings::CheckedTightSettings;
use super::units::Reduced;
use crate::certificate::Certificate;
use crate::error::BoundError;
use crate::network::KnownNetwork;
use crate::problem::BoundProblem;
use crate::verify::{VerifiedBound, verify};

/// Proofs are tried after these many iterations, then at every doubling.
const FIRST_PROOF: usize = 20;
/// Joining is worth it where there is time for so many joined steps and proofs at least.
const LEAST_JOINED: f64 = 3.0;
/// How much dearer a step and its proof are after joining four blocks: they are cubic in the rows.
const JOINED_COST: f64 = 16.0;
/// Fewest iterations before blocks are joined: new products take about as many to settle.
const LEAST_STAGE: usize = 160;

/// Tightens a bound by the relaxation, for as long as `control` and `settings` allow.
///
/// `network`: a trained network, where to start from; `quick`: a certificate of the quick bound,
/// which is what is returned if nothing better is found, and where to start from without a network.
/// They matter for the time it takes, and not at all for what is proven: every bound reported went
/// through [`verify`]. `progress` hears of every proof; `false` ends the run as an interruption does.
///
/// A limit is looked at between blocks, in the set-up too; a step and its proof are begun where they
/// fit in the time, going by those before.
///
/// **Cost** an iteration, sign and block of `m` rows: about `20 k (m + rank)^2` flops, `k` (10 to
/// 40) being the rank of the moments; memory: [`TightSettings::bytes`](crate::TightSettings::bytes).
///
/// # Errors
/// Those of [`verify`] on `quick`; [`BoundError::Shape`] for neurons of another width;
/// [`BoundError::Linalg`] when a decomposition does not converge.
pub fn tighten(
    problem: &BoundProblem<'_>,
    network: Option<KnownNetwork<'_>>,
    quick: Option<&Certificate>,
    settings: &CheckedTightSettings,
    control: &Control<'_>,
    progress: &mut dyn FnMut(TightProgress) -> bool,
) -> Result<TightReport, BoundError> {
    let settings = settings.get();
    network.map_or(Ok(()), |network| network.check(problem))?;
    let first = quick
        .cloned()
        .unwrap_or_else(|| Certificate::trivial(problem.theta_of_zero()));
    let bound = verify(problem, &first)?.bound();
    let mut report = TightReport {
        bound: bound.unwrap_or(VerifiedBound {
            value: 0.0,
            price_bound: f64::INFINITY,
            scale: 0.0,
        }),
        certificate: first,
        status: TightStatus::Closed,
        iterations: 0,
        blocks: 0,
        history: Vec::new(),
    };
    let objective = network.map(|network| network.objective(problem));
    if objective.is_some_and(|objective| objective - report.bound.value <= settings.tol * objective)
    {
        return Ok(report);
    }
    let data = match Reduced::new(problem, control) {
        Ok(Some(data)) => data,
        Ok(None) => return Ok(report),
        Err(LinalgError::Halted) => {
            report.status = match control.halt() {
                Some(Halt::TimeLimit) => TightStatus::TimeLimit,
                _ => TightStatus::Interrupted,
            };
            return Ok(report);
        }
        Err(error) => return Err(error.into()),
    };
    let mut pace = Pace::new(control);
    let mut run = match TightRun::new(problem, data, network, quick, settings, &pace)? {
        Ok(run) => run,
        Err(halt) => return Ok(report.ended(halt)),
    };
    report.blocks = run.blocks.len();
    let (mut stage, mut stage_proof) = (0, FIRST_PROOF);
    loop {
        let halt = pace.halt();
        if let Some(halt) = halt.filter(|_| !pace.fits()) {
            return Ok(report.ended(halt));
        }
        let is_last = halt.is_some() || report.iterations + 1 >= settings.max_iters;
        let is_proof = is_last || report.iterations + 1 == stage + stage_proof;
        if let Some(halt) = pace.step(|pace| run.step(is_proof, pace))? {
            return Ok(report.ended(halt));
        }
        report.iterations += 1;
        if !is_proof {
            continue;
        }
        if let Some(halt) = halt.filter(|_| pace.is_past()) {
            return Ok(report.ended(halt));
        }
        let duals = run.duals();
        pace.proof(|| run.prove(&duals, &mut report))?;
        let now = run.progress(&report);
        report.history.push(now);
        let goes_on = progress(now);
        let status = run.status(&report, settings.tol);
        let is_joined = status != Some(TightStatus::Closed)
            && !is_last
            && goes_on
            && stage_proof >= LEAST_STAGE
            && (status.is_some() || run.has_little_left())
            && pace.has_time_for(LEAST_JOINED * JOINED_COST)
            && run.join(settings)?;
        if is_joined {
            report.blocks = run.blocks.len();
            pace.dearer(JOINED_COST);
            (stage, stage_proof) = (report.iterations, FIRST_PROOF);
            continue;
        }
        if let Some(status) = status {
            report.status = status;
            return Ok(report);
        }
        if !goes_on {
            return Ok(report.ended(Halt::Interrupted));
        }
        if is_last {
            report.status = TightStatus::IterationLimit;
            return Ok(match halt {
                Some(halt) => report.ended(halt),
                None => report,
            });
        }
        run.balance(&duals);
        stage_proof *= 2;
    }
}
