use std::collections::HashSet;

use crelu_convex::ProgrammeError;
use crelu_convex::gates::GateSampler;
use crelu_convex::gates::{Patterns, sample};
use crelu_core::Subject;
use faer::{Mat, MatRef};
use testkit::{Stream, regression};

use crate::data::masks_of;

fn with_ones(x: &Mat<f64>) -> Mat<f64> {
    Mat::from_fn(x.nrows() + 1, x.ncols(), |k, j| {
        if k < x.nrows() { x[(k, j)] } else { 1.0 }
    })
}

fn assert_patterns(what: &str, x: MatRef<'_, f64>, patterns: &Patterns) {
    assert_eq!(
        patterns.masks,
        masks_of(x, patterns.gates.as_ref()),
        "{what}"
    );
    assert_eq!(patterns.gates.ncols(), patterns.len(), "{what}");
    let mut seen = HashSet::new();
    for p in 0..patterns.len() {
        let column = patterns.masks.column(p);
        assert!(column.contains(&1), "{what}: pattern {p} sees no row");
        assert!(
            seen.insert(column.to_vec()),
            "{what}: pattern {p} is there twice"
        );
    }
}

#[test]
fn sample_patterns_are_distinct_not_empty_and_repeat() {
    for seed in testkit::seeds(0..8) {
        let (x, y) = regression(seed, 25, 3);
        let x = with_ones(&x);
        for sampler in [GateSampler::Gaussian, GateSampler::Data] {
            let draw = |seed| sample(x.as_ref(), &y, true, sampler, 40, seed).unwrap();
            let patterns = draw(seed);
            let what = format!("seed {seed}, {}", sampler.name());
            assert_eq!(patterns.len(), 40, "{what}");
            assert!(!patterns.is_empty());
            assert_patterns(&what, x.as_ref(), &patterns);
            let again = draw(seed);
            assert_eq!(patterns.gates, again.gates, "{what}");
            assert_eq!(patterns.masks, again.masks, "{what}");
            assert_ne!(patterns.gates, draw(seed + 1).gates, "{what}");
            // fewer patterns are the first of more
            let few = sample(x.as_ref(), &y, true, sampler, 7, seed).unwrap();
            let first = |p: usize| (few.masks.column(p), patterns.masks.column(p));
            assert!(sampler == GateSampler::Data || (0..7).all(|p| first(p).0 == first(p).1));
        }
    }
}

#[test]
fn data_gates_lie_halfway_between_two_rows_of_different_target() {
    const ROUNDING: f64 = 1e-12;
    for seed in testkit::seeds(0..5) {
        let x = with_ones(&Stream::new(seed).matrix(4, 12));
        let y: Vec<f64> = (0..12)
            .map(|j| if j % 3 == 0 { 1.0 } else { -1.0 })
            .collect();
        let patterns = sample(x.as_ref(), &y, true, GateSampler::Data, 15, seed).unwrap();
        assert_patterns(&format!("seed {seed}"), x.as_ref(), &patterns);
        for p in 0..patterns.len() {
            let gate = patterns.gates.col(p);
            let side = |j: usize| (0..5).map(|k| gate[k] * x[(k, j)]).sum::<f64>();
            let pair = (0..144).map(|c| (c / 12, c % 12)).find(|&(i, j)| {
                (0..4).all(|k| (gate[k] - (x[(k, i)] - x[(k, j)])).abs() <= ROUNDING)
                    && y[i] != y[j]
            });
            let (i, j) = pair.unwrap_or_else(|| panic!("seed {seed}: gate {p} has no two rows"));
            let length: f64 = (0..4).map(|k| gate[k].powi(2)).sum();
            assert!(
                (side(i) - 0.5 * length).abs() <= ROUNDING,
                "seed {seed}, gate {p}"
            );
            assert!(
                (side(j) + 0.5 * length).abs() <= ROUNDING,
                "seed {seed}, gate {p}"
            );
            assert_eq!(
                (patterns.masks.column(p)[i], patterns.masks.column(p)[j]),
                (1, 0),
                "seed {seed}, gate {p}"
            );
        }
    }
}

#[test]
fn sample_few_rows_gives_the_patterns_there_are() {
    for seed in testkit::seeds(0..4) {
        // two rows in one coordinate: both, or the one on a gate's side
        let x = Mat::from_fn(1, 2, |_, j| [1.0, -2.0][j]);
        for sampler in [GateSampler::Gaussian, GateSampler::Data] {
            let patterns = sample(x.as_ref(), &[1.0, -1.0], false, sampler, 30, seed).unwrap();
            assert_patterns("two rows", x.as_ref(), &patterns);
            assert_eq!(patterns.len(), 2, "seed {seed}, {}", sampler.name());
        }
        let one = Mat::from_fn(2, 1, |k, _| 1.0 + k as f64);
        let patterns = sample(one.as_ref(), &[1.0], true, GateSampler::Data, 30, seed).unwrap();
        assert_eq!(patterns.len(), 1);
        // a target of one value has no pair of different rows: any pair serves
        let x = with_ones(&Stream::new(seed).matrix(3, 10));
        let patterns = sample(x.as_ref(), &[2.0; 10], true, GateSampler::Data, 5, seed).unwrap();
        assert_eq!(patterns.len(), 5);
    }
}

#[test]
fn from_gates_keeps_order_and_drops_duplicates_and_empty_patterns() {
    let x = Mat::from_fn(2, 3, |k, j| [[1.0, 2.0], [3.0, 1.0], [1.0, 1.0]][j][k]);
    let gates = Mat::from_fn(2, 5, |k, j| {
        [
            [1.0, -1.5],
            [-1.0, -1.0],
            [2.0, -3.0],
            [1.0, 0.0],
            [0.0, 0.0],
        ][j][k]
    });
    let patterns = Patterns::from_gates(x.as_ref(), gates.as_ref()).unwrap();
    // the second sees nothing, the third is the first, the fifth the fourth: X g = 0 counts as seen
    assert_eq!(
        patterns.gates,
        Mat::from_fn(2, 2, |k, j| gates[(k, [0, 3][j])])
    );
    assert_eq!(patterns.masks.column(0), [0, 1, 0]);
    assert_eq!(patterns.masks.column(1), [1, 1, 1]);
}

#[test]
fn from_gates_bad_input_is_an_error() {
    let x = Mat::from_fn(2, 3, |k, j| 1.0 + (k + j) as f64);
    let wrong = Mat::<f64>::zeros(3, 1);
    let error = Patterns::from_gates(x.as_ref(), wrong.as_ref()).unwrap_err();
    let (what, want, got) = (Subject::GateRows, 2, 3);
    assert_eq!(error, ProgrammeError::Shape { what, want, got });
    for value in [f64::NAN, f64::INFINITY] {
        let bad = Mat::from_fn(2, 2, |k, j| if k + j == 2 { value } else { 1.0 });
        let error = Patterns::from_gates(x.as_ref(), bad.as_ref()).unwrap_err();
        assert_eq!(
            error,
            ProgrammeError::NotFinite {
                what: Subject::Gates
            }
        );
    }
    let away = Mat::from_fn(2, 2, |_, _| -1.0);
    let error = Patterns::from_gates(x.as_ref(), away.as_ref()).unwrap_err();
    assert_eq!(error, ProgrammeError::NoPattern);
    let none = Mat::<f64>::zeros(2, 0);
    let error = Patterns::from_gates(x.as_ref(), none.as_ref()).unwrap_err();
    assert_eq!(error, ProgrammeError::NoPattern);
}
