//! Programmes of every loss, with weights of rows and several outputs.

use std::sync::Arc;

use admm::Status;
use crelu_convex::{
    Activation, Multipliers, Programme, ProgrammeCertificate, ProgrammeSettings, Solution, solve,
};
use crelu_convex::{Precision, PrimalChoice, ProgrammeError, Splitting, Switch};
use crelu_core::{Loss, LossKind};
use faer::Mat;
use linalg_core::{Control, Masks};
use proptest::prelude::*;
use testkit::{MovingClock, Stream};

use crate::data::{apart, masks_of, settings};
use crate::loss_conic;

/// What the brief asks of the bracket: room for Clarabel's own rounding.
const CLARABEL: f64 = 1e-6;
/// The same sums in another order.
const RESUMMED: f64 = 1e-10;
/// A row on the wrong side by this share of `|row| |v|` is the rounding of a product.
const ROUNDING: f64 = 1e-12;

/// A programme as it is given: rows as columns of `rows`, `outputs` targets a row.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) rows: Mat<f64>,
    pub(crate) masks: Masks,
    gates: Mat<f64>,
    pub(crate) kind: LossKind,
    pub(crate) target: Vec<f64>,
    pub(crate) outputs: usize,
    weights: Option<Vec<f64>>,
    pub(crate) beta_sum: f64,
    pub(crate) activation: Activation,
}

impl Problem {
    /// Targets that a few directions of the rows explain, with noise; `fraction` of the zero threshold.
    pub(crate) fn random(
        seed: u64,
        kind: &LossKind,
        outputs: usize,
        weighted: bool,
        activation: Activation,
        fraction: f64,
    ) -> Self {
        let mut stream = Stream::new(seed);
        let (n, rank) = (stream.between(16, 26), stream.between(2, 4));
        let rows = stream.matrix::<f64>(rank, n);
        let gates = stream.matrix::<f64>(rank, 4);
        let teachers = stream.matrix::<f64>(rank, outputs);
        let mut target = vec![0.0; n * outputs];
        for j in 0..n {
            let scores: Vec<f64> = (0..outputs)
                .map(|k| {
                    let h: f64 = (0..rank).map(|i| teachers[(i, k)] * rows[(i, j)]).sum();
                    2.0 * h.max(0.3 * h) + stream.normal()
                })
                .collect();
            let target = &mut target[j * outputs..(j + 1) * outputs];
            match kind {
                LossKind::Softmax => {
                    let best =
                        (0..outputs).fold(0, |b, k| if scores[k] > scores[b] { k } else { b });
                    target[best] = 1.0;
                }
                LossKind::Logistic => target[0] = if scores[0] > 0.0 { 1.0 } else { -1.0 },
                _ => target.copy_from_slice(&scores),
            }
        }
        let weights = weighted.then(|| (0..n).map(|_| 0.2 + 3.0 * stream.unit().abs()).collect());
        let mut out = Self {
            masks: masks_of(rows.as_ref(), gates.as_ref()),
            rows,
            gates,
            kind: kind.clone(),
            target,
            outputs,
            weights,
            beta_sum: 0.0,
            activation,
        };
        out.beta_sum = fraction * out.programme().zero_threshold();
        out
    }

    pub(crate) fn n(&self) -> usize {
        self.rows.ncols()
    }

    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    fn loss(&self) -> Arc<dyn Loss> {
        let weights = self.weights.clone();
        self.kind
            .of(self.target.clone(), self.outputs, weights)
            .unwrap()
    }

    pub(crate) fn programme(&self) -> Programme {
        let (rows, masks, gates) = (self.rows.clone(), self.masks.clone(), self.gates.clone());
        let (loss, beta) = (self.loss(), self.beta_sum);
        Programme::of_loss(rows, masks, gates, loss, beta, self.activation).unwrap()
    }

    fn solve(&self, settings: &ProgrammeSettings) -> Solution {
        self.try_solve(settings).unwrap()
    }

    fn try_solve(&self, settings: &ProgrammeSettings) -> Result<Solution, ProgrammeError> {
        let control = Control::default();
        solve(
            &self.programme(),
            &settings.clone().check().unwrap(),
            &control,
            None,
            &mut (),
        )
    }

    /// The outputs, `K` a row, and the objective at the blocks of a solution, from the data as given;
    /// and the largest violation of a cone.
    fn at(&self, v: &Mat<f64>) -> (Vec<f64>, f64, f64) {
        let programme = self.programme();
        let (n, rank) = (self.n(), self.rows.nrows());
        let (mut fitted, mut penalty, mut worst) = (vec![0.0; n * self.outputs], 0.0, 0.0_f64);
        for b in 0..programme.n_blocks() {
            let size = v.col(b).norm_l2();
            penalty += size;
            let mask = programme.masks().column(programme.pattern(b));
            for j in 0..n {
                let h: f64 = (0..rank).map(|i| self.rows[(i, j)] * v[(i, b)]).sum();
                if mask[j] != 0 {
                    fitted[j * self.outputs + programme.output(b)] += programme.sign(b) * h;
                }
                let wrong = if mask[j] == 0 { h } else { -h };
                if self.activation == Activation::Relu && size > 0.0 {
                    worst = worst.max(wrong / (self.rows.col(j).norm_l2() * size));
                }
            }
        }
        let objective = self.loss().value(&fitted) + self.beta_sum * penalty;
        (fitted, objective, worst)
    }
}

/// Losses, outputs.
fn losses() -> Vec<(LossKind, usize)> {
    let huber = |delta: &[f64]| LossKind::Huber {
        delta: delta.to_vec(),
    };
    vec![
        (LossKind::Squared, 1),
        (LossKind::Logistic, 1),
        (huber(&[0.4]), 1),
        (LossKind::Softmax, 3),
        (LossKind::Squared, 3),
        (huber(&[0.3, 0.8]), 2),
    ]
}

const BOTH: [Activation; 2] = [Activation::Relu, Activation::Gated];

#[test]
fn every_loss_and_activation_brackets_clarabels_optimum() {
    const TOL: f64 = 1e-5;
    for (at, (kind, outputs)) in losses().into_iter().enumerate() {
        for activation in BOTH {
            for (seed, weighted, fraction) in [(0, false, 0.2), (1, true, 0.03)] {
                let seed = 100 * at as u64 + seed;
                let problem = Problem::random(seed, &kind, outputs, weighted, activation, fraction);
                let solution = problem.solve(&settings(TOL, |_| ()));
                let what = format!("{} of {outputs}, {activation:?}, seed {seed}", kind.name());
                assert_eq!(solution.status, Status::Converged, "{what}");
                let (primal, dual) = loss_conic::optimum(&problem);
                assert!(primal - dual <= 0.1 * CLARABEL * primal, "{what}: Clarabel");
                let (low, high) = (dual * (1.0 - CLARABEL), primal * (1.0 + CLARABEL));
                let (objective, bound) = (solution.point.objective, solution.certificate.bound);
                assert!(bound <= high, "{what}: bound {bound} above {primal}");
                assert!(objective >= low, "{what}: {objective} below {dual}");
                let width = 1.0 + CLARABEL + solution.gap();
                assert!(objective <= primal * width, "{what}: {objective}, {primal}");
                let (fitted, own, violation) = problem.at(&solution.point.v);
                let off = (own - objective).abs();
                assert!(
                    off <= RESUMMED * objective,
                    "{what}: {own}, not {objective}"
                );
                assert!(violation <= ROUNDING, "{what}: cone {violation}");
                let programme = problem.programme();
                let told = programme.outputs_in_rows(&solution.point.fitted);
                assert!(apart(&told, &fitted) <= RESUMMED.sqrt(), "{what}: outputs");
            }
        }
    }
}

#[test]
fn penalty_at_the_threshold_leaves_the_zero_network_and_below_it_of_one_output_does_not() {
    for (kind, outputs) in losses() {
        let problem = Problem::random(7, &kind, outputs, true, Activation::Gated, 1.0 + 1e-9);
        let solution = problem.solve(&settings(1e-6, |_| ()));
        let zero = problem.programme().zero_objective();
        assert_eq!(solution.status, Status::Converged, "{}", kind.name());
        assert!(
            solution.point.objective >= zero * (1.0 - 1e-6),
            "{}",
            kind.name()
        );
        if outputs == 1 {
            let problem = Problem::random(7, &kind, outputs, true, Activation::Gated, 0.9);
            let solution = problem.solve(&settings(1e-6, |_| ()));
            assert!(
                solution.point.objective < zero * (1.0 - 1e-6),
                "{}",
                kind.name()
            );
        }
    }
}

#[test]
fn weights_are_repeated_rows() {
    /// What the brief asks.
    const SAME: f64 = 1e-8;
    /// Both optima are known to this.
    const TOL: f64 = 2e-9;
    for (kind, outputs) in losses() {
        for activation in BOTH {
            let mut problem = Problem::random(21, &kind, outputs, false, activation, 0.1);
            let mut stream = Stream::new(5);
            let counts: Vec<usize> = (0..problem.n()).map(|_| stream.below(4)).collect();
            let rows: Vec<usize> = (0..problem.n())
                .flat_map(|j| core::iter::repeat_n(j, counts[j]))
                .collect();
            let mut repeated = problem.clone();
            repeated.rows = Mat::from_fn(problem.rows.nrows(), rows.len(), |i, j| {
                problem.rows[(i, rows[j])]
            });
            let own = |j: usize| &problem.target[j * outputs..(j + 1) * outputs];
            repeated.target = rows.iter().flat_map(|j| own(*j).to_vec()).collect();
            repeated.masks = masks_of(repeated.rows.as_ref(), problem.gates.as_ref());
            // a weight of 0 is a row that is not there
            #[expect(clippy::cast_precision_loss, reason = "below 4")]
            let weights = counts.iter().map(|c| *c as f64).collect();
            problem.weights = Some(weights);
            let precise = settings(TOL, |s| s.max_iters = 20_000);
            let (one, other) = (problem.solve(&precise), repeated.solve(&precise));
            let what = format!("{} of {outputs}, {activation:?}", kind.name());
            assert_eq!(one.status, Status::Converged, "{what}: {}", one.gap());
            assert_eq!(other.status, Status::Converged, "{what}: {}", other.gap());
            let share = one.point.objective / other.point.objective - 1.0;
            assert!(share.abs() <= SAME, "{what}: {share}");
            let share = one.certificate.bound / other.certificate.bound - 1.0;
            assert!(share.abs() <= SAME, "{what}: bound {share}");
        }
    }
}

#[test]
fn classes_in_another_order_are_outputs_in_that_order() {
    /// The gap of both, and how far outputs may be apart within it.
    const TOL: f64 = 1e-9;
    const APART: f64 = 1e-3;
    let order = [2, 0, 1];
    for kind in [LossKind::Softmax, LossKind::Squared] {
        for activation in BOTH {
            let problem = Problem::random(31, &kind, 3, true, activation, 0.05);
            let mut other = problem.clone();
            for (y, to) in problem
                .target
                .chunks_exact(3)
                .zip(other.target.chunks_exact_mut(3))
            {
                for k in 0..3 {
                    to[k] = y[order[k]];
                }
            }
            let precise = settings(TOL, |s| s.max_iters = 20_000);
            let (one, two) = (problem.solve(&precise), other.solve(&precise));
            let share = one.point.objective / two.point.objective - 1.0;
            assert!(share.abs() <= 2.0 * TOL, "{}: {share}", kind.name());
            let (f, g) = (problem.at(&one.point.v).0, other.at(&two.point.v).0);
            let back: Vec<f64> = g
                .chunks_exact(3)
                .flat_map(|g| (0..3).map(|k| g[order.iter().position(|o| *o == k).unwrap()]))
                .collect();
            let off = apart(&f, &back);
            assert!(off <= APART, "{}, {activation:?}: {off}", kind.name());
        }
    }
}

#[test]
fn squared_outputs_are_solved_as_if_each_were_alone() {
    const TOL: f64 = 1e-9;
    for activation in BOTH {
        let problem = Problem::random(41, &LossKind::Squared, 3, true, activation, 0.05);
        let precise = settings(TOL, |s| s.max_iters = 20_000);
        let whole = problem.solve(&precise);
        let alone = |k: usize| {
            let target = problem.target.iter().skip(k).step_by(3).copied().collect();
            let one = Problem {
                target,
                outputs: 1,
                ..problem.clone()
            };
            one.solve(&precise).point.objective
        };
        let sum: f64 = (0..3).map(alone).sum();
        let share = whole.point.objective / sum - 1.0;
        assert!(share.abs() <= 2.0 * TOL, "{activation:?}: {share}");
    }
}

#[test]
fn every_primal_method_and_precision_agrees() {
    const TOL: f64 = 1e-4;
    for (kind, outputs) in [(LossKind::Logistic, 1), (LossKind::Softmax, 3)] {
        for activation in BOTH {
            let problem = Problem::random(51, &kind, outputs, true, activation, 0.05);
            let (primal, dual) = loss_conic::optimum(&problem);
            for method in PrimalChoice::ALL {
                for precision in [Precision::F64, Precision::F32, Precision::Mixed] {
                    let solution = problem.solve(&settings(TOL, |s| {
                        s.primal = method;
                        s.precision = precision;
                    }));
                    let what = format!(
                        "{}, {activation:?}, {}, {precision:?}",
                        kind.name(),
                        method.name()
                    );
                    assert_eq!(solution.status, Status::Converged, "{what}");
                    let (objective, bound) = (solution.point.objective, solution.certificate.bound);
                    assert!(bound <= primal * (1.0 + CLARABEL), "{what}: {bound}");
                    assert!(objective >= dual * (1.0 - CLARABEL), "{what}: {objective}");
                    assert!(
                        objective <= primal * (1.0 + 2.0 * TOL),
                        "{what}: {objective}"
                    );
                }
            }
        }
    }
}

#[test]
fn working_set_reaches_the_optimum_of_all_patterns() {
    const TOL: f64 = 1e-6;
    for (kind, outputs) in losses() {
        for activation in BOTH {
            let mut problem = Problem::random(61, &kind, outputs, true, activation, 0.05);
            problem.gates = Stream::new(62).matrix(problem.rows.nrows(), 40);
            problem.masks = masks_of(problem.rows.as_ref(), problem.gates.as_ref());
            let run = |switch| problem.solve(&settings(TOL, |s| s.working_set = switch));
            let (with, without) = (run(Switch::On), run(Switch::Off));
            let what = format!("{} of {outputs}, {activation:?}", kind.name());
            assert_eq!(with.status, Status::Converged, "{what}");
            assert!(with.choice.reason.contains("working set"), "{what}");
            // cones of two dimensions may leave the plain iteration a long way: both brackets hold
            let (objective, bound) = (with.point.objective, with.certificate.bound);
            let (other, proven) = (without.point.objective, without.certificate.bound);
            let line = objective * (1.0 + RESUMMED);
            assert!(
                bound <= other * (1.0 + RESUMMED) && proven <= line,
                "{what}"
            );
        }
    }
}

#[test]
fn warm_start_at_the_optimum_takes_few_iterations_with_its_split_and_without() {
    const TOL: f64 = 1e-6;
    let problem = Problem::random(71, &LossKind::Softmax, 3, true, Activation::Relu, 0.05);
    let precise = settings(TOL, |_| ());
    let first = problem.solve(&precise);
    let programme = problem.programme();
    let precise = precise.check().unwrap();
    let again = |warm| {
        let control = Control::default();
        solve(&programme, &precise, &control, Some(warm), &mut ()).unwrap()
    };
    let second = again(&first.warm_start);
    assert_eq!(second.status, Status::Converged);
    assert!(second.iterations <= 10, "{}", second.iterations);
    let mut bare = first.warm_start.clone();
    bare.split = None;
    let third = again(&bare);
    assert_eq!(third.status, Status::Converged);
    assert!(third.iterations <= first.iterations, "{}", third.iterations);
}

#[test]
fn limit_ends_with_a_point_no_worse_than_zero_and_a_true_bound() {
    for (kind, outputs) in losses() {
        for activation in BOTH {
            let problem = Problem::random(81, &kind, outputs, true, activation, 0.02);
            let (primal, dual) = loss_conic::optimum(&problem);
            let programme = problem.programme();
            for seconds in [0.0, 3.0, 25.0] {
                let clock = MovingClock::ticking(0.1);
                let control = *Control::with_clock(&clock).deadline(seconds);
                let all = settings(0.0, |_| ());
                let solution =
                    solve(&programme, &all.check().unwrap(), &control, None, &mut ()).unwrap();
                let what = format!("{}, {activation:?}, {seconds} s", kind.name());
                assert_eq!(solution.status, Status::TimeLimit, "{what}");
                let (objective, bound) = (solution.point.objective, solution.certificate.bound);
                assert!(objective <= programme.zero_objective(), "{what}");
                assert!(objective >= dual * (1.0 - CLARABEL), "{what}: {objective}");
                assert!(bound <= primal * (1.0 + CLARABEL), "{what}: {bound}");
            }
        }
    }
}

#[test]
fn three_blocks_with_another_loss_or_several_outputs_are_one_clear_error() {
    for (kind, outputs) in losses() {
        let problem = Problem::random(91, &kind, outputs, false, Activation::Relu, 0.1);
        let three = settings(1e-3, |s| s.splitting = Splitting::ThreeBlock);
        let outcome = problem.try_solve(&three);
        if kind == LossKind::Squared && outputs == 1 {
            assert!(outcome.is_ok());
        } else {
            let text = outcome.err().map(|error| error.to_string());
            let text = text.unwrap_or_default();
            assert!(
                text.contains("splitting") && text.contains("two-block"),
                "{text}"
            );
        }
    }
}

#[test]
fn outputs_of_hundreds_overflow_nothing() {
    // labels that one direction separates, hardly penalised: outputs grow as long as they may
    for (kind, outputs) in [(LossKind::Logistic, 1), (LossKind::Softmax, 3)] {
        for activation in BOTH {
            let mut problem = Problem::random(95, &kind, outputs, false, activation, 1e-9);
            for j in 0..problem.n() {
                for i in 0..problem.rows.nrows() {
                    problem.rows[(i, j)] *= 1e3;
                }
            }
            problem.masks = masks_of(problem.rows.as_ref(), problem.gates.as_ref());
            for precision in [Precision::F64, Precision::F32] {
                let solution = problem.solve(&settings(1e-3, |s| {
                    s.max_iters = 60;
                    s.precision = precision;
                }));
                let (objective, bound) = (solution.point.objective, solution.certificate.bound);
                let zero = problem.programme().zero_objective();
                let what = format!("{}, {activation:?}: {bound} {objective}", kind.name());
                assert!(objective.is_finite() && objective <= zero, "{what}");
                assert!(bound.is_finite() && bound <= objective, "{what}");
            }
        }
    }
}

/// An interior point that is stopped by rounding on its way to 1e-10 must not end the test.
#[test]
fn optimum_where_the_interior_point_is_stopped_is_found() {
    let (kind, outputs) = losses().swap_remove(4);
    let problem = Problem::random(611, &kind, outputs, false, Activation::Gated, 0.1);
    let (primal, dual) = loss_conic::optimum(&problem);
    assert!(
        (primal - dual).abs() <= CLARABEL * primal,
        "{primal} {dual}"
    );
}

proptest! {
    #![proptest_config(testkit::cases(17, 24))]
    #[test]
    fn any_dual_point_proves_no_more_than_the_optimum(
        seed in 0..1000_u64, which in 0..6_usize, size in 0.01..3.0_f64, gated in any::<bool>(),
    ) {
        let (kind, outputs) = losses().swap_remove(which);
        let activation = BOTH[usize::from(gated)];
        let problem = Problem::random(seed, &kind, outputs, seed % 2 == 0, activation, 0.1);
        let programme = problem.programme();
        let mut stream = Stream::new(seed + 1);
        let blocks = if gated { 0 } else { programme.n_blocks() };
        let multipliers = Multipliers {
            blocks: (0..blocks)
                .map(|_| (0..3).map(|_| (stream.below(problem.n()), stream.normal())).collect())
                .collect(),
        };
        // minus the gradient somewhere, and any numbers
        let fitted: Vec<f64> = stream.normals(problem.n() * outputs);
        let mut slope = vec![0.0; fitted.len()];
        problem.loss().value_slope(0..problem.n(), &fitted, &mut slope);
        let mut columns = vec![0.0; fitted.len()];
        for j in 0..problem.n() {
            for k in 0..outputs {
                columns[k * problem.n() + j] =
                    -slope[j * outputs + k] / problem.weight(j).sqrt();
            }
        }
        let (primal, _) = loss_conic::optimum(&problem);
        for theta in [columns, stream.normals(fitted.len())] {
            let theta: Vec<f64> = theta.iter().map(|t| size * t).collect();
            let bound = ProgrammeCertificate::evaluate(&programme, theta, multipliers.clone()).bound;
            prop_assert!(bound <= primal * (1.0 + CLARABEL), "{bound} above {primal}");
        }
    }
}
