use faer::Mat;
use linalg_core::{Control, Halt, for_each_mut};

use super::block::{Block, Moments};
use super::finish::Finish;
use super::form::{Form, Scales};
use super::merge::merge;
use super::partition::partition;
use super::settings::{TightSettings, may_join};
use super::start::Start;
use super::units::{Reduced, count};
use crate::certificate::{Certificate, Proof};
use crate::error::BoundError;
use crate::network::KnownNetwork;
use crate::problem::BoundProblem;
use crate::verify::{VerifiedBound, verify};

/// Why the tight bound stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TightStatus {
    /// The bound is within the tolerance of the network's objective: nothing is left to prove.
    Closed,
    /// The bound is within the tolerance of the relaxation's own value.
    Converged,
    /// The iterations are used up.
    IterationLimit,
    /// The time is used up.
    TimeLimit,
    /// The flag was raised.
    Interrupted,
}

/// Where the tight bound stands after one of its proofs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TightProgress {
    /// Iterations done.
    pub iteration: usize,
    /// The best verified bound so far, mean units.
    pub bound: f64,
    /// The relaxation's own value at this iteration, mean units: about what the bound can reach.
    /// No proof.
    pub relaxation: f64,
}

/// The best verified bound and its certificate.
#[derive(Debug, Clone, PartialEq)]
pub struct TightReport {
    /// The best bound.
    pub bound: VerifiedBound,
    /// What it rests on: that of the start if nothing better was found.
    pub certificate: Certificate,
    /// Why it stopped.
    pub status: TightStatus,
    /// Iterations done.
    pub iterations: usize,
    /// Blocks of rows.
    pub blocks: usize,
    /// One entry a proof.
    pub history: Vec<TightProgress>,
}

/// Proofs are tried after these many iterations, then at every doubling.
const FIRST_PROOF: usize = 20;

/// Tightens a bound by the relaxation, for as long as `control` and `settings` allow.
///
/// `network`: a trained network; `quick`: a certificate of the quick bound, which is also what is
/// returned if nothing better is found. Both matter much for the time it takes and not at all for
/// what is proven: every bound reported went through [`verify`].
///
/// **Cost** an iteration, sign and block of `m` rows: about `20 k (m + rank)^2` flops, `k` (10 to
/// 40) being the rank of the moments; memory `25 m^2` numbers a block and sign.
///
/// # Errors
/// Those of [`verify`] on `quick`; [`BoundError::Shape`] for neurons of another width;
/// [`BoundError::Linalg`] when a decomposition does not converge.
pub fn tighten(
    problem: &BoundProblem<'_>,
    network: Option<KnownNetwork<'_>>,
    quick: Option<&Certificate>,
    settings: &TightSettings,
    control: &Control<'_>,
    progress: &mut dyn FnMut(TightProgress),
) -> Result<TightReport, BoundError> {
    network.map_or(Ok(()), |network| network.check(problem))?;
    let first = quick.cloned().unwrap_or_else(|| zero(problem));
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
    let Some(data) = Reduced::new(problem)? else {
        return Ok(report);
    };
    let mut run = Run::new(problem, data, network, quick, settings)?;
    report.blocks = run.blocks.len();
    let (mut stage, mut stage_proof) = (0, FIRST_PROOF);
    let mut proof_seconds = 0.0;
    loop {
        let halt = halt(control, proof_seconds);
        let is_last = halt.is_some() || report.iterations + 1 >= settings.max_iters;
        let is_proof = is_last || report.iterations + 1 == stage + stage_proof;
        run.step(is_proof)?;
        report.iterations += 1;
        if !is_proof {
            continue;
        }
        let begin = control.seconds();
        let duals = run.duals();
        run.prove(&duals, &mut report)?;
        proof_seconds = control.seconds() - begin;
        let now = run.progress(&report);
        report.history.push(now);
        progress(now);
        let status = run.status(&report, settings.tol);
        let is_joined = status != Some(TightStatus::Closed)
            && !is_last
            && stage_proof >= LEAST_STAGE
            && (status.is_some() || has_little_left(&report))
            && run.join(settings)?;
        if is_joined {
            report.blocks = run.blocks.len();
            (stage, stage_proof) = (report.iterations, FIRST_PROOF);
            continue;
        }
        if let Some(status) = status {
            report.status = status;
            return Ok(report);
        }
        if is_last {
            report.status = match halt {
                None => TightStatus::IterationLimit,
                Some(Halt::TimeLimit) => TightStatus::TimeLimit,
                Some(Halt::Interrupted) => TightStatus::Interrupted,
            };
            return Ok(report);
        }
        run.balance(&duals);
        stage_proof *= 2;
    }
}

/// Whether to stop, so that one more proof still fits in the time.
fn halt(control: &Control<'_>, proof_seconds: f64) -> Option<Halt> {
    let is_late = control
        .time_limit()
        .is_some_and(|limit| control.seconds() + proof_seconds >= limit);
    control.halt().or(is_late.then_some(Halt::TimeLimit))
}

/// Whether the last doubling of the iterations raised the bound by little.
fn has_little_left(report: &TightReport) -> bool {
    let [.., before, now] = report.history[..] else {
        return false;
    };
    now.bound - before.bound <= LITTLE * now.bound
}

/// A certificate that proves nothing: `J >= 0`.
fn zero(problem: &BoundProblem<'_>) -> Certificate {
    let empty = crate::certificate::IntervalMultipliers {
        mu: vec![0.0; problem.n_samples()],
        t: vec![0.0; problem.n_samples()],
        g: vec![0.0; problem.n_samples()],
        factor: Vec::new(),
        width: 0,
    };
    Certificate {
        theta: problem.y().to_vec(),
        proof: Proof::Interval(Box::new([empty.clone(), empty])),
    }
}

/// The iteration.
struct Run<'a> {
    problem: &'a BoundProblem<'a>,
    data: Reduced,
    blocks: Vec<Block>,
    scales: Scales,
    rho: f64,
    /// The common moments of `(kappa a, delta u)`, a sign each.
    corners: [Mat<f64>; 2],
    /// The objective of the network (of none: the zero network), mean units.
    objective: f64,
    start: Start,
}

impl<'a> Run<'a> {
    fn new(
        problem: &'a BoundProblem<'a>,
        data: Reduced,
        network: Option<KnownNetwork<'_>>,
        quick: Option<&Certificate>,
        settings: &TightSettings,
    ) -> Result<Self, BoundError> {
        let start = Start::new(&data, network);
        let most = settings.most_rows(data.n_rows());
        let lists = partition(data.directions.as_ref(), most);
        let scales = start.scales(&data, lists.len());
        let mut blocks = Vec::with_capacity(lists.len());
        for rows in lists {
            blocks.push(Block::new(&data, rows, scales)?);
        }
        let rho = start.fill(&data, quick, &mut blocks, scales);
        let side = 1 + data.rank();
        let unit = data.y_unit * data.y_unit / count(problem.n_samples());
        let objective = start.objective * unit + data.rest;
        Ok(Self {
            problem,
            corners: [Mat::zeros(side, side), Mat::zeros(side, side)],
            data,
            blocks,
            scales,
            rho,
            objective,
            start,
        })
    }

    /// One iteration: the positive parts, the common corner, the cones. `keep` for a proof after it.
    fn step(&mut self, keep: bool) -> Result<(), BoundError> {
        let (scales, rho) = (self.scales, self.rho);
        for_each_mut(&mut self.blocks, |_, block| block.lift(scales, keep));
        for moments in self.blocks.iter().flat_map(|b| &b.signs) {
            if let Some(error) = &moments.error {
                return Err(error.clone().into());
            }
        }
        self.common_corner();
        let corners = &self.corners;
        for_each_mut(&mut self.blocks, |_, block| {
            block.project(corners, scales, rho);
        });
        Ok(())
    }

    /// The blocks' mean, less the cost, on `E a^2 = E |u|^2`.
    fn common_corner(&mut self) {
        let share = 1.0 / count(self.blocks.len());
        let Scales { kappa, delta } = self.scales;
        let normal = |k: usize| match k {
            0 => 1.0 / (kappa * kappa),
            _ => -1.0 / (delta * delta),
        };
        for (s, corner) in self.corners.iter_mut().enumerate() {
            corner.fill(0.0);
            for block in &self.blocks {
                let moments = &block.signs[s];
                let pair = (&moments.lifted.corner, &moments.state.corner);
                faer::zip!(corner.as_mut(), pair.0, pair.1)
                    .for_each(|faer::unzip!(c, g, z)| *c += share * (2.0 * *g - *z));
            }
            let side = corner.nrows();
            let (mut product, mut square) = (0.0, 0.0);
            for k in 0..side {
                let unit = normal(k);
                corner[(k, k)] -= 0.5 * self.data.threshold * unit.abs() * share / self.rho;
                product += unit * corner[(k, k)];
                square += unit * unit;
            }
            for k in 0..side {
                corner[(k, k)] -= product / square * normal(k);
            }
        }
    }

    /// Joins the blocks four by four or two by two, if they may be; whether it did.
    fn join(&mut self, settings: &TightSettings) -> Result<bool, BoundError> {
        let largest = |group: usize| {
            let groups = self.blocks.chunks(group);
            let sizes = groups.map(|all| all.iter().map(|b| b.rows.len()).sum::<usize>());
            sizes.max().unwrap_or(0)
        };
        let may = |group: &usize| may_join(settings, largest(*group));
        let Some(group) = [4, 2].into_iter().find(may) else {
            return Ok(false);
        };
        if self.blocks.len() < 2 {
            return Ok(false);
        }
        let scales = (self.start).scales(&self.data, self.blocks.len().div_ceil(group));
        let joined = merge(
            &self.blocks,
            group,
            &self.data,
            &self.start,
            self.scales,
            scales,
        )?;
        (self.blocks, self.scales) = (joined, scales);
        Ok(true)
    }

    fn all(&self) -> impl Iterator<Item = &Moments> {
        self.blocks.iter().flat_map(|b| &b.signs)
    }

    /// Moves the penalty to where both residuals are equally small.
    fn balance(&mut self, duals: &[[Form; 2]]) {
        let sum = |pick: fn(&Moments) -> f64| self.all().map(pick).sum::<f64>();
        let (gap, primal) = (sum(|m| m.gap), sum(|m| m.size));
        let moved = sum(|m| m.moved().unwrap_or(0.0));
        let dual: f64 = duals.iter().flatten().map(Form::square_norm).sum();
        let dual = dual / (self.rho * self.rho);
        let ratio = (gap / primal / (moved / dual)).sqrt().sqrt();
        let factor = ratio.clamp(1.0 / MOST_CHANGE, MOST_CHANGE);
        if !factor.is_finite() {
            return;
        }
        self.rho *= factor;
        for moments in self.blocks.iter_mut().flat_map(|b| &mut b.signs) {
            moments.change_penalty(factor);
        }
    }

    /// `Lambda = rho L` of every block and sign.
    fn duals(&self) -> Vec<[Form; 2]> {
        let both = self.blocks.iter().filter_map(|block| {
            let [plus, minus] = &block.signs;
            let mut duals = [plus.dual()?, minus.dual()?];
            duals.iter_mut().for_each(|dual| dual.scale(self.rho));
            Some(duals)
        });
        both.collect()
    }

    fn prove(&self, duals: &[[Form; 2]], report: &mut TightReport) -> Result<(), BoundError> {
        let finish = Finish {
            problem: self.problem,
            data: &self.data,
            blocks: &self.blocks,
            duals,
            scales: self.scales,
        };
        let made = finish.certificate();
        if let Some(bound) = verify(self.problem, &made)?.bound()
            && bound.value > report.bound.value
        {
            report.bound = bound;
            report.certificate = made;
        }
        Ok(())
    }

    fn progress(&self, report: &TightReport) -> TightProgress {
        TightProgress {
            iteration: report.iterations,
            bound: report.bound.value,
            relaxation: self.relaxation(),
        }
    }

    /// The relaxation's objective at the moments `P`, mean units.
    fn relaxation(&self) -> f64 {
        let mut sum = 0.0;
        for block in &self.blocks {
            let p = |s: usize, i: usize| block.signs[s].moment[i];
            for i in 0..block.rows.len() {
                let output = block.outputs[i] * (p(0, i) - p(1, i));
                sum += 0.5 * (output - block.y[i]).powi(2);
            }
        }
        let kappa = self.scales.kappa;
        let mass: f64 = self.corners.iter().map(|c| c[(0, 0)]).sum::<f64>() / (kappa * kappa);
        let unit = self.data.y_unit * self.data.y_unit / count(self.problem.n_samples());
        (sum + self.data.threshold * mass) * unit + self.data.rest
    }

    fn status(&self, report: &TightReport, tol: f64) -> Option<TightStatus> {
        let is_near =
            |value: f64| value.is_finite() && (value - report.bound.value).abs() <= tol * value;
        if is_near(self.objective) {
            return Some(TightStatus::Closed);
        }
        let last = report.history.last()?;
        let gap: f64 = self.all().map(|m| m.gap).sum();
        let size: f64 = self.all().map(|m| m.size).sum();
        let is_settled = gap.sqrt() <= tol * size.sqrt();
        (is_settled && is_near(last.relaxation)).then_some(TightStatus::Converged)
    }
}

/// Fewest iterations before blocks are joined: new products take about as many to settle.
const LEAST_STAGE: usize = 160;
/// Blocks are joined when a doubling of their iterations raises the bound by less than this share.
const LITTLE: f64 = 3e-3;
/// Largest change of the penalty at once.
const MOST_CHANGE: f64 = 5.0;
