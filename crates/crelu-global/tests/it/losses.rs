//! Global training with every loss, weights of rows and several outputs.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crelu_core::{Loss, LossKind, Separable};
use crelu_global::{
    GlobalProblem, GlobalSettings, Neurons, SearchSize, Searcher, Trained, correct_weights, merge,
    pattern_bound, prices, search, thin, thin_to, train,
};
use faer::Mat;
use linalg_core::Control;
use testkit::Stream;

use crate::counts::Poisson;

/// Rows, and a target of the loss that a few neurons make.
struct Case {
    data: Mat<f64>,
    kind: LossKind,
    outputs: usize,
    target: Vec<f64>,
}

fn case(kind: LossKind, outputs: usize, n: usize, rank: usize, seed: u64) -> Case {
    let mut stream = Stream::new(seed);
    let mut data = Mat::from_fn(rank, n, |_, _| 2.0 * stream.unit());
    for i in 0..n {
        data[(rank - 1, i)] = 1.0;
    }
    let mut neurons = Neurons::with_outputs(rank, outputs);
    for _ in 0..3 * outputs {
        let u: Vec<f64> = (0..rank).map(|_| stream.unit()).collect();
        let a: Vec<f64> = (0..outputs).map(|_| stream.unit()).collect();
        neurons.push_head(&u, &a, 2.0);
    }
    let clean = neurons.outputs(data.as_ref());
    let target = match kind {
        LossKind::Logistic => clean
            .iter()
            .map(|f| (f + 0.3 * stream.unit()).signum())
            .collect(),
        LossKind::Softmax => clean
            .chunks_exact(outputs)
            .flat_map(|f| {
                let noisy: Vec<f64> = f.iter().map(|f| f + 0.3 * stream.unit()).collect();
                let largest = (0..outputs).fold(0, |a, b| if noisy[b] > noisy[a] { b } else { a });
                (0..outputs).map(move |k| if k == largest { 1.0 } else { 0.0 })
            })
            .collect(),
        _ => clean.iter().map(|f| f + 0.3 * stream.unit()).collect(),
    };
    Case {
        data,
        kind,
        outputs,
        target,
    }
}

impl Case {
    fn loss(&self, weights: Option<Vec<f64>>) -> Arc<dyn Loss> {
        self.kind
            .of(self.target.clone(), self.outputs, weights)
            .expect("a loss")
    }

    /// With the penalty a share of the largest price at the zero network.
    fn problem(&self, share: f64) -> GlobalProblem {
        let whole =
            GlobalProblem::with_loss(self.data.clone(), self.loss(None), 1.0).expect("fits");
        let most = dearest(&whole);
        GlobalProblem::with_loss(self.data.clone(), self.loss(None), share * most).expect("fits")
    }
}

fn dearest(problem: &GlobalProblem) -> f64 {
    let zeros = vec![0.0; problem.n_samples() * problem.outputs()];
    let none = Neurons::with_outputs(problem.rank(), problem.outputs());
    let size = SearchSize {
        ascents: 100,
        steps: 50,
        keep: 10,
        rows: None,
        broad: false,
    };
    let seed = Searcher { seed: 1, round: 0 };
    search(
        problem,
        &problem.theta(&zeros),
        &none,
        size,
        1.0,
        seed,
        &Control::default(),
    )
    .max_price
}

fn cases() -> Vec<Case> {
    vec![
        case(LossKind::Squared, 1, 120, 4, 1),
        case(LossKind::Logistic, 1, 120, 4, 2),
        case(LossKind::Huber { delta: vec![0.4] }, 1, 120, 4, 3),
        case(LossKind::Squared, 3, 120, 4, 4),
        case(LossKind::Softmax, 3, 120, 4, 5),
        case(
            LossKind::Huber {
                delta: vec![0.4, 0.6],
            },
            2,
            120,
            4,
            6,
        ),
    ]
}

fn trained(problem: &GlobalProblem, thorough: bool) -> Trained {
    let mut settings = GlobalSettings::default();
    settings.ascents = Some(200);
    settings.thin = Some(0.0);
    settings.thorough = thorough;
    let none = Neurons::with_outputs(problem.rank(), problem.outputs());
    train(
        problem,
        none,
        &settings.check().unwrap(),
        &Control::default(),
        &mut (),
    )
}

#[test]
fn every_loss_is_trained_to_a_small_gap() {
    for case in cases() {
        for share in [0.3, 0.03] {
            let problem = case.problem(share);
            let ended = trained(&problem, true);
            let name = case.kind.name();
            let gap = 1.0 - ended.search_bound.expect("searched") / ended.best_objective;
            assert!(
                (0.0..3e-3).contains(&gap),
                "{name} {}: {gap:e}",
                case.outputs
            );
            let zero = vec![0.0; problem.n_samples() * case.outputs];
            assert!(ended.best_objective < problem.loss(&zero), "{name}");
            // a bound of its patterns alone is below it, too
            let theta = problem.theta(&ended.best.fitted(&problem));
            let bound =
                pattern_bound(&problem, &ended.best, &theta, &Control::default()).expect("finite");
            assert!(
                bound <= ended.best_objective * (1.0 + 1e-12) && bound > 0.0,
                "{name}"
            );
        }
    }
}

#[test]
fn correction_of_any_loss_meets_its_conditions_and_thinning_its_limit() {
    for case in cases() {
        let problem = case.problem(0.03);
        let mut neurons = trained(&problem, false).best;
        let name = case.kind.name();
        for _ in 0..20 {
            correct_weights(&problem, &mut neurons, &Control::default());
        }
        let theta = problem.theta(&neurons.fitted(&problem));
        for price in prices(&problem, &theta, &neurons) {
            assert!(
                (price - 1.0).abs() < 1e-3,
                "{name} {}: {price}",
                case.outputs
            );
        }
        let before = neurons.objective(&problem);
        let thinned = thin(&problem, &neurons, 5e-3, &Control::default());
        assert!(
            thinned.objective <= 1.005 * before * (1.0 + 1e-12),
            "{name}"
        );
        assert!(thinned.neurons.len() <= neurons.len(), "{name}");
        let mut doubled = neurons.clone();
        doubled.extend(&neurons);
        let halves: Vec<f64> = doubled.weights().iter().map(|w| 0.5 * w).collect();
        doubled.set_weights(&halves);
        assert!(merge(&problem, &mut doubled) >= neurons.len(), "{name}");
        assert!(
            doubled.objective(&problem) <= before * (1.0 + 1e-9),
            "{name}"
        );
    }
}

/// Two runs of one problem in other numbers end at the same objective but for this.
const SAME: f64 = 2e-3;

#[test]
fn weights_are_repeated_rows_and_classes_may_be_permuted() {
    for case in cases() {
        let (n, k) = (case.data.ncols(), case.outputs);
        let counts: Vec<usize> = (0..n).map(|i| 1 + i % 3).collect();
        let rows: Vec<usize> = (0..n).flat_map(|i| vec![i; counts[i]]).collect();
        let weights: Vec<f64> = counts
            .iter()
            .map(|c| f64::from(u32::try_from(*c).expect("few")))
            .collect();
        let beta = case.problem(0.1).beta_sum();
        let at = |data: Mat<f64>, loss| {
            let problem = GlobalProblem::with_loss(data, loss, beta).expect("fits");
            trained(&problem, true).best_objective
        };
        let name = case.kind.name();
        let weighted = at(case.data.clone(), case.loss(Some(weights)));
        let repeated = Case {
            data: Mat::from_fn(case.data.nrows(), rows.len(), |r, i| {
                case.data[(r, rows[i])]
            }),
            kind: case.kind.clone(),
            outputs: k,
            target: rows
                .iter()
                .flat_map(|i| case.target[i * k..(i + 1) * k].to_vec())
                .collect(),
        };
        let often = at(repeated.data.clone(), repeated.loss(None));
        assert!(
            (weighted / often - 1.0).abs() < SAME,
            "{name}: {weighted} {often}"
        );
        if k > 1 && !matches!(case.kind, LossKind::Huber { .. }) {
            let turned = Case {
                data: case.data.clone(),
                kind: case.kind.clone(),
                outputs: k,
                target: (0..n * k)
                    .map(|i| case.target[i / k * k + (i + 1) % k])
                    .collect(),
            };
            let (a, b) = (
                at(case.data.clone(), case.loss(None)),
                at(turned.data.clone(), turned.loss(None)),
            );
            assert!((a / b - 1.0).abs() < SAME, "{name}: {a} {b}");
        }
    }
}

#[test]
fn loss_of_the_users_own_is_trained_and_bounded() {
    let mut stream = Stream::new(5);
    let (n, rank) = (150, 3);
    let data = Mat::from_fn(
        rank,
        n,
        |k, _| if k == 2 { 1.0 } else { 2.0 * stream.unit() },
    );
    let counts: Vec<f64> = (0..n)
        .map(|i| {
            let rate = (0.8 + data[(0, i)].max(0.0) - 0.5 * data[(1, i)]).exp();
            (rate + stream.unit() * rate.sqrt()).round().max(0.0)
        })
        .collect();
    let loss: Arc<dyn Loss> = Arc::new(Separable::new(Poisson, counts, 1, None).expect("a loss"));
    for beta in [30.0, 1.0] {
        let problem =
            GlobalProblem::with_loss(data.clone(), Arc::clone(&loss), beta).expect("fits");
        let ended = trained(&problem, true);
        let bound = ended.search_bound.expect("searched");
        let gap = (ended.best_objective - bound) / ended.best_objective;
        assert!(
            (0.0..2e-3).contains(&gap),
            "{beta}: {} {bound}",
            ended.best_objective
        );
    }
}

#[test]
fn thin_to_after_a_halt_has_no_more_neurons_than_asked_and_is_no_worse_than_zero() {
    /// Rounding of sums of 120 rows.
    const ROUNDING: f64 = 1e-12;
    let flag = AtomicBool::new(true);
    let halted = Control::default().interrupt(&flag);
    for case in cases() {
        let problem = case.problem(0.01);
        let mut settings = GlobalSettings::default();
        settings.thin = Some(0.0);
        let none = Neurons::with_outputs(problem.rank(), problem.outputs());
        let trained = train(
            &problem,
            none,
            &settings.check().unwrap(),
            &Control::default(),
            &mut (),
        );
        let zero = problem.loss(&vec![0.0; problem.n_samples() * problem.outputs()]);
        assert!(trained.best.len() > 3, "{:?}", case.kind);
        for most in [1, 3] {
            let few = thin_to(&problem, &trained.best, most, &halted);
            assert!(few.neurons.len() <= most, "{:?}", case.kind);
            assert!(
                few.objective <= zero * (1.0 + ROUNDING),
                "{:?}, {most}: {} above {zero}",
                case.kind,
                few.objective
            );
        }
    }
}
