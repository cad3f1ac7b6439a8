//! Problems for the tests of global training: random, from a seed.

use crelu_global as global;
use crelu_global::{GlobalObserver, GlobalProblem, GlobalSettings, Neurons, Round, Trained};
use faer::Mat;
use linalg_core::Control;
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Inputs (`rank x n`) and targets of a teacher with three neurons and noise.
pub(crate) fn teacher(n: usize, rank: usize, seed: u64) -> (Mat<f64>, Vec<f64>) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
    let data = Mat::from_fn(rank, n, |_, _| normal());
    let teachers: Vec<Vec<f64>> = (0..3)
        .map(|_| (0..rank).map(|_| normal()).collect())
        .collect();
    let target = (0..n)
        .map(|i| {
            let outputs = teachers.iter().enumerate().map(|(k, u)| {
                let h: f64 = (0..rank).map(|c| u[c] * data[(c, i)]).sum();
                if k == 1 { -h.max(0.0) } else { h.max(0.0) }
            });
            outputs.sum::<f64>() + 0.3 * normal()
        })
        .collect();
    (data, target)
}

/// The problem at a share of the largest price of the zero network, as two random directions
/// measure it.
pub(crate) fn problem(data: &Mat<f64>, target: &[f64], share: f64) -> GlobalProblem {
    let whole = GlobalProblem::new(data.clone(), target.to_vec(), 1.0).unwrap();
    let size = global::SearchSize {
        ascents: 50,
        steps: 50,
        keep: 1,
        rows: None,
        broad: false,
    };
    let none = Neurons::none(whole.rank());
    let found = global::search(
        &whole,
        target,
        &none,
        size,
        0.0,
        global::Searcher { seed: 0, round: 0 },
        &Control::default(),
    );
    GlobalProblem::new(data.clone(), target.to_vec(), share * found.max_price).unwrap()
}

/// Trains without thinning, to a tighter gap than the default: the tests compare digits.
pub(crate) fn best(problem: &GlobalProblem, seed: u64) -> Trained {
    let mut settings = GlobalSettings::default();
    settings.thin = Some(0.0);
    settings.seed = seed;
    settings.tol = 1e-3;
    settings.thorough = true;
    let start = Neurons::none(problem.rank());
    global::train(
        problem,
        start,
        &settings.check().unwrap(),
        &Control::default(),
        &mut (),
    )
}

/// Keeps what it is told.
#[derive(Default)]
pub(crate) struct Course {
    pub(crate) objectives: Vec<f64>,
    pub(crate) stop_after: Option<usize>,
}

impl GlobalObserver for Course {
    fn round(&mut self, round: &Round<'_>) -> bool {
        self.objectives.push(round.objective);
        self.stop_after.is_none_or(|most| round.round < most)
    }
}
