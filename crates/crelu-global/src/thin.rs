use faer::Mat;
use faer::linalg::solvers::DenseSolveCore;
use linalg_core::{Control, axpy, dot};

use crate::images::Images;
use crate::local_halt::Cut;
use crate::merge::merge;
use crate::neurons::Neurons;
use crate::pace::Pace;
use crate::problem::GlobalProblem;
use crate::slide::slide;
use crate::weights::{STEPS, correct_weights, row_curvature};

/// A network met while thinning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrontierPoint {
    /// Its neurons.
    pub neurons: usize,
    /// Its `J` in sum scaling.
    pub objective: f64,
}

/// A thinned network.
#[derive(Debug, Clone, PartialEq)]
pub struct Thinned {
    /// The network.
    pub neurons: Neurons,
    /// Its `J` in sum scaling.
    pub objective: f64,
    /// What was met on the way, the start first.
    pub frontier: Vec<FrontierPoint>,
    /// Products `R u` or `R'v` of slides.
    pub products: f64,
}

/// Part of the neurons that is dropped at first, as a divisor.
const DROP: usize = 10;
/// L-BFGS iterations after a drop: the first try, and the second if the objective is still above.
const FIRST_TRY: usize = 60;
const SECOND_TRY: usize = 90;
/// L-BFGS iterations for the network that is handed back.
const LAST: usize = 200;
/// Added to the diagonal of the Gram matrix, relative to its mean: neurons may depend on each other.
const RIDGE: f64 = 1e-9;

/// The smallest network found whose objective is at most `(1 + epsilon)` times that of `neurons`:
/// drops a tenth of the neurons, those whose removal costs least, corrects and slides, and keeps it
/// while the objective is within the limit; halves the number dropped on failure.
///
/// The answer is never above the limit; a halt ends with the smallest so far.
#[must_use]
pub fn thin(
    problem: &GlobalProblem,
    neurons: &Neurons,
    epsilon: f64,
    control: &Control<'_>,
) -> Thinned {
    thin_within(problem, neurons, epsilon, u64::MAX, control)
}

/// [`thin`] that ends with the smallest so far when it has used so many flops.
pub(crate) fn thin_within(
    problem: &GlobalProblem,
    neurons: &Neurons,
    epsilon: f64,
    budget: u64,
    control: &Control<'_>,
) -> Thinned {
    let control = &problem.agreed(control);
    let end = problem.flops().saturating_add(budget);
    let start = neurons.objective(problem);
    let limit = (1.0 + epsilon) * start;
    let mut out = Thinned::from(neurons, start);
    if epsilon <= 0.0 {
        return out;
    }
    let mut count = usize::MAX;
    let goes_on = || control.halt().is_none() && problem.flops() < end;
    while out.neurons.len() > 1 && count > 0 && goes_on() {
        count = count.min((out.neurons.len() / DROP).max(1));
        let Ok(mut fewer) = drop_cheapest(problem, &out.neurons, count, control) else {
            break;
        };
        out.products += settle(problem, &mut fewer, FIRST_TRY, control);
        let mut objective = fewer.objective(problem);
        if objective > limit && objective < limit + (limit - start) {
            out.products += settle(problem, &mut fewer, SECOND_TRY, control);
            objective = fewer.objective(problem);
        }
        if objective <= limit {
            out.accept(fewer, objective);
        } else {
            count /= 2;
        }
    }
    out.polish(problem, control);
    out
}

/// The best network found with at most `most` neurons: thins in small steps whatever the objective
/// becomes.
#[must_use]
pub fn thin_to(
    problem: &GlobalProblem,
    neurons: &Neurons,
    most: usize,
    control: &Control<'_>,
) -> Thinned {
    let control = &problem.agreed(control);
    let start = neurons.objective(problem);
    let mut out = Thinned::from(neurons, start);
    while out.neurons.len() > most {
        let count = (out.neurons.len() / (2 * DROP))
            .max(1)
            .min(out.neurons.len() - most);
        let fewer = match control.halt() {
            None => drop_cheapest(problem, &out.neurons, count, control),
            Some(_) => Err(Cut),
        };
        let fewer = match fewer {
            Ok(mut fewer) => {
                out.products += settle(problem, &mut fewer, FIRST_TRY, control);
                fewer
            }
            // a limit must leave no more than was asked for
            Err(Cut) => few_at_once(problem, &out.neurons, most),
        };
        let objective = fewer.objective(problem);
        out.accept(fewer, objective);
    }
    out.polish(problem, control);
    out
}

/// Flops that a choice or weights may take after a halt: a tenth of a second.
const LATE_FLOPS: usize = 2_000_000_000;

/// `most` neurons after a halt: those whose removal costs most where that is cheap to find, else the
/// heaviest; their weights set where that is cheap, their common factor in any case: no more than the zero
/// network's objective.
fn few_at_once(problem: &GlobalProblem, neurons: &Neurons, most: usize) -> Neurons {
    let unlimited = Control::default();
    // by the rows of all processes, so that all of them decide alike
    let is_cheap = |passes: usize, m: usize| {
        let sizes = [passes, 2, problem.n_all(), problem.rank() + m, m];
        sizes.into_iter().fold(1, usize::saturating_mul) <= LATE_FLOPS
    };
    let count = neurons.len().saturating_sub(most);
    let cheapest = match is_cheap(1, neurons.len()) {
        true => drop_cheapest(problem, neurons, count, &unlimited),
        false => Err(Cut),
    };
    let mut out = cheapest.unwrap_or_else(|Cut| heaviest(neurons, most));
    if is_cheap(STEPS, out.len()) {
        correct_weights(problem, &mut out, &unlimited);
    }
    scale(problem, &mut out);
    out
}

/// The `most` neurons of the largest weight.
fn heaviest(neurons: &Neurons, most: usize) -> Neurons {
    let weights = neurons.weights();
    let mut order: Vec<usize> = (0..neurons.len()).collect();
    order.sort_by(|&i, &j| weights[j].total_cmp(&weights[i]).then(i.cmp(&j)));
    let mut keep = vec![false; neurons.len()];
    for &i in order.iter().take(most) {
        keep[i] = true;
    }
    let mut out = neurons.clone();
    out.retain(&keep);
    out
}

/// The best common factor of the weights; no neuron where that is no better than the zero network.
fn scale(problem: &GlobalProblem, neurons: &mut Neurons) {
    if !problem.is_whole() {
        // the best factor is one of all rows, which no process has; NaN where others are gone
        let zeros = vec![0.0; problem.n_samples() * problem.outputs()];
        let (here, zero) = (neurons.objective(problem), problem.loss(&zeros));
        if here.is_nan() || here > zero {
            neurons.retain(&vec![false; neurons.len()]);
        }
        return;
    }
    let fitted = neurons.fitted(problem);
    let penalty = problem.beta_sum() * neurons.total_weight();
    let factor = problem.loss_of().best_scale(&fitted, penalty);
    let weights: Vec<f64> = neurons.weights().iter().map(|w| factor * w).collect();
    if factor > 0.0 && weights.iter().all(|w| w.is_finite()) {
        neurons.set_weights(&weights);
    } else {
        neurons.retain(&vec![false; neurons.len()]);
    }
}

impl Thinned {
    fn from(neurons: &Neurons, objective: f64) -> Self {
        let mut out = Self {
            neurons: neurons.clone(),
            objective,
            frontier: Vec::new(),
            products: 0.0,
        };
        out.note();
        out
    }

    fn accept(&mut self, neurons: Neurons, objective: f64) {
        (self.neurons, self.objective) = (neurons, objective);
        self.note();
    }

    /// A point of the frontier, unless other processes that have rows are gone.
    fn note(&mut self) {
        if self.objective.is_finite() {
            self.frontier.push(FrontierPoint {
                neurons: self.neurons.len(),
                objective: self.objective,
            });
        }
    }

    fn polish(&mut self, problem: &GlobalProblem, control: &Control<'_>) {
        if control.halt().is_some() {
            return;
        }
        let mut last = self.neurons.clone();
        self.products += settle(problem, &mut last, LAST, control);
        let objective = last.objective(problem);
        if objective < self.objective {
            self.accept(last, objective);
        }
    }
}

fn settle(
    problem: &GlobalProblem,
    neurons: &mut Neurons,
    iterations: usize,
    control: &Control<'_>,
) -> f64 {
    correct_weights(problem, neurons, control);
    let slid = slide(problem, neurons, iterations, control);
    merge(problem, neurons);
    slid.products
}

/// The neurons without the `count` whose removal costs least, one after the other, the output weights
/// of the rest following each time: removing `j` raises the objective by `|a_j|^2 / (2 (G^-1)_jj)`,
/// with `G` the Gram matrix of the unit neurons' outputs, each row weighted by the curvature of its
/// loss.
///
/// # Errors
/// [`Cut`] where `control` halts.
///
/// **Cost** `m^3` for the inverse, `m (m + K)` a removal. **Source** Hassibi & Stork 1993 (the
/// optimal brain surgeon).
fn drop_cheapest(
    problem: &GlobalProblem,
    neurons: &Neurons,
    count: usize,
    control: &Control<'_>,
) -> Result<Neurons, Cut> {
    let (m, k) = (neurons.len(), problem.outputs());
    let fitted = neurons.fitted(problem);
    let curvature = row_curvature(problem, &fitted);
    let images = Images::passing(problem, neurons, control);
    let mut gram = images.gram(None, curvature.as_deref())?;
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let mean = (0..m).map(|i| gram[(i, i)]).sum::<f64>() / m.max(1) as f64;
    for i in 0..m {
        gram[(i, i)] += RIDGE * mean;
    }
    let mut inverse = inverse(&gram);
    let mut outer = neurons.output_weights();
    let mut keep = vec![true; m];
    let mut pace = Pace::of(control);
    for _ in 0..count.min(m) {
        if pace.ends_after(2 * m * m) {
            return Err(Cut);
        }
        let cost = |i: usize| {
            let a = &outer[i * k..(i + 1) * k];
            dot(a, a) / inverse[(i, i)].max(f64::MIN_POSITIVE)
        };
        let cheapest = (0..m)
            .filter(|&i| keep[i])
            .min_by(|&i, &j| cost(i).total_cmp(&cost(j)).then(i.cmp(&j)));
        let Some(j) = cheapest else { break };
        keep[j] = false;
        let pivot = inverse[(j, j)];
        if pivot <= 0.0 || pivot.is_nan() {
            continue;
        }
        let column: Vec<f64> = (0..m).map(|i| inverse[(i, j)]).collect();
        let share: Vec<f64> = outer[j * k..(j + 1) * k]
            .iter()
            .map(|a| a / pivot)
            .collect();
        for i in (0..m).filter(|&i| keep[i]) {
            axpy(-column[i], &share, &mut outer[i * k..(i + 1) * k]);
        }
        for c in (0..m).filter(|&c| keep[c]) {
            let factor = column[c] / pivot;
            for i in (0..m).filter(|&i| keep[i]) {
                inverse[(i, c)] -= column[i] * factor;
            }
        }
    }
    let mut out = neurons.clone();
    if k == 1 {
        // a sign stays: a weight that would change it is 0
        let signed = outer.iter().zip(neurons.signs());
        let weights: Vec<f64> = signed.map(|(a, s)| (a * s).max(0.0)).collect();
        out.set_weights(&weights);
    } else {
        out.set_output_weights(&outer);
    }
    out.retain(&keep);
    Ok(out)
}

/// The inverse of a positive definite matrix; that of its diagonal where it has no factor.
fn inverse(gram: &Mat<f64>) -> Mat<f64> {
    match gram.llt(faer::Side::Lower) {
        Ok(factor) => factor.inverse(),
        Err(_) => Mat::from_fn(gram.nrows(), gram.ncols(), |i, j| {
            if i == j { 1.0 / gram[(i, i)] } else { 0.0 }
        }),
    }
}
