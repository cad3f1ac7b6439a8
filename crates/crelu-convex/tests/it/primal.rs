//! Every primal solver, splitting, form and precision on the same programmes.

use admm::Status;
use crelu_convex::{Activation, Programme, ProgrammeSettings, Solution, solve};
use crelu_convex::{Backend, FormChoice, Precision, PrimalChoice, Splitting, Switch};
use linalg_core::Control;
use proptest::prelude::*;

use crate::data::{Case, masks_of, settings};
use faer::Mat;
use testkit::Stream;

/// The gap that the small programmes are solved to; two answers within it of the optimum are
/// within it of each other.
const TOL: f64 = 1e-4;

const METHODS: [PrimalChoice; 6] = [
    PrimalChoice::Cholesky,
    PrimalChoice::Cg,
    PrimalChoice::PcgJacobi,
    PrimalChoice::PcgNystrom,
    PrimalChoice::Rbcd,
    PrimalChoice::BlockExact,
];
const SPLITTINGS: [Splitting; 2] = [Splitting::TwoBlock, Splitting::ThreeBlock];

/// The iteration alone: neither Newton's finish nor a working set takes part.
fn plain(tol: f64, change: impl FnOnce(&mut ProgrammeSettings)) -> ProgrammeSettings {
    settings(tol, |s| {
        s.newton = Switch::Off;
        s.working_set = Switch::Off;
        s.max_iters = 20_000;
        change(s);
    })
}

fn go(programme: &Programme, settings: &ProgrammeSettings) -> Solution {
    solve(
        programme,
        &settings.clone().check().unwrap(),
        &Control::default(),
        None,
        &mut (),
    )
    .unwrap()
}

/// The bounds of several runs must agree: no point is below another's bound.
#[derive(Default)]
struct Bracket {
    low: f64,
    high: f64,
}

impl Bracket {
    fn new() -> Self {
        Self {
            low: 0.0,
            high: f64::INFINITY,
        }
    }

    fn take(&mut self, solution: &Solution, what: &str) {
        self.low = self.low.max(solution.certificate.bound);
        self.high = self.high.min(solution.point.objective);
        assert!(
            self.low <= self.high * (1.0 + 1e-9),
            "{what}: a bound {} above a point {}",
            self.low,
            self.high
        );
    }
}

#[test]
fn every_method_splitting_and_precision_reaches_the_same_certified_optimum() {
    for activation in [Activation::Relu, Activation::Gated] {
        let programme = Case::random(5, activation).programme();
        let mut bracket = Bracket::new();
        for method in METHODS {
            for splitting in SPLITTINGS {
                for precision in [Precision::F64, Precision::F32, Precision::Mixed] {
                    let solution = go(
                        &programme,
                        &plain(TOL, |s| {
                            s.primal = method;
                            s.splitting = splitting;
                            s.precision = precision;
                        }),
                    );
                    let what = format!("{activation:?}, {method:?}, {splitting:?}, {precision:?}");
                    let reason = &solution.choice.reason;
                    assert_eq!(solution.status, Status::Converged, "{what}: {reason}");
                    assert!(solution.gap() <= TOL, "{what}: {}", solution.gap());
                    assert_eq!(solution.choice.method.name(), method.name(), "{what}");
                    assert_eq!(
                        solution.inner_iterations > 0,
                        method != PrimalChoice::Cholesky,
                        "{what}: {} inner iterations",
                        solution.inner_iterations
                    );
                    assert!(reason.contains(method.name()), "{what}: {reason}");
                    bracket.take(&solution, &what);
                }
            }
        }
    }
}

#[test]
fn every_form_reaches_the_same_optimum_and_says_so() {
    let programme = Case::random(6, Activation::Relu).programme();
    let mut bracket = Bracket::new();
    for method in METHODS {
        for form in FormChoice::ALL {
            for splitting in SPLITTINGS {
                let settings = plain(1e-3, |s| {
                    s.primal = method;
                    s.form = form;
                    s.splitting = splitting;
                });
                let what = format!("{method:?}, {form:?}, {splitting:?}");
                let outcome = solve(
                    &programme,
                    &settings.check().unwrap(),
                    &Control::default(),
                    None,
                    &mut (),
                );
                let solution = match outcome {
                    Ok(solution) => solution,
                    Err(error) => {
                        assert!(error.to_string().starts_with("form: "), "{what}: {error}");
                        let direct = method == PrimalChoice::Cholesky;
                        let blocks =
                            matches!(method, PrimalChoice::Rbcd | PrimalChoice::BlockExact);
                        let refused = match form {
                            FormChoice::Gram => !direct,
                            FormChoice::Reduced => direct,
                            FormChoice::Kernel => blocks,
                            _ => false,
                        };
                        assert!(refused, "{what}: {error}");
                        continue;
                    }
                };
                assert_eq!(solution.status, Status::Converged, "{what}");
                if form != FormChoice::Auto {
                    assert_eq!(solution.choice.form.name(), form.name(), "{what}");
                }
                bracket.take(&solution, &what);
            }
        }
    }
}

#[cfg(feature = "nalgebra")]
#[test]
fn both_backends_reach_the_same_certified_optimum() {
    for activation in [Activation::Relu, Activation::Gated] {
        let programme = Case::random(8, activation).programme();
        let mut bracket = Bracket::new();
        for backend in [Backend::Faer, Backend::Nalgebra] {
            for method in METHODS {
                for splitting in SPLITTINGS {
                    for precision in [Precision::F64, Precision::F32, Precision::Mixed] {
                        let settings = plain(1e-3, |s| {
                            s.primal = method;
                            s.splitting = splitting;
                            s.precision = precision;
                            s.backend = backend;
                        });
                        let what =
                            format!("{activation:?}, {backend:?}, {method:?}, {splitting:?}");
                        let control = Control::default();
                        let solution = match solve(
                            &programme,
                            &settings.check().unwrap(),
                            &control,
                            None,
                            &mut (),
                        ) {
                            Ok(solution) => solution,
                            Err(error) => {
                                assert!(error.to_string().starts_with("backend: "), "{error}");
                                assert!(backend == Backend::Nalgebra, "{what}");
                                let blocks =
                                    matches!(method, PrimalChoice::Rbcd | PrimalChoice::BlockExact);
                                assert!(blocks, "{what}");
                                continue;
                            }
                        };
                        assert_eq!(solution.status, Status::Converged, "{what}");
                        assert_eq!(solution.choice.backend, backend, "{what}");
                        bracket.take(&solution, &what);
                    }
                }
            }
        }
    }
}

#[test]
fn nystrom_rank_as_asked_and_found_are_in_the_reason() {
    let programme = Case::random(7, Activation::Relu).programme();
    for (rank, word) in [(Some(3), "rank 3 as asked"), (None, "found by its error")] {
        for form in [FormChoice::Reduced, FormChoice::Kernel, FormChoice::Full] {
            for splitting in SPLITTINGS {
                let solution = go(
                    &programme,
                    &plain(1e-3, |s| {
                        s.primal = PrimalChoice::PcgNystrom;
                        s.nystrom_rank = rank;
                        s.form = form;
                        s.splitting = splitting;
                    }),
                );
                let reason = &solution.choice.reason;
                assert!(reason.contains(word), "{form:?}, {splitting:?}: {reason}");
            }
        }
    }
}

/// Data that are hard on a linear solver, by name.
fn hard() -> Vec<(&'static str, Mat<f64>, usize)> {
    let mut stream = Stream::new(77);
    let base = stream.matrix(4, 30);
    let deficient = Mat::from_fn(6, 30, |k, i| {
        if k < 4 {
            base[(k, i)]
        } else {
            base[(k - 4, i)] + base[(k - 3, i)]
        }
    });
    let duplicated = Mat::from_fn(8, 30, |k, i| base[(k % 4, i)]);
    let scaled = Mat::from_fn(4, 30, |k, i| base[(k, i)] * [1e6, 1e-6, 1.0, 1e3][k]);
    let constant = Mat::from_fn(4, 30, |k, i| if k < 2 { 3.0 } else { base[(k, i)] });
    let zero = Mat::from_fn(4, 30, |k, i| if k == 1 { 0.0 } else { base[(k, i)] });
    let wide = stream.matrix(40, 10);
    vec![
        ("rank deficient", deficient, 5),
        ("duplicated columns", duplicated, 5),
        ("columns scaled by 1e6 and 1e-6", scaled, 5),
        ("constant columns", constant, 5),
        ("a column of zeros", zero, 5),
        ("one pattern", base, 1),
        ("more columns than rows", wide, 3),
        ("no coordinate", Mat::zeros(0, 12), 2),
    ]
}

#[test]
fn hard_data_every_method_ends_with_a_status_and_a_true_bracket() {
    for (name, data, patterns) in hard() {
        let mut stream = Stream::new(78);
        let n = data.ncols();
        let gates = stream.matrix(data.nrows(), patterns);
        let masks = masks_of(data.as_ref(), gates.as_ref());
        let target = stream.vector(n);
        for activation in [Activation::Relu, Activation::Gated] {
            let programme = Programme::new(
                data.clone(),
                masks.clone(),
                gates.clone(),
                target.clone(),
                0.0,
                activation,
            )
            .unwrap();
            let beta = 0.05 * programme.zero_threshold().max(1e-3);
            let programme = programme.with_beta_sum(beta);
            let mut bracket = Bracket::new();
            for method in METHODS {
                for splitting in SPLITTINGS {
                    for precision in [Precision::F64, Precision::F32] {
                        let solution = go(
                            &programme,
                            &plain(1e-3, |s| {
                                s.primal = method;
                                s.splitting = splitting;
                                s.precision = precision;
                                s.max_iters = 300;
                            }),
                        );
                        let what = format!(
                            "{name}, {activation:?}, {method:?}, {splitting:?}, {precision:?}"
                        );
                        let (point, bound) = (solution.point.objective, solution.certificate.bound);
                        assert!(
                            point.is_finite() && bound.is_finite() && bound >= 0.0,
                            "{what}: {point}, {bound}"
                        );
                        assert!(point <= programme.zero_objective(), "{what}");
                        bracket.take(&solution, &what);
                    }
                }
            }
            // and the answer is worth something: the best of them converged
            let gap = (bracket.high - bracket.low) / bracket.high;
            assert!(gap <= 1e-3, "{name}, {activation:?}: {gap}");
        }
    }
}

#[test]
fn memory_limit_without_a_kernel_matrix_goes_to_an_iterative_method() {
    let mut stream = Stream::new(9);
    let (n, rank, patterns) = (400, 20, 30);
    let data = stream.matrix(rank, n);
    let gates = stream.matrix(rank, patterns);
    let masks = masks_of(data.as_ref(), gates.as_ref());
    let target = stream.vector(n);
    let programme = Programme::new(data, masks, gates, target, 5.0, Activation::Gated).unwrap();
    // n^2 and (rank P)^2 numbers are 1.3 and 2.9 MB
    let solution = go(&programme, &plain(1e-3, |s| s.memory_limit = 1.6e6));
    assert_eq!(solution.status, Status::Converged);
    let reason = &solution.choice.reason;
    assert!(solution.inner_iterations > 0, "{reason}");
    assert!(reason.contains("over the memory limit"), "{reason}");
}

proptest! {
    #![proptest_config(testkit::cases(112, 12))]
    #[test]
    fn random_programme_any_method_agrees_with_the_factor(
        seed in 0u64..1000,
        which in 1usize..METHODS.len(),
        three in proptest::bool::ANY,
        gated in proptest::bool::ANY,
    ) {
        let activation = if gated { Activation::Gated } else { Activation::Relu };
        let programme = Case::random(seed, activation).programme();
        let splitting = SPLITTINGS[usize::from(three)];
        let run = |method| {
            go(&programme, &plain(1e-3, |s| {
                s.primal = method;
                s.splitting = splitting;
            }))
        };
        let (direct, iterated) = (run(PrimalChoice::Cholesky), run(METHODS[which]));
        prop_assert!(direct.status == Status::Converged && iterated.status == Status::Converged);
        let (a, b) = (direct.point.objective, iterated.point.objective);
        prop_assert!((a - b).abs() <= 1.01e-3 * a.max(b), "{} and {}", a, b);
    }
}
