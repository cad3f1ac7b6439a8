use admm::Status;
use crelu_convex::{Activation, Programme, Solution, WarmStart, solve};
use crelu_convex::{Precision, PrimalChoice, Splitting, Switch};
use linalg_core::Control;

use crate::data::{Case, bound_by_formula, objective_and_violation, settings};

/// Two runs at gaps of `tol` each differ by no more than their sum.
fn assert_same_optimum(what: &str, first: &Solution, second: &Solution) {
    let (a, b) = (first.point.objective, second.point.objective);
    let room = first.gap() * a + second.gap() * b;
    assert!(
        (a - b).abs() <= room,
        "{what}: {a} and {b}, {room} apart at most"
    );
    assert!(
        first.certificate.bound <= b && second.certificate.bound <= a,
        "{what}"
    );
}

/// The bound over every block of the programme is its formula at the answer's multipliers.
fn assert_bound_stands(what: &str, programme: &Programme, solution: &Solution) {
    /// The bound is a difference of terms about as large as itself.
    const ROUNDING: f64 = 1e-11;
    let certificate = &solution.certificate;
    let own = bound_by_formula(programme, &certificate.theta, &certificate.multipliers);
    let off = (certificate.bound - own).abs();
    assert!(off <= ROUNDING * own, "{what}: {off} from its formula");
}

#[test]
fn newton_finish_reaches_six_digits() {
    const TOL: f64 = 1e-6;
    for (seed, n, d) in [(1, 120, 8), (2, 150, 20), (3, 100, 50)] {
        for fraction in [0.1, 0.01] {
            let case = Case {
                seed,
                n,
                d,
                patterns: 20,
                fraction,
                activation: Activation::Relu,
            };
            let programme = case.programme();
            let run = |newton, limit| {
                let settings = settings(TOL, |s| {
                    s.newton = newton;
                    s.max_iters = limit;
                });
                solve(
                    &programme,
                    &settings.check().unwrap(),
                    &Control::default(),
                    None,
                    &mut (),
                )
                .unwrap()
            };
            let what = format!("{case:?}");
            let newton = run(Switch::On, 2000);
            assert_eq!(
                newton.status,
                Status::Converged,
                "{what}: gap {}",
                newton.gap()
            );
            assert!(newton.gap() <= TOL, "{what}");
            assert!(newton.newton_steps > 0, "{what}: {}", newton.iterations);
            assert_bound_stands(&what, &programme, &newton);
            let (own, violation) = objective_and_violation(&programme, newton.point.v.as_ref());
            assert!(
                (own - newton.point.objective).abs() <= 1e-10 * own,
                "{what}"
            );
            assert!(violation <= 1e-12, "{what}: {violation}");
            let plain = run(Switch::Off, 20_000);
            assert_eq!(plain.newton_steps, 0, "{what}");
            // measured: 2.6 to 4.2 times fewer; where the finish gives up, the plain ones come on top
            let (few, many) = (newton.iterations, plain.iterations);
            assert!(
                2 * few <= many,
                "{what}: {few} with the finish, {many} without"
            );
            assert_same_optimum(&what, &newton, &plain);
        }
    }
}

#[test]
fn working_set_bounds_all_patterns() {
    const TOL: f64 = 1e-4;
    for activation in [Activation::Relu, Activation::Gated] {
        for (seed, fraction) in [(4, 0.1), (5, 0.02)] {
            let case = Case {
                seed,
                n: 80,
                d: 6,
                patterns: 320,
                fraction,
                activation,
            };
            let programme = case.programme();
            assert_eq!(programme.n_patterns(), 320);
            let run = |switch| {
                let settings = settings(TOL, |s| s.working_set = switch);
                solve(
                    &programme,
                    &settings.check().unwrap(),
                    &Control::default(),
                    None,
                    &mut (),
                )
                .unwrap()
            };
            let what = format!("{case:?}");
            let (part, whole, auto) = (run(Switch::On), run(Switch::Off), run(Switch::Auto));
            for (name, solution) in [("on", &part), ("off", &whole), ("auto", &auto)] {
                let what = format!("{what}, working set {name}");
                assert_eq!(solution.status, Status::Converged, "{what}");
                assert!(solution.gap() <= TOL, "{what}");
                assert_bound_stands(&what, &programme, solution);
                assert_eq!(solution.point.v.ncols(), programme.n_blocks(), "{what}");
                assert_eq!(
                    solution.choice.reason.contains("working set"),
                    name != "off",
                    "{what}: {}",
                    solution.choice.reason
                );
                let (own, violation) =
                    objective_and_violation(&programme, solution.point.v.as_ref());
                assert!(
                    (own - solution.point.objective).abs() <= 1e-10 * own,
                    "{what}"
                );
                assert!(violation <= 1e-12, "{what}: {violation}");
            }
            assert_same_optimum(&what, &part, &whole);
        }
    }
}

#[test]
fn solve_at_and_above_the_zero_threshold_is_zero() {
    for seed in testkit::seeds(0..6) {
        for activation in [Activation::Relu, Activation::Gated] {
            for fraction in [1.0, 1.5, 100.0] {
                let case = Case {
                    fraction,
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
                let what = format!("{case:?}");
                assert_eq!(solution.status, Status::Converged, "{what}");
                assert_eq!(solution.point.active, 0, "{what}");
                assert_eq!(
                    solution.point.objective,
                    programme.zero_objective(),
                    "{what}"
                );
                assert!(solution.gap() <= 1e-12, "{what}: {}", solution.gap());
            }
        }
        // a little below it the gated optimum is not zero
        let case = Case {
            fraction: 0.95,
            ..Case::random(seed, Activation::Gated)
        };
        let programme = case.programme();
        let settings = settings(1e-4, |_| ());
        let solution = solve(
            &programme,
            &settings.check().unwrap(),
            &Control::default(),
            None,
            &mut (),
        )
        .unwrap();
        assert!(solution.point.active > 0, "{case:?}");
        assert!(
            solution.point.objective < programme.zero_objective(),
            "{case:?}"
        );
    }
}

#[test]
fn solve_from_a_warm_start_reaches_the_same_optimum_sooner() {
    /// A run looks at its gap every few iterations. One that goes on from its own end has point, multipliers
    /// and penalty, but neither the memory of the acceleration nor the penalty's pace: the first two looks may
    /// find it moved by a penalty that is tried again, the third finds it back.
    const LOOKS: usize = 3;
    for activation in [Activation::Relu, Activation::Gated] {
        for working_set in [Switch::Off, Switch::On] {
            for seed in [6, 7] {
                let case = Case {
                    seed,
                    n: 60,
                    d: 8,
                    patterns: 40,
                    fraction: 0.05,
                    activation,
                };
                let programme = case.programme();
                let settings = settings(1e-4, |s| {
                    s.newton = Switch::Off;
                    s.working_set = working_set;
                });
                let cold = solve(
                    &programme,
                    &settings.clone().check().unwrap(),
                    &Control::default(),
                    None,
                    &mut (),
                )
                .unwrap();
                let next = programme.clone().with_beta_sum(0.8 * programme.beta_sum());
                let run = |warm| {
                    solve(
                        &next,
                        &settings.clone().check().unwrap(),
                        &Control::default(),
                        warm,
                        &mut (),
                    )
                    .unwrap()
                };
                let (warm, fresh) = (run(Some(&cold.warm_start)), run(None));
                let what = format!("{case:?}, working set {working_set:?}");
                for solution in [&cold, &warm, &fresh] {
                    assert_eq!(solution.status, Status::Converged, "{what}");
                }
                assert_same_optimum(&what, &warm, &fresh);
                let again = solve(
                    &programme,
                    &settings.clone().check().unwrap(),
                    &Control::default(),
                    Some(&cold.warm_start),
                    &mut (),
                )
                .unwrap();
                assert_eq!(again.status, Status::Converged, "{what}");
                assert_same_optimum(&what, &again, &cold);
                if working_set == Switch::Off {
                    let most = LOOKS * settings.check_every;
                    assert!(
                        again.iterations <= most && again.iterations < cold.iterations,
                        "{what}: {} after {}",
                        again.iterations,
                        cold.iterations
                    );
                }
            }
        }
    }
}

#[test]
fn solve_choice_is_reported_as_made() {
    let programme = Case::random(8, Activation::Relu).programme();
    let run = |change: &dyn Fn(&mut crelu_convex::ProgrammeSettings)| {
        let settings = settings(1e-3, change);
        solve(
            &programme,
            &settings.check().unwrap(),
            &Control::default(),
            None,
            &mut (),
        )
        .unwrap()
    };
    let cg = run(&|s| s.primal = PrimalChoice::Cg);
    assert_eq!(
        (cg.choice.method.name(), cg.choice.form.name()),
        ("cg", "reduced")
    );
    assert!(cg.inner_iterations > 0 && cg.factorisations > 0);
    let direct = run(&|s| s.primal = PrimalChoice::Cholesky);
    assert_eq!(direct.choice.method.name(), "cholesky");
    assert_eq!(direct.inner_iterations, 0);
    let single = run(&|s| s.precision = Precision::F32);
    // three digits are within the reach of single precision on these data
    assert_eq!(
        (single.precision, single.status),
        (Precision::F32, Status::Converged),
        "{}",
        single.choice.reason
    );
    let double = run(&|s| s.precision = Precision::F64);
    assert_eq!(
        (double.precision, double.status),
        (Precision::F64, Status::Converged)
    );
    let three = run(&|s| {
        s.splitting = Splitting::ThreeBlock;
        s.max_iters = 10;
    });
    assert_eq!(three.choice.splitting, Splitting::ThreeBlock);
    assert_eq!(
        (three.iterations, three.status),
        (10, Status::IterationLimit)
    );
}

#[test]
fn working_set_hands_back_where_it_ended() {
    const TOL: f64 = 1e-4;
    for (activation, seed) in [(Activation::Relu, 4), (Activation::Gated, 5)] {
        let case = Case {
            seed,
            n: 80,
            d: 6,
            patterns: 320,
            fraction: 0.05,
            activation,
        };
        let programme = case.programme();
        let settings = settings(TOL, |s| s.working_set = Switch::On);
        let settings = settings.check().unwrap();
        let run = |warm: Option<&WarmStart>| {
            solve(&programme, &settings, &Control::default(), warm, &mut ()).unwrap()
        };
        let cold = run(None);
        let warm = run(Some(&cold.warm_start));
        assert_eq!(warm.status, Status::Converged, "{case:?}");
        // its rounds begin loosely even at the answer: without a start it takes all of them again
        assert!(
            4 * warm.iterations <= 3 * cold.iterations,
            "{case:?}: {} after {}",
            warm.iterations,
            cold.iterations
        );
        assert_same_optimum(&format!("{case:?}"), &warm, &cold);
    }
}
