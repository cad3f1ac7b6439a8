//! Seeded programmes.

use crelu_convex::gates::{GateSampler, sample};
use crelu_convex::{Activation, Multipliers, Programme, ProgrammeSettings};
use faer::{Mat, MatRef};
use linalg_core::{Masks, RowSpace};
use testkit::{Stream, regression};

/// What a random programme is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) n: usize,
    pub(crate) d: usize,
    pub(crate) patterns: usize,
    /// The penalty, as a fraction of the one whose optimum is zero.
    pub(crate) fraction: f64,
    pub(crate) activation: Activation,
}

impl Case {
    /// Sizes and penalty by the seed: n 20 to 60, d 2 to 12, P 3 to 15, three decades of penalty.
    pub(crate) fn random(seed: u64, activation: Activation) -> Self {
        let mut stream = Stream::new(seed ^ 0xc0ffee);
        let (n, d) = (stream.between(20, 60), stream.between(2, 12));
        let (patterns, decade) = (stream.between(3, 15), 1.5 * (stream.unit() - 1.0));
        Self {
            seed,
            n,
            d,
            patterns,
            fraction: 0.9 * 10f64.powf(decade),
            activation,
        }
    }

    pub(crate) fn programme(&self) -> Programme {
        let (x, y) = regression(self.seed, self.n, self.d);
        sampled(x.as_ref(), &y, self)
    }
}

fn sampled(x: MatRef<'_, f64>, y: &[f64], case: &Case) -> Programme {
    let sampler = GateSampler::Gaussian;
    let drawn = sample(x, y, false, sampler, case.patterns, case.seed).unwrap();
    let space = RowSpace::svd(x.transpose()).unwrap();
    let gates = space.reduce(drawn.gates.as_ref());
    let data = space.rows().to_owned();
    let programme =
        Programme::new(data, drawn.masks, gates, y.to_vec(), 0.0, case.activation).unwrap();
    let threshold = programme.zero_threshold();
    programme.with_beta_sum(case.fraction * threshold)
}

/// The masks of gates: `1[X g >= 0]`.
pub(crate) fn masks_of(x: MatRef<'_, f64>, gates: MatRef<'_, f64>) -> Masks {
    let mut bytes = Vec::new();
    for p in 0..gates.ncols() {
        for j in 0..x.ncols() {
            let h: f64 = (0..x.nrows()).map(|k| x[(k, j)] * gates[(k, p)]).sum();
            bytes.push(u8::from(h >= 0.0));
        }
    }
    Masks::from_columns(x.ncols(), bytes).unwrap()
}

pub(crate) fn settings(tol: f64, change: impl FnOnce(&mut ProgrammeSettings)) -> ProgrammeSettings {
    let mut settings = ProgrammeSettings::default();
    settings.tol = tol;
    change(&mut settings);
    settings
}

/// `A x`.
pub(crate) fn image(a: MatRef<'_, f64>, x: &[f64]) -> Vec<f64> {
    (0..a.nrows())
        .map(|i| (0..a.ncols()).map(|j| a[(i, j)] * x[j]).sum())
        .collect()
}

pub(crate) fn norm(x: &[f64]) -> f64 {
    x.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// Largest difference of two vectors' entries.
pub(crate) fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "two vectors of one length");
    let gaps = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    gaps.fold(0.0, |worst, gap| if gap <= worst { worst } else { gap })
}

/// `F` of a programme, dense: `n x rank n_blocks`.
pub(crate) fn dense_operator(programme: &Programme) -> Mat<f64> {
    let rank = programme.rank();
    Mat::from_fn(
        programme.n_samples(),
        rank * programme.n_blocks(),
        |i, c| {
            let (b, k) = (c / rank, c % rank);
            let bit = programme.masks().column(programme.pattern(b))[i];
            f64::from(bit) * programme.sign(b) * programme.data()[(k, i)]
        },
    )
}

/// The objective at `v`, and the largest violation of a cone relative to `|row| |v_b|`, from the
/// programme's data alone.
pub(crate) fn objective_and_violation(programme: &Programme, v: MatRef<'_, f64>) -> (f64, f64) {
    let (rank, n) = (programme.rank(), programme.n_samples());
    let (mut fitted, mut penalty, mut worst) = (vec![0.0; n], 0.0, 0.0_f64);
    for b in 0..programme.n_blocks() {
        let size = (0..rank).map(|k| v[(k, b)].powi(2)).sum::<f64>().sqrt();
        penalty += size;
        let mask = programme.masks().column(programme.pattern(b));
        for i in 0..n {
            let h: f64 = (0..rank)
                .map(|k| programme.data()[(k, i)] * v[(k, b)])
                .sum();
            if mask[i] != 0 {
                fitted[i] += programme.sign(b) * h;
            }
            let wrong = if mask[i] == 0 { h } else { -h };
            if programme.activation() == Activation::Relu && size > 0.0 {
                worst = worst.max(wrong / (programme.largest_row() * size));
            }
        }
    }
    let misfit: f64 = fitted
        .iter()
        .zip(programme.target())
        .map(|(f, y)| (f - y).powi(2))
        .sum();
    (0.5 * misfit + programme.beta_sum() * penalty, worst)
}

/// The bound by its formula, from dense matrices.
pub(crate) fn bound_by_formula(
    programme: &Programme,
    theta: &[f64],
    multipliers: &Multipliers,
) -> f64 {
    let rank = programme.rank();
    let price = image(dense_operator(programme).transpose(), theta);
    let mut largest = 0.0_f64;
    for b in 0..programme.n_blocks() {
        let mut total = price[b * rank..(b + 1) * rank].to_vec();
        let mask = programme.masks().column(programme.pattern(b));
        for &(row, a) in multipliers.blocks.get(b).map_or(&[][..], |x| x) {
            for (k, t) in total.iter_mut().enumerate() {
                let e = if mask[row] == 0 { -a } else { a };
                *t += e * programme.data()[(k, row)];
            }
        }
        largest = largest.max(norm(&total));
    }
    let along: f64 = theta
        .iter()
        .zip(programme.target())
        .map(|(t, y)| t * y)
        .sum();
    let square: f64 = theta.iter().map(|t| t * t).sum();
    let c = (programme.beta_sum() / largest)
        .min(along / square)
        .max(0.0);
    c * along - 0.5 * c * c * square
}
