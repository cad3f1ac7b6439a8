use linalg_core::{Control, norm};

use crate::bend::{Bend, Rest};
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
///     min_A  tr(A' H'H A) / 2 - tr(along' A) + penalty sum_i |A_i|
/// ```
///
/// It begins at `a`, and never rises above its objective but by rounding; a useless row is exactly 0.
/// It ends after `sweeps` sweeps, or more where they are cheap, or when one changes nothing to speak of. A halt of `control` ends it between
/// two rows. Says how many flops it took.
///
/// **Shapes** `bend`: `H'H` or `H` of `m` columns; `along`, `a`: `K` numbers a row. **Cost** by the Gram matrix
/// `2 m K` flops a row that changes; by `n` rows `2 n K` each, and as many one that changes. **Source** Yuan & Lin 2006, section 2 (the step of one group, exact as its Gram matrix is
/// a multiple of the identity).
///
/// # Panics
/// If a length does not fit.
pub(crate) fn group_lasso(
    bend: &Bend,
    along: &[f64],
    outputs: usize,
    (penalty, sweeps): (f64, usize),
    a: &mut [f64],
    control: &Control<'_>,
) -> usize {
    let m = bend.neurons();
    assert!(
        along.len() == m * outputs && a.len() == along.len(),
        "along, a: K numbers a row"
    );
    let mut descent = Descent {
        rest: bend.rest(along, outputs, a),
        outputs,
        penalty,
        step: vec![0.0; outputs],
        pace: Pace::of(control),
        flops: 0,
    };
    descent.run(sweeps, a);
    descent.flops
}

fn largest(a: &[f64]) -> f64 {
    a.iter().fold(0.0, |most: f64, a| most.max(a.abs()))
}

struct Descent<'a> {
    rest: Rest<'a>,
    outputs: usize,
    penalty: f64,
    step: Vec<f64>,
    pace: Pace<'a>,
    flops: usize,
}

impl Descent<'_> {
    fn run(&mut self, sweeps: usize, a: &mut [f64]) {
        let mut made = 0;
        while made < sweeps || (self.flops < CHEAP && made < MOST) {
            let moved = self.sweep(a, |_| true);
            made += 1;
            if moved <= STILL * largest(a) || self.pace.ends_after(0) {
                return;
            }
            for _ in 0..INNER {
                let moved = self.sweep(a, |weight| weight > 0.0);
                made += 1;
                if moved <= STILL * largest(a) {
                    break;
                }
            }
        }
    }

    /// The best row after the other, of those whose length is wanted; the largest change.
    fn sweep(&mut self, a: &mut [f64], wanted: impl Fn(f64) -> bool) -> f64 {
        let mut moved = 0.0_f64;
        for (i, row) in a.chunks_exact_mut(self.outputs).enumerate() {
            let own = self.rest.square(i);
            if own <= 0.0 || !wanted(norm(row)) {
                continue;
            }
            self.rest.of(i, &mut self.step);
            for (step, a) in self.step.iter_mut().zip(&*row) {
                *step += own * a;
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
                self.rest.take(i, &self.step);
            }
            let flops = self.rest.take_flops();
            self.flops += flops;
            if self.pace.ends_after(flops) {
                break;
            }
        }
        moved
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
        let bend = Bend::Gram(gram.clone());
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
            group_lasso(&bend, &along, k, (0.01, SWEEPS), &mut a, control);
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
            let forms = [Bend::Gram(gram.clone()), Bend::Rows(h.clone())];
            let bend = &forms[usize::from(seed % 2 == 1)];
            for _ in 0..TIMES {
                let flops = group_lasso(bend, &along, k, (penalty, SWEEPS), &mut a, &none);
                assert!(flops > 0);
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
