//! The verifier: what a certificate proves, from the data and the certificate alone.
//!
//! It shares nothing with the solvers but matrix products, the Cholesky factorisation, and for data
//! of many columns a QR factorisation whose error it bounds itself. Every number of the certificate
//! is a free choice that is moved into its cone if it lies outside; every sum is rounded against
//! the bound.

mod ball;
mod compact;
mod directed;
mod dual;
mod interval;
mod logarithm;
mod margin;
mod merged;
mod positive;
mod products;
mod units;

pub(crate) use self::compact::is_compacted;
pub(crate) use self::interval::best_shift;
pub(crate) use self::positive::factor;

use faer::MatRef;

use self::compact::Compact;
use self::directed::{add_up, div_down, mul_down, mul_up, power_of_two};
use self::dual::Losses;
use self::merged::Kinds;
use self::units::Scaled;
use crate::certificate::{Certificate, IntervalMultipliers, ProductMultipliers, Proof, SIGNS};
use crate::cones;
use crate::enumerate;
use crate::error::{BoundError, BoundPart};
use crate::problem::BoundProblem;

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
/// With `U` a proven bound of both prices of `theta`, `B = beta sum w` and any `c <= B / U` with which
/// `c theta` is in the domain of the dual: `J sum w >= -l*(-c theta)`; about the best such `c` is taken.
/// `U` does not know the loss; the dual value is rounded down, that of the logistic loss with a logarithm
/// of its own.
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
    length(
        BoundPart::Theta,
        problem.n_samples(),
        certificate.theta.len(),
    )?;
    let kinds = match &certificate.merged {
        Some(places) => Some(Kinds::new(problem.x(), places)?),
        None => None,
    };
    let x = kinds.as_ref().map_or(problem.x(), Kinds::x);
    check(x, certificate)?;
    let nothing = |why| Ok(Verdict::None(why));
    let Some(losses) = Losses::new(problem) else {
        return nothing(NoBound::Range);
    };
    let Some(data) = Scaled::new(x, losses.theta_exponent()) else {
        return nothing(NoBound::Range);
    };
    let (ex, et) = (data.x_exponent, data.theta_exponent);
    let theta = certificate.theta.iter().map(|t| data.multiplier(*t, 0, -1));
    // halves and quarters below are exact: what is too small for them is none
    let mut theta: Vec<f64> = theta
        .map(|t| if t.abs() < NEGLIGIBLE { 0.0 } else { t })
        .collect();
    if !theta.iter().all(|t| t.is_finite()) {
        return nothing(NoBound::Theta);
    }
    losses.admit(&mut theta);
    // of the different rows, and what its roundings cost
    let (q, slip) = match &kinds {
        Some(kinds) => kinds.sums(&theta, &data.norms),
        None => (theta.clone(), 0.0),
    };
    let price = match price(problem, certificate, &data, &q) {
        Ok(price) => price,
        Err(why) => return nothing(why),
    };
    let price = match slip > 0.0 {
        true => add_up(price, slip),
        false => price,
    };
    let threshold = mul_down(losses.mass_down(), problem.beta());
    let threshold = mul_down(mul_down(threshold, power_of_two(-ex)), power_of_two(-et));
    let (scale, value) = losses.best(&theta, div_down(threshold, price));
    Ok(Verdict::Bound(VerifiedBound {
        value: losses.mean_down(value),
        price_bound: mul_up(mul_up(price, power_of_two(ex)), power_of_two(et)),
        scale,
    }))
}

/// What both prices of `theta` do not exceed, at size one.
fn price(
    problem: &BoundProblem<'_>,
    certificate: &Certificate,
    data: &Scaled,
    theta: &[f64],
) -> Result<f64, NoBound> {
    let (ex, et) = (data.x_exponent, data.theta_exponent);
    let signed = |sign: f64| -> Vec<f64> { theta.iter().map(|t| sign * t).collect() };
    let prices: [Option<f64>; 2] = match &certificate.proof {
        Proof::Enumeration | Proof::Cones { .. } => {
            let user: Vec<f64> = theta.iter().map(|t| t * power_of_two(et)).collect();
            let is_exact = (user.iter().zip(theta)).all(|(u, t)| u * power_of_two(-et) == *t);
            if !is_exact {
                return Err(NoBound::Range);
            }
            let x = data.x.as_ref();
            let x = faer::Mat::from_fn(x.nrows(), x.ncols(), |i, j| x[(i, j)] * power_of_two(ex));
            let rows = problem.with_rows(x.as_ref());
            let price = match certificate.proof {
                Proof::Cones { price } => {
                    let holds = cones::is_price_at_most(&rows, &user, price);
                    (holds == Some(true)).then_some(price)
                }
                _ => enumerate::price_bound(&rows, &user),
            };
            let price = price.ok_or(NoBound::Enumeration)?;
            let price = mul_up(mul_up(price, power_of_two(-ex)), power_of_two(-et));
            [Some(price); 2]
        }
        Proof::Interval(both) => both_signs(data, &signed, |data, q, k, compact| {
            let compact = compact.map(|of| of.interval(&both[k]));
            interval::price(data, q, compact.as_ref().unwrap_or(&both[k]))
        }),
        Proof::Products(both) => both_signs(data, &signed, |data, q, k, compact| {
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
    Ok(price)
}

/// Numbers of `theta` below this are none, at data of size one.
const NEGLIGIBLE: f64 = 1e-280;

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

fn check(x: MatRef<'_, f64>, certificate: &Certificate) -> Result<(), BoundError> {
    match &certificate.proof {
        Proof::Enumeration | Proof::Cones { .. } => Ok(()),
        Proof::Interval(both) => both.iter().try_for_each(|m| check_interval(x, m)),
        Proof::Products(both) => both.iter().try_for_each(|m| check_products(x, m)),
    }
}

fn check_interval(x: MatRef<'_, f64>, multipliers: &IntervalMultipliers) -> Result<(), BoundError> {
    let (n, d) = (x.nrows(), x.ncols());
    length(BoundPart::Mu, n, multipliers.mu.len())?;
    length(BoundPart::T, n, multipliers.t.len())?;
    length(BoundPart::G, n, multipliers.g.len())?;
    let factor = d.saturating_mul(multipliers.width);
    length(BoundPart::Factor, factor, multipliers.factor.len())
}

fn check_products(x: MatRef<'_, f64>, multipliers: &ProductMultipliers) -> Result<(), BoundError> {
    let (n, d) = (x.nrows(), x.ncols());
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
