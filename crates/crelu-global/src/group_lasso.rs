use faer::MatRef;
use linalg_core::{Control, norm};
use pulp::{Arch, WithSimd};

use crate::pace::Pace;

/// Sweeps over the groups in use before all are looked at again.
const INNER: usize = 9;
/// All sweeps, of a squared loss and of another loss's model, which is one of several. A correction is one of
/// many, most of them before a slide: on digits in ten classes hundreds of sweeps took two thirds of a fit, for
/// 3e-4 of its objective.
pub(crate) const SWEEPS: usize = 80;
pub(crate) const SWEEPS_OF_MODELS: usize = 20;
/// More where they cost less than so many flops, a millisecond; but no more than this.
const CHEAP: usize = 4_000_000;
const MOST: usize = 400;
/// A sweep that changes no output weight by more than this share of the largest ends the descent: what
/// is left changes the objective by the square of it.
const STILL: f64 = 1e-6;

/// A group lasso over the rows `A_i` of an `m x K` matrix, by exact descent over one row after the
/// other:
///
/// ```text
///     min_A  tr(A' gram A) / 2 - tr(along' A) + penalty sum_i |A_i|
/// ```
///
/// It begins at `a`, and never rises above its objective but by rounding; a useless row is exactly 0.
/// It ends after `sweeps` sweeps, or more where they are cheap, or when one changes nothing to speak of. A halt of `control` ends it between
/// two rows.
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
    (penalty, sweeps): (f64, usize),
    a: &mut [f64],
    control: &Control<'_>,
) {
    let m = gram.nrows();
    assert!(
        along.len() == m * outputs && a.len() == along.len(),
        "along, a: K numbers a row"
    );
    let mut descent = Descent::new(gram, along, outputs, penalty, a, Pace::of(control));
    let sweep = 2_usize.saturating_mul(m * m).saturating_mul(outputs);
    let most = sweeps.max((CHEAP / sweep.max(1)).min(MOST));
    let mut sweeps = 0;
    while sweeps < most {
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
    /// `along - gram A`, an output's numbers together.
    rest: Vec<f64>,
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
            rest: (0..m * outputs)
                .map(|at| along[at % m * outputs + at / m])
                .collect(),
            step: vec![0.0; outputs],
            pace,
        };
        for i in 0..m {
            out.step.copy_from_slice(&a[i * outputs..(i + 1) * outputs]);
            if out.step.iter().any(|step| *step != 0.0) {
                out.take(i);
            }
        }
        out
    }

    /// Adds `step` to row `i`.
    fn take(&mut self, i: usize) {
        if let Some(column) = self.gram.col(i).try_as_col_major() {
            Arch::new().dispatch(Take {
                column: column.as_slice(),
                step: &self.step,
                rest: &mut self.rest,
            });
        }
    }

    /// The best row after the other, of those whose length is wanted; the largest change.
    fn sweep(&mut self, a: &mut [f64], wanted: impl Fn(f64) -> bool) -> f64 {
        let mut moved = 0.0_f64;
        let m = self.gram.nrows();
        for (i, row) in a.chunks_exact_mut(self.outputs).enumerate() {
            let own = self.gram[(i, i)];
            if own <= 0.0 || !wanted(norm(row)) {
                continue;
            }
            for (k, step) in self.step.iter_mut().enumerate() {
                *step = self.rest[k * m + i] + own * row[k];
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
                if self.pace.ends_after(2 * self.rest.len()) {
                    break;
                }
            }
        }
        moved
    }
}

/// Takes a column times each step off the numbers of each output: the column once for all of them.
struct Take<'a> {
    column: &'a [f64],
    step: &'a [f64],
    rest: &'a mut [f64],
}

impl WithSimd for Take<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let outputs = self.rest.chunks_exact_mut(self.column.len());
        for (rest, step) in outputs.zip(self.step) {
            for (rest, entry) in rest.iter_mut().zip(self.column) {
                *rest -= step * entry;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faer::Mat;
    use testkit::Stream;

    /// Of conditions, after so many descents from one another's ends.
    const CONDITIONS: f64 = 1e-4;
    const TIMES: usize = 20;

    #[test]
    fn group_lasso_halted_is_no_worse_than_its_start() {
        let mut stream = Stream::new(5);
        let (n, m, k) = (80, 400, 10);
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
            group_lasso(gram.as_ref(), &along, k, (0.01, SWEEPS), &mut a, control);
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
            let none = Control::default();
            for _ in 0..TIMES {
                group_lasso(gram.as_ref(), &along, k, (penalty, SWEEPS), &mut a, &none);
            }
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
