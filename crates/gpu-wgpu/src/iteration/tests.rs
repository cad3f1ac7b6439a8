//! Whole iterations against the same in `f64` with dense systems, their repeatability, and what goes
//! over the bus.

use std::sync::Arc;

use admm::Lift;
use linalg_core::Masks;
use testkit::Stream;

use super::*;
use crate::tests::on_device::{devices, own_device};
use crate::{Device, GpuError, LinearStep, MaskedSystem, Preconditioning, block_on};

/// Relative error of an iterate after [`ITERATIONS`]: each adds the roundings of sums of a hundred `f32`
/// terms, and the linear steps end at [`TOL`].
const NEAR: f64 = 2e-4;
const TOL: f64 = 1e-6;
const ITERATIONS: usize = 6;
const RHO: f64 = 1.3;
const TAU: f64 = 0.6;
const WEIGHT: f64 = 0.8;
const RELAXATION: f64 = 1.6;

/// The linear steps: conjugate gradients to the end, descent, one batch of conjugate gradients.
const CG: usize = 0;
const DESCENT: usize = 1;
const BATCH: usize = 2;

/// Data, patterns and a target; pairs of blocks with cones, or single ones without.
struct Case {
    n: usize,
    rank: usize,
    pairs: bool,
    data: Vec<f32>,
    masks: Masks,
    target: Vec<f32>,
}

fn cases() -> Vec<Case> {
    let shapes = [(1, 1, 1), (12, 3, 2), (40, 5, 3), (70, 4, 17), (9, 11, 2)];
    let both = shapes
        .into_iter()
        .flat_map(|shape| [(shape, true), (shape, false)]);
    (0..)
        .zip(both)
        .map(|(seed, ((n, rank, patterns), pairs))| {
            let mut random = Stream::new(seed);
            Case {
                n,
                rank,
                pairs,
                data: random.vector(n * rank),
                masks: random.masks(n, patterns),
                target: random.vector(n),
            }
        })
        .collect()
}

type Matrix = Vec<Vec<f64>>;

/// `A^-1 b` by elimination with pivots.
fn solve(mut a: Matrix, mut b: Vec<f64>) -> Vec<f64> {
    let m = b.len();
    for j in 0..m {
        let pivot = (j..m).max_by(|&p, &q| a[p][j].abs().total_cmp(&a[q][j].abs()));
        let pivot = pivot.expect("a row");
        a.swap(j, pivot);
        b.swap(j, pivot);
        let (above, below) = a.split_at_mut(j + 1);
        for (i, row) in below.iter_mut().enumerate() {
            let share = row[j] / above[j][j];
            for (x, y) in row[j..].iter_mut().zip(&above[j][j..]) {
                *x -= share * y;
            }
            b[j + 1 + i] -= share * b[j];
        }
    }
    for j in (0..m).rev() {
        let rest: f64 = (j + 1..m).map(|k| a[j][k] * b[k]).sum();
        b[j] = (b[j] - rest) / a[j][j];
    }
    b
}

impl Case {
    fn blocks(&self) -> usize {
        self.masks.n_blocks() * if self.pairs { 2 } else { 1 }
    }

    fn row(&self, i: usize) -> Vec<f64> {
        let row = &self.data[i * self.rank..(i + 1) * self.rank];
        row.iter().map(|x| f64::from(*x)).collect()
    }

    fn open(&self, i: usize, b: usize) -> f64 {
        f64::from(self.masks.column(b % self.masks.n_blocks())[i])
    }

    /// `F` in `f64`, row after row.
    fn smooth(&self) -> Matrix {
        let sign = |b: usize| if b < self.masks.n_blocks() { 1.0 } else { -1.0 };
        let row = |i: usize| {
            let of = |b: usize| {
                let factor = sign(b) * self.open(i, b);
                self.row(i).into_iter().map(move |x| factor * x)
            };
            (0..self.blocks()).flat_map(of).collect()
        };
        (0..self.n).map(row).collect()
    }

    /// `tau G`, a row for every row of every block.
    fn cone(&self) -> Matrix {
        if !self.pairs {
            return Vec::new();
        }
        let cols = self.blocks() * self.rank;
        let cells = (0..self.blocks()).flat_map(|b| (0..self.n).map(move |i| (b, i)));
        cells
            .map(|(b, i)| {
                let mut row = vec![0.0; cols];
                for (k, x) in self.row(i).into_iter().enumerate() {
                    row[b * self.rank + k] = TAU * (2.0 * self.open(i, b) - 1.0) * x;
                }
                row
            })
            .collect()
    }

    /// `I + tau^2 R'R = L L'`, as `L^-1` by rows.
    fn inverse(&self) -> Matrix {
        let r = self.rank;
        let mut k = vec![vec![0.0; r]; r];
        for i in 0..self.n {
            let row = self.row(i);
            for a in 0..r {
                for b in 0..r {
                    k[a][b] += TAU * TAU * row[a] * row[b];
                }
            }
        }
        for (a, row) in k.iter_mut().enumerate() {
            row[a] += 1.0;
        }
        // the factor, then its inverse column by column
        for j in 0..r {
            for i in j..r {
                let done: f64 = (0..j).map(|c| k[i][c] * k[j][c]).sum();
                k[i][j] = if i == j {
                    (k[j][j] - done).sqrt()
                } else {
                    (k[i][j] - done) / k[j][j]
                };
            }
        }
        let mut inverse = vec![vec![0.0; r]; r];
        for i in 0..r {
            let (above, below) = inverse.split_at_mut(i);
            let row = &mut below[0];
            row[i] = 1.0;
            for (above, factor) in above.iter().zip(&k[i]) {
                for (x, y) in row.iter_mut().zip(above) {
                    *x -= factor * y;
                }
            }
            for x in row.iter_mut() {
                *x /= k[i][i];
            }
        }
        inverse
    }

    fn lift(&self) -> Lift {
        match self.pairs {
            true => Lift::Mirrored,
            false => Lift::Single,
        }
    }

    fn on(&self, device: &Arc<Device>, kind: usize) -> ThreeBlock {
        self.try_on(device, kind, &self.target).expect("room")
    }

    fn try_on(
        &self,
        device: &Arc<Device>,
        kind: usize,
        target: &[f32],
    ) -> Result<ThreeBlock, GpuError> {
        let of = |x: f64| linalg_core::Real::of(x);
        let inverse = self.inverse();
        let rows: Vec<f32> = if self.pairs {
            // R L^-T
            (0..self.n)
                .flat_map(|i| {
                    let row = self.row(i);
                    let image = |l: &Vec<f64>| l.iter().zip(&row).map(|(a, b)| a * b).sum();
                    inverse.iter().map(image).map(of).collect::<Vec<f32>>()
                })
                .collect()
        } else {
            self.data.clone()
        };
        let flat: Vec<f32> = inverse.into_iter().flatten().map(of).collect();
        let system = Arc::new(MaskedSystem::new(device, &rows, self.rank, &self.masks)?);
        let lift = self.lift();
        let none = Preconditioning::Identity;
        let step = match kind {
            CG => LinearStep::cg(&system, lift, &none, 400)?,
            BATCH => LinearStep::cg(&system, lift, &none, 1)?,
            _ => LinearStep::descent(&system, lift, 2000, 3)?,
        };
        let settings = ThreeBlockSettings {
            target,
            lift,
            cone: self.pairs.then_some(ConeSettings {
                inverse: &flat,
                tau: TAU,
            }),
            weight: WEIGHT,
            relaxation: RELAXATION,
        };
        ThreeBlock::new(&system, step, &settings)
    }

    /// The iteration in `f64`, its linear step by elimination.
    fn reference(&self) -> Reference {
        let (f, g) = (self.smooth(), self.cone());
        let dim = self.blocks() * self.rank;
        Reference {
            z: vec![0.0; dim + g.len()],
            v: vec![0.0; dim + g.len()],
            fu: Vec::new(),
            lengths: [0.0; 5],
            rho: RHO,
            rank: self.rank,
            target: self.target.iter().map(|y| f64::from(*y)).collect(),
            f,
            g,
        }
    }
}

struct Reference {
    f: Matrix,
    g: Matrix,
    rank: usize,
    target: Vec<f64>,
    rho: f64,
    z: Vec<f64>,
    v: Vec<f64>,
    fu: Vec<f64>,
    lengths: [f64; 5],
}

fn images(matrix: &Matrix, x: &[f64]) -> Vec<f64> {
    let dot = |row: &Vec<f64>| row.iter().zip(x).map(|(a, x)| a * x).sum();
    matrix.iter().map(dot).collect()
}

impl Reference {
    fn advance(&mut self) {
        let dim = self.z.len() - self.g.len();
        let w: Vec<f64> = self
            .v
            .iter()
            .zip(&self.z)
            .map(|(v, z)| 2.0 * v - z)
            .collect();
        let mut a = vec![vec![0.0; dim]; dim];
        let mut rhs = vec![0.0; dim];
        for (rows, values, weight) in [
            (&self.f, &self.target[..], 1.0),
            (&self.g, &w[dim..], self.rho),
        ] {
            for (row, value) in rows.iter().zip(values) {
                for j in 0..dim {
                    rhs[j] += weight * row[j] * value;
                    for k in 0..dim {
                        a[j][k] += weight * row[j] * row[k];
                    }
                }
            }
        }
        for j in 0..dim {
            a[j][j] += self.rho;
            rhs[j] += self.rho * w[j];
        }
        let mut u = solve(a, rhs);
        self.fu = images(&self.f, &u);
        u.extend(images(&self.g, &u));
        for (z, (u, v)) in self.z.iter_mut().zip(u.iter().zip(&self.v)) {
            *z += RELAXATION * (u - v);
        }
        let before = self.v.clone();
        let blocks = self.z[..dim].chunks_exact(self.rank);
        for (z, v) in blocks.zip(self.v.chunks_exact_mut(self.rank)) {
            let size = z.iter().map(|z| z * z).sum::<f64>().sqrt();
            let factor = (1.0 - WEIGHT / self.rho / size).max(0.0);
            for (v, z) in v.iter_mut().zip(z) {
                *v = factor * z;
            }
        }
        for (v, z) in self.v[dim..].iter_mut().zip(&self.z[dim..]) {
            *v = z.max(0.0);
        }
        let length =
            |of: &dyn Fn(usize) -> f64| (0..u.len()).map(|k| of(k) * of(k)).sum::<f64>().sqrt();
        self.lengths = [
            length(&|k| u[k]),
            length(&|k| self.v[k]),
            length(&|k| u[k] - self.v[k]),
            length(&|k| self.v[k] - before[k]),
            length(&|k| self.z[k] - self.v[k]),
        ];
    }

    fn rescale(&mut self, factor: f64) {
        self.rho *= factor;
        for (z, v) in self.z.iter_mut().zip(&self.v) {
            *z = v + (*z - v) / factor;
        }
    }
}

/// The distance over the length of what the numbers are made from.
fn off(got: &[f64], want: &[f64], beside: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    let apart: f64 = got.iter().zip(want).map(|(g, w)| (g - w).powi(2)).sum();
    let size: f64 = beside.iter().map(|w| w * w).sum();
    (apart / size.max(1e-12)).sqrt()
}

#[test]
fn iterations_are_those_of_dense_systems_before_and_after_a_new_penalty() {
    for device in devices() {
        for case in cases() {
            for kind in [CG, DESCENT] {
                let mut on = case.on(device, kind);
                on.set_penalty(RHO).expect("a penalty");
                let mut reference = case.reference();
                let mut read = Copies::default();
                for k in 0..2 * ITERATIONS {
                    if k == ITERATIONS {
                        on.rescale(2.5).expect("a device");
                        on.set_penalty(on.rho()).expect("a penalty");
                        reference.rescale(2.5);
                        // the image is still that of the last step
                        block_on(on.read(&mut read)).expect("copies");
                        let far = off(&read.fu, &reference.fu, &reference.target);
                        assert!(far <= NEAR, "{kind} after a new penalty: F u");
                        assert!(
                            off(&read.z, &reference.z, &reference.z) <= NEAR,
                            "{kind}: z"
                        );
                    }
                    let moved = block_on(on.advance(TOL, || true)).expect("an iteration");
                    reference.advance();
                    let got = moved.lengths.expect("a whole iteration");
                    let got = [got.u, got.v, got.apart, got.moved, got.slack];
                    let at = (case.n, case.pairs, kind, k);
                    assert!(
                        off(&got, &reference.lengths, &reference.lengths) <= NEAR,
                        "{at:?}: {got:?}"
                    );
                    block_on(on.read(&mut read)).expect("copies");
                    assert!(
                        off(&read.z, &reference.z, &reference.z) <= NEAR,
                        "{at:?}: z"
                    );
                    // where a block is hardly above its threshold, v is a small share of z
                    assert!(
                        off(&read.v, &reference.v, &reference.z) <= NEAR,
                        "{at:?}: v"
                    );
                    // and F u may be one of the target
                    let far = off(&read.fu, &reference.fu, &reference.target);
                    assert!(far <= NEAR, "{at:?}: F u");
                }
            }
        }
    }
}

#[test]
fn iterations_repeat_bit_for_bit() {
    for device in devices() {
        let case = &cases()[6];
        let run = || {
            let mut on = case.on(device, CG);
            on.set_penalty(RHO).expect("a penalty");
            for _ in 0..ITERATIONS {
                block_on(on.advance(1e-3, || true)).expect("an iteration");
            }
            let mut read = Copies::default();
            block_on(on.read(&mut read)).expect("copies");
            (read.z, read.v, read.fu)
        };
        let first = run();
        for _ in 0..3 {
            assert_eq!(run(), first);
        }
    }
}

#[test]
fn iterations_exchange_a_few_numbers_whatever_the_size() {
    let Some(device) = own_device() else { return };
    let mut seen = Vec::new();
    for case in [&cases()[2], &cases()[6]] {
        let mut on = case.on(&device, BATCH);
        on.set_penalty(RHO).expect("a penalty");
        let bus = device.bus();
        let (up, down) = (bus.bytes_up(), bus.bytes_down());
        let (mut reads, count) = (0, 4);
        for _ in 0..count {
            let moved = block_on(on.advance(TOL, || true)).expect("an iteration");
            reads += u64::from(moved.lengths.is_some());
        }
        assert_eq!(reads, count);
        seen.push((bus.bytes_up() - up, bus.bytes_down() - down));
    }
    assert_eq!(seen[0], seen[1], "whatever the size");
    let state = crate::kernels::cg_scalars::state::LEN as u64;
    // a tolerance up; the numbers of the solve and ten lengths down
    assert_eq!(seen[0], (4 * 4, 4 * 4 * (state + 10)));
}

#[test]
fn iteration_that_is_stopped_leaves_the_copies_as_they_were() {
    for device in devices().iter().take(1) {
        let case = &cases()[6];
        let mut on = case.on(device, CG);
        on.set_penalty(1e-3).expect("a penalty");
        block_on(on.advance(0.1, || true)).expect("an iteration");
        let mut before = Copies::default();
        block_on(on.read(&mut before)).expect("copies");
        let moved = block_on(on.advance(1e-7, || false)).expect("as far as it came");
        assert!(moved.lengths.is_none(), "{moved:?}");
        let mut after = Copies::default();
        block_on(on.read(&mut after)).expect("copies");
        assert_eq!((after.z, after.v), (before.z, before.v));
    }
}

#[test]
fn wrong_lengths_and_numbers_are_refused() {
    for device in devices().iter().take(1) {
        let case = &cases()[2];
        let error = case.try_on(device, CG, &case.target[1..]).err();
        assert!(
            matches!(error, Some(GpuError::Shape { what: "target", .. })),
            "{error:?}"
        );
        let mut on = case.on(device, CG);
        for rho in [f64::NAN, 0.0, -1.0] {
            let error = on.set_penalty(rho).expect_err("no penalty");
            assert!(matches!(error, GpuError::NotFinite { .. }), "{error}");
        }
        let mut nan = case.target.clone();
        nan[3] = f32::NAN;
        let mut on = case.try_on(device, CG, &nan).expect("room");
        on.set_penalty(RHO).expect("a penalty");
        let error = block_on(on.advance(TOL, || true)).expect_err("NaN");
        assert!(matches!(error, GpuError::NotFinite { .. }), "{error}");
    }
}
