use linalg_core::{Control, Ended, Lbfgs, norm};

use crate::balanced::Balanced;
use crate::neurons::Neurons;
use crate::problem::GlobalProblem;
use crate::scales::Scales;

/// A slide with products in `f32` counts as precise if `f64` confirms this share of its fall.
const CONFIRMED: f64 = 0.9;

/// The pairs of an L-BFGS may take so much; of wide sparse rows there are fewer then.
const LBFGS_BYTES: usize = 512 << 20;

/// What a slide did.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Slid {
    /// By how much the objective fell, in sum scaling.
    pub fall: f64,
    /// Products `R u` or `R'v` that it took.
    pub products: f64,
}

/// Moves all directions and weights together: L-BFGS on balanced neurons, `w_i = sqrt(c_i) u_i`
/// with output weights `sqrt(c_i) a_i` and the penalty `beta_sum (|w|^2 + |a|^2) / 2`, each variable in
/// its own unit, so that the curvature along all is about alike. The neurons are replaced only if their objective, in `f64`, falls.
///
/// The products are made in `f32`; where the fall is not confirmed in `f64`, the slide goes on in
/// `f64`, as [`slide_wide`] does from the beginning.
///
/// **Cost** `4 n rank m` flops an iteration, a little more for line searches.
pub fn slide(
    problem: &GlobalProblem,
    neurons: &mut Neurons,
    iterations: usize,
    control: &Control<'_>,
) -> Slid {
    slide_to(problem, neurons, &Extent::of(iterations), control)
}

/// How far a slide goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// Iterations that are made in any case, ...
    least: usize,
    /// ... at most,
    most: usize,
    /// and in between while they pay.
    since: Since,
}

/// Where a round of training stood when it began.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Since {
    pub(crate) flops: u64,
    pub(crate) objective: f64,
}

/// Iterations whose fall is compared with that of the round.
const LATELY: usize = 10;
/// A slide that pays goes on for so many times the iterations that are made in any case, at most.
const FARTHEST: usize = 10;

impl Extent {
    /// So many iterations.
    fn of(iterations: usize) -> Self {
        Self {
            least: iterations,
            most: iterations,
            since: Since::default(),
        }
    }

    /// So many iterations, and more while the last of them lower the objective by more a flop than the
    /// round has since it began: a slide is left where a new round is as good.
    ///
    /// **Source** Charnov 1976, the marginal value theorem.
    pub(crate) fn paying(iterations: usize, since: Since) -> Self {
        Self {
            least: iterations,
            most: FARTHEST * iterations,
            since,
        }
    }

    /// Whether to go on, of the values after each iteration and the flops at each.
    fn goes_on(&self, course: &[(u64, f64)]) -> bool {
        let made = course.len().saturating_sub(1);
        if made < self.least {
            return true;
        }
        let (Some(&(flops, value)), Some(&(then, before))) =
            (course.last(), course.get(made.saturating_sub(LATELY)))
        else {
            return true;
        };
        let lately = (before - value) * since_then(self.since.flops, flops);
        lately > (self.since.objective - value) * since_then(then, flops)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a quotient is compared")]
fn since_then(then: u64, now: u64) -> f64 {
    now.saturating_sub(then) as f64
}

/// [`slide`] as far as an extent says.
pub(crate) fn slide_to(
    problem: &GlobalProblem,
    neurons: &mut Neurons,
    extent: &Extent,
    control: &Control<'_>,
) -> Slid {
    let control = &problem.agreed(control);
    problem.chained(|| {
        let (before, scales) = begin(problem, neurons);
        let mut fast = problem.engine().balanced(problem, neurons.len());
        let evaluate = &mut |x: &[f64], gradient: &mut [f64]| fast.evaluate(x, gradient);
        let (first, ended) = one(
            problem,
            neurons,
            evaluate,
            (before, &scales),
            extent,
            control,
        );
        let promised = before - ended.value;
        if first.fall > 0.0 && first.fall >= CONFIRMED * promised {
            return first;
        }
        if control.halt().is_some() {
            return first;
        }
        let left = extent.least.saturating_sub(ended.iterations / 2);
        // it may hold fewer neurons
        let (before, scales) = begin(problem, neurons);
        let from = (before, &scales);
        let second = wide(problem, neurons, from, left, control);
        Slid {
            fall: first.fall + second.fall,
            products: first.products + second.products,
        }
    })
}

/// [`slide`] with all products in `f64`, for the last digits.
pub fn slide_wide(
    problem: &GlobalProblem,
    neurons: &mut Neurons,
    iterations: usize,
    control: &Control<'_>,
) -> Slid {
    let control = &problem.agreed(control);
    problem.chained(|| {
        let (before, scales) = begin(problem, neurons);
        wide(problem, neurons, (before, &scales), iterations, control)
    })
}

/// The objective, and the units of a slide from here.
fn begin(problem: &GlobalProblem, neurons: &Neurons) -> (f64, Scales) {
    let fitted = neurons.fitted(problem);
    let before = neurons.objective_at(problem, &fitted);
    (before, Scales::of(problem, neurons, &fitted))
}

fn wide(
    problem: &GlobalProblem,
    neurons: &mut Neurons,
    from: (f64, &Scales),
    iterations: usize,
    control: &Control<'_>,
) -> Slid {
    let mut exact = Balanced::wide(problem, neurons.len());
    let evaluate = &mut |x: &[f64], gradient: &mut [f64]| exact.evaluate(x, gradient);
    let extent = Extent::of(iterations);
    one(problem, neurons, evaluate, from, &extent, control).0
}

/// A value and its slopes in multiples of units.
fn scaled(
    evaluate: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
    scales: &Scales,
    unscaled: &mut [f64],
    x: &[f64],
    gradient: &mut [f64],
) -> f64 {
    unscaled.copy_from_slice(x);
    scales.multiply(unscaled);
    let value = evaluate(unscaled, gradient);
    scales.multiply(gradient);
    value
}

/// One minimisation, with its fall in `f64`, and how it ended by its own count.
fn one(
    problem: &GlobalProblem,
    neurons: &mut Neurons,
    evaluate: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
    (before, scales): (f64, &Scales),
    extent: &Extent,
    control: &Control<'_>,
) -> (Slid, Ended) {
    let (rank, m) = (neurons.rank(), neurons.len());
    let mut ended = Ended {
        value: before,
        iterations: 0,
        evaluations: 0,
    };
    if m == 0 || rank == 0 || extent.most == 0 {
        return (Slid::default(), ended);
    }
    let k = problem.outputs();
    let mut x = neurons.balanced();
    scales.divide(&mut x);
    let mut unscaled = vec![0.0; x.len()];
    // a line search may take many evaluations: after a halt they are all as bad as can be
    let mut begun = false;
    let evaluate = &mut |x: &[f64], gradient: &mut [f64]| {
        if std::mem::replace(&mut begun, true) && control.halt().is_some() {
            return f64::INFINITY;
        }
        scaled(evaluate, scales, &mut unscaled, x, gradient)
    };
    let mut lbfgs = Lbfgs::within(x.len(), LBFGS_BYTES);
    let mut course = Vec::new();
    ended = lbfgs.minimise(evaluate, &mut x, extent.most, &mut |ended| {
        course.push((problem.flops(), ended.value));
        extent.goes_on(&course) && control.halt().is_none()
    });
    scales.multiply(&mut x);
    let mut moved = Neurons::with_outputs(rank, k);
    let (w, a) = x.split_at(m * rank);
    for (w, a) in w.chunks_exact(rank).zip(a.chunks_exact(k)) {
        let size = norm(w) * norm(a);
        if size > 0.0 {
            moved.push_head(w, a, size);
        }
    }
    let after = moved.objective(problem);
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let mut slid = Slid {
        fall: 0.0,
        products: ((2 * ended.evaluations + 1) * m) as f64,
    };
    if after < before {
        *neurons = moved;
        slid.fall = before - after;
    }
    (slid, ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Iterations that a slide makes along `value(k)`, at one flop each, in a round that fell by `fell` in
    /// `took` flops before it.
    fn made(extent: (usize, f64, u64), value: impl Fn(f64) -> f64) -> usize {
        let (least, fell, took) = extent;
        let since = Since {
            flops: 1000 - took,
            objective: value(0.0) + fell,
        };
        let extent = Extent::paying(least, since);
        let mut course = Vec::new();
        for k in 0..=extent.most {
            #[expect(clippy::cast_precision_loss, reason = "small counts")]
            course.push((1000 + k as u64, value(k as f64)));
            if !extent.goes_on(&course) {
                break;
            }
        }
        course.len() - 1
    }

    #[test]
    fn slide_goes_on_while_it_pays_more_than_the_round_did() {
        // nothing is won: the least; an even fall in a round that cost as much again: the most
        assert_eq!(made((30, 0.0, 50), |_| 1.0), 30);
        assert_eq!(made((30, 0.0, 50), |k| 10.0 - 0.01 * k), 300);
        // 1 / k: the mean fall of the round, e flops before it, meets the fall of one iteration, 1 / k^2,
        // where (1 - 1 / k) / (k + e) = 1 / k^2
        let law = |k: f64| 1.0 / (1.0 + k / 40.0);
        let few = made((30, 0.0, 40), law);
        let many = made((30, 0.0, 400), law);
        assert!(30 < few && few < many && many < 300, "{few}, {many}");
        // the search alone won more than any slide could
        assert_eq!(made((30, 100.0, 40), law), 30);
    }

    #[test]
    fn slide_in_units_has_the_slopes_of_its_values() {
        /// Of central differences of a piecewise smooth function.
        const NEAR: f64 = 1e-4;
        let mut stream = testkit::Stream::new(21);
        let (rank, n) = (4, 200);
        let data = faer::Mat::from_fn(rank, n, |k, _| stream.unit() * [9.0, 3.0, 1.0, 0.1][k]);
        let target = (0..n).map(|_| stream.unit()).collect();
        let problem = GlobalProblem::new(data, target, 0.3).unwrap();
        let mut neurons = Neurons::none(rank);
        for sign in [1.0, -1.0, 1.0] {
            let u: Vec<f64> = (0..rank).map(|_| stream.unit()).collect();
            neurons.push(&u, sign, 0.4);
        }
        let (before, scales) = begin(&problem, &neurons);
        let mut exact = Balanced::wide(&problem, neurons.len());
        let inner = &mut |x: &[f64], gradient: &mut [f64]| exact.evaluate(x, gradient);
        let mut x = neurons.balanced();
        scales.divide(&mut x);
        let mut unscaled = vec![0.0; x.len()];
        let mut evaluate =
            |x: &[f64], gradient: &mut [f64]| scaled(inner, &scales, &mut unscaled, x, gradient);
        let mut gradient = vec![0.0; x.len()];
        let value = evaluate(&x, &mut gradient);
        assert!((value / before - 1.0).abs() < 1e-12, "{value}, {before}");
        let mut unused = gradient.clone();
        for k in 0..x.len() {
            let step = 1e-5;
            let mut ends = [0.0; 2];
            for (end, by) in ends.iter_mut().zip([-step, step]) {
                let mut at = x.clone();
                at[k] += by;
                *end = evaluate(&at, &mut unused);
            }
            let slope = (ends[1] - ends[0]) / (2.0 * step);
            let off = (slope - gradient[k]).abs() / norm(&gradient);
            assert!(off < NEAR, "{k}: {slope}, {}", gradient[k]);
        }
    }
}
