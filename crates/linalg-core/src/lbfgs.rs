use crate::vector::{axpy, combine, dot, norm, scale, sub_into};

/// Pairs that are remembered.
const MEMORY: usize = 10;
/// ... and fewer do not help.
const LEAST_MEMORY: usize = 3;
/// Constants of the weak Wolfe conditions.
const DECREASE: f64 = 1e-4;
const CURVATURE: f64 = 0.9;
/// Trials of a line search.
const TRIALS: usize = 25;
/// Length of the first step, as a share of the point's.
const FIRST: f64 = 0.01;

/// How a minimisation ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ended {
    /// The value at the point that is returned, no larger than at the start.
    pub value: f64,
    /// Iterations made.
    pub iterations: usize,
    /// Evaluations of value and gradient.
    pub evaluations: usize,
}

/// L-BFGS with a weak Wolfe line search, which serves functions with kinks as well.
///
/// All memory is taken when it is made; a run allocates nothing.
/// **Source** Nocedal & Wright 2006, algorithm 7.4; Lewis & Overton 2013 (the line search).
#[derive(Debug, Clone)]
pub struct Lbfgs {
    steps: Vec<Vec<f64>>,
    changes: Vec<Vec<f64>>,
    /// `1 / (step'change)`
    scales: [f64; MEMORY],
    alphas: [f64; MEMORY],
    gradient: Vec<f64>,
    direction: Vec<f64>,
    trial: Vec<f64>,
    trial_gradient: Vec<f64>,
}

impl Lbfgs {
    /// Room for points of `dim` numbers.
    #[must_use]
    pub fn new(dim: usize) -> Self {
        Self::within(dim, usize::MAX)
    }

    /// The same with no more remembered pairs than fit into so many bytes, but three.
    #[must_use]
    pub fn within(dim: usize, bytes: usize) -> Self {
        let zeros = || vec![0.0; dim];
        let pair = 2 * size_of::<f64>() * dim.max(1);
        let memory = (bytes / pair).clamp(LEAST_MEMORY, MEMORY);
        Self {
            steps: vec![zeros(); memory],
            changes: vec![zeros(); memory],
            scales: [0.0; MEMORY],
            alphas: [0.0; MEMORY],
            gradient: zeros(),
            direction: zeros(),
            trial: zeros(),
            trial_gradient: zeros(),
        }
    }

    /// Minimises `evaluate(x, gradient) -> value` from `x` in at most so many iterations, while
    /// `go_on` says so, which is told how far it is. `x` becomes the best point met.
    ///
    /// # Panics
    /// If `x` has another length than there is room for.
    pub fn minimise(
        &mut self,
        evaluate: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
        x: &mut [f64],
        iterations: usize,
        go_on: &mut dyn FnMut(&Ended) -> bool,
    ) -> Ended {
        assert_eq!(
            x.len(),
            self.gradient.len(),
            "x: as long as there is room for"
        );
        let mut value = evaluate(x, &mut self.gradient);
        let mut ended = Ended {
            value,
            iterations: 0,
            evaluations: 1,
        };
        let memory = self.steps.len();
        let (mut held, mut next) = (0, 0);
        while ended.iterations < iterations && value.is_finite() && go_on(&ended) {
            self.make_direction(held, next);
            let mut slope = dot(&self.gradient, &self.direction);
            if is_not_below(slope, 0.0) {
                held = 0;
                self.make_direction(0, 0);
                slope = dot(&self.gradient, &self.direction);
                if is_not_below(slope, 0.0) {
                    break;
                }
            }
            let first = if held == 0 {
                FIRST * norm(x).max(f64::MIN_POSITIVE) / norm(&self.direction)
            } else {
                1.0
            };
            let Some(reached) = self.line_search(evaluate, x, value, slope, first, &mut ended)
            else {
                if held == 0 {
                    break;
                }
                held = 0;
                continue;
            };
            sub_into(&self.trial, x, &mut self.steps[next]);
            sub_into(
                &self.trial_gradient,
                &self.gradient,
                &mut self.changes[next],
            );
            let along = dot(&self.steps[next], &self.changes[next]);
            let square = dot(&self.changes[next], &self.changes[next]);
            x.copy_from_slice(&self.trial);
            self.gradient.copy_from_slice(&self.trial_gradient);
            value = reached;
            ended.value = value;
            if along > 1e-14 * square {
                self.scales[next] = 1.0 / along;
                next = (next + 1) % memory;
                held = (held + 1).min(memory);
            }
            ended.iterations += 1;
        }
        ended
    }

    /// The two-loop recursion.
    fn make_direction(&mut self, held: usize, next: usize) {
        self.direction.copy_from_slice(&self.gradient);
        let memory = self.steps.len();
        let place = |k: usize| (next + memory - 1 - k) % memory;
        for k in 0..held {
            let p = place(k);
            self.alphas[p] = self.scales[p] * dot(&self.steps[p], &self.direction);
            axpy(-self.alphas[p], &self.changes[p], &mut self.direction);
        }
        if held > 0 {
            let p = place(0);
            let square = dot(&self.changes[p], &self.changes[p]);
            scale(1.0 / (self.scales[p] * square), &mut self.direction);
        }
        for k in (0..held).rev() {
            let p = place(k);
            let beta = self.scales[p] * dot(&self.changes[p], &self.direction);
            axpy(self.alphas[p] - beta, &self.steps[p], &mut self.direction);
        }
        scale(-1.0, &mut self.direction);
    }

    /// Bisection and doubling until both weak Wolfe conditions hold; the trial point and its
    /// gradient stay in place. None if the value cannot be made to fall.
    fn line_search(
        &mut self,
        evaluate: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
        x: &[f64],
        value: f64,
        slope: f64,
        first: f64,
        ended: &mut Ended,
    ) -> Option<f64> {
        let (mut low, mut high) = (0.0, f64::INFINITY);
        let mut step = first;
        let mut fallen = None;
        for _ in 0..TRIALS {
            combine(1.0, x, step, &self.direction, &mut self.trial);
            let trial = evaluate(&self.trial, &mut self.trial_gradient);
            ended.evaluations += 1;
            if is_not_below(trial, value + DECREASE * step * slope) {
                high = step;
                fallen = None;
            } else if dot(&self.trial_gradient, &self.direction) < CURVATURE * slope {
                low = step;
                fallen = Some(trial);
            } else {
                return Some(trial);
            }
            step = if high.is_finite() {
                0.5 * (low + high)
            } else {
                2.0 * low
            };
        }
        // the last trial decreased enough but is still steep: better than nothing
        fallen.filter(|trial| *trial < value)
    }
}

/// `a >= b`, or one of them is NaN.
fn is_not_below(a: f64, b: f64) -> bool {
    a >= b || a.is_nan() || b.is_nan()
}
