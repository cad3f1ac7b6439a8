//! The verifier: what a certificate proves, from the data and the certificate alone.
//!
//! It shares nothing with the solvers but matrix products, the Cholesky factorisation, and for data
//! of many columns a QR factorisation whose error it bounds itself. Every number of the certificate
//! is a free choice that is moved into its cone if it lies outside; every sum is rounded against
//! the bound.

mod ball;
mod compact;
mod directed;
mod interval;
mod positive;
mod products;
mod units;

pub(crate) use self::compact::is_compacted;
pub(crate) use self::interval::best_shift;
pub(crate) use self::positive::factor;

use self::ball::Ball;
use self::compact::Compact;
use self::directed::{add_up, div_down, mul_down, mul_up, power_of_two, sub_down};
use self::units::Scaled;
use crate::certificate::{Certificate, IntervalMultipliers, ProductMultipliers, Proof, SIGNS};
use crate::cones;
use crate::enumerate;
use crate::error::{BoundError, BoundPart};
use crate::problem::BoundProblem;

/// What is added to an estimated price, relative to the trivial one, until the proof runs through:
/// `MARGIN * MARGIN_GROWTH^k`, `k < MARGINS`; the last is above the trivial price.
const MARGIN: f64 = 1e-12;
const MARGIN_GROWTH: f64 = 4.0;
const MARGINS: i32 = 21;

/// What a certificate proves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// A bound.
    Bound(VerifiedBound),
    /// Nothing, and why.
    None(NoBound),
}

/// A proven bound: no two-layer ReLU network has an objective `J` below `value`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VerifiedBound {
    /// The bound, in the units of the mean objective `J`; at least zero.
    pub value: f64,
    /// What no price of `theta` exceeds: `max_{|u| <= 1} |theta'(X u)_+|`; infinite where only
    /// the trivial bound overflows.
    pub price_bound: f64,
    /// The `c` by which `theta` was multiplied: at most `B / price_bound`.
    pub scale: f64,
}

/// Why a certificate proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoBound {
    /// `theta` holds a value that is not finite.
    Theta,
    /// The data span more orders of magnitude than `f64` can hold at size one.
    Range,
    /// The enumeration does not serve data of this shape, or the price stated could not be proven.
    Enumeration,
}

impl Verdict {
    /// The bound, if there is one.
    #[must_use]
    pub fn bound(&self) -> Option<VerifiedBound> {
        match self {
            Self::Bound(bound) => Some(*bound),
            Self::None(_) => None,
        }
    }
}

/// Recomputes what a certificate proves.
///
/// With `U` a proven bound of both prices of `theta`, `B = n beta` and any `c <= B / U`:
/// `n J >= c theta'y - c^2 |theta|^2 / 2`; the best such `c` is taken.
///
/// **Cost** [`Proof::Interval`]: `24 n d^2` flops and some forty Cholesky factorisations of side
/// `d`; [`Proof::Products`]: `8 m d (m + d)` flops and a few times `m^3` a block of `m` rows. Data of
/// more than `1.5 n` columns cost `14 d n^2` flops and what `n` columns cost.
///
/// # Errors
/// [`BoundError::Shape`] when a part of the certificate has not the size of the data,
/// [`BoundError::Partition`] when its blocks overlap or hold other rows.
pub fn verify(
    problem: &BoundProblem<'_>,
    certificate: &Certificate,
) -> Result<Verdict, BoundError> {
    check(problem, certificate)?;
    let Some(data) = Scaled::new(problem) else {
        return Ok(Verdict::None(NoBound::Range));
    };
    let (ex, ey) = (data.x_exponent, data.y_exponent);
    let theta: Vec<f64> = certificate
        .theta
        .iter()
        .map(|t| data.multiplier(*t, 0, -1))
        .collect();
    // halves and quarters below are exact: what is too small for them is none
    let theta: Vec<f64> = theta
        .iter()
        .map(|t| if t.abs() < NEGLIGIBLE { 0.0 } else { *t })
        .collect();
    if !theta.iter().all(|t| t.is_finite()) {
        return Ok(Verdict::None(NoBound::Theta));
    }
    let signed = |sign: f64| -> Vec<f64> { theta.iter().map(|t| sign * t).collect() };
    let prices: [Option<f64>; 2] = match &certificate.proof {
        Proof::Enumeration | Proof::Cones { .. } => {
            let user: Vec<f64> = theta.iter().map(|t| t * power_of_two(ey)).collect();
            let is_exact = (user.iter().zip(&theta)).all(|(u, t)| u * power_of_two(-ey) == *t);
            if !is_exact {
                return Ok(Verdict::None(NoBound::Range));
            }
            let price = match certificate.proof {
                Proof::Cones { price } => {
                    let holds = cones::is_price_at_most(problem, &user, price);
                    (holds == Some(true)).then_some(price)
                }
                _ => enumerate::price_bound(problem, &user),
            };
            let Some(price) = price else {
                return Ok(Verdict::None(NoBound::Enumeration));
            };
            let price = mul_up(mul_up(price, power_of_two(-ex)), power_of_two(-ey));
            [Some(price); 2]
        }
        Proof::Interval(both) => both_signs(&data, &signed, |data, q, k, compact| {
            let compact = compact.map(|of| of.interval(&both[k]));
            interval::price(data, q, compact.as_ref().unwrap_or(&both[k]))
        }),
        Proof::Products(both) => both_signs(&data, &signed, |data, q, k, compact| {
            let compact = compact.map(|of| of.products(&both[k]));
            products::price(data, q, compact.as_ref().unwrap_or(&both[k]))
        }),
    };
    // the larger of both signs, each at most what the triangle inequality says
    let mut price = 0.0_f64;
    for (sign, proven) in SIGNS.iter().zip(prices) {
        let trivial = data.trivial_price(&signed(*sign));
        price = price.max(proven.map_or(trivial, |p| if p < trivial { p } else { trivial }));
    }
    let threshold = threshold_down(problem, ex, ey);
    let (scale, value) = loss(&theta, &data.y, div_down(threshold, price));
    let (n, unit) = (count(problem.n_samples()), power_of_two(ey));
    let value = match value > 0.0 {
        true => mul_down(mul_down(div_down(value, n), unit), unit).max(0.0),
        false => 0.0,
    };
    Ok(Verdict::Bound(VerifiedBound {
        value,
        price_bound: mul_up(mul_up(price, power_of_two(ex)), unit),
        scale,
    }))
}

/// Numbers of `theta` below this are none, at data of size one.
const NEGLIGIBLE: f64 = 1e-280;

/// `n beta` in the scaled units, rounded down.
fn threshold_down(problem: &BoundProblem<'_>, ex: i32, ey: i32) -> f64 {
    let threshold = mul_down(count(problem.n_samples()), problem.beta());
    mul_down(mul_down(threshold, power_of_two(-ex)), power_of_two(-ey))
}

/// The best `c <= most` and `c theta'y - c^2 |theta|^2 / 2`, rounded down.
fn loss(theta: &[f64], y: &[f64], most: f64) -> (f64, f64) {
    let column = Ball::column(theta);
    let row = column.transposed();
    let (gain, cost) = (row.times(&Ball::column(y)), row.times(&column));
    let gain = sub_down(gain.mid[(0, 0)], gain.rad[(0, 0)]);
    let cost = add_up(cost.mid[(0, 0)], cost.rad[(0, 0)]);
    let scale = (gain / cost).min(most);
    let is_usable = scale > 0.0 && scale.is_finite(); // not so for NaN
    if !is_usable {
        return (0.0, 0.0);
    }
    let rest = sub_down(gain, mul_up(0.5 * scale, cost).next_up());
    (scale, mul_down(scale, rest))
}

/// The price of each sign, through the compact form of the data where that pays.
fn both_signs(
    data: &Scaled,
    signed: &(impl Fn(f64) -> Vec<f64> + Sync),
    price: impl Fn(&Scaled, &[f64], usize, Option<&Compact>) -> Option<f64> + Sync + Send,
) -> [Option<f64>; 2] {
    let compact = Compact::new(data);
    let compact = compact.as_ref();
    let own = compact.map_or(data, |compact| &compact.data);
    let mut prices = [None; 2];
    linalg_core::for_each_mut(&mut prices, |k, out| {
        let q = signed(SIGNS[k]);
        let price = price(own, &q, k, compact);
        *out = price.map(|price| compact.map_or(price, |compact| compact.raised(price, &q)));
    });
    prices
}

#[expect(clippy::cast_precision_loss, reason = "a row count far below 2^53")]
fn count(n: usize) -> f64 {
    n as f64
}

fn check(problem: &BoundProblem<'_>, certificate: &Certificate) -> Result<(), BoundError> {
    let n = problem.n_samples();
    length(BoundPart::Theta, n, certificate.theta.len())?;
    match &certificate.proof {
        Proof::Enumeration | Proof::Cones { .. } => Ok(()),
        Proof::Interval(both) => both.iter().try_for_each(|m| check_interval(problem, m)),
        Proof::Products(both) => both.iter().try_for_each(|m| check_products(problem, m)),
    }
}

fn check_interval(
    problem: &BoundProblem<'_>,
    multipliers: &IntervalMultipliers,
) -> Result<(), BoundError> {
    let (n, d) = (problem.n_samples(), problem.n_features());
    length(BoundPart::Mu, n, multipliers.mu.len())?;
    length(BoundPart::T, n, multipliers.t.len())?;
    length(BoundPart::G, n, multipliers.g.len())?;
    let factor = d.saturating_mul(multipliers.width);
    length(BoundPart::Factor, factor, multipliers.factor.len())
}

fn check_products(
    problem: &BoundProblem<'_>,
    multipliers: &ProductMultipliers,
) -> Result<(), BoundError> {
    let (n, d) = (problem.n_samples(), problem.n_features());
    let mut is_seen = vec![false; n];
    for block in &multipliers.blocks {
        let side = 2 * block.rows.len();
        length(BoundPart::Products, side * side, block.products.len())?;
        length(BoundPart::Bound, side, block.bound.len())?;
        length(BoundPart::Direction, side * d, block.direction.len())?;
        for &row in &block.rows {
            match is_seen.get_mut(row) {
                Some(seen_before) if !*seen_before => *seen_before = true,
                _ => {
                    return Err(BoundError::Partition { row, n_samples: n });
                }
            }
        }
    }
    Ok(())
}

fn length(part: BoundPart, want: usize, got: usize) -> Result<(), BoundError> {
    match want == got {
        true => Ok(()),
        false => Err(BoundError::Shape { part, want, got }),
    }
}
