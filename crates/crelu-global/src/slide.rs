use linalg_core::{Control, Ended, Lbfgs, norm};

use crate::balanced::Balanced;
use crate::neurons::Neurons;
use crate::problem::GlobalProblem;

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
/// with output weights `sqrt(c_i) a_i` and the penalty `beta_sum (|w|^2 + |a|^2) / 2`. The
/// neurons are replaced only if their objective, in `f64`, falls.
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
        let before = neurons.objective(problem);
        let mut fast = problem.engine().balanced(problem, neurons.len());
        let evaluate = &mut |x: &[f64], gradient: &mut [f64]| fast.evaluate(x, gradient);
        let (first, ended) = one(problem, neurons, evaluate, before, extent, control);
        let promised = before - ended.value;
        if first.fall > 0.0 && first.fall >= CONFIRMED * promised {
            return first;
        }
        if control.halt().is_some() {
            return first;
        }
        let left = extent.least.saturating_sub(ended.iterations / 2);
        let second = wide(problem, neurons, before - first.fall, left, control);
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
        let before = neurons.objective(problem);
        wide(problem, neurons, before, iterations, control)
    })
}

fn wide(
    problem: &GlobalProblem,
    neurons: &mut Neurons,
    before: f64,
    iterations: usize,
    control: &Control<'_>,
) -> Slid {
    let mut exact = Balanced::wide(problem, neurons.len());
    let evaluate = &mut |x: &[f64], gradient: &mut [f64]| exact.evaluate(x, gradient);
    let extent = Extent::of(iterations);
    one(problem, neurons, evaluate, before, &extent, control).0
}

/// One minimisation, with its fall in `f64`, and how it ended by its own count.
fn one(
    problem: &GlobalProblem,
    neurons: &mut Neurons,
    evaluate: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
    before: f64,
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
    let mut x = vec![0.0; m * (rank + k)];
    for i in 0..m {
        let root = neurons.weights()[i].sqrt();
        for (x, u) in x[i * rank..].iter_mut().zip(neurons.direction(i)) {
            *x = root * u;
        }
        for (x, a) in x[m * rank + i * k..].iter_mut().zip(neurons.head(i)) {
            *x = root * a;
        }
    }
    // a line search may take many evaluations: after a halt they are all as bad as can be
    let mut begun = false;
    let evaluate = &mut |x: &[f64], gradient: &mut [f64]| {
        if std::mem::replace(&mut begun, true) && control.halt().is_some() {
            return f64::INFINITY;
        }
        evaluate(x, gradient)
    };
    let mut lbfgs = Lbfgs::within(x.len(), LBFGS_BYTES);
    let mut course = Vec::new();
    ended = lbfgs.minimise(evaluate, &mut x, extent.most, &mut |ended| {
        course.push((problem.flops(), ended.value));
        extent.goes_on(&course) && control.halt().is_none()
    });
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
