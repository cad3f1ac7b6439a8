use core::cmp::Ordering;
use std::collections::BinaryHeap;

use linalg_core::Control;

use super::cap::{Cap, FEW, PASSES, Piece};
use super::space::{self, terms};

type Plane = space::Plane<3>;
type Point = space::Point<3>;

/// The search ends when no cap can hold a price this much above the best, relatively.
const TOL: f64 = 1e-10;
/// Caps of this angle are not split.
const SMALLEST: f64 = 1e-11;
/// Most visits of a row by a cap.
const VISITS: usize = 300_000_000;
/// Visits between two looks at the limit: a few hundredths of a second.
const LOOK: usize = 1_000_000;
/// Sizes of all terms together between which no square overflows, and what squares lose by underflow
/// is far below the rounding that is added.
const RANGE: core::ops::Range<f64> = 1e-100..1e100;
/// Most caps: those that wait are kept in memory.
const CAPS: usize = 3_000_000;

/// The largest price of `z_i` and weights over the sphere.
pub(super) struct Largest {
    /// What it does not exceed; at least zero.
    pub(super) bound: f64,
    /// The price at a point of the sphere.
    pub(super) price: f64,
    pub(super) at: Point,
}

/// `max_{|w| = 1} sum_i weight_i (z_i'w)_+`, the most promising cap first; what is known by then when
/// the limit is up. None if a number is not finite.
pub(super) fn largest(plane: &Plane, weights: &[f64], control: &Control<'_>) -> Option<Largest> {
    let n = weights.len();
    let scale: f64 = (weights.iter().zip(&plane.norms))
        .map(|(w, size)| w.abs() * size)
        .sum();
    // every number below is a sum of at most n such terms, and of the moves of a few
    let rounding = 4.0 * scale * terms(n + PASSES * FEW) * f64::EPSILON;
    if !rounding.is_finite() {
        return None;
    }
    let mut first = [0.0; 3];
    first[0] = 1.0;
    let mut out = Largest {
        bound: rounding,
        price: 0.0,
        at: first,
    };
    // not `scale == 0.0`: a sum that is zero by underflow says nothing
    if plane.rank == 0 || weights.iter().all(|w| *w == 0.0) {
        return Some(out);
    }
    if !RANGE.contains(&scale) {
        return None;
    }
    let all = 0..u32::try_from(n).ok()?;
    let mut waiting = BinaryHeap::new();
    let (mut visits, mut caps) = (0, 0);
    let offer = |piece: Piece, out: &mut Largest, waiting: &mut BinaryHeap<ByBound>| {
        if piece.best.0 > out.price {
            (out.price, out.at) = piece.best;
        }
        let is_settled = piece.bound <= out.price * (1.0 + TOL); // not so for NaN
        if !is_settled {
            waiting.push(ByBound(piece));
        }
    };
    for cap in Cap::sphere(plane.rank) {
        visits += n;
        let piece = Piece::new(plane, weights, cap, [0.0; 3], all.clone());
        offer(piece, &mut out, &mut waiting);
    }
    let mut top = 0.0_f64;
    let mut next_look = 0;
    while let Some(ByBound(piece)) = waiting.pop() {
        let done = piece.bound <= out.price * (1.0 + TOL);
        let mut is_up = visits > VISITS || caps > CAPS;
        if visits >= next_look {
            next_look = visits + LOOK;
            is_up |= control.halt().is_some();
        }
        if done || is_up {
            top = top.max(piece.bound);
            break;
        }
        if piece.cap.angle <= SMALLEST || plane.rank == 1 {
            // as good as it gets: kept as it is
            top = top.max(piece.bound);
            continue;
        }
        for cap in piece.cap.split(plane.rank) {
            visits += piece.open.len();
            caps += 1;
            let rows = piece.open.iter().copied();
            let part = Piece::new(plane, weights, cap, piece.sum(), rows);
            offer(part, &mut out, &mut waiting);
        }
    }
    // what was dropped on the way was at most this
    out.bound = top.max(out.price.max(0.0) * (1.0 + TOL)) + rounding;
    out.bound.is_finite().then_some(out)
}

/// The piece of the largest bound first.
struct ByBound(Piece);

impl PartialEq for ByBound {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ByBound {}

impl PartialOrd for ByBound {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByBound {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.bound.total_cmp(&other.0.bound)
    }
}
