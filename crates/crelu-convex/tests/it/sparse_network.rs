//! The network of the sparse copies: data of many coordinates, whose cones are thin.

use admm::Status;
use crelu_convex::{Activation, Check, Programme, Solution, solve};
use crelu_convex::{PrimalChoice, Splitting};
use linalg_core::Control;
use testkit::Stream;

use crate::data::{masks_of, settings};

/// Above the rank from which cones count as thin.
const RANK: usize = 510;
const ROWS: usize = 560;

fn thin(activation: Activation) -> Programme {
    let mut stream = Stream::new(17);
    let data = stream.matrix::<f64>(RANK, ROWS);
    let gates = stream.matrix::<f64>(RANK, 3);
    let masks = masks_of(data.as_ref(), gates.as_ref());
    let target = (0..ROWS)
        .map(|i| {
            if data[(0, i)] * data[(1, i)] >= 0.0 {
                1.0
            } else {
                -1.0
            }
        })
        .collect();
    let programme = Programme::new(data, masks, gates, target, 0.0, activation).unwrap();
    let beta = 0.01 * programme.zero_threshold();
    programme.with_beta_sum(beta)
}

fn run(programme: &Programme, shown: impl FnMut(&Check<'_>)) -> Solution {
    run_to(programme, 12, None, shown)
}

fn run_to(
    programme: &Programme,
    max_iters: usize,
    settle: Option<f64>,
    mut shown: impl FnMut(&Check<'_>),
) -> Solution {
    let settings = settings(1e-3, |s| {
        (s.primal, s.splitting) = (PrimalChoice::Cholesky, Splitting::ThreeBlock);
        (s.max_iters, s.settle) = (max_iters, settle);
    });
    let control = Control::default();
    solve(
        programme,
        &settings.check().unwrap(),
        &control,
        None,
        &mut shown,
    )
    .unwrap()
}

#[test]
fn thin_cones_network_of_the_sparse_copies_beats_the_feasible_point() {
    let programme = thin(Activation::Relu);
    // objectives shown by the course of the run, the network's where it is better
    let mut shown = Vec::new();
    let solution = run(&programme, |check| {
        let network = check.network.map_or(f64::INFINITY, |n| n.objective);
        shown.push((check.iteration, check.point.objective.min(network)));
    });
    let network = solution.network.expect("a better network");
    assert!(network.objective < 0.9 * solution.point.objective);
    // J from the weights and the data alone
    let (mut misfit, mut penalty) = (0.0, 0.0);
    for i in 0..ROWS {
        let mut f = 0.0;
        for b in 0..programme.n_blocks() {
            let h: f64 = (0..RANK)
                .map(|k| programme.data()[(k, i)] * network.v[(k, b)])
                .sum();
            f += programme.sign(b) * h.max(0.0);
        }
        assert!((f - network.fitted[i]).abs() < 1e-9, "row {i}");
        misfit += 0.5 * (f - programme.target()[i]).powi(2);
    }
    for b in 0..programme.n_blocks() {
        penalty += network.v.col(b).norm_l2();
    }
    let objective = misfit + programme.beta_sum() * penalty;
    assert!((objective - network.objective).abs() < 1e-9 * objective);
    // no multiple of it is better: the derivative along it is zero
    let slope: f64 = network
        .fitted
        .iter()
        .zip(programme.target())
        .map(|(f, y)| f * (f - y))
        .sum();
    assert!((slope + programme.beta_sum() * penalty).abs() < 1e-9 * objective);
    // it is there after two iterations, and what is shown never rises
    assert_eq!(shown.first().map(|s| s.0), Some(2));
    assert!(shown.windows(2).all(|w| w[1].1 <= w[0].1));
    assert_eq!(shown.last().map(|s| s.1), Some(network.objective));
}

#[test]
fn gated_programme_has_no_other_network() {
    let programme = thin(Activation::Gated);
    assert!(run(&programme, |_| ()).network.is_none());
}

#[test]
fn thin_cones_run_settles_where_its_network_is_the_answer() {
    /// What may be left to win, of `J`.
    const SHARE: f64 = 1e-2;
    let programme = thin(Activation::Relu);
    let mut shown = Vec::new();
    let solution = run_to(&programme, 400, SHARE.into(), |check| {
        let network = check.network.map_or(f64::INFINITY, |n| n.objective);
        shown.push((check.iteration, network));
    });
    assert_eq!(solution.status, Status::Settled);
    // the cones are open, the network is below their optimum
    let network = solution.network.expect("a better network");
    assert!(solution.point.objective > (1.0 + 1e-3) * solution.certificate.bound);
    assert!(network.objective <= (1.0 + 1e-3) * solution.certificate.bound);
    // over the second half of the run it fell by less than the share
    let &(last, _) = shown.last().expect("checks");
    let halfway = shown.iter().filter(|(at, _)| 2 * at <= last);
    let then = halfway.map(|(_, j)| *j).fold(f64::INFINITY, f64::min);
    assert!(
        then - network.objective <= SHARE * network.objective,
        "{then}"
    );
    // without the rule the run goes on
    let on = run_to(&programme, last + 20, None, |_| ());
    assert!(
        matches!(on.status, Status::IterationLimit | Status::Converged),
        "{:?}",
        on.status
    );
    assert!(on.iterations > solution.iterations);
}
