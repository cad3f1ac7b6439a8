use faer::Mat;
use linalg_core::{Halt, LinalgError, for_each_mut};

use super::block::Block;
use super::finish::Finish;
use super::form::{Form, Scales};
use super::merge::merge;
use super::moments::Moments;
use super::pace::Pace;
use super::partition::partition;
use super::report::{TightProgress, TightReport, TightStatus};
use super::settings::{TightSettings, may_join};
use super::start::Start;
use super::units::{Reduced, count};
use crate::certificate::Certificate;
use crate::error::BoundError;
use crate::network::KnownNetwork;
use crate::problem::BoundProblem;
use crate::row_losses::RowLoss;
use crate::verify::verify;

/// The iteration: blocks of rows, and the moments of `(a, u)` that they share.
pub(super) struct TightRun<'a> {
    problem: &'a BoundProblem<'a>,
    data: Reduced,
    pub(super) blocks: Vec<Block>,
    scales: Scales,
    rho: f64,
    /// The common moments of `(kappa a, delta u)`, a sign each.
    corners: [Mat<f64>; 2],
    /// The objective of the network (of none: the zero network), mean units.
    objective: f64,
    start: Start,
    /// The verified bounds of the iterates, since blocks were last joined.
    own: Vec<f64>,
}

impl<'a> TightRun<'a> {
    /// `Err` inside where a limit or an interruption left no time for it.
    pub(super) fn new(
        problem: &'a BoundProblem<'a>,
        data: Reduced,
        network: Option<KnownNetwork<'_>>,
        quick: Option<&Certificate>,
        settings: &TightSettings,
        pace: &Pace<'_>,
    ) -> Result<Result<Self, Halt>, BoundError> {
        if let Some(halt) = pace.abandon() {
            return Ok(Err(halt));
        }
        let start = Start::new(&data, network);
        let most = settings.most_rows(data.n_rows());
        let lists = partition(data.directions.as_ref(), most);
        let scales = start.scales(&data, lists.len());
        let mut blocks = match make_blocks(&data, lists, scales, pace)? {
            Ok(blocks) => blocks,
            Err(halt) => return Ok(Err(halt)),
        };
        let rho = start.fill(&data, quick, &mut blocks, scales);
        let side = 1 + data.rank();
        let objective = start.objective * data.mean_unit(problem) + data.rest;
        Ok(Ok(Self {
            problem,
            corners: [Mat::zeros(side, side), Mat::zeros(side, side)],
            data,
            blocks,
            scales,
            rho,
            objective,
            start,
            own: Vec::new(),
        }))
    }

    /// One iteration: the positive parts, the common corner, the cones. `keep` for a proof after it.
    /// Why it was left in the middle, if it was: the run is over then.
    pub(super) fn step(&mut self, keep: bool, pace: &Pace<'_>) -> Result<Option<Halt>, BoundError> {
        let (scales, rho) = (self.scales, self.rho);
        for_each_mut(&mut self.blocks, |_, block| {
            if pace.abandon().is_none() {
                block.lift(scales, keep);
            }
        });
        if let Some(halt) = pace.abandon() {
            return Ok(Some(halt));
        }
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
        Ok(None)
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

    /// Whether the last doubling of the iterations raised the iterates' bound by little.
    pub(super) fn has_little_left(&self) -> bool {
        let [.., before, now] = self.own[..] else {
            return false;
        };
        now - before <= LITTLE * now
    }

    /// Joins the blocks four by four or two by two, if they may be; whether it did.
    pub(super) fn join(&mut self, settings: &TightSettings) -> Result<bool, BoundError> {
        let may = |group: &usize| {
            let groups = self.blocks.chunks(*group);
            let rows = groups.map(|all| all.iter().map(|b| b.rows.len()).sum());
            may_join(settings, &rows.collect::<Vec<usize>>(), self.data.rank())
        };
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
        self.own.clear();
        Ok(true)
    }

    fn all(&self) -> impl Iterator<Item = &Moments> {
        self.blocks.iter().flat_map(|b| &b.signs)
    }

    /// Moves the penalty to where both residuals are equally small.
    pub(super) fn balance(&mut self, duals: &[[Form; 2]]) {
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
    pub(super) fn duals(&self) -> Vec<[Form; 2]> {
        let both = self.blocks.iter().filter_map(|block| {
            let [plus, minus] = &block.signs;
            let mut duals = [plus.dual()?, minus.dual()?];
            duals.iter_mut().for_each(|dual| dual.scale(self.rho));
            Some(duals)
        });
        both.collect()
    }

    /// A verified bound of the iterate; kept if it is the best so far.
    pub(super) fn prove(
        &mut self,
        duals: &[[Form; 2]],
        report: &mut TightReport,
    ) -> Result<(), BoundError> {
        let finish = Finish {
            problem: self.problem,
            data: &self.data,
            blocks: &self.blocks,
            duals,
            scales: self.scales,
        };
        let made = finish.certificate();
        let bound = verify(self.problem, &made)?.bound();
        self.own.push(bound.map_or(0.0, |bound| bound.value));
        if let Some(bound) = bound
            && bound.value > report.bound.value
        {
            report.bound = bound;
            report.certificate = made;
        }
        Ok(())
    }

    /// Where it stands.
    pub(super) fn progress(&self, report: &TightReport) -> TightProgress {
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
            for (i, &row) in block.rows.iter().enumerate() {
                let output = block.outputs[i] * (p(0, i) - p(1, i));
                sum += self.data.losses.at(row, output).0;
            }
        }
        let kappa = self.scales.kappa;
        let mass: f64 = self.corners.iter().map(|c| c[(0, 0)]).sum::<f64>() / (kappa * kappa);
        let unit = self.data.mean_unit(self.problem);
        (sum + self.data.threshold * mass) * unit + self.data.rest
    }

    /// Whether it may stop.
    pub(super) fn status(&self, report: &TightReport, tol: f64) -> Option<TightStatus> {
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

fn make_blocks(
    data: &Reduced,
    lists: Vec<Vec<usize>>,
    scales: Scales,
    pace: &Pace<'_>,
) -> Result<Result<Vec<Block>, Halt>, LinalgError> {
    type Slot = (Vec<usize>, Option<Result<Block, LinalgError>>);
    let mut slots: Vec<Slot> = lists.into_iter().map(|rows| (rows, None)).collect();
    for_each_mut(&mut slots, |_, (rows, block)| {
        if pace.abandon().is_none() {
            *block = Some(Block::new(data, core::mem::take(rows), scales));
        }
    });
    if let Some(halt) = pace.abandon() {
        return Ok(Err(halt));
    }
    let made = slots.into_iter().filter_map(|slot| slot.1);
    made.collect::<Result<Vec<Block>, _>>().map(Ok)
}

/// Blocks are joined when a doubling of their iterations raises the bound by less than this share.
const LITTLE: f64 = 3e-3;
/// Largest change of the penalty at once.
const MOST_CHANGE: f64 = 5.0;
