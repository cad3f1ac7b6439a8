use faer::MatRef;
use linalg_core::{ActiveGram, Control, axpy};

use crate::pace::Pace;

/// The answer of a lasso.
#[derive(Debug, Clone, PartialEq)]
pub struct Corrected {
    /// The weights, at least 0; a useless one is exactly 0.
    pub weights: Vec<f64>,
    /// The largest violation of the optimality conditions, relative to the largest penalty or
    /// product: `|g_i|` where a weight is positive, `max(0, g_i)` where it is 0, with
    /// `g = along - gram c - penalty`.
    pub kkt: f64,
    /// Changes of the active set.
    pub changes: usize,
}

/// A weight is worth taking when its price exceeds its penalty by this share of the scale.
const TOLERANCE: f64 = 1e-11;

/// The exact weighted lasso with weights of fixed sign, by an active set on a Cholesky factor that
/// is updated:
///
/// ```text
///     min_{c >= 0}  c' gram c / 2 - along'c + penalty'c
/// ```
///
/// It begins at `start`, and never rises above its objective but by rounding. Columns that depend
/// on those in use stay out. A halt of `control` ends it between two changes.
///
/// **Shapes** `gram`: `m x m`; the rest: `m`. **Cost** `m s` a change for `s` weights in use.
/// **Source** Lawson & Hanson 1974, chapter 23.
///
/// # Panics
/// If a length does not fit.
#[must_use]
pub fn correct(
    gram: MatRef<'_, f64>,
    along: &[f64],
    penalty: &[f64],
    start: &[f64],
    control: &Control<'_>,
) -> Corrected {
    let m = along.len();
    assert!(
        gram.nrows() == m && gram.ncols() == m && penalty.len() == m && start.len() == m,
        "gram, penalty, start: as many as along"
    );
    let largest = |values: &[f64]| values.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
    let scale = largest(penalty).max(largest(along)).max(f64::MIN_POSITIVE);
    let mut set = ActiveSet::new(gram, along, penalty, start, Pace::of(control));
    let mut barred = vec![false; m];
    let mut slope = vec![0.0; m];
    let most = 20 * m + 100;
    let mut changes = set.settle();
    while !set.pace.ends_after(m * set.members.len()) {
        set.slope_into(&mut slope);
        let open = (0..m).filter(|&i| !set.held[i] && !barred[i]);
        let best = open.max_by(|&i, &j| slope[i].total_cmp(&slope[j]).then(j.cmp(&i)));
        let Some(i) = best.filter(|&i| slope[i] > TOLERANCE * scale) else {
            break;
        };
        // one that leaves at once, or depends on the others, waits until the others change
        let taken = set.take(i) || set.exchange(i);
        changes += 1 + set.settle();
        if taken && set.held[i] {
            barred.fill(false);
        } else {
            barred[i] = true;
        }
        if changes > most {
            break;
        }
    }
    set.slope_into(&mut slope);
    let violation = |i: usize| {
        if set.weights[i] > 0.0 {
            slope[i].abs()
        } else {
            slope[i].max(0.0)
        }
    };
    let kkt = (0..m).map(violation).fold(0.0, f64::max) / scale;
    Corrected {
        kkt,
        changes,
        weights: set.weights,
    }
}

/// The weights in use and the factor of their Gram matrix.
struct ActiveSet<'a> {
    gram: MatRef<'a, f64>,
    along: &'a [f64],
    penalty: &'a [f64],
    weights: Vec<f64>,
    members: Vec<usize>,
    held: Vec<bool>,
    factor: ActiveGram,
    solution: Vec<f64>,
    pace: Pace<'a>,
}

impl<'a> ActiveSet<'a> {
    fn new(
        gram: MatRef<'a, f64>,
        along: &'a [f64],
        penalty: &'a [f64],
        start: &[f64],
        pace: Pace<'a>,
    ) -> Self {
        let m = along.len();
        let mut set = Self {
            gram,
            along,
            penalty,
            weights: vec![0.0; m],
            members: Vec::new(),
            held: vec![false; m],
            factor: ActiveGram::new(),
            solution: Vec::new(),
            pace,
        };
        for i in (0..m).filter(|&i| start[i] > 0.0) {
            if set.pace.ends_after(set.members.len() * set.members.len()) {
                // the start stays as it is: from here on no factor is asked for
                set.members.push(i);
                set.weights[i] = start[i];
            } else if set.take(i) {
                set.weights[i] = start[i];
            }
        }
        set
    }

    fn take(&mut self, i: usize) -> bool {
        let products: Vec<f64> = self.members.iter().map(|&k| self.gram[(k, i)]).collect();
        let taken = self.factor.append(&products, self.gram[(i, i)]);
        if taken {
            self.members.push(i);
            self.held[i] = true;
        }
        taken
    }

    /// Takes a column that depends on the members, `column = sum_k a_k member_k`: the outputs stay the
    /// same while its weight rises and theirs fall by `a_k`, until one of them reaches zero and
    /// leaves. For a column with a positive slope the objective falls on the way.
    fn exchange(&mut self, i: usize) -> bool {
        self.solution.clear();
        self.solution
            .extend(self.members.iter().map(|&k| self.gram[(k, i)]));
        self.factor.solve(&mut self.solution);
        let mut step = f64::INFINITY;
        let mut blocking = None;
        for (k, (&member, &share)) in self.members.iter().zip(&self.solution).enumerate() {
            if share > 1e-9 && self.weights[member] < step * share {
                step = self.weights[member] / share;
                blocking = Some(k);
            }
        }
        let Some(k) = blocking else { return false };
        for (&member, &share) in self.members.iter().zip(&self.solution) {
            self.weights[member] = (self.weights[member] - step * share).max(0.0);
        }
        self.drop_member(k);
        let taken = self.take(i);
        if taken {
            self.weights[i] = step;
        }
        taken
    }

    fn drop_member(&mut self, k: usize) {
        let i = self.members.remove(k);
        self.weights[i] = 0.0;
        self.held[i] = false;
        self.factor.drop_vector(k);
    }

    /// Goes to the optimum of the members, dropping those whose weight would become negative;
    /// says how many were dropped.
    fn settle(&mut self) -> usize {
        let mut dropped = 0;
        let square = |members: &[usize]| 2 * members.len() * members.len();
        while !self.members.is_empty() && !self.pace.ends_after(square(&self.members)) {
            self.solution.clear();
            self.solution.extend(
                self.members
                    .iter()
                    .map(|&i| self.along[i] - self.penalty[i]),
            );
            self.factor.solve(&mut self.solution);
            let mut step = 1.0_f64;
            let mut blocking = None;
            for (k, (&i, &new)) in self.members.iter().zip(&self.solution).enumerate() {
                let old = self.weights[i];
                if new <= 0.0 && old <= step * (old - new) {
                    step = if old > new { old / (old - new) } else { 0.0 };
                    blocking = Some(k);
                }
            }
            for (&i, &new) in self.members.iter().zip(&self.solution) {
                let old = self.weights[i];
                self.weights[i] = (old + step * (new - old)).max(0.0);
            }
            let Some(k) = blocking else { break };
            self.drop_member(k);
            dropped += 1;
        }
        dropped
    }

    fn slope_into(&self, slope: &mut [f64]) {
        linalg_core::sub_into(self.along, self.penalty, slope);
        for &i in &self.members {
            let column = self.gram.col(i);
            if let Some(column) = column.try_as_col_major() {
                axpy(-self.weights[i], column.as_slice(), slope);
            }
        }
    }
}
