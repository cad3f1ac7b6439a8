use faer::{Mat, MatRef};
use linalg_core::{Control, axpy, norm};

use crate::pace::Pace;

/// Sweeps over the groups in use before all are looked at again, and all sweeps.
const INNER: usize = 20;
const MOST: usize = 400;
/// A sweep that changes no output weight by more than this share of the largest ends the descent: what
/// is left changes the objective by the square of it, and a slide follows.
const STILL: f64 = 1e-6;

/// A group lasso over the rows `A_i` of an `m x K` matrix, by exact descent over one row after the
/// other:
///
/// ```text
///     min_A  tr(A' gram A) / 2 - tr(along' A) + penalty sum_i |A_i|
/// ```
///
/// It begins at `a`, and never rises above its objective but by rounding; a useless row is exactly 0.
/// A halt of `control` ends it between two rows.
///
/// **Shapes** `gram`: `m x m`; `along`, `a`: `K` numbers a row. **Cost** `2 m K` flops a row that
/// changes. **Source** Yuan & Lin 2006, section 2 (the step of one group, exact as its Gram matrix is
/// a multiple of the identity).
///
/// # Panics
/// If a length does not fit.
pub(crate) fn group_lasso(
    gram: MatRef<'_, f64>,
    along: &[f64],
    outputs: usize,
    penalty: f64,
    a: &mut [f64],
    control: &Control<'_>,
) {
    let m = gram.nrows();
    assert!(
        along.len() == m * outputs && a.len() == along.len(),
        "along, a: K numbers a row"
    );
    let mut descent = Descent::new(gram, along, outputs, penalty, a, Pace::of(control));
    let mut sweeps = 0;
    while sweeps < MOST {
        let moved = descent.sweep(a, |_| true);
        sweeps += 1;
        if moved <= STILL * largest(a) || descent.pace.ends_after(0) {
            return;
        }
        for _ in 0..INNER {
            let moved = descent.sweep(a, |weight| weight > 0.0);
            sweeps += 1;
            if moved <= STILL * largest(a) {
                break;
            }
        }
    }
}

fn largest(a: &[f64]) -> f64 {
    a.iter().fold(0.0, |most: f64, a| most.max(a.abs()))
}

struct Descent<'a> {
    gram: MatRef<'a, f64>,
    outputs: usize,
    penalty: f64,
    /// `along - gram A`, an output's numbers together: a change of a row is `K` sums of columns.
    rest: Mat<f64>,
    step: Vec<f64>,
    pace: Pace<'a>,
}

impl<'a> Descent<'a> {
    fn new(
        gram: MatRef<'a, f64>,
        along: &[f64],
        outputs: usize,
        penalty: f64,
        a: &[f64],
        pace: Pace<'a>,
    ) -> Self {
        let m = gram.nrows();
        let mut out = Self {
            gram,
            outputs,
            penalty,
            rest: Mat::from_fn(m, outputs, |i, k| along[i * outputs + k]),
            step: vec![0.0; outputs],
            pace,
        };
        for i in 0..m {
            out.step.copy_from_slice(&a[i * outputs..(i + 1) * outputs]);
            out.take(i);
        }
        out
    }

    /// Adds `step` to row `i`.
    fn take(&mut self, i: usize) {
        for k in 0..self.outputs {
            let rest = self.rest.col_mut(k).try_as_col_major_mut();
            let column = self.gram.col(i).try_as_col_major();
            if let (Some(rest), Some(column)) = (rest, column)
                && self.step[k] != 0.0
            {
                axpy(-self.step[k], column.as_slice(), rest.as_slice_mut());
            }
        }
    }

    /// The best row after the other, of those whose length is wanted; the largest change.
    fn sweep(&mut self, a: &mut [f64], wanted: impl Fn(f64) -> bool) -> f64 {
        let mut moved = 0.0_f64;
        for (i, row) in a.chunks_exact_mut(self.outputs).enumerate() {
            let own = self.gram[(i, i)];
            if own <= 0.0 || !wanted(norm(row)) {
                continue;
            }
            for (k, step) in self.step.iter_mut().enumerate() {
                *step = self.rest[(i, k)] + own * row[k];
            }
            let length = norm(&self.step);
            let share = if length > self.penalty {
                (1.0 - self.penalty / length) / own
            } else {
                0.0
            };
            for (step, a) in self.step.iter_mut().zip(row.iter_mut()) {
                let new = share * *step;
                *step = new - *a;
                *a = new;
            }
            let change = largest(&self.step);
            if change > 0.0 {
                moved = moved.max(change);
                self.take(i);
                if self.pace.ends_after(2 * self.rest.nrows() * self.outputs) {
                    break;
                }
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::Stream;

    /// Of conditions, at weights that are still to [`STILL`].
    const CONDITIONS: f64 = 1e-4;

    #[test]
    fn group_lasso_halted_is_no_worse_than_its_start() {
        let mut stream = Stream::new(5);
        let (n, m, k) = (80, 120, 10);
        // columns that hardly differ: the descent is slow
        let h = Mat::from_fn(n, m, |i, _| 1.0 + (i % 7) as f64 + 0.05 * stream.unit());
        let y = Mat::from_fn(n, k, |_, _| stream.unit());
        let (gram, product) = (h.transpose() * &h, h.transpose() * &y);
        let along: Vec<f64> = (0..m * k).map(|at| product[(at / k, at % k)]).collect();
        let value = |a: &[f64]| {
            let a = Mat::from_fn(m, k, |i, o| a[i * k + o]);
            let (bent, size) = (&gram * &a, (0..m).map(|i| a.row(i).norm_l2()).sum::<f64>());
            let each = (0..m * k).map(|at| {
                let at = (at / k, at % k);
                a[at] * (0.5 * bent[at] - product[at])
            });
            each.sum::<f64>() + 0.01 * size
        };
        let run = |control: &Control<'_>| {
            let mut a = vec![0.0; m * k];
            group_lasso(gram.as_ref(), &along, k, 0.01, &mut a, control);
            value(&a)
        };
        let flag = core::sync::atomic::AtomicBool::new(true);
        let (cut, whole) = (
            run(&Control::default().interrupt(&flag)),
            run(&Control::default()),
        );
        assert!(cut < 0.0 && whole < cut, "{cut}, {whole}");
    }

    #[test]
    fn group_lasso_meets_the_optimality_conditions() {
        for seed in testkit::seeds(0..6) {
            let mut stream = Stream::new(seed);
            let (n, m, k) = (30, 12, 3);
            let h = Mat::from_fn(n, m, |_, _| stream.unit().max(0.0));
            let y = Mat::from_fn(n, k, |_, _| stream.unit());
            let gram = h.transpose() * &h;
            let product = h.transpose() * &y;
            let along: Vec<f64> = (0..m * k).map(|at| product[(at / k, at % k)]).collect();
            let penalty = 0.3
                * (0..m)
                    .map(|i| norm(&along[i * k..(i + 1) * k]))
                    .fold(0.0, f64::max);
            let mut a = vec![0.0; m * k];
            group_lasso(
                gram.as_ref(),
                &along,
                k,
                penalty,
                &mut a,
                &Control::default(),
            );
            let mut used = 0;
            for i in 0..m {
                let row = &a[i * k..(i + 1) * k];
                let slope: Vec<f64> = (0..k)
                    .map(|c| {
                        along[i * k + c] - (0..m).map(|j| gram[(i, j)] * a[j * k + c]).sum::<f64>()
                    })
                    .collect();
                if norm(row) > 0.0 {
                    used += 1;
                    let want: Vec<f64> = row.iter().map(|a| penalty * a / norm(row)).collect();
                    assert!(
                        linalg_core::distance(&slope, &want) <= CONDITIONS * penalty,
                        "{seed}, {i}"
                    );
                } else {
                    assert!(norm(&slope) <= penalty * (1.0 + CONDITIONS), "{seed}, {i}");
                }
            }
            assert!(used > 0 && used < m, "{seed}: {used}");
        }
    }
}
