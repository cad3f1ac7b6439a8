use admm::Status;
use admm::{Factor, OuterPrimal, PrimalSolver, SmoothStep};
use crelu_convex::{Activation, ConeBasis, Programme, ThreeBlockInner, ThreeBlockPrimal, solve};
use crelu_convex::{Precision, PrimalChoice, Splitting, Switch};
use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, MatRef, Side};
use linalg_core::{Control, LinearOperator, MaskedBlocks, Masks, Mirrored, Real};
use testkit::Stream;

use crate::conic;
use crate::data::{
    Case, apart, dense_operator, image, masks_of, norm, objective_and_violation, settings,
};

/// Of the bracket: room for Clarabel's own rounding.
const CLARABEL: f64 = 1e-6;
/// A row on the wrong side by this share of `|row| |v|` is the rounding of a product.
const ROUNDING: f64 = 1e-12;
/// The same sums in another order.
const RESUMMED: f64 = 1e-10;

/// Bound, optimum and objective in this order, the point inside its cones, and how wide it is.
fn assert_bracket(
    what: &str,
    programme: &Programme,
    (low, high): (f64, f64),
    solution: &crelu_convex::Solution,
) {
    let (objective, bound) = (solution.point.objective, solution.certificate.bound);
    let slack = CLARABEL * high;
    assert!(bound <= high + slack, "{what}: bound {bound} above {high}");
    assert!(
        objective >= low - slack,
        "{what}: objective {objective} below {low}"
    );
    let width = slack + solution.gap() * objective;
    assert!(
        objective <= high + width && bound >= low - width,
        "{what}: {bound} .. {low} .. {high} .. {objective} is wider than its gap {}",
        solution.gap()
    );
    let (own, violation) = objective_and_violation(programme, solution.point.v.as_ref());
    assert!(
        (own - objective).abs() <= RESUMMED * programme.zero_objective(),
        "{what}: the point's objective is {own}, not {objective}"
    );
    assert!(
        violation <= ROUNDING,
        "{what}: a cone is violated by {violation}"
    );
}

#[test]
fn solve_random_programmes_bracket_clarabels_optimum() {
    const TOL: f64 = 1e-4;
    for seed in testkit::seeds(0..34) {
        for activation in [Activation::Relu, Activation::Gated] {
            let case = Case::random(seed, activation);
            let programme = case.programme();
            let optimum = conic::bracket(&programme);
            let solution = solve(
                &programme,
                &settings(TOL, |_| ()).check().unwrap(),
                &Control::default(),
                None,
                &mut (),
            )
            .unwrap();
            let what = format!("{case:?}");
            assert_eq!(solution.status, Status::Converged, "{what}");
            assert!(solution.gap() <= TOL, "{what}: gap {}", solution.gap());
            assert_bracket(&what, &programme, optimum, &solution);
        }
    }
}

#[test]
fn solve_every_choice_reaches_clarabels_optimum() {
    /// The three-block form needs hundreds of iterations for three digits.
    const LOOSE: f64 = 2e-3;
    const TOL: f64 = 1e-5;
    for seed in [3, 11, 19] {
        for activation in [Activation::Relu, Activation::Gated] {
            let case = Case::random(seed, activation);
            let programme = case.programme();
            let optimum = conic::optimum(&programme);
            let choices = [
                settings(TOL, |s| s.newton = Switch::On),
                settings(TOL, |s| s.newton = Switch::Off),
                settings(TOL, |s| s.working_set = Switch::On),
                settings(TOL, |s| s.precision = Precision::F64),
                settings(TOL, |s| s.precision = Precision::Mixed),
                settings(TOL, |s| s.precision = Precision::F32),
                settings(TOL, |s| s.primal = PrimalChoice::Cholesky),
                settings(TOL, |s| s.primal = PrimalChoice::Cg),
                settings(TOL, |s| {
                    s.primal = PrimalChoice::Cg;
                    s.newton = Switch::Off;
                }),
                settings(TOL, |s| s.check_every = 1),
                settings(TOL, |s| s.splitting = Splitting::TwoBlock),
                settings(LOOSE, |s| {
                    s.splitting = Splitting::ThreeBlock;
                    s.max_iters = 20_000;
                }),
                settings(LOOSE, |s| {
                    s.splitting = Splitting::ThreeBlock;
                    s.precision = Precision::F32;
                    s.max_iters = 20_000;
                }),
            ];
            for settings in &choices {
                let solution = solve(
                    &programme,
                    &settings.clone().check().unwrap(),
                    &Control::default(),
                    None,
                    &mut (),
                )
                .unwrap();
                let what = format!("{case:?}, {settings:?}");
                assert_eq!(
                    solution.status,
                    Status::Converged,
                    "{what}: gap {} after {}",
                    solution.gap(),
                    solution.iterations
                );
                assert!(solution.gap() <= settings.tol, "{what}");
                assert!(solution.iterations <= settings.max_iters, "{what}");
                assert_bracket(&what, &programme, (optimum, optimum), &solution);
            }
        }
    }
}

/// Data (`d x n`) and gates for the comparison of primal steps with dense solves.
fn systems() -> Vec<(&'static str, Mat<f64>, usize)> {
    let mut stream = Stream::new(5);
    let deficient = {
        let (left, right) = (stream.matrix::<f64>(6, 2), stream.matrix::<f64>(2, 15));
        &left * &right
    };
    let repeated = {
        let few = stream.matrix(4, 5);
        Mat::from_fn(4, 15, |k, j| few[(k, j % 5)])
    };
    vec![
        ("n > d", stream.matrix(4, 20), 5),
        ("n < d", stream.matrix(15, 6), 4),
        ("rank-deficient", deficient, 4),
        ("one pattern", stream.matrix(5, 12), 1),
        ("one row", stream.matrix(4, 1), 2),
        ("duplicate rows", repeated, 4),
        ("one feature", stream.matrix(1, 9), 2),
    ]
}

fn rounded<T: Real>(matrix: MatRef<'_, f64>) -> Mat<T> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, j| T::of(matrix[(i, j)]))
}

fn wide<T: Real>(x: &[T]) -> Vec<f64> {
    x.iter().map(|v| v.wide()).collect()
}

fn narrow<T: Real>(x: &[f64]) -> Vec<T> {
    x.iter().map(|v| T::of(*v)).collect()
}

/// The parts of `(F'F + rho (I + tau^2 G'G)) u = F'y + rho (w + tau G'w_s)`, all dense.
struct Dense {
    f: Mat<f64>,
    g: Mat<f64>,
    tau: f64,
    rho: f64,
}

impl Dense {
    fn new(programme: &Programme, tau: f64, rho: f64) -> Self {
        let (rank, n, blocks) = (
            programme.rank(),
            programme.n_samples(),
            programme.n_blocks(),
        );
        let g = Mat::from_fn(n * blocks, rank * blocks, |i, c| {
            if i / n != c / rank {
                return 0.0;
            }
            let mask = programme.masks().column(programme.pattern(c / rank));
            let x = programme.data()[(c % rank, i % n)];
            if mask[i % n] == 0 { -x } else { x }
        });
        let f = dense_operator(programme);
        Self { f, g, tau, rho }
    }

    fn solve(&self, y: &[f64], w: &[f64], w_cone: &[f64]) -> Vec<f64> {
        let dim = self.f.ncols();
        let (data, cone) = (self.f.transpose() * &self.f, self.g.transpose() * &self.g);
        let system = Mat::from_fn(dim, dim, |i, j| {
            let one = if i == j { 1.0 } else { 0.0 };
            data[(i, j)] + self.rho * (one + self.tau * self.tau * cone[(i, j)])
        });
        let (along, back) = (
            image(self.f.transpose(), y),
            image(self.g.transpose(), w_cone),
        );
        let rhs = Mat::from_fn(dim, 1, |i, _| {
            along[i] + self.rho * (w[i] + self.tau * back[i])
        });
        let u = Llt::new(system.as_ref(), Side::Lower)
            .unwrap()
            .solve(rhs.as_ref());
        (0..dim).map(|i| u[(i, 0)]).collect()
    }
}

/// The condition number of `I + (c / rho) (R K^-1 R') o (D D')`, `K = I + tau^2 R'R`.
fn condition(programme: &Programme, tau: f64, rho: f64) -> f64 {
    let (rank, n) = (programme.rank(), programme.n_samples());
    let data = programme.data();
    let square = data * data.transpose();
    let shifted = Mat::from_fn(rank, rank, |i, j| {
        tau * tau * square[(i, j)] + if i == j { 1.0 } else { 0.0 }
    });
    let inner = Llt::new(shifted.as_ref(), Side::Lower).unwrap().solve(data);
    let kernel = data.transpose() * &inner;
    let masks = programme.masks();
    let together = |i: usize, j: usize| {
        let both = (0..masks.n_blocks()).map(|b| masks.column(b)[i] * masks.column(b)[j]);
        f64::from(both.map(u32::from).sum::<u32>())
    };
    let scale = programme.lift().factor() / rho;
    let system = Mat::from_fn(n, n, |i, j| {
        scale * kernel[(i, j)] * together(i, j) + if i == j { 1.0 } else { 0.0 }
    });
    let values = system.self_adjoint_eigenvalues(Side::Lower).unwrap();
    values[n - 1] / values[0]
}

/// In `f64`, relative to the solution.
const EXACT: f64 = 1e-10;
/// In `f32` up to this condition number of the n x n system ...
const SINGLE: f64 = 1e-4;
const TAME: f64 = 1e3;

/// ... and above it.
fn allowed<T: Real>(condition: f64) -> f64 {
    if T::NAME == "f64" {
        EXACT
    } else if condition <= TAME {
        SINGLE
    } else {
        10.0 * condition * f64::from(f32::EPSILON)
    }
}

fn build(data: &Mat<f64>, patterns: usize, activation: Activation) -> Programme {
    let mut stream = Stream::new(data.ncols() as u64);
    let gates = stream.matrix(data.nrows(), patterns);
    let masks: Masks = masks_of(data.as_ref(), gates.as_ref());
    let target = stream.vector(data.ncols());
    Programme::new(data.clone(), masks, gates, target, 0.0, activation).unwrap()
}

fn assert_three_block_step_is_dense<T: Real>(
    name: &str,
    programme: &Programme,
    tau: f64,
    rho: f64,
) {
    let (rank, n, blocks) = (
        programme.rank(),
        programme.n_samples(),
        programme.n_blocks(),
    );
    let relu = programme.activation() == Activation::Relu;
    let tau = if relu { tau } else { 0.0 };
    let mut stream = Stream::new(17);
    let split = rank * blocks;
    let cone = if relu { n * blocks } else { 0 };
    let w = stream.vector(split + cone);
    let data = rounded::<T>(programme.data());
    let target: Vec<T> = narrow(programme.target());
    let control = Control::default();
    let activation = programme.activation();
    let basis = ConeBasis::new(data.as_ref(), activation, T::of(tau), &control).unwrap();
    let masked = MaskedBlocks::new(basis.data(), programme.masks());
    let factor = MaskedBlocks::outer_gram(basis.data(), programme.masks());
    let factor = Factor::Same(Box::new(factor));
    let inner = OuterPrimal::new(&masked, factor, programme.lift()).unwrap();
    let inner = ThreeBlockInner::Basis(Box::new(inner));
    let mut primal = ThreeBlockPrimal::new(&basis, programme.masks(), &target, inner);
    assert_eq!(primal.dim(), w.len());
    let (mut u, mut fu) = (vec![T::of(0.0); w.len()], vec![T::of(0.0); n]);
    // twice, so that a penalty is replaced
    for rho in [7.0 * rho, rho] {
        primal
            .set_penalty(T::of(rho), T::of(1.0), &Control::default())
            .unwrap();
        primal
            .step(&narrow::<T>(&w), &[], 0.0, &mut u, &mut fu)
            .unwrap();
        let dense = Dense::new(programme, tau, rho);
        let mut w_cone = w[split..].to_vec();
        w_cone.resize(n * blocks, 0.0);
        let want = dense.solve(programme.target(), &w[..split], &w_cone);
        let tol = allowed::<T>(condition(programme, tau, rho));
        let what = format!(
            "{name}, {}, tau {tau}, rho {rho}, {}",
            T::NAME,
            programme.n_blocks()
        );
        let (got, got_image) = (wide(&u), wide(&fu));
        let off = apart(&got[..split], &want);
        assert!(off <= tol * norm(&want), "{what}: u off by {off}");
        let off = apart(&got_image, &image(dense.f.as_ref(), &want));
        let size = norm(&want).max(norm(programme.target()));
        assert!(off <= tol * size, "{what}: F u off by {off}");
        if relu {
            let mut copy = image(dense.g.as_ref(), &want);
            copy.iter_mut().for_each(|x| *x *= tau);
            let off = apart(&got[split..], &copy);
            assert!(off <= tol * norm(&copy), "{what}: tau G u off by {off}");
        }
    }
}

#[test]
fn three_block_step_equals_a_dense_solve() {
    for (name, data, patterns) in systems() {
        for activation in [Activation::Relu, Activation::Gated] {
            let programme = build(&data, patterns, activation);
            for (tau, rho) in [(0.3, 1.0), (2.0, 0.05), (1.0, 1e-3), (0.0, 1.0)] {
                assert_three_block_step_is_dense::<f64>(name, &programme, tau, rho);
                assert_three_block_step_is_dense::<f32>(name, &programme, tau, rho);
            }
        }
    }
}

fn assert_two_block_step_is_dense<T: Real>(
    name: &str,
    programme: &Programme,
    rho: f64,
    refined: bool,
) {
    let n = programme.n_samples();
    let data = rounded::<T>(programme.data());
    let target: Vec<T> = narrow(programme.target());
    let masked = MaskedBlocks::new(data.as_ref(), programme.masks());
    let factor = if refined {
        let single = rounded::<f32>(programme.data());
        Factor::Refined(Box::new(MaskedBlocks::outer_gram(
            single.as_ref(),
            programme.masks(),
        )))
    } else {
        Factor::Same(Box::new(MaskedBlocks::outer_gram(
            data.as_ref(),
            programme.masks(),
        )))
    };
    let mut primal = OuterPrimal::new(&masked, factor, programme.lift()).unwrap();
    let dense = Dense::new(programme, 0.0, rho);
    let w = Stream::new(18).vector(dense.f.ncols());
    let fw: Vec<T> = {
        let (near, mut out) = (narrow::<T>(&w), vec![T::of(0.0); n]);
        match programme.activation() {
            Activation::Relu => {
                let operator = Mirrored::new(masked);
                let mut scratch = vec![T::of(0.0); operator.scratch_len()];
                operator.apply(&near, &mut out, &mut scratch);
            }
            Activation::Gated => {
                let mut scratch = vec![T::of(0.0); masked.scratch_len()];
                masked.apply(&near, &mut out, &mut scratch);
            }
        }
        out
    };
    primal.set_penalty(T::of(rho), &Control::default()).unwrap();
    let (mut u, mut fu) = (vec![T::of(0.0); w.len()], vec![T::of(0.0); n]);
    primal
        .solve(&target, &narrow::<T>(&w), &fw, 0.0, &mut u, &mut fu)
        .unwrap();
    let want = dense.solve(programme.target(), &w, &vec![0.0; dense.g.nrows()]);
    let tol = allowed::<T>(condition(programme, 0.0, rho));
    let what = format!("{name}, {}, rho {rho}, refined {refined}", T::NAME);
    let off = apart(&wide(&u), &want);
    assert!(off <= tol * norm(&want), "{what}: u off by {off}");
    let off = apart(&wide(&fu), &image(dense.f.as_ref(), &want));
    let size = norm(&want).max(norm(programme.target()));
    assert!(off <= tol * size, "{what}: F u off by {off}");
}

#[test]
fn two_block_step_equals_a_dense_solve() {
    for (name, data, patterns) in systems() {
        for activation in [Activation::Relu, Activation::Gated] {
            let programme = build(&data, patterns, activation);
            for rho in [10.0, 1.0, 0.05, 1e-3] {
                assert_two_block_step_is_dense::<f64>(name, &programme, rho, false);
                assert_two_block_step_is_dense::<f64>(name, &programme, rho, true);
                assert_two_block_step_is_dense::<f32>(name, &programme, rho, false);
            }
        }
    }
}
