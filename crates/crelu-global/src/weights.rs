use faer::Mat;
use linalg_core::{Control, axpy, norm};

use crate::bend::Bend;
use crate::correct::correct;
use crate::group_lasso::{SWEEPS, SWEEPS_OF_MODELS, group_lasso};
use crate::images::Images;
use crate::local_halt::Cut;
use crate::neurons::Neurons;
use crate::path_newton::path_newton;
use crate::problem::GlobalProblem;

/// Steps of a loss that is not quadratic; they end when one lowers the objective by less than this
/// share, or by less than a twentieth of what all did: the slide that follows goes on.
pub(crate) const STEPS: usize = 8;
const SMALL_FALL: f64 = 1e-7;
const SMALL_PART: f64 = 0.05;
/// A step is halved so often at most.
const HALVINGS: usize = 30;
/// A curvature below this share of the largest is raised to it: a loss that is flat on one side
/// would make a step without end.
const LEAST_CURVATURE: f64 = 1e-3;

/// The best output weights of given directions; useless neurons are dropped, and the objective does
/// not rise.
///
/// ```text
///     min_A  l(H A) + beta_sum sum_i |A_i|,   H = (R U)_+
/// ```
///
/// For a squared loss of one output it is the lasso of [`correct`], of several a group lasso; for
/// another loss, steps of both on the loss's second-order model (one output) or on a quadratic above it
/// (several), each with a search along it.
///
/// A halt of `control` leaves the weights of the last whole step.
///
/// A step is over those neurons that are in use or worth their penalty: most of what a search found is neither
/// after the first.
///
/// **Cost** a squared loss: one pass over the rows, unit outputs and their Gram matrix, `n m (r + m)`
/// products. Another loss: the unit outputs of all rows once, where they fit into memory, and a Gram
/// matrix a step. **Source** Lee, Sun & Saunders 2014 (proximal Newton steps); Böhning 1992 (the
/// quadratic above softmax).
pub fn correct_weights(problem: &GlobalProblem, neurons: &mut Neurons, control: &Control<'_>) {
    weigh(problem, neurons, None, control);
}

/// [`correct_weights`] of several outputs to many digits, for few rows: where columns hardly differ, sweeps end
/// far from the minimum, and every round after with them.
///
/// **Cost** `path_newton::flops` beside that.
pub(crate) fn correct_to_the_end(
    problem: &GlobalProblem,
    neurons: &mut Neurons,
    control: &Control<'_>,
) {
    let _: Result<(), Cut> = by_newton(problem, neurons, control);
    neurons.drop_zeros();
    correct_weights(problem, neurons, control);
}

fn by_newton(
    problem: &GlobalProblem,
    neurons: &mut Neurons,
    control: &Control<'_>,
) -> Result<(), Cut> {
    let (k, beta) = (problem.outputs(), problem.beta_sum());
    let images = Images::kept(problem, neurons, control)?;
    let mut outer = neurons.output_weights();
    let fitted = images.fitted(&outer)?;
    let before = problem.loss(&fitted) + beta * total(&outer, k);
    let along = images.along(&problem.theta(&fitted))?;
    let members = members(neurons, &outer, &along, beta);
    if members.is_empty() {
        return Ok(());
    }
    let matrix = images.matrix(Some(&members), None)?;
    let mut weights = picked(&outer, &members, k);
    path_newton(problem, matrix.as_ref(), &mut weights, control);
    for (&i, best) in members.iter().zip(weights.chunks_exact(k)) {
        outer[i * k..(i + 1) * k].copy_from_slice(best);
    }
    let after = problem.loss(&images.fitted(&outer)?) + beta * total(&outer, k);
    if after < before {
        neurons.set_output_weights(&outer);
    }
    Ok(())
}

/// The best output weights of neurons that are added to a network of the outputs `rest`, whose own weights
/// stay: [`correct_weights`] of the new ones alone.
///
/// **Cost** that of [`correct_weights`] for their number.
pub(crate) fn weigh_added(
    problem: &GlobalProblem,
    added: &mut Neurons,
    rest: &[f64],
    control: &Control<'_>,
) {
    weigh(problem, added, Some(rest), control);
}

fn weigh(
    problem: &GlobalProblem,
    neurons: &mut Neurons,
    rest: Option<&[f64]>,
    control: &Control<'_>,
) {
    if neurons.is_empty() {
        return;
    }
    let control = &problem.agreed(control);
    let _: Result<(), Cut> = if problem.loss_of().is_quadratic() {
        quadratic(problem, neurons, rest, control)
    } else {
        general(problem, neurons, rest, control)
    };
    neurons.drop_zeros();
}

/// The minimum of a squared loss: of one output exactly, of several after some sweeps.
fn quadratic(
    problem: &GlobalProblem,
    neurons: &mut Neurons,
    rest: Option<&[f64]>,
    control: &Control<'_>,
) -> Result<(), Cut> {
    let zeros = vec![0.0; problem.n_samples() * problem.outputs()];
    let theta = problem.theta(rest.unwrap_or(&zeros));
    let curvature = row_curvature(problem, &zeros);
    if problem.outputs() == 1 {
        let images = Images::passing(problem, neurons, control);
        let (gram, along) = images.gram_along(curvature.as_deref(), &theta)?;
        let signed = Signed {
            signs: neurons.signs(),
            weights: neurons.weights(),
        };
        let weights = signed.lasso(gram, &along, problem.beta_sum(), control);
        neurons.set_weights(&weights);
    } else {
        let images = Images::passing(problem, neurons, control);
        let (bend, along) = images.bend_along(curvature.as_deref(), &theta)?;
        let mut outer = neurons.output_weights();
        let within = (problem.beta_sum(), SWEEPS);
        sweep(problem, &bend, &along, within, &mut outer, control);
        neurons.set_output_weights(&outer);
    }
    Ok(())
}

/// [`group_lasso`], its work counted.
fn sweep(
    problem: &GlobalProblem,
    bend: &Bend,
    along: &[f64],
    within: (f64, usize),
    outer: &mut [f64],
    control: &Control<'_>,
) {
    let flops = group_lasso(bend, along, problem.outputs(), within, outer, control);
    problem.work().add(flops);
}

/// Weights of fixed signs.
struct Signed<'a> {
    signs: &'a [f64],
    weights: &'a [f64],
}

impl Signed<'_> {
    /// The lasso over them.
    fn lasso(
        &self,
        mut gram: Mat<f64>,
        along: &[f64],
        penalty: f64,
        control: &Control<'_>,
    ) -> Vec<f64> {
        let (m, signs) = (self.signs.len(), self.signs);
        for j in 0..m {
            for i in 0..m {
                gram[(i, j)] *= signs[i] * signs[j];
            }
        }
        let along: Vec<f64> = along.iter().zip(signs).map(|(a, s)| a * s).collect();
        let penalties = vec![penalty; m];
        correct(gram.as_ref(), &along, &penalties, self.weights, control).weights
    }
}

fn general(
    problem: &GlobalProblem,
    neurons: &mut Neurons,
    rest: Option<&[f64]>,
    control: &Control<'_>,
) -> Result<(), Cut> {
    let (k, beta) = (problem.outputs(), problem.beta_sum());
    let images = Images::kept(problem, neurons, control)?;
    let mut outer = neurons.output_weights();
    let mut fitted = beside(rest, images.fitted(&outer)?);
    let mut value = problem.loss(&fitted) + beta * total(&outer, k);
    let begun_at = value;
    let mut model = Model {
        problem,
        images: &images,
        neurons,
        rest,
        control,
        above: None,
    };
    for _ in 0..STEPS {
        let Ok(Some(found)) = model.step([&outer, &fitted], value) else {
            break;
        };
        let before = value;
        (outer, fitted, value) = found;
        let enough = (SMALL_FALL * before.abs()).max(SMALL_PART * (begun_at - value));
        if before - value <= enough {
            break;
        }
    }
    neurons.set_output_weights(&outer);
    Ok(())
}

/// What a step of a loss that is not quadratic is made of.
struct Model<'a> {
    problem: &'a GlobalProblem,
    images: &'a Images<'a>,
    neurons: &'a Neurons,
    /// Outputs of what is not weighed.
    rest: Option<&'a [f64]>,
    control: &'a Control<'a>,
    /// Of several outputs: the neurons of the last step and their quadratic.
    above: Option<(Vec<usize>, Bend)>,
}

impl Model<'_> {
    /// Output weights, outputs and the objective after a step, if there is one that lowers it.
    fn step(&mut self, [outer, fitted]: [&[f64]; 2], value: f64) -> Result<Option<Point>, Cut> {
        let (problem, k) = (self.problem, self.problem.outputs());
        let along = self.images.along(&problem.theta(fitted))?;
        let members = members(self.neurons, outer, &along, problem.beta_sum());
        if members.is_empty() {
            return Ok(None);
        }
        // of several outputs the quadratic is a loose one, and no better for being made anew while its steps
        // are taken whole; a second-order model is
        let kept = self.above.take().filter(|(known, _)| {
            let is_known = |i: &usize| known.binary_search(i).is_ok();
            k > 1 && members.iter().all(is_known)
        });
        let (members, bend) = match kept {
            Some(kept) => kept,
            None => {
                let curvature = row_curvature(problem, fitted);
                let curvature = curvature.as_deref();
                let bend = match k {
                    1 => Bend::Gram(self.images.gram(Some(&members), curvature)?),
                    _ => self.images.bend(Some(&members), curvature)?,
                };
                (members, bend)
            }
        };
        let (best, bend) = self.best_of(bend, &members, outer, &along);
        let mut target = outer.to_vec();
        for (&i, best) in members.iter().zip(best.chunks_exact(k)) {
            target[i * k..(i + 1) * k].copy_from_slice(best);
        }
        let there = beside(self.rest, self.images.fitted(&target)?);
        let found = towards(problem, [outer, &target], [fitted, &there], value);
        let is_whole = found.as_ref().is_some_and(|(_, share)| *share >= 1.0);
        self.above = bend.filter(|_| is_whole).map(|bend| (members, bend));
        Ok(found.map(|(point, _)| point))
    }

    /// The output weights of `members` that are best for the loss's model with this quadratic, and that
    /// of several outputs.
    fn best_of(
        &self,
        bend: Bend,
        members: &[usize],
        outer: &[f64],
        along: &[f64],
    ) -> (Vec<f64>, Option<Bend>) {
        let (neurons, k) = (self.neurons, self.neurons.n_outputs());
        let beta = self.problem.beta_sum();
        let (outer, mut along) = (picked(outer, members, k), picked(along, members, k));
        // the model's linear term is that at zero weights
        axpy(1.0, &bend.times(&outer, k), &mut along);
        let gram = match bend {
            Bend::Gram(gram) if k == 1 => gram,
            bend => {
                let mut best = outer;
                let within = (beta, SWEEPS_OF_MODELS);
                sweep(self.problem, &bend, &along, within, &mut best, self.control);
                return (best, Some(bend));
            }
        };
        let signs: Vec<f64> = members.iter().map(|&i| neurons.signs()[i]).collect();
        let weights: Vec<f64> = outer.iter().map(|a| a.abs()).collect();
        let signed = Signed {
            signs: &signs,
            weights: &weights,
        };
        let best = signed.lasso(gram, &along, beta, self.control);
        (best.iter().zip(&signs).map(|(c, s)| c * s).collect(), None)
    }
}

/// Outputs with those of the rest of a network.
fn beside(rest: Option<&[f64]>, mut outputs: Vec<f64>) -> Vec<f64> {
    if let Some(rest) = rest {
        axpy(1.0, rest, &mut outputs);
    }
    outputs
}

/// Output weights, outputs and the objective.
type Point = (Vec<f64>, Vec<f64>, f64);

/// Those in use, and those that are worth more than their penalty.
fn members(neurons: &Neurons, outer: &[f64], along: &[f64], beta: f64) -> Vec<usize> {
    let k = neurons.n_outputs();
    let pays = |i: usize| match along[i * k..(i + 1) * k] {
        [along] => along * neurons.signs()[i] > beta,
        ref along => norm(along) > beta,
    };
    let used = |i: usize| outer[i * k..(i + 1) * k].iter().any(|a| *a != 0.0);
    (0..neurons.len()).filter(|&i| used(i) || pays(i)).collect()
}

/// The numbers of some neurons, `K` each.
fn picked(from: &[f64], members: &[usize], k: usize) -> Vec<f64> {
    let each = members.iter().flat_map(|&i| &from[i * k..(i + 1) * k]);
    each.copied().collect()
}

/// `sum_i |a_i|` of output weights.
fn total(outer: &[f64], outputs: usize) -> f64 {
    outer.chunks_exact(outputs).map(norm).sum()
}

/// Goes from one to the other as far as the objective falls: output weights, outputs, which are linear
/// on the way, the objective there, and the share of the way.
fn towards(
    problem: &GlobalProblem,
    [from, to]: [&[f64]; 2],
    [fitted, target]: [&[f64]; 2],
    value: f64,
) -> Option<(Point, f64)> {
    let between = |a: &[f64], b: &[f64], t: f64| -> Vec<f64> {
        a.iter().zip(b).map(|(a, b)| a + t * (b - a)).collect()
    };
    let mut share = 1.0;
    for _ in 0..HALVINGS {
        let outputs = between(fitted, target, share);
        let outer = between(from, to, share);
        let weight = total(&outer, problem.outputs());
        let there = problem.loss(&outputs) + problem.beta_sum() * weight;
        if there < value {
            return Some(((outer, outputs, there), share));
        }
        share *= 0.5;
    }
    None
}

/// The curvature of every row at outputs, the largest of its outputs; none where all are 1.
pub(crate) fn row_curvature(problem: &GlobalProblem, fitted: &[f64]) -> Option<Vec<f64>> {
    let (n, k) = (problem.n_samples(), problem.outputs());
    let mut each = vec![0.0; n * k];
    problem.curvature_into(fitted, &mut each);
    let mut rows: Vec<f64> = each
        .chunks_exact(k)
        .map(|row| row.iter().copied().fold(0.0, f64::max))
        .collect();
    if problem.loss_of().is_quadratic() {
        return rows.iter().any(|c| *c != 1.0).then_some(rows);
    }
    let largest = rows.iter().copied().fold(0.0, f64::max);
    let least = LEAST_CURVATURE * problem.join_largest(largest);
    for c in &mut rows {
        *c = c.max(least);
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use crelu_core::LossKind;
    use testkit::Stream;

    use super::*;

    /// Both are minima of one lasso, found by the same steps.
    const EXACT: f64 = 1e-9;
    /// What steps that end when they win little leave of the optimality conditions, after [`TIMES`] of them;
    /// and of those of neurons that the first of them dropped.
    const REPEATED: f64 = 1e-3;
    const TIMES: usize = 20;
    const DROPPED: f64 = 0.05;

    fn drawn(rank: usize, m: usize, stream: &mut Stream) -> Neurons {
        let mut neurons = Neurons::with_outputs(rank, 1);
        for k in 0..m {
            let u: Vec<f64> = (0..rank).map(|_| stream.unit()).collect();
            let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
            neurons.push_head(&u, &[sign], 0.1);
        }
        neurons
    }

    #[test]
    fn added_neurons_of_a_squared_loss_are_corrected_as_for_what_is_left() {
        let mut stream = Stream::new(11);
        let (rank, n) = (4, 300);
        let data = Mat::from_fn(rank, n, |_, _| stream.unit());
        let target: Vec<f64> = (0..n).map(|_| stream.unit()).collect();
        let rest: Vec<f64> = (0..n).map(|_| 0.3 * (stream.unit())).collect();
        let whole = GlobalProblem::new(data.clone(), target.clone(), 0.5).unwrap();
        let left = target.iter().zip(&rest).map(|(y, f)| y - f).collect();
        let left = GlobalProblem::new(data, left, 0.5).unwrap();
        let mut added = drawn(rank, 12, &mut stream);
        let mut alone = added.clone();
        weigh_added(&whole, &mut added, &rest, &Control::default());
        correct_weights(&left, &mut alone, &Control::default());
        assert!(!alone.is_empty(), "the case has something to win");
        assert_eq!(added.len(), alone.len());
        let far = linalg_core::distance(added.weights(), alone.weights());
        assert!(far <= EXACT * norm(alone.weights()), "{far}");
    }

    #[test]
    fn added_neurons_are_worth_their_penalty_beside_the_rest() {
        let huber = LossKind::Huber { delta: vec![0.5] };
        for kind in [LossKind::Squared, LossKind::Logistic, huber] {
            let mut stream = Stream::new(12);
            let (rank, n) = (4, 300);
            let data = Mat::from_fn(rank, n, |_, _| stream.unit());
            let of_corners = |i: usize| data[(0, i)] * data[(1, i)] > 0.0;
            let target = (0..n).map(|i| if of_corners(i) { 1.0 } else { -1.0 });
            let loss = kind.of(target.collect(), 1, None).unwrap();
            let rest: Vec<f64> = (0..n).map(|_| 0.3 * (stream.unit())).collect();
            let problem = GlobalProblem::with_loss(data, loss, 0.5).unwrap();
            let all = drawn(rank, 24, &mut stream);
            let mut added = all.clone();
            for _ in 0..TIMES {
                weigh_added(&problem, &mut added, &rest, &Control::default());
            }
            assert!(!added.is_empty() && added.len() < all.len(), "{kind:?}");
            // prices where both are together, in units of the penalty: 1 of those in use, no more of others
            let mut fitted = added.fitted(&problem);
            axpy(1.0, &rest, &mut fitted);
            let theta = problem.theta(&fitted);
            let price = |u: &[f64], sign: f64| -> f64 {
                let data = problem.data().expect("dense rows");
                let open = (0..n).map(|i| {
                    let h: f64 = (0..rank).map(|k| data[(k, i)] * u[k]).sum();
                    theta[i] * h.max(0.0)
                });
                sign * open.sum::<f64>() / problem.beta_sum()
            };
            for i in 0..added.len() {
                let price = price(added.direction(i), added.signs()[i]);
                assert!((price - 1.0).abs() <= REPEATED, "{kind:?} {i}: {price}");
            }
            for i in 0..all.len() {
                let price = price(all.direction(i), all.signs()[i]);
                assert!(price <= 1.0 + DROPPED, "{kind:?} {i}: {price}");
            }
        }
    }
}
