//! Sparse rows against the same rows dense.

use std::sync::Arc;

use crelu_core::{Loss, LossKind};
use crelu_global::{
    GlobalProblem, GlobalSettings, Neurons, SearchSize, Searcher, correct_weights, merge,
    pattern_price, prices, search, slide_wide, train,
};
use faer::Mat;
use linalg_core::{Control, LinalgError, SparseRows};
use testkit::Stream;

/// Rounding of sums of some hundred terms, in another order.
const ROUNDING: f64 = 1e-10;
/// Minimisations of one function from one start, whose steps round in another order.
const MINIMISED: f64 = 1e-6;
/// The search gap at which the trainings end, whose `f32` steps round in another order: each is within it of the
/// optimum.
const TRAINED: f64 = 1e-4;

/// Rows of a few entries, some of none, and the same dense (`rank x n`).
fn rows(n: usize, rank: usize, seed: u64) -> (SparseRows<f64>, Mat<f64>) {
    let mut stream = Stream::new(seed);
    let mut dense = Mat::zeros(rank, n);
    let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    for i in 0..n {
        for k in 0..rank {
            if stream.below(rank) < 4 && i % 17 != 5 {
                dense[(k, i)] = stream.normal();
                columns.push(u32::try_from(k).unwrap());
                values.push(dense[(k, i)]);
            }
        }
        starts.push(values.len());
    }
    let sparse = SparseRows::new(rank, starts, columns, values).unwrap();
    (sparse, dense)
}

/// A loss of `k` outputs whose targets the rows say something about.
fn loss(dense: &Mat<f64>, k: usize) -> Arc<dyn Loss> {
    let n = dense.ncols();
    let weights = (0..n).map(|i| 0.5 + (i % 3) as f64).collect();
    let target = (0..n).flat_map(|i| {
        let score = dense[(0, i)].max(0.0) - dense[(1, i)] + 0.5 * dense[(2, i)];
        (0..k).map(move |c| match k {
            1 => score,
            _ => f64::from(c == usize::from(score > 0.0) + usize::from(score > 0.5)),
        })
    });
    let kind = match k {
        1 => LossKind::Squared,
        _ => LossKind::Softmax,
    };
    kind.of(target.collect(), k, Some(weights)).unwrap()
}

fn both(n: usize, rank: usize, k: usize, beta: f64, seed: u64) -> (GlobalProblem, GlobalProblem) {
    let (sparse, dense) = rows(n, rank, seed);
    let loss = loss(&dense, k);
    (
        GlobalProblem::of_sparse(sparse, Arc::clone(&loss), beta).unwrap(),
        GlobalProblem::with_loss(dense, loss, beta).unwrap(),
    )
}

fn neurons(rank: usize, k: usize, count: usize, seed: u64) -> Neurons {
    let mut stream = Stream::new(seed);
    let mut out = Neurons::with_outputs(rank, k);
    for i in 0..count {
        out.push_head(
            &stream.normals(rank),
            &stream.normals(k),
            0.1 * (1 + i % 5) as f64,
        );
    }
    out
}

fn assert_near(a: f64, b: f64, tolerance: f64, what: &str) {
    assert!(
        (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs())),
        "{what}: {a} {b}"
    );
}

#[test]
fn sparse_passes_equal_dense_ones() {
    for seed in testkit::seeds(0..6) {
        let at = usize::try_from(seed % 6).unwrap();
        let (n, rank, k, m) = (
            [40, 300, 1500][at % 3],
            [9, 33][at % 2],
            [1, 3][at / 3],
            7 + 20 * at,
        );
        let (sparse, dense) = both(n, rank, k, 0.5, seed);
        let network = neurons(rank, k, m, seed + 100);
        let (a, b) = (network.fitted(&sparse), network.fitted(&dense));
        a.iter()
            .zip(&b)
            .for_each(|(a, b)| assert_near(*a, *b, ROUNDING, "fitted"));
        let theta = sparse.theta(&a);
        let (a, b) = (
            prices(&sparse, &theta, &network),
            prices(&dense, &theta, &network),
        );
        a.iter()
            .zip(&b)
            .for_each(|(a, b)| assert_near(*a, *b, ROUNDING, "prices"));
        let price = |problem| {
            pattern_price(problem, &network, &theta, &linalg_core::Control::default()).unwrap()
        };
        assert_near(price(&sparse), price(&dense), ROUNDING, "slopes");
        let corrected = |problem: &GlobalProblem| {
            let mut network = network.clone();
            correct_weights(problem, &mut network, &Control::default());
            merge(problem, &mut network);
            network.objective(problem)
        };
        assert_near(
            corrected(&sparse),
            corrected(&dense),
            MINIMISED,
            "corrected",
        );
        // value and gradient in f64, followed for some steps
        let slid = |problem: &GlobalProblem| {
            let mut network = network.clone();
            slide_wide(problem, &mut network, 3, &Control::default());
            network.objective(problem)
        };
        assert_near(slid(&sparse), slid(&dense), MINIMISED, "slid");
    }
}

#[test]
fn sparse_slopes_are_the_adjoint_of_images() {
    // theta'(R u)_+ = u'R'(theta o 1[R u > 0]): a price is the product of a direction and its slopes,
    // which the power steps of a search need to find neurons dearer than random ones
    let (sparse, _) = both(200, 20, 1, 0.5, 3);
    let none = Neurons::none(20);
    let theta = sparse.theta(&vec![0.0; 200]);
    let size = SearchSize {
        ascents: 30,
        steps: 40,
        keep: 10,
        rows: None,
        broad: false,
    };
    let searcher = Searcher { seed: 1, round: 0 };
    let found = search(
        &sparse,
        &theta,
        &none,
        size,
        0.0,
        searcher,
        &Control::default(),
    );
    let again = prices(&sparse, &theta, &found.found);
    for (a, b) in found.prices.iter().zip(&again) {
        assert_near(*a, *b, ROUNDING, "price by slopes and by images");
    }
    let random = prices(&sparse, &theta, &neurons(20, 1, 300, 5));
    let dearest = random.iter().fold(0.0, |a: f64, b| a.max(*b));
    assert!(
        found.max_price > 1.2 * dearest,
        "{} {dearest}",
        found.max_price
    );
}

#[test]
fn sparse_rows_that_are_none_are_refused() {
    let rows = |starts: &[usize], columns: &[u32], values: &[f64]| {
        SparseRows::new(3, starts.to_vec(), columns.to_vec(), values.to_vec())
    };
    assert!(rows(&[0, 1, 2], &[0, 2], &[1.0, 2.0]).is_ok());
    let error = |got: Result<SparseRows<f64>, LinalgError>| got.expect_err("no rows").to_string();
    assert!(error(rows(&[0, 1], &[3], &[1.0])).contains("row 0: column 3 of 3"));
    assert!(error(rows(&[0, 2], &[1, 1], &[1.0, 1.0])).contains("not after the one before"));
    assert!(error(rows(&[0, 1], &[1], &[f64::NAN])).contains("not finite"));
    assert!(error(rows(&[0, 2], &[1], &[1.0])).contains("starts"));
    assert!(error(rows(&[0, 2, 1], &[1], &[1.0])).contains("starts"));
    assert!(error(rows(&[0, 1], &[1, 2], &[1.0])).contains("columns"));
    let loss = LossKind::Squared.of(vec![1.0; 3], 1, None).unwrap();
    let two = rows(&[0, 1, 2], &[0, 2], &[1.0, 2.0]).unwrap();
    assert!(
        GlobalProblem::of_sparse(two.clone(), loss, 0.1).is_err(),
        "three targets"
    );
    let loss = LossKind::Squared.of(vec![1.0; 2], 1, None).unwrap();
    assert!(
        GlobalProblem::of_sparse(two, loss, f64::NAN).is_err(),
        "beta"
    );
}

#[test]
fn sparse_training_equals_dense_training() {
    for k in [1, 3] {
        let (sparse, dense) = both(400, 25, k, 12.0, 7);
        let mut settings = GlobalSettings::default();
        settings.tol = TRAINED;
        settings.thorough = true;
        let settings = settings.check().unwrap();
        let go = |problem: &GlobalProblem| {
            let none = Neurons::with_outputs(25, k);
            train(problem, none, &settings, &Control::default(), &mut ())
        };
        let (a, b) = (go(&sparse), go(&dense));
        assert!(!a.best.is_empty() && a.best.len() < 60);
        assert_near(a.best_objective, b.best_objective, TRAINED, "J");
        let (fa, fb) = (a.best.fitted(&sparse), b.best.fitted(&sparse));
        // the loss is strongly convex in the outputs: each is within the root of twice its gap
        let apart = linalg_core::distance(&fa, &fb);
        let most = 2.0 * (2.0 * TRAINED * a.best_objective).sqrt();
        assert!(apart <= most, "{apart} of {most}");
        assert!(
            a.work.flops < b.work.flops,
            "an entry counts, a zero does not"
        );
    }
}
