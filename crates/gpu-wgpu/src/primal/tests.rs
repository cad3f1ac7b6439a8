//! Whole solves against a dense one in `f64`, their repeatability, and what goes over the bus.

use std::sync::Arc;

use admm::{Lift, PrimalSolver};
use linalg_core::{Control, Masks, assert_adjoint_consistent};
use testkit::Stream;

use super::*;
use crate::tests::on_device::{devices, own_device};
use crate::{Device, GpuError};

/// Relative error of a step that is asked for to [`TOL`]: `f32` sums of a few hundred terms, times
/// the condition number of the systems here, below 100.
const NEAR: f64 = 2e-4;
const TOL: f64 = 1e-6;
const RHO: f64 = 0.7;

/// Data, masks and a right-hand side.
struct Case {
    n: usize,
    rank: usize,
    blocks: usize,
    data: Vec<f32>,
    masks: Masks,
    t: Vec<f32>,
}

fn cases() -> Vec<Case> {
    let shapes = [(1, 1, 1), (12, 3, 5), (40, 7, 6), (9, 17, 3), (70, 4, 40)];
    let make = |(seed, (n, rank, blocks)): (u64, (usize, usize, usize))| {
        let mut random = Stream::new(seed);
        Case {
            n,
            rank,
            blocks,
            data: random.vector(n * rank),
            masks: random.masks(n, blocks),
            t: random.vector(n),
        }
    };
    (0..).zip(shapes).map(make).collect()
}

impl Case {
    fn cols(&self) -> usize {
        self.rank * self.blocks
    }

    /// `A` in `f64`, row after row.
    fn dense(&self) -> Vec<Vec<f64>> {
        let row = |i: usize| {
            let of = |b: usize| {
                let open = f64::from(self.masks.column(b)[i]);
                self.data[i * self.rank..][..self.rank]
                    .iter()
                    .map(move |x| open * f64::from(*x))
            };
            (0..self.blocks).flat_map(of).collect()
        };
        (0..self.n).map(row).collect()
    }

    /// `(A'A + s I)^-1 A' t / c` by elimination.
    fn solution(&self, s: f64, c: f64) -> Vec<f64> {
        let (a, cols) = (self.dense(), self.cols());
        let mut m = vec![vec![0.0; cols + 1]; cols];
        for (row, t) in a.iter().zip(&self.t) {
            for j in 0..cols {
                for k in 0..cols {
                    m[j][k] += row[j] * row[k];
                }
                m[j][cols] += row[j] * f64::from(*t) / c;
            }
        }
        for (j, row) in m.iter_mut().enumerate() {
            row[j] += s;
        }
        for j in 0..cols {
            let (above, below) = m.split_at_mut(j + 1);
            for row in below {
                let share = row[j] / above[j][j];
                for (x, y) in row[j..].iter_mut().zip(&above[j][j..]) {
                    *x -= share * y;
                }
            }
        }
        let mut x = vec![0.0; cols];
        for j in (0..cols).rev() {
            let rest: f64 = (j + 1..cols).map(|k| m[j][k] * x[k]).sum();
            x[j] = (m[j][cols] - rest) / m[j][j];
        }
        x
    }

    fn on(&self, device: &Arc<Device>) -> Arc<MaskedSystem> {
        let system = MaskedSystem::new(device, &self.data, self.rank, &self.masks);
        Arc::new(system.expect("a system that fits"))
    }
}

fn distance(got: &[f32], want: &[f64]) -> f64 {
    let off = got
        .iter()
        .zip(want)
        .map(|(g, w)| (f64::from(*g) - w).powi(2));
    let size: f64 = want.iter().map(|w| w * w).sum();
    (off.sum::<f64>() / size.max(1e-12)).sqrt()
}

/// Jacobi, and a low rank of the exact eigenvectors' kind: any orthonormal basis serves.
fn preconditionings(case: &Case) -> Vec<Preconditioning> {
    let a = case.dense();
    let diagonal: Vec<f32> = (0..case.cols())
        .map(|j| linalg_core::Real::of(a.iter().map(|row| row[j] * row[j]).sum::<f64>()))
        .collect();
    let rank = case.cols().min(2);
    let mut basis = vec![0.0; rank * case.cols()];
    for j in 0..rank {
        basis[j * case.cols() + j] = 1.0;
    }
    vec![
        Preconditioning::Identity,
        Preconditioning::Jacobi(diagonal),
        Preconditioning::LowRank {
            basis,
            values: vec![3.0; rank],
            last: 0.5,
        },
    ]
}

#[test]
fn device_operator_is_adjoint_consistent() {
    for device in devices() {
        for case in cases() {
            let op = DeviceOperator::new(case.on(device));
            assert_adjoint_consistent(&op, 5);
            op.sound().expect("sound products");
        }
    }
}

#[test]
fn cg_solve_is_the_dense_solution_for_each_preconditioner_and_penalty() {
    for device in devices() {
        for case in cases() {
            for preconditioning in preconditionings(&case) {
                let system = case.on(device);
                let mut cg = CgSolve::new(&system, &preconditioning, 2.0, 400).expect("room");
                for rho in [RHO, 3.0 * RHO] {
                    cg.set_penalty(linalg_core::Real::of(rho))
                        .expect("a penalty");
                    let solve = cg.solve(&case.t, linalg_core::Real::of(TOL), || true);
                    let solved = block_on(solve).expect("a solution");
                    assert!(!solved.short, "{solved:?}");
                    let (x, image) = block_on(cg.solution()).expect("a solution");
                    let want = case.solution(rho / 2.0, 2.0);
                    let off = distance(&x, &want);
                    assert!(off <= NEAR, "{} {preconditioning:?}: {off:e}", case.n);
                    let a = case.dense();
                    let dot = |row: &Vec<f64>| row.iter().zip(&want).map(|(a, x)| a * x).sum();
                    let images: Vec<f64> = a.iter().map(dot).collect();
                    assert!(distance(&image, &images) <= NEAR, "its image");
                }
            }
        }
    }
}

#[test]
fn cg_solve_starts_from_the_last_solution() {
    for device in devices().iter().take(1) {
        let case = &cases()[2];
        let system = case.on(device);
        let mut cg = CgSolve::new(&system, &Preconditioning::Identity, 1.0, 400).expect("room");
        cg.set_penalty(0.5).expect("a penalty");
        let first = block_on(cg.solve(&case.t, 1e-5, || true)).expect("a solution");
        let again = block_on(cg.solve(&case.t, 1e-3, || true)).expect("a solution");
        assert!(
            first.iterations > 2 && again.iterations == 0,
            "{first:?} {again:?}"
        );
    }
}

#[test]
fn descent_solve_is_the_dense_solution_for_each_penalty() {
    for device in devices() {
        for case in cases() {
            let system = case.on(device);
            let mut descent = DescentSolve::new(&system, 2.0, 2000, 9).expect("room");
            for rho in [RHO, 3.0 * RHO] {
                descent
                    .set_penalty(linalg_core::Real::of(rho))
                    .expect("a penalty");
                // its right-hand side is that of t = F w - y
                let t: Vec<f32> = case.t.iter().map(|t| -t).collect();
                let solved = block_on(descent.solve(&t, 1.0, 1e-5, || true)).expect("a solution");
                let (x, misfit) = block_on(descent.solution()).expect("a solution");
                // rho x + A'(t + c A x) = 0
                let want = case.solution(rho / 2.0, 2.0);
                let off = distance(&x, &want);
                assert!(off <= NEAR, "{} {rho}: {off:e} {solved:?}", case.n);
                for (i, row) in case.dense().iter().enumerate() {
                    let image: f64 = row.iter().zip(&want).map(|(a, x)| a * x).sum();
                    let off = f64::from(t[i]) + 2.0 * image - f64::from(misfit[i]);
                    assert!(off.abs() <= NEAR * 10.0, "{off:e}");
                }
            }
        }
    }
}

#[test]
fn device_primal_of_several_targets_is_each_alone() {
    for device in devices().iter().take(1) {
        let case = &cases()[1];
        let (n, dim) = (case.n, 2 * case.cols());
        let mut random = Stream::new(4);
        let target: Vec<f64> = random.vector(2 * n);
        let w: Vec<f64> = vec![0.0; 2 * dim];
        let fw = vec![0.0; 2 * n];
        let system = case.on(device);
        let (none, lift) = (Preconditioning::Identity, Lift::Mirrored);
        let make = |kind: usize| {
            let step = match kind {
                0 => LinearStep::cg(&system, lift, &none, 200),
                _ => LinearStep::descent(&system, lift, 500, 3),
            };
            step.map(|step| DevicePrimal::new(&system, lift, step))
        };
        let control = Control::default();
        for kind in 0..2 {
            let mut both = make(kind).expect("room");
            let (mut u, mut fu) = (vec![0.0; 2 * dim], vec![0.0; 2 * n]);
            both.set_penalty(0.9_f64, &control).expect("a penalty");
            // the second time from where the first one ended
            for _ in 0..2 {
                let report = both.solve(&target, &w, &fw, 1e-5, &mut u, &mut fu);
                assert!(report.is_ok(), "{report:?}");
            }
            for k in 0..2 {
                let (rows, part) = (k * n..(k + 1) * n, k * dim..(k + 1) * dim);
                let mut one = make(kind).expect("room");
                one.set_penalty(0.9_f64, &control).expect("a penalty");
                let (mut v, mut fv) = (vec![0.0; dim], vec![0.0; n]);
                let (y, w) = (&target[rows.clone()], &w[part.clone()]);
                let report = one.solve(y, w, &fw[rows.clone()], 1e-5, &mut v, &mut fv);
                assert!(report.is_ok(), "{report:?}");
                for (a, b) in u[part].iter().chain(&fu[rows]).zip(v.iter().chain(&fv)) {
                    assert!((a - b).abs() <= NEAR, "{a} {b}");
                }
            }
        }
    }
}

#[test]
fn solves_repeat_bit_for_bit() {
    for device in devices() {
        let case = &cases()[4];
        let run = || {
            let system = case.on(device);
            let of = &preconditionings(case)[2];
            let mut cg = CgSolve::new(&system, of, 2.0, 100).expect("room");
            cg.set_penalty(0.3).expect("a penalty");
            block_on(cg.solve(&case.t, 1e-5, || true)).expect("a solution");
            let first = block_on(cg.solution()).expect("a solution");
            let mut descent = DescentSolve::new(&system, 2.0, 60, 9).expect("room");
            descent.set_penalty(0.3).expect("a penalty");
            block_on(descent.solve(&case.t, 1.0, 1e-6, || true)).expect("a solution");
            (first, block_on(descent.solution()).expect("a solution"))
        };
        let first = run();
        for _ in 0..3 {
            assert_eq!(run(), first);
        }
    }
}

#[test]
fn cg_iterations_bring_back_a_dozen_numbers_a_batch_whatever_the_size() {
    const BATCH: u64 = 4;
    let Some(device) = own_device() else { return };
    let mut seen = Vec::new();
    for case in [&cases()[2], &cases()[4]] {
        let system = case.on(&device);
        let bytes = |iterations: usize| {
            let none = Preconditioning::Identity;
            let mut cg = CgSolve::new(&system, &none, 1.0, iterations).expect("room");
            cg.set_penalty(1e-4).expect("a penalty");
            let (up, down) = (device.bus().bytes_up(), device.bus().bytes_down());
            let solved = block_on(cg.solve(&case.t, 0.0, || true)).expect("a step");
            assert_eq!(solved.iterations, iterations, "the limit comes first");
            (
                device.bus().bytes_up() - up,
                device.bus().bytes_down() - down,
            )
        };
        let (few, many) = (bytes(4), bytes(20));
        assert_eq!(few.0, many.0, "nothing goes up between iterations");
        seen.push((many.1 - few.1) / (16 / BATCH));
    }
    assert_eq!(seen[0], seen[1], "whatever the size");
    assert_eq!(seen[0], 4 * cg_state() as u64);
}

/// Numbers of the state of conjugate gradients.
fn cg_state() -> usize {
    crate::kernels::cg_scalars::state::LEN
}

#[test]
fn descent_sweeps_bring_back_a_dozen_numbers_a_batch_whatever_the_size() {
    let Some(device) = own_device() else { return };
    let mut seen = Vec::new();
    for case in [&cases()[2], &cases()[4]] {
        let system = case.on(&device);
        let bytes = |sweeps: usize| {
            let mut descent = DescentSolve::new(&system, 1.0, sweeps, 3).expect("room");
            descent.set_penalty(1e-3).expect("a penalty");
            let down = device.bus().bytes_down();
            let solved = block_on(descent.solve(&case.t, 1e-30, 0.0, || true)).expect("a step");
            assert_eq!(solved.iterations, sweeps, "the limit comes first");
            device.bus().bytes_down() - down
        };
        seen.push(bytes(12) - bytes(4));
    }
    assert_eq!(seen[0], seen[1], "whatever the size");
    assert_eq!(seen[0], 2 * 4 * cg_state() as u64);
}

#[test]
fn solve_of_nan_is_an_error_that_says_so() {
    for device in devices().iter().take(1) {
        let case = &cases()[1];
        let system = case.on(device);
        let mut t = case.t.clone();
        t[3] = f32::NAN;
        let mut cg = CgSolve::new(&system, &Preconditioning::Identity, 1.0, 50).expect("room");
        cg.set_penalty(0.5).expect("a penalty");
        let error = block_on(cg.solve(&t, 1e-5, || true)).expect_err("NaN");
        assert!(matches!(error, GpuError::NotFinite { .. }), "{error}");
        let mut descent = DescentSolve::new(&system, 1.0, 50, 1).expect("room");
        descent.set_penalty(0.5).expect("a penalty");
        let error = block_on(descent.solve(&t, 1.0, 1e-5, || true)).expect_err("NaN");
        assert!(matches!(error, GpuError::NotFinite { .. }), "{error}");
    }
}

#[test]
fn solve_that_is_stopped_ends_where_it_is() {
    for device in devices().iter().take(1) {
        let case = &cases()[4];
        let system = case.on(device);
        let mut cg = CgSolve::new(&system, &Preconditioning::Identity, 1.0, 400).expect("room");
        cg.set_penalty(1e-4).expect("a penalty");
        let solved = block_on(cg.solve(&case.t, 1e-6, || false)).expect("as far as it came");
        assert!(solved.short && solved.iterations <= 4, "{solved:?}");
    }
}

#[test]
fn system_of_other_lengths_is_refused() {
    for device in devices().iter().take(1) {
        let case = &cases()[1];
        let error = MaskedSystem::new(device, &case.data[1..], case.rank, &case.masks);
        let error = error.expect_err("a number is missing");
        assert!(
            matches!(error, GpuError::Shape { what: "rows", .. }),
            "{error}"
        );
        let short = Preconditioning::Jacobi(vec![1.0; 2]);
        let error = CgSolve::new(&case.on(device), &short, 1.0, 5).err();
        assert!(matches!(error, Some(GpuError::Shape { .. })), "{error:?}");
    }
}

#[test]
fn array_beyond_the_limit_is_refused_with_numbers() {
    for device in devices().iter().take(1) {
        let limit = device.adapter().binding_limit;
        let error = device
            .check_size("the masks", limit + 1)
            .expect_err("too large");
        let text = error.to_string();
        let has = |word: &str| text.contains(word);
        assert!(has("the masks") && has(&limit.to_string()) && has(&device.adapter().name));
        assert_eq!(text.lines().count(), 1);
        device.check_size("the masks", limit).expect("just fits");
    }
}

#[test]
fn adapter_that_is_not_there_is_named_beside_those_that_are() {
    for device in devices().iter().take(1) {
        for asked in ["no such card", "99"] {
            let error = block_on(Device::open(Some(asked))).expect_err("no such adapter");
            let text = error.to_string();
            assert!(text.contains(asked), "{text}");
            assert!(text.contains(&device.adapter().name), "{text}");
        }
        let found = crate::adapters_blocking();
        let again = found.iter().position(|adapter| adapter == device.adapter());
        assert!(again.is_some(), "{found:?}");
    }
}
