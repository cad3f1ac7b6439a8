use core::cell::Cell;

use linalg_core::{Control, Lbfgs};

use super::certify::certificate;
use super::dearest::{DearestSearch, dearest};
use super::insert::insert;
use super::model::IntervalModel;
use super::reduced::Reduced;
use super::start;
use crate::certificate::Certificate;
use crate::error::{BoundError, BoundSetting};
use crate::network::KnownNetwork;
use crate::problem::BoundProblem;
use crate::verify::{VerifiedBound, is_compacted, verify};

/// Which inequalities are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QuickKind {
    /// One a row (L0): half the work, a weaker bound.
    Plain,
    /// Rows of negative weight also know that `|c'u| <= |u|` for every unit `c` (L0+).
    #[default]
    Turned,
}

/// Settings of the quick bound.
///
/// | name | default | range |
/// |---|---|---|
/// | `kind` | turned | |
/// | `width` | 16 | at least 3 |
/// | `stages` | 14 | at least 1 |
/// | `iterations` | 300 | at least 1 |
/// | `tol` | 1e-4 | at least 0, finite |
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct QuickSettings {
    /// Which inequalities are used.
    pub kind: QuickKind,
    /// Fewest columns of the moments' factors; up to three times as many where the data have so many
    /// dimensions.
    pub width: usize,
    /// Most stages.
    pub stages: usize,
    /// Most iterations of a stage.
    pub iterations: usize,
    /// The relative distance to the best bound by these inequalities that is good enough.
    pub tol: f64,
}

impl Default for QuickSettings {
    fn default() -> Self {
        Self {
            kind: QuickKind::Turned,
            width: 16,
            stages: 14,
            iterations: 300,
            tol: 1e-4,
        }
    }
}

/// Settings that passed [`QuickSettings::check`].
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedQuickSettings(QuickSettings);

impl CheckedQuickSettings {
    /// The values.
    #[must_use]
    pub fn get(&self) -> &QuickSettings {
        &self.0
    }
}

/// Most columns of the moments' factors, in units of `QuickSettings::width`.
const WIDEST: usize = 3;
/// Evaluations of a usual run from a known network.
const USUAL_EVALUATIONS: f64 = 500.0;

impl QuickSettings {
    /// Sets the inequalities.
    #[must_use]
    pub fn kind(mut self, kind: QuickKind) -> Self {
        self.kind = kind;
        self
    }

    /// Sets the fewest columns of the moments' factors.
    #[must_use]
    pub fn width(mut self, columns: usize) -> Self {
        self.width = columns;
        self
    }

    /// Sets the most stages, and the most iterations of one.
    #[must_use]
    pub fn stages(mut self, stages: usize, iterations: usize) -> Self {
        (self.stages, self.iterations) = (stages, iterations);
        self
    }

    /// Sets the distance to the best such bound that is good enough.
    #[must_use]
    pub fn tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// Checks the ranges; NaN is outside every one.
    ///
    /// # Errors
    /// [`BoundError::Setting`] names the first setting outside its range.
    pub fn check(self) -> Result<CheckedQuickSettings, BoundError> {
        BoundSetting::first_outside([
            (BoundSetting::Width, self.width >= 3),
            (BoundSetting::Stages, self.stages >= 1),
            (BoundSetting::Iterations, self.iterations >= 1),
            (BoundSetting::Tol, self.tol.is_finite() && self.tol >= 0.0),
        ])?;
        Ok(CheckedQuickSettings(self))
    }

    /// Columns at a rank: as many as there are dimensions, between `width` and three times that. Fewer than
    /// dimensions suffice on real data, and leave the bound far below what its inequalities allow on data
    /// that spread evenly: on Gaussian data of 2000 x 50 16 columns lose 12 %, 32 lose 1 %, 48 nothing.
    fn columns(&self, rank: usize) -> usize {
        let width = self.width;
        rank.clamp(width, WIDEST * width)
    }

    /// About the flops of a run on `n x d` data: one core makes some 10^10 a second.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn flops(&self, n: usize, d: usize) -> f64 {
        let width = self.columns(d.min(n)) as f64;
        let (own, compaction) = if is_compacted(n, d) {
            (n, 14.0 * d as f64 * (n * n) as f64)
        } else {
            (d, 0.0)
        };
        let (n, rank, wide, own) = (n as f64, d.min(n) as f64, d as f64, own as f64);
        let stages = self.stages as f64;
        let evaluations = USUAL_EVALUATIONS * 8.0 * n * width * (rank + width);
        let between = stages * (8.0 * n * rank * rank + 18.0 * rank.powi(3));
        let verifier = 24.0 * n * own * own + 30.0 * own.powi(3) + compaction;
        evaluations + between + 8.0 * n * wide * rank + verifier
    }
}

/// A quick bound and the certificate that proves it.
#[derive(Debug, Clone, PartialEq)]
pub struct QuickBound {
    /// The certificate.
    pub certificate: Certificate,
    /// What the verifier made of it.
    pub verified: VerifiedBound,
    /// About what these inequalities allow at most, in the units of the bound: how far the
    /// verified bound is from it is what more iterations could win. Not proven.
    pub limit: f64,
    /// Evaluations of the model.
    pub evaluations: usize,
}

/// Smoothing of the first stages, as a share of the targets' deviation; the last for all others.
const SMOOTHING: [f64; 9] = [0.1, 0.1, 0.03, 0.03, 0.01, 0.01, 0.003, 0.003, 0.001];
/// A stage ends when ten iterations win less than this share of what is left to win ...
const PATIENCE: f64 = 0.003;
/// ... within these shares of the value.
const LEAST_FALL: f64 = 1e-7;
const MOST_FALL: f64 = 3e-5;
const LOOK_EVERY: usize = 10;
/// Shares of the mass that are tried for a moment direction that is inserted.
const SHARES: [f64; 4] = [1e-4, 1e-3, 1e-2, 1e-1];
/// The mass that shares are of where there is none yet.
const NO_MASS: f64 = 1e-3;
/// A price this much above the threshold, in units of `tol`, asks for an insertion.
const DEAR: f64 = 0.2;

/// The quick bound (BOUND L0 and L0+): a certificate from the interval model by L-BFGS, and what
/// the verifier makes of it. `start` is worth a third of the time where a network is known.
///
/// A limit or an interruption ends with the best certificate so far, which is verified all the same.
/// None where the verifier can do nothing with data of this range.
///
/// **Cost** see [`QuickSettings::flops`]; memory `6 n width` numbers.
///
/// # Errors
/// [`BoundError::Shape`] when the network does not fit, [`BoundError::Linalg`] when a decomposition
/// fails.
pub fn quick_bound(
    problem: &BoundProblem<'_>,
    settings: &CheckedQuickSettings,
    start: Option<KnownNetwork<'_>>,
    control: &Control<'_>,
) -> Result<Option<QuickBound>, BoundError> {
    if let Some(network) = &start {
        network.check(problem)?;
    }
    let found = match Reduced::new(problem, control)? {
        Some(data) => QuickRun::new(&data, settings.get(), control).found(start)?,
        None => Found {
            certificate: Certificate::trivial(problem.theta_of_zero()),
            limit: f64::INFINITY,
            evaluations: 0,
        },
    };
    let Some(verified) = verify(problem, &found.certificate)?.bound() else {
        return Ok(None);
    };
    Ok(Some(QuickBound {
        certificate: found.certificate,
        verified,
        limit: (found.limit / problem.mass()).max(verified.value),
        evaluations: found.evaluations,
    }))
}

/// The best certificate, and the limit in sum scaling and the user's units.
struct Found {
    certificate: Certificate,
    limit: f64,
    evaluations: usize,
}

struct QuickRun<'a> {
    data: &'a Reduced,
    settings: &'a QuickSettings,
    control: &'a Control<'a>,
    model: IntervalModel<'a>,
    lbfgs: Lbfgs,
    gradient: Vec<f64>,
    evaluations: usize,
    /// The smallest value of the model.
    limit: f64,
    /// The largest bound and its certificate.
    best: Option<(f64, Certificate)>,
}

impl<'a> QuickRun<'a> {
    fn new(data: &'a Reduced, settings: &'a QuickSettings, control: &'a Control<'a>) -> Self {
        let model = IntervalModel::new(
            data.rows.as_ref(),
            &data.losses,
            data.price,
            settings.columns(data.rows.nrows()),
            settings.kind == QuickKind::Turned,
        );
        let dim = model.dim();
        Self {
            data,
            settings,
            control,
            model,
            lbfgs: Lbfgs::new(dim),
            gradient: vec![0.0; dim],
            evaluations: 0,
            limit: f64::INFINITY,
            best: None,
        }
    }

    fn found(mut self, network: Option<KnownNetwork<'_>>) -> Result<Found, BoundError> {
        let width = self.model.width();
        let mut x = match network.filter(start::has_mass) {
            Some(network) => {
                let mut x = start::from_network(network, &self.data.space, width)?;
                // masses are in units of outputs over data
                linalg_core::scale((self.data.unit / self.data.losses.f_unit).sqrt(), &mut x);
                x
            }
            None => {
                let mut x = start::from_data(self.data.rows.as_ref(), width);
                self.zero(&mut x)?;
                x
            }
        };
        let ended = self.joint(&mut x).and_then(|()| self.prices(&mut x));
        if self.best.is_none() {
            ended?; // what was found before a decomposition failed serves
        }
        let none = || Certificate::trivial(vec![0.0; self.data.losses.len()]);
        Ok(Found {
            certificate: self.best.map_or_else(none, |best| best.1),
            limit: self.limit * self.data.losses.value_unit(),
            evaluations: self.evaluations,
        })
    }

    /// The price of the zero network's `theta`: if it is at most the threshold, zero is the
    /// optimum and this certificate says so; if not, its moments are where to start.
    fn zero(&mut self, x: &mut [f64]) -> Result<(), BoundError> {
        let losses = &self.data.losses;
        let theta: Vec<f64> = (0..losses.len()).map(|i| losses.theta(i, 0.0)).collect();
        self.model.price_of(&theta);
        let smoothing = SMOOTHING[0];
        for stage in [smoothing, smoothing, smoothing / 10.0] {
            self.minimise(x, stage, 1e-3);
            let most = self.look(x, stage)?.0;
            self.model.anchor();
            if most <= self.data.price || self.halted() {
                break;
            }
        }
        self.model.price_of_all();
        // the price of a unit mass: as much mass as serves the targets
        let half = self.model.half();
        for x in x.chunks_mut(half) {
            let (mass, width) = (start::mass(self.data.rows.as_ref()), self.model.width());
            let length = linalg_core::norm(&x[..width]);
            if length > 0.0 {
                linalg_core::scale(mass.sqrt() / length, &mut x[..width]);
            }
        }
        Ok(())
    }

    /// The joint problem over `theta` and all multipliers.
    fn joint(&mut self, x: &mut [f64]) -> Result<(), BoundError> {
        let tol = self.settings.tol;
        for stage in 0..self.settings.stages {
            let smoothing = SMOOTHING[stage.min(SMOOTHING.len() - 1)];
            let left = self.left(self.best.as_ref().map_or(0.0, |best| best.0));
            if left <= tol {
                break;
            }
            self.minimise(x, smoothing, if left.is_finite() { left } else { 1.0 });
            let (_, sides) = self.look(x, smoothing)?;
            self.model.anchor();
            self.limit = self.limit.min(self.model.value(x));
            if self.halted() {
                break;
            }
            self.insert_dear(x, smoothing, &sides)?;
        }
        Ok(())
    }

    /// The cheapest proof of the best `theta`, each sign by itself: a sign of no mass at the optimum
    /// has no say in the joint problem, which leaves its multipliers as they were.
    fn prices(&mut self, x: &mut [f64]) -> Result<(), BoundError> {
        let Some((bound, held)) = &self.best else {
            return Ok(());
        };
        if self.left(*bound) <= self.settings.tol || self.halted() {
            return Ok(());
        }
        let unit = self.data.losses.theta_unit;
        let theta: Vec<f64> = held.theta.iter().map(|t| t / unit).collect();
        self.model.value(x);
        let (masses, half) = (self.model.masses(), self.model.half());
        let fresh = start::from_data(self.data.rows.as_ref(), self.model.width());
        for (sign, mass) in masses.into_iter().enumerate() {
            if mass <= NO_MASS * (masses[0] + masses[1]) {
                let own = sign * half..(sign + 1) * half;
                x[own.clone()].copy_from_slice(&fresh[own]);
            }
        }
        self.model.price_of(&theta);
        let mut before = *bound;
        for smoothing in SMOOTHING {
            self.minimise(x, smoothing, self.left(before));
            let (most, sides) = self.look(x, smoothing)?;
            self.model.anchor();
            if most <= self.data.price || self.halted() {
                break;
            }
            self.insert_dear(x, smoothing, &sides)?;
            before = self.best.as_ref().map_or(before, |best| best.0);
        }
        self.model.price_of_all();
        Ok(())
    }

    /// What is left to win, relatively.
    fn left(&self, bound: f64) -> f64 {
        (self.limit - bound) / self.limit.max(f64::MIN_POSITIVE)
    }

    /// Inserts the directions in which the certificate is weakest, where that lowers the value.
    fn insert_dear(
        &mut self,
        x: &mut [f64],
        smoothing: f64,
        sides: &[DearestSearch; 2],
    ) -> Result<(), BoundError> {
        let masses = self.model.masses();
        let mass = (masses[0] + masses[1]).max(NO_MASS);
        let (half, rank, width) = (
            self.model.half(),
            self.data.rows.nrows(),
            self.model.width(),
        );
        for (sign, side) in sides.iter().enumerate() {
            if side.price <= self.data.price * (1.0 + DEAR * self.settings.tol) {
                continue;
            }
            let own = sign * half..(sign + 1) * half;
            let mut chosen = x[own.clone()].to_vec();
            let mut lowest = self.model.evaluate(x, &mut self.gradient, smoothing);
            let old = chosen.clone();
            for share in SHARES {
                let new = insert(&old, rank, width, side, share * mass)?;
                x[own.clone()].copy_from_slice(&new);
                let value = self.model.evaluate(x, &mut self.gradient, smoothing);
                self.evaluations += 1;
                if value < lowest {
                    (lowest, chosen) = (value, new);
                }
            }
            x[own].copy_from_slice(&chosen);
        }
        Ok(())
    }

    /// L-BFGS until little is won of the share `left` of the value.
    fn minimise(&mut self, x: &mut [f64], smoothing: f64, left: f64) {
        let (model, control) = (&mut self.model, self.control);
        let lowest = Cell::new(f64::INFINITY);
        let (mut before, mut count) = (f64::INFINITY, 0_usize);
        let fall = (PATIENCE * left).clamp(LEAST_FALL, MOST_FALL);
        let ended = self.lbfgs.minimise(
            &mut |x, gradient| {
                let value = model.evaluate(x, gradient, smoothing);
                lowest.set(lowest.get().min(value));
                value
            },
            x,
            self.settings.iterations,
            &mut |_| {
                count += 1;
                if count % LOOK_EVERY == 0 {
                    let won = before - lowest.get();
                    before = lowest.get();
                    if won <= fall * before.abs() {
                        return false;
                    }
                }
                control.halt().is_none()
            },
        );
        self.evaluations += ended.evaluations;
    }

    /// Reads the certificate off a point and keeps it if its bound is the best; the larger price
    /// and both signs' directions of it.
    fn look(&mut self, x: &[f64], smoothing: f64) -> Result<(f64, [DearestSearch; 2]), BoundError> {
        self.model.evaluate(x, &mut self.gradient, smoothing);
        let sides = [dearest(&self.model, 0)?, dearest(&self.model, 1)?];
        let most = sides[0].price.max(sides[1].price);
        let c = if most > self.data.price {
            self.data.price / most
        } else {
            1.0
        };
        let losses = &self.data.losses;
        let c = losses.room(self.model.thetas(), c);
        let bound: f64 = (self.model.thetas().enumerate())
            .map(|(i, theta)| losses.dual(i, c * theta))
            .sum();
        if bound.is_finite() && self.best.as_ref().is_none_or(|best| bound > best.0) {
            self.best = Some((bound, certificate(&self.model, self.data)));
        }
        Ok((most, sides))
    }

    fn halted(&self) -> bool {
        self.control.halt().is_some()
    }
}
