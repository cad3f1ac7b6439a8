use std::sync::OnceLock;

use crelu_convex::{
    Activation, FeasiblePoint, Multipliers, Programme, ProgrammeCertificate, Solution, solve,
};
use faer::Mat;
use linalg_core::Control;
use proptest::prelude::*;
use testkit::Stream;

use crate::conic;
use crate::data::{Case, bound_by_formula, norm, objective_and_violation, settings};

/// Clarabel's optimum is right to this share of itself (its own gap is asserted to be below).
const CLARABEL: f64 = 1e-7;
/// A row on the wrong side by this share of `|row| |v|` is the rounding of a product.
const ROUNDING: f64 = 1e-12;

/// A programme, its optimum by Clarabel, and our solution to a gap of 1e-7.
struct Known {
    case: Case,
    programme: Programme,
    optimum: f64,
    solution: Solution,
}

fn known() -> &'static [Known] {
    static KNOWN: OnceLock<Vec<Known>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let cases = (40..44).flat_map(|seed| {
            [Activation::Relu, Activation::Gated].map(|activation| Case::random(seed, activation))
        });
        cases
            .map(|case| {
                let programme = case.programme();
                let settings = settings(1e-7, |_| ());
                let solution = solve(
                    &programme,
                    &settings.check().unwrap(),
                    &Control::default(),
                    None,
                    &mut (),
                )
                .unwrap();
                Known {
                    case,
                    optimum: conic::optimum(&programme),
                    programme,
                    solution,
                }
            })
            .collect()
    })
}

/// Dual points of many kinds: random, near the best one, far too long, far too short (its squares
/// vanish), pointing away from the target, zero, not finite.
fn theta(stream: &mut Stream, known: &Known) -> Vec<f64> {
    let n = known.programme.n_samples();
    let noise = stream.vector(n);
    let best = &known.solution.certificate.theta;
    let near = |share: f64| -> Vec<f64> {
        best.iter()
            .zip(&noise)
            .map(|(b, x)| b + share * x * norm(best))
            .collect()
    };
    let times = |x: Vec<f64>, factor: f64| x.into_iter().map(|x| factor * x).collect();
    match stream.between(0, 10) {
        0 => noise.clone(),
        1 => near(1e-2),
        2 => near(1e-6),
        3 => times(near(1e-3), 1e9),
        4 => times(near(1e-3), 1e-9),
        5 => times(near(1e-3), -1.0),
        6 => vec![0.0; n],
        7 => times(near(1e-3), 1e200),
        8 => times(near(1e-3), 1e-158),
        9 => times(near(1e-3), 1e-250),
        _ => {
            let mut x = noise.clone();
            x[0] = [f64::NAN, f64::INFINITY][stream.between(0, 1)];
            x
        }
    }
}

fn alpha(stream: &mut Stream, known: &Known) -> Multipliers {
    let programme = &known.programme;
    if programme.activation() == Activation::Gated {
        return Multipliers::default();
    }
    let best = &known.solution.certificate.multipliers;
    let scale = [0.0, 1e-3, 1.0, 1e6, 1e300][stream.between(0, 4)];
    let blocks = (0..programme.n_blocks()).map(|b| {
        let mut rows = match stream.between(0, 2) {
            0 => Vec::new(),
            1 => best.blocks[b].clone(),
            _ => (0..programme.n_samples()).map(|i| (i, 0.0)).collect(),
        };
        for (_, a) in &mut rows {
            *a += 0.5 * scale * (stream.unit() + 1.0);
        }
        rows
    });
    Multipliers {
        blocks: blocks.collect(),
    }
}

proptest! {
    #![proptest_config(testkit::cases(108, 512))]

    #[test]
    fn bound_of_any_dual_point_is_at_most_the_optimum(seed in any::<u64>(), which in 0usize..8) {
        let known = &known()[which];
        let mut stream = Stream::new(seed);
        let (theta, alpha) = (theta(&mut stream, known), alpha(&mut stream, known));
        let along: f64 = theta.iter().zip(known.programme.target()).map(|(t, y)| t * y).sum();
        let got = ProgrammeCertificate::evaluate(&known.programme, theta, alpha).bound;
        prop_assert!(got.is_finite() && got >= 0.0, "{:?}: {got}", known.case);
        let most = known.optimum * (1.0 + CLARABEL);
        prop_assert!(got <= most, "{:?}: {got} above {most}", known.case);
        if along.is_nan() || along <= 0.0 {
            prop_assert_eq!(got, 0.0);
        }
    }
}

#[test]
fn bound_is_its_formula_and_tight_at_the_optimum() {
    for known in known() {
        let certificate = &known.solution.certificate;
        let again = ProgrammeCertificate::evaluate(
            &known.programme,
            certificate.theta.clone(),
            certificate.multipliers.clone(),
        );
        let what = format!("{:?}", known.case);
        // the bound is a difference of terms about as large as itself
        let own = bound_by_formula(
            &known.programme,
            &certificate.theta,
            &certificate.multipliers,
        );
        let off = (again.bound - own).abs();
        assert!(off <= 1e-11 * own, "{what}: off by {off} from its formula");
        assert_eq!(again.bound, certificate.bound, "{what}");
        let short = known.optimum - again.bound;
        assert!(
            short <= (1e-7 + CLARABEL) * known.optimum,
            "{what}: {short} below the optimum"
        );
    }
}

#[test]
fn bound_of_invalid_multipliers_proves_nothing() {
    for known in known() {
        let programme = &known.programme;
        if programme.activation() == Activation::Gated {
            continue;
        }
        let what = format!("{:?}", known.case);
        let most = known.optimum * (1.0 + CLARABEL);
        for bad in [f64::NAN, f64::NEG_INFINITY, f64::INFINITY, -1.0, -1e3] {
            for block in 0..programme.n_blocks() {
                let mut multipliers = known.solution.certificate.multipliers.clone();
                for row in 0..programme.n_samples() {
                    multipliers.blocks[block].push((row, bad));
                }
                // far below the optimum's own scale: what is wrong with one block must count
                let theta: Vec<f64> = programme.target().to_vec();
                for theta in [theta, known.solution.certificate.theta.clone()] {
                    let got =
                        ProgrammeCertificate::evaluate(programme, theta, multipliers.clone()).bound;
                    assert!(
                        got.is_finite() && (0.0..=most).contains(&got),
                        "{what}, {bad} in block {block}: {got} above {most}"
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(testkit::cases(109, 256))]

    #[test]
    fn feasible_point_of_any_point_is_inside_its_cones(
        seed in any::<u64>(),
        which in 0usize..8,
        power in -12i32..12,
    ) {
        let known = &known()[which];
        let programme = &known.programme;
        let mut stream = Stream::new(seed);
        let scale = 10f64.powi(power);
        let mut v: Vec<f64> = stream
            .vector::<f64>(programme.rank() * programme.n_blocks())
            .into_iter()
            .map(|x| scale * x)
            .collect();
        match stream.between(0, 4) {
            // near the optimum
            0 => for (k, x) in v.iter_mut().enumerate() {
                *x += known.solution.point.v[(k % programme.rank(), k / programme.rank())];
            },
            // some blocks at rest
            1 => v[..programme.rank()].fill(0.0),
            // a block that is not finite
            2 => v[0] = f64::NAN,
            3 => v[0] = f64::INFINITY,
            _ => {}
        }
        let point = FeasiblePoint::from_point(programme, &v);
        let (own, violation) = objective_and_violation(programme, point.v.as_ref());
        let zero = programme.zero_objective();
        prop_assert!(violation <= ROUNDING, "{:?}: {violation}", known.case);
        prop_assert!(point.cone_violation <= ROUNDING);
        prop_assert!((own - point.objective).abs() <= 1e-10 * zero);
        prop_assert!(point.objective <= zero * (1.0 + 1e-12));
        prop_assert!(point.objective >= known.optimum * (1.0 - CLARABEL));
        let active = (0..programme.n_blocks()).filter(|&b| point.v.col(b).norm_l2() > 0.0);
        prop_assert_eq!(point.active, active.count());
    }
}

#[test]
fn feasible_point_of_an_extreme_point_is_the_zero_network_or_better() {
    for known in known() {
        let programme = &known.programme;
        let dim = programme.rank() * programme.n_blocks();
        for value in [
            0.0,
            f64::NAN,
            f64::INFINITY,
            f64::MAX,
            1e160,
            -1e200,
            5e-324,
            1e-310,
        ] {
            let point = FeasiblePoint::from_point(programme, &vec![value; dim]);
            let what = format!("{:?}, all {value}", known.case);
            assert!(
                point.objective <= programme.zero_objective(),
                "{what}: {}",
                point.objective
            );
            let (own, violation) = objective_and_violation(programme, point.v.as_ref());
            assert!(
                (own - point.objective).abs() <= 1e-9 * programme.zero_objective(),
                "{what}: {own} is not {}",
                point.objective
            );
            assert!(violation <= ROUNDING, "{what}: {violation}");
        }
    }
}

#[test]
fn interior_point_is_strictly_on_its_patterns_side() {
    for known in known() {
        let programme = &known.programme;
        let point = known.solution.point.interior(programme);
        let what = format!("{:?}", known.case);
        let moved = (point.objective - known.solution.point.objective).abs();
        // a hair is 1e-9 of a block, and its penalty and image move the objective by that much
        assert!(
            moved <= 1e-6 * programme.zero_objective(),
            "{what}: {moved}"
        );
        assert!(point.active == known.solution.point.active, "{what}");
        if programme.activation() == Activation::Gated {
            assert_eq!(point.v, known.solution.point.v, "{what}");
            continue;
        }
        for b in 0..programme.n_blocks() {
            if point.v.col(b).norm_l2() == 0.0 {
                continue;
            }
            let mask = programme.masks().column(programme.pattern(b));
            for (i, &bit) in mask.iter().enumerate() {
                let x = programme.data().col(i);
                let side = |v: faer::ColRef<'_, f64>| {
                    let h: f64 = (0..programme.rank()).map(|k| x[k] * v[k]).sum();
                    if bit == 0 { -h } else { h }
                };
                let margin = side(programme.gates().col(programme.pattern(b)));
                // a row that the gate itself does not see strictly may stay on the edge
                if margin > 1e-6 {
                    let h = side(point.v.col(b));
                    assert!(
                        h > 0.0,
                        "{what}, block {b}, row {i}: {h}, the gate's is {margin}"
                    );
                }
            }
        }
    }
}

#[test]
fn break_ties_gives_every_row_that_a_pattern_sees_an_output() {
    let mut ties = 0;
    for seed in testkit::seeds(0..12) {
        for activation in [Activation::Relu, Activation::Gated] {
            // few neurons: rows that none of them sees
            let case = Case {
                fraction: 0.4,
                ..Case::random(seed, activation)
            };
            let programme = case.programme();
            let solution = solve(
                &programme,
                &settings(1e-6, |_| ()).check().unwrap(),
                &Control::default(),
                None,
                &mut (),
            )
            .unwrap();
            let before = solution.point.interior(&programme);
            let after = before.break_ties(&programme);
            let what = format!("{case:?}");
            if before.active == 0 {
                assert_eq!(after.active, 0, "{what}");
                continue;
            }
            let (own, violation) = objective_and_violation(&programme, after.v.as_ref());
            assert!(violation <= ROUNDING, "{what}: {violation}");
            assert!((own - after.objective).abs() <= 1e-10 * programme.zero_objective());
            let moved = (after.objective - before.objective) / before.objective;
            assert!(
                moved.abs() <= 1e-6,
                "{what}: the objective moved by {moved}"
            );
            let rank = programme.rank();
            let margins = Mat::from_fn(programme.n_samples(), programme.n_patterns(), |i, p| {
                (0..rank)
                    .map(|k| programme.data()[(k, i)] * programme.gates()[(k, p)])
                    .sum::<f64>()
            });
            for i in 0..programme.n_samples() {
                let seen = (0..programme.n_patterns())
                    .any(|p| programme.masks().column(p)[i] != 0 && margins[(i, p)] > 1e-9);
                if before.fitted[i] == 0.0 && seen {
                    ties += 1;
                }
                if seen {
                    assert!(after.fitted[i] != 0.0, "{what}: row {i} has no output");
                }
            }
            let zero = FeasiblePoint::zero(&programme).break_ties(&programme);
            assert_eq!(
                (zero.active, zero.objective),
                (0, programme.zero_objective())
            );
        }
    }
    assert!(
        ties > 20,
        "only {ties} rows without an output: too few to test"
    );
}
