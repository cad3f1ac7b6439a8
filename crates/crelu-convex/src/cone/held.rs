use faer::Side;
use linalg_core::{ActiveGram, Real, axpy, wide_dot};
use num_traits::Float;

use super::rows::Rows;

/// Violated rows looked at a round beyond twice the free coordinates.
const SPARE: usize = 8;

/// The rows that one block's projection leans on.
#[derive(Debug, Clone)]
pub(super) struct Held<T> {
    pub(super) rows: Vec<usize>,
    /// Multipliers of those rows, positive but for rows just added (zero).
    pub(super) weights: Vec<f64>,
    /// Their inner products with the point that is projected.
    pub(super) along: Vec<f64>,
    pub(super) gram: ActiveGram,
    /// The current point of the projection.
    pub(super) point: Vec<T>,
    pub(super) coefficients: Vec<f64>,
    pub(super) state: Progress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// The threshold covers it: the block of `v` is zero.
    Zero,
    /// More rounds are needed.
    Open,
    /// Inside the cone to tolerance.
    Done,
}

impl<T: Real> Held<T> {
    /// Holds a row if it does not depend on those held; the caller adds its multiplier.
    pub(super) fn take(&mut self, rows: &Rows<'_, T>, row: usize) -> bool {
        if self.rows.len() >= rows.data.nrows() {
            return false;
        }
        self.coefficients.clear();
        self.coefficients
            .extend(self.rows.iter().map(|&other| rows.inner(other, row)));
        let taken = self.gram.append(&self.coefficients, rows.inner(row, row));
        if taken {
            self.rows.push(row);
        }
        taken
    }

    /// Holds the rows of multipliers `a > 0` in the place of those held, as many as the rank, those left out
    /// that depend on others before them: inner products and factor at once.
    pub(super) fn take_all(&mut self, rows: &Rows<'_, T>, multipliers: &[(usize, f64)]) {
        self.rows.clear();
        self.weights.clear();
        self.gram.clear();
        let rank = rows.data.nrows();
        // no more can be independent; those beyond that might take the place of dependent ones are left to
        // the projection, which adds what is violated
        let first = &multipliers[..multipliers.len().min(rank)];
        let chosen: Vec<usize> = first.iter().map(|&(row, _)| row).collect();
        let gram = rows.gram(&chosen);
        let squares: Vec<f64> = (0..first.len()).map(|j| gram[(j, j)]).collect();
        let taken = gram.llt(Side::Lower).is_ok_and(|factor| {
            let lower = factor.L();
            self.gram.replace(&squares, |row, col| lower[(col, row)])
        });
        if taken {
            self.rows.extend(chosen);
            self.weights.extend(first.iter().map(|&(_, a)| a));
        } else {
            let mut held: Vec<usize> = Vec::new();
            for (j, &(row, a)) in first.iter().enumerate() {
                self.coefficients.clear();
                self.coefficients
                    .extend(held.iter().map(|&other| gram[(other, j)]));
                if self.gram.append(&self.coefficients, squares[j]) {
                    held.push(j);
                    self.rows.push(row);
                    self.weights.push(a);
                }
            }
        }
    }

    /// `point = z + sum_k e_k a_k x_k`.
    pub(super) fn combine(&mut self, rows: &Rows<'_, T>, z: &[T], mask: &[u8]) {
        self.point.copy_from_slice(z);
        for (&row, &a) in self.rows.iter().zip(&self.weights) {
            axpy(T::of(signed(mask[row], a)), rows.row(row), &mut self.point);
        }
    }

    /// The projection on the face of the held rows, dropping those whose multiplier is not
    /// positive: from the old multipliers towards the new ones up to the first zero.
    pub(super) fn descend(&mut self, rows: &Rows<'_, T>, z: &[T], mask: &[u8]) {
        loop {
            // 0 = x_k'(z + sum e a x) for every held row:  G (e a) = -x'z
            self.coefficients.clear();
            self.coefficients.extend(self.along.iter().map(|c| -c));
            self.gram.solve(&mut self.coefficients);
            for (c, &row) in self.coefficients.iter_mut().zip(&self.rows) {
                *c = signed(mask[row], *c);
            }
            let mut refused = false;
            for k in (0..self.rows.len()).rev() {
                if self.weights[k] <= 0.0 && self.coefficients[k] <= 0.0 {
                    self.drop_row(k);
                    refused = true;
                }
            }
            if refused {
                continue;
            }
            let mut step = 1.0;
            let mut blocking = None;
            for (k, (&old, &new)) in self.weights.iter().zip(&self.coefficients).enumerate() {
                if new <= 0.0 {
                    let reach = old / (old - new);
                    if blocking.is_none() || reach < step {
                        step = reach;
                        blocking = Some(k);
                    }
                }
            }
            let Some(k) = blocking else { break };
            for (old, &new) in self.weights.iter_mut().zip(&self.coefficients) {
                *old = (*old + step * (new - *old)).max(0.0);
            }
            self.drop_row(k);
        }
        self.weights.copy_from_slice(&self.coefficients);
        self.combine(rows, z, mask);
        // one correction by the rows themselves: the factor of the Gram matrix loses its condition
        self.coefficients.clear();
        self.coefficients.extend(
            self.rows
                .iter()
                .map(|&row| -wide_dot(rows.row(row), &self.point)),
        );
        self.gram.solve(&mut self.coefficients);
        let corrected =
            |(k, &row): (usize, &usize)| self.weights[k] + signed(mask[row], self.coefficients[k]);
        let better: Vec<f64> = self.rows.iter().enumerate().map(corrected).collect();
        if better.iter().all(|a| *a > 0.0) {
            for (k, &row) in self.rows.iter().enumerate() {
                axpy(T::of(self.coefficients[k]), rows.row(row), &mut self.point);
            }
            self.weights = better;
        }
    }

    pub(super) fn drop_row(&mut self, k: usize) {
        self.gram.drop_vector(k);
        self.rows.remove(k);
        self.weights.remove(k);
        self.along.remove(k);
        self.coefficients.remove(k);
    }

    /// Adds the rows that `point` violates by at least `share` of the worst; done if there is
    /// none, or none that is independent of those held.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one block's problem, each once"
    )]
    pub(super) fn take_violated(
        &mut self,
        rows: &Rows<'_, T>,
        z: &[T],
        mask: &[u8],
        image: &[T],
        tolerance: T,
        share: T,
        last: bool,
    ) {
        let worst = image
            .iter()
            .zip(mask)
            .map(|(&h, &bit)| signed(bit, h))
            .fold(T::of(0.0), Float::min);
        if worst >= -tolerance {
            self.state = Progress::Done;
            return;
        }
        let line = Float::min(share * worst, -tolerance);
        let mut violated: Vec<(T, usize)> = image
            .iter()
            .zip(mask)
            .enumerate()
            .filter_map(|(i, (&h, &bit))| {
                let h = signed(bit, h);
                (h <= line).then_some((h, i))
            })
            .collect();
        let order = |a: &(T, usize), b: &(T, usize)| {
            a.0.partial_cmp(&b.0)
                .unwrap_or(core::cmp::Ordering::Equal)
                .then(a.1.cmp(&b.1))
        };
        // more than the free coordinates cannot be held, and most of the rest hold by then
        let room = 2 * rows.data.nrows().saturating_sub(self.rows.len()) + SPARE;
        if violated.len() > room {
            violated.select_nth_unstable_by(room, order);
            violated.truncate(room);
        }
        violated.sort_unstable_by(order);
        let mut known = self.rows.clone();
        known.sort_unstable();
        let mut taken = false;
        for (_, row) in violated {
            if known.binary_search(&row).is_err() && self.take(rows, row) {
                self.weights.push(0.0);
                self.along.push(wide_dot(rows.row(row), z));
                taken = true;
            }
        }
        if !taken && !last {
            self.state = Progress::Done;
        }
    }
}

/// `value` where the mask is set, `-value` where it is not.
#[inline(always)]
fn signed<V: core::ops::Neg<Output = V>>(bit: u8, value: V) -> V {
    if bit == 0 { -value } else { value }
}
