//! Weights of a penalty's parts, and the one-call form that uses them.

use admm::{AdmmError, AdmmSettings, GroupNorm, L1Norm, LeastSquares, Proximal, least_squares};
use faer::Mat;
use linalg_core::{Control, DenseOperator, norm};
use testkit::Stream;

use crate::data::{price, regression};

/// Both residuals are within 1e-10 of their sizes; the price of a column is off by the norm of the
/// columns, some tens, times as much.
const OPTIMAL: f64 = 1e-7;

fn solved(a: &Mat<f64>, y: &[f64], prox: &mut dyn Proximal<f64>) -> LeastSquares<f64> {
    let settings = AdmmSettings::default().tol(1e-10).max_iters(20_000);
    let op = DenseOperator::new(a.as_ref());
    let found = least_squares(
        &op,
        y,
        prox,
        &settings.check().unwrap(),
        &Control::default(),
    );
    let found = found.unwrap();
    assert!(found.run.status.is_converged(), "{:?}", found.run);
    found
}

/// How far `A'(y - A x)` is from the subgradients of a weighted sum of norms of groups.
fn violation(price: &[f64], x: &[f64], groups: &[(usize, f64)]) -> f64 {
    let (mut start, mut worst) = (0, 0.0_f64);
    for (length, weight) in groups {
        let part = start..start + length;
        let (p, v) = (&price[part.clone()], &x[part]);
        let size = norm(v);
        worst = worst.max(match size > 0.0 {
            false => norm(p) - weight,
            true => {
                let off = p.iter().zip(v).map(|(p, v)| p - weight * v / size);
                norm(&off.collect::<Vec<f64>>())
            }
        });
        start += length;
    }
    worst
}

#[test]
fn lasso_with_weights_meets_its_optimality_conditions() {
    let (a, y) = regression(80, 40, 12);
    // a free number, as an intercept is; the same weight; rising weights
    for weights in [
        (0..12).map(|j| if j == 3 { 0.0 } else { 0.8 }).collect(),
        vec![0.8; 12],
        (0..12).map(|j| 0.2 * f64::from(j)).collect::<Vec<f64>>(),
    ] {
        let found = solved(&a, &y, &mut L1Norm::weighted(weights.clone()).unwrap());
        let price = price(a.as_ref(), &y, &found.x);
        let groups: Vec<(usize, f64)> = weights.iter().map(|weight| (1, *weight)).collect();
        let off = violation(&price, &found.x, &groups);
        assert!(off <= OPTIMAL, "{weights:?}: {off}");
        assert!(found.x.contains(&0.0), "{weights:?}: nothing at rest");
    }
    // equal weights are the one weight
    let same = solved(&a, &y, &mut L1Norm::new(12, 0.8).unwrap());
    let each = solved(&a, &y, &mut L1Norm::weighted(vec![0.8; 12]).unwrap());
    assert_eq!(same.x, each.x);
}

#[test]
fn group_lasso_of_unequal_groups_meets_its_optimality_conditions() {
    let (a, y) = regression(81, 60, 12);
    let lengths = vec![1, 4, 2, 5];
    let root = |scale: f64| {
        let of = |length: &usize| scale * (*length as f64).sqrt();
        lengths.iter().map(of).collect::<Vec<f64>>()
    };
    for weights in [root(1.5), root(8.0), vec![0.0, 9.0, 0.0, 9.0]] {
        let mut prox = GroupNorm::weighted(lengths.clone(), weights.clone()).unwrap();
        assert_eq!(Proximal::<f64>::dim(&prox), 12);
        let found = solved(&a, &y, &mut prox);
        let price = price(a.as_ref(), &y, &found.x);
        let groups: Vec<(usize, f64)> = lengths.iter().copied().zip(weights.clone()).collect();
        let off = violation(&price, &found.x, &groups);
        assert!(off <= OPTIMAL, "{weights:?}: {off}");
        let value = prox.value(&found.x);
        let mut rest = &found.x[..];
        let norms = groups.iter().map(|(length, weight)| {
            let (part, others) = rest.split_at(*length);
            rest = others;
            weight * norm(part)
        });
        let want: f64 = norms.sum();
        assert!(
            (value - want).abs() <= 1e-12 * want.max(1.0),
            "{value}, {want}"
        );
    }
}

#[test]
fn weights_that_are_negative_or_no_numbers_are_refused() {
    for wrong in [f64::NAN, -1e-300, f64::INFINITY, f64::NEG_INFINITY] {
        let refused = |name: &str, value: f64| {
            assert_eq!(name, "weight");
            assert!(value == wrong || value.is_nan() && wrong.is_nan());
        };
        let l1 = [
            L1Norm::new(3, wrong).unwrap_err(),
            L1Norm::weighted(vec![1.0, wrong, 1.0]).unwrap_err(),
            GroupNorm::new(2, 2, wrong).unwrap_err(),
        ];
        for error in l1 {
            refused(error.name, error.value);
        }
        match GroupNorm::weighted(vec![1, 2], vec![1.0, wrong]).unwrap_err() {
            AdmmError::Setting(error) => refused(error.name, error.value),
            other => panic!("{other}"),
        }
    }
    let shape = GroupNorm::weighted(vec![1, 2], vec![1.0]).unwrap_err();
    assert!(matches!(
        shape,
        AdmmError::Shape {
            want: 2,
            got: 1,
            ..
        }
    ));
}

#[test]
fn least_squares_of_many_columns_by_conjugate_gradients_meets_its_optimality_conditions() {
    // more than the 500 columns up to which A'A is formed
    let (rows, cols) = (60, 520);
    let (a, y) = regression(82, rows, cols);
    let weight = 4.0;
    let found = solved(&a, &y, &mut L1Norm::new(cols, weight).unwrap());
    assert!(found.run.inner_iterations > 0, "{:?}", found.run);
    let prices = price(a.as_ref(), &y, &found.x);
    let off = violation(&prices, &found.x, &vec![(1, weight); cols]);
    assert!(off <= OPTIMAL, "{off}");
    let active = found.x.iter().filter(|x| **x != 0.0).count();
    assert!((1..=rows).contains(&active), "{active}");
}

#[test]
fn least_squares_stopped_by_its_control_has_an_iterate() {
    let mut stream = Stream::new(83);
    let a = stream.matrix::<f64>(30, 8);
    let y = stream.vector::<f64>(30);
    let flag = std::sync::atomic::AtomicBool::new(true);
    let control = Control::default().interrupt(&flag);
    let op = DenseOperator::new(a.as_ref());
    let settings = AdmmSettings::default().check().unwrap();
    let mut prox = L1Norm::new(8, 0.1).unwrap();
    let found = least_squares(&op, &y, &mut prox, &settings, &control).unwrap();
    assert_eq!(found.run.status, admm::Status::Interrupted);
    assert_eq!((found.x.len(), found.fitted.len()), (8, 30));
}
