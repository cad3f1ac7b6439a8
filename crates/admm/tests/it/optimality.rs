use admm::{AdmmSettings, GroupNorm, L1Norm, Lift, NonNegative, PenaltyRule, Proximal};
use linalg_core::{Real, norm};
use proptest::prelude::*;
use testkit::Stream;

use crate::data::{price, regression};
use crate::problem::{KINDS, LIFTS, Run, patient};

/// Violation of the optimality conditions at residuals of 1e-11, on data of size one.
const CONDITION: f64 = 1e-7;

/// `A'(y - A x)` is `weight sign(x)` where `x` is not zero, within `weight` elsewhere.
fn lasso_violation(price: &[f64], x: &[f64], weight: f64) -> f64 {
    let each = price.iter().zip(x).map(|(p, x)| {
        let want = if *x == 0.0 {
            p.clamp(-weight, weight)
        } else {
            weight * x.signum()
        };
        (p - want).abs()
    });
    each.fold(0.0, f64::max)
}

#[test]
fn lasso_answer_meets_its_optimality_conditions() {
    let (a, y) = regression(1, 40, 25);
    for kind in KINDS {
        for lift in LIFTS {
            let run = Run {
                kind,
                lift,
                ..Run::new(&a, &y)
            };
            let x = run.optimum::<f64>(&mut L1Norm::new(lift.dim(25), 0.8).unwrap());
            let violation = lasso_violation(&price(a.as_ref(), &y, &x), &x, 0.8);
            assert!(violation <= CONDITION, "{kind:?}, {lift:?}: {violation}");
            assert!(
                x.contains(&0.0) && x.iter().any(|x| *x != 0.0),
                "zeros are exact"
            );
        }
    }
}

#[test]
fn lasso_subgradient_in_the_state_is_the_price() {
    let (a, y) = regression(2, 40, 25);
    for rule in [
        PenaltyRule::Fixed,
        PenaltyRule::Balance,
        PenaltyRule::Calibrated,
    ] {
        let run = Run {
            settings: patient().penalty_rule(rule),
            ..Run::new(&a, &y)
        };
        let mut state = run.state::<f64>(5.0);
        let solution = run
            .go(&mut L1Norm::new(25, 0.8).unwrap(), &mut state)
            .unwrap();
        assert!(solution.status.is_converged(), "{rule:?}: {solution:?}");
        let price = price(a.as_ref(), &y, &state.v);
        for (j, price) in price.iter().enumerate() {
            let subgradient = state.rho * (state.z[j] - state.v[j]);
            assert!((subgradient - price).abs() <= CONDITION, "{rule:?}, {j}");
        }
        let image = crate::data::image(a.as_ref(), &state.v);
        assert!(
            crate::problem::gap(&image, &state.fv) <= CONDITION,
            "F v is kept"
        );
    }
}

#[test]
fn group_lasso_answer_meets_its_optimality_conditions() {
    let (a, y) = regression(3, 40, 24);
    let x = Run::new(&a, &y).optimum::<f64>(&mut GroupNorm::new(4, 6, 2.5).unwrap());
    let price = price(a.as_ref(), &y, &x);
    let mut resting = 0;
    for (p, x) in price.chunks(4).zip(x.chunks(4)) {
        if norm(x) == 0.0 {
            resting += 1;
            assert!(norm(p) <= 2.5 + CONDITION);
        } else {
            let size = norm(x);
            let apart = p.iter().zip(x).map(|(p, x)| (p - 2.5 * x / size).abs());
            assert!(apart.fold(0.0, f64::max) <= CONDITION);
        }
    }
    assert!((1..6).contains(&resting), "{resting} groups at rest");
}

#[test]
fn nonnegative_answer_meets_its_optimality_conditions() {
    for rule in [
        PenaltyRule::Fixed,
        PenaltyRule::Balance,
        PenaltyRule::Calibrated,
    ] {
        let (a, y) = regression(4, 30, 10);
        let run = Run {
            settings: patient().penalty_rule(rule),
            ..Run::new(&a, &y)
        };
        let x = run.optimum::<f64>(&mut NonNegative::new(10));
        for (p, x) in price(a.as_ref(), &y, &x).iter().zip(&x) {
            assert!(
                *x >= 0.0 && *p <= CONDITION && (p * x).abs() <= CONDITION,
                "{rule:?}"
            );
        }
    }
}

#[test]
fn lasso_weight_above_the_largest_price_converges_to_zero() {
    let (a, y) = regression(5, 40, 12);
    let most = price(a.as_ref(), &y, &[0.0; 12])
        .iter()
        .fold(0.0f64, |m, p| m.max(p.abs()));
    for kind in KINDS {
        for lift in LIFTS {
            let settings = AdmmSettings::default();
            let run = Run {
                kind,
                lift,
                settings,
                ..Run::new(&a, &y)
            };
            let x = run.optimum::<f64>(&mut L1Norm::new(lift.dim(12), 1.2 * most).unwrap());
            assert_eq!(x, vec![0.0; 12], "{kind:?}, {lift:?}");
        }
    }
}

#[test]
fn constraint_met_from_inside_converges() {
    // y = A x with x > 0: the constraint has no multiplier, z = v at the end
    let a = Stream::new(6).matrix(30, 8);
    let truth: Vec<f64> = (1..9).map(f64::from).collect();
    let y = crate::data::image(a.as_ref(), &truth);
    for settings in [AdmmSettings::default(), patient()] {
        let run = Run {
            settings,
            ..Run::new(&a, &y)
        };
        let x = run.optimum::<f64>(&mut NonNegative::new(8));
        assert!(crate::problem::gap(&x, &truth) <= CONDITION);
    }
}

/// `rho (z - v)` is a subgradient of the penalty at `v`, from `z` and `v` alone.
fn assert_prox<T: Real>(
    prox: &mut dyn Proximal<T>,
    z: &[T],
    rho: f64,
    check: impl Fn(&[f64], &[f64]) -> f64,
) {
    let mut v = vec![T::of(f64::NAN); z.len()];
    prox.set_penalty(T::of(rho));
    prox.apply(z, &mut v);
    let v_wide: Vec<f64> = v.iter().map(|x| x.wide()).collect();
    let slope: Vec<f64> = z
        .iter()
        .zip(&v)
        .map(|(z, v)| rho * (z.wide() - v.wide()))
        .collect();
    let violation = check(&slope, &v_wide);
    let size = 1.0 + rho * z.iter().map(|x| x.wide().abs()).fold(0.0, f64::max);
    assert!(
        violation <= 8.0 * T::EPS * size,
        "rho {rho}, {z:?} gives {v:?}: {violation}"
    );
}

proptest! {
    #![proptest_config(testkit::cases(101, 128))]

    #[test]
    fn proximal_steps_are_optimal(seed in any::<u64>(), rho in 0.01..100.0f64, weight in 0.0..3.0f64) {
        let z: Vec<f64> = Stream::new(seed).vector(12);
        let group = |slope: &[f64], v: &[f64]| {
            let each = slope.chunks(3).zip(v.chunks(3)).map(|(s, v)| match norm(v) {
                0.0 => (norm(s) - weight).max(0.0),
                size => norm(&s.iter().zip(v).map(|(s, v)| s - weight * v / size).collect::<Vec<_>>()),
            });
            each.fold(0.0, f64::max)
        };
        assert_prox(&mut L1Norm::new(12, weight).unwrap(), &z, rho, |s, v| lasso_violation(s, v, weight));
        // dividing by |v| loses what |z| loses to the threshold: allow for it
        assert_prox(&mut GroupNorm::new(3, 4, weight).unwrap(), &z, rho, |s, v| {
            let smallest = v.chunks(3).map(norm).filter(|n| *n > 0.0).fold(1.0, f64::min);
            group(s, v) * smallest.min(1.0)
        });
        assert_prox(&mut NonNegative::new(12), &z, rho, |s, v| {
            s.iter().zip(v).map(|(s, v)| s.max(0.0) + (s * v).abs() + (-v).max(0.0)).fold(0.0, f64::max)
        });
    }
}

#[test]
fn prox_at_threshold_returns_zero() {
    let mut v = [1.0; 3];
    assert!(!GroupNorm::shrink(5.0, &[3.0, 0.0, 4.0], &mut v));
    assert_eq!(v, [0.0; 3]);
    assert!(GroupNorm::shrink(2.5, &[3.0, 0.0, 4.0], &mut v));
    assert_eq!(v, [1.5, 0.0, 2.0]);
    let mut l1 = L1Norm::new(3, 2.0).unwrap();
    l1.set_penalty(2.0);
    l1.apply(&[1.0, -1.0, -3.0], &mut v);
    assert_eq!(v, [0.0, 0.0, -2.0]);
}

#[test]
fn prox_value_and_shrinkage_are_those_documented() {
    let v = [3.0, 4.0, 0.0, 0.0, 0.0, 1.0];
    let mut group = GroupNorm::new(2, 3, 0.5).unwrap();
    group.set_penalty(2.0);
    assert_eq!(group.value(&v), 3.0);
    // threshold 1/4, mean norm of the two active groups 3
    assert_eq!(group.shrinkage(&v), Some(0.5 / 3.0));
    assert_eq!(group.shrinkage(&[0.0; 6]), None);
    let mut l1 = L1Norm::new(6, 3.0).unwrap();
    l1.set_penalty(1.5);
    assert_eq!(
        (l1.value(&v), l1.shrinkage(&v)),
        (24.0, Some(4.0 / (8.0 / 3.0)))
    );
    assert_eq!(l1.shrinkage(&[0.0; 6]), None);
    let constraint = NonNegative::new(6);
    assert_eq!(
        (
            constraint.value(&v),
            Proximal::<f64>::shrinkage(&constraint, &v)
        ),
        (0.0, None)
    );
    assert_eq!((Lift::Single.factor(), Lift::Mirrored.factor()), (1.0, 2.0));
}
