use faer::{Mat, MatRef};
use linalg_core::{Control, LinalgError};
use rand::{Rng, RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::patterns::{PatternSet, Patterns};
use crate::error::ProgrammeError;

/// How gate vectors are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GateSampler {
    /// Standard normal in every coordinate, the bias among them.
    #[default]
    Gaussian,
    /// The hyperplane halfway between two rows of different target:
    /// `g = x_i - x_j`, bias `-(|x_i|^2 - |x_j|^2) / 2`.
    Data,
}

impl GateSampler {
    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gaussian => "gaussian",
            Self::Data => "data",
        }
    }
}

crelu_core::written_by_name!(GateSampler);

/// Draws are given up after this many times the patterns asked for.
const TRIES: usize = 20;
/// Gates that are drawn between two questions to the control, at most ...
const BATCH: usize = 512;
/// ... and their images on the rows: 32 MB, 5 ms of a core a column of the data.
const IMAGES: usize = 1 << 22;

/// Draws gates until `count` distinct patterns that are not empty stand, or `20 count` draws.
///
/// **Shapes** `features`: `d x n_samples`, preprocessed; the last row is the bias if `bias`.
/// **Cost** `2 n d` flops a draw.
///
/// # Errors
/// [`ProgrammeError::NoPattern`] if no draw gives a pattern that sees a row.
///
/// # Panics
/// If `target` has another length than there are samples.
pub fn sample(
    features: MatRef<'_, f64>,
    target: &[f64],
    bias: bool,
    sampler: GateSampler,
    count: usize,
    seed: u64,
) -> Result<Patterns, ProgrammeError> {
    let control = Control::default();
    sample_within(features, target, bias, sampler, count, seed, &control)
}

/// [`sample`] within the limit of `control`.
///
/// # Errors
/// As there; [`LinalgError::Halted`].
///
/// # Panics
/// As there.
pub fn sample_within(
    features: MatRef<'_, f64>,
    target: &[f64],
    bias: bool,
    sampler: GateSampler,
    count: usize,
    seed: u64,
    control: &Control<'_>,
) -> Result<Patterns, ProgrammeError> {
    assert!(
        target.len().is_multiple_of(features.ncols().max(1)),
        "target: as many numbers a sample"
    );
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut set = PatternSet::new(features.ncols());
    let most = TRIES.saturating_mul(count);
    let mut tried = 0;
    let batch = (IMAGES / features.ncols().max(1)).clamp(1, BATCH);
    while set.len() < count && tried < most {
        if control.halt().is_some() {
            return Err(LinalgError::Halted.into());
        }
        let draw = (count - set.len()).min(most - tried).min(batch);
        let gates = match sampler {
            GateSampler::Gaussian => gaussian(features.nrows(), draw, &mut rng),
            GateSampler::Data => between_rows(features, target, bias, draw, &mut rng),
        };
        tried += draw;
        set.add(features, gates.as_ref(), count);
    }
    set.into_patterns(features.nrows())
}

/// Gaussian gates, as [`sample`] draws them, some at a time.
#[derive(Debug)]
pub struct GaussianGates {
    rng: Xoshiro256PlusPlus,
    d: usize,
}

impl GaussianGates {
    /// Of `d` coordinates.
    #[must_use]
    pub fn new(d: usize, seed: u64) -> Self {
        let rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        Self { rng, d }
    }

    /// The next ones, `d x count`.
    pub fn draw(&mut self, count: usize) -> Mat<f64> {
        gaussian(self.d, count, &mut self.rng)
    }
}

fn gaussian(d: usize, count: usize, rng: &mut impl Rng) -> Mat<f64> {
    let mut gates = Mat::zeros(d, count);
    for j in 0..count {
        for i in 0..d {
            gates[(i, j)] = StandardNormal.sample(rng);
        }
    }
    gates
}

/// Tries to meet a row of another target before a draw falls back to any other row.
const PAIRS: usize = 64;

fn between_rows(
    features: MatRef<'_, f64>,
    target: &[f64],
    bias: bool,
    count: usize,
    rng: &mut impl Rng,
) -> Mat<f64> {
    let (d, n) = (features.nrows(), features.ncols());
    let mut gates = Mat::zeros(d, count);
    let width = d - usize::from(bias);
    let outputs = target.len() / n.max(1);
    let of = |j: usize| &target[j * outputs..(j + 1) * outputs];
    for c in 0..count {
        let i = rng.random_range(0..n);
        let mut j = rng.random_range(0..n);
        for _ in 0..PAIRS {
            if of(j) != of(i) {
                break;
            }
            j = rng.random_range(0..n);
        }
        let (mut first, mut second) = (0.0, 0.0);
        // the bias is 1 in units of its own
        let one = if bias { features[(d - 1, i)] } else { 1.0 };
        for k in 0..width {
            gates[(k, c)] = one * (features[(k, i)] - features[(k, j)]);
            first += features[(k, i)].powi(2);
            second += features[(k, j)].powi(2);
        }
        if bias {
            gates[(d - 1, c)] = -(first - second) / 2.0;
        }
    }
    gates
}
