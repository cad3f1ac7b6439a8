use core::cmp::Ordering;
use std::collections::BinaryHeap;

use linalg_core::{Control, for_each_mut};

use super::cone::{Cone, Signed};
use super::settings::ConeSettings;
use crate::certificate::SIGNS;
use crate::enumerate::space::{Plane, Point, ROUND, terms};

/// Cones that are split at a time, whatever the number of threads.
const BATCH: usize = 64;
/// Splits from an orthant; deeper cones are kept as they are.
const DEPTH: usize = 200;
/// Sizes of all terms together between which squares neither overflow nor vanish.
const RANGE: core::ops::Range<f64> = 1e-100..1e100;
/// Most visits of a row by a cone that a check may take: minutes.
const CHECK_VISITS: usize = 4_000_000_000;
/// Most bytes of the cones that wait in a check.
const CHECK_BYTES: usize = 4_000_000_000;

/// The rows and weights of both signs, and what rounding can add to a price.
struct Sides<const R: usize> {
    rows: [Signed<R>; 2],
    /// `sum |z_i|`.
    scale: f64,
    rounding: f64,
}

impl<const R: usize> Sides<R> {
    /// None for numbers that are not finite or out of range.
    fn new(plane: &Plane<R>, theta: &[f64]) -> Option<Self> {
        let rows = SIGNS.map(|sign| {
            let (mut up, mut down) = (Vec::new(), Vec::new());
            for (z, t) in plane.rows.iter().zip(theta) {
                let scaled: Point<R> = z.map(|z| z * t.abs());
                match sign * t {
                    w if w > 0.0 => up.push(scaled),
                    w if w < 0.0 => down.push(scaled),
                    _ => {}
                }
            }
            Signed { up, down }
        });
        let sizes = theta.iter().zip(&plane.norms);
        let scale: f64 = sizes.map(|(t, size)| t.abs() * size).sum();
        // a corner's price is a sum of n terms and of the lines of n rows. A unit vector moves by a
        // rounding of a corner a split, and by as much again what was of one sign is off, and the
        // length of the vector
        let sums = 4.0 * terms(theta.len()) * f64::EPSILON;
        let splits = 3.0 * terms(DEPTH) * ROUND;
        let rounding = scale * Cone::<R>::sum_of_parts() * (sums + splits);
        // a sum that is zero by underflow says nothing
        let is_nothing = plane.rank == 0 || theta.iter().all(|t| *t == 0.0);
        let is_usable = is_nothing || RANGE.contains(&scale);
        (is_usable && rounding.is_finite()).then_some(Self {
            rows,
            scale,
            rounding,
        })
    }

    /// All orthants, for both signs.
    fn start(&self) -> Option<Vec<(usize, Cone<R>)>> {
        let trivial = self.scale * (1.0 + terms(R) * ROUND);
        let mut out = Vec::new();
        for (k, rows) in self.rows.iter().enumerate() {
            let cones = Cone::orthants(rows, trivial)?;
            out.extend(cones.into_iter().map(|cone| (k, cone)));
        }
        Some(out)
    }

    /// Both halves of every cone, in order.
    fn split(&self, cones: &[(usize, Cone<R>)], floor: f64) -> Vec<(usize, Cone<R>)> {
        let mut halves: Vec<Option<[Cone<R>; 2]>> = vec![None; cones.len()];
        for_each_mut(&mut halves, |i, out| {
            let (k, cone) = &cones[i];
            *out = Some(cone.halves(&self.rows[*k], floor));
        });
        let signs = cones.iter().map(|(k, _)| *k);
        let both = signs.zip(halves.into_iter().flatten());
        both.flat_map(|(k, halves)| halves.map(|half| (k, half)))
            .collect()
    }
}

/// The largest price found, and a bound of all.
pub(super) struct Largest<const R: usize> {
    pub(super) bound: f64,
    pub(super) price: f64,
    pub(super) sign: f64,
    pub(super) at: Point<R>,
    pub(super) visits: usize,
}

/// The most promising cones first, until none can hold a price above `1 + tolerance` times the best,
/// or a limit is reached: what is known by then is a valid bound. None if a number is not finite, or if
/// the limits do not allow of the first cones.
pub(super) fn largest<const R: usize>(
    plane: &Plane<R>,
    theta: &[f64],
    settings: &ConeSettings,
    control: &Control<'_>,
) -> Option<Largest<R>> {
    // the orthants, of both signs, hold every row
    let first = (2_usize << R).saturating_mul(theta.len());
    if first > settings.visits || size_of::<u32>().saturating_mul(first) > settings.bytes {
        return None;
    }
    let sides = Sides::new(plane, theta)?;
    let mut at = [0.0; R];
    at[0] = 1.0;
    let mut out = Largest {
        bound: 0.0,
        price: 0.0,
        sign: SIGNS[0],
        at,
        visits: 0,
    };
    let mut waiting = BinaryHeap::new();
    let mut bytes = 0;
    let mut fresh = sides.start()?;
    out.visits += fresh.len() * theta.len();
    // what cones that were dropped can hold
    let mut top = 0.0_f64;
    loop {
        for (k, cone) in &fresh {
            if cone.best.0 > out.price {
                (out.price, out.at) = cone.best;
                out.sign = SIGNS[*k];
            }
        }
        let enough = out.price * (1.0 + settings.tolerance);
        for (k, cone) in fresh {
            if cone.bound <= enough || cone.depth >= DEPTH {
                top = top.max(cone.bound);
            } else {
                bytes += cone.bytes();
                waiting.push(ByBound(k, cone));
            }
        }
        let is_over = out.visits > settings.visits || bytes > settings.bytes;
        let largest = waiting.peek().map_or(0.0, |ByBound(_, cone)| cone.bound);
        if largest <= top.max(enough) || is_over || control.halt().is_some() {
            out.bound = top.max(largest).max(out.price) + sides.rounding;
            return out.bound.is_finite().then_some(out);
        }
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(ByBound(k, cone)) = waiting.pop() {
            bytes -= cone.bytes();
            batch.push((k, cone));
            if batch.len() == BATCH {
                break;
            }
        }
        out.visits += 2 * batch.iter().map(|(_, cone)| cone.open()).sum::<usize>();
        fresh = sides.split(&batch, enough);
    }
}

/// Whether every price is proven to be at most `price`, before rounding is added: every cone with a
/// larger bound is split, and none is left after a fixed number of visits.
pub(super) fn is_at_most<const R: usize>(
    plane: &Plane<R>,
    theta: &[f64],
    stated: f64,
) -> Option<bool> {
    let sides = Sides::new(plane, theta)?;
    // `lifted` is affine with a slope of about one
    let above = plane.lifted(stated, theta)? - stated;
    let price = (stated - above - sides.rounding) * (1.0 - terms(R) * f64::EPSILON);
    let is_usable = price >= 0.0 && plane.lifted(price + sides.rounding, theta)? <= stated;
    if !is_usable {
        return Some(false);
    }
    let mut waiting = sides.start()?;
    let mut visits = waiting.len() * theta.len();
    waiting.retain(|(_, cone)| cone.bound > price);
    let mut bytes: usize = waiting.iter().map(|(_, cone)| cone.bytes()).sum();
    while !waiting.is_empty() {
        let batch = waiting.split_off(waiting.len().saturating_sub(BATCH));
        visits += 2 * batch.iter().map(|(_, cone)| cone.open()).sum::<usize>();
        let is_hopeless = |(_, cone): &(usize, Cone<R>)| {
            cone.depth >= DEPTH || cone.best.0 > price + sides.rounding
        };
        if visits > CHECK_VISITS || bytes > CHECK_BYTES || batch.iter().any(is_hopeless) {
            return Some(false);
        }
        bytes -= batch.iter().map(|(_, cone)| cone.bytes()).sum::<usize>();
        for (k, cone) in sides.split(&batch, price) {
            if cone.bound > price {
                bytes += cone.bytes();
                waiting.push((k, cone));
            }
        }
    }
    Some(true)
}

/// The cone of the largest bound first.
struct ByBound<const R: usize>(usize, Cone<R>);

impl<const R: usize> PartialEq for ByBound<R> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<const R: usize> Eq for ByBound<R> {}

impl<const R: usize> PartialOrd for ByBound<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const R: usize> Ord for ByBound<R> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.1.bound.total_cmp(&other.1.bound)
    }
}
