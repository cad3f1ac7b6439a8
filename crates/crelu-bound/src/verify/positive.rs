use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{cholesky_in_place, cholesky_in_place_scratch};
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::prelude::default;
use faer::{Accum, Mat, MatMut, Par};
use linalg_core::{for_each_mut, product};

use super::ball::{Ball, UNIT};
use super::directed::{exponent, power_of_two, sub_down};

/// A symmetric matrix in the shape of an arrow: square blocks on the diagonal, each bordered
/// towards one common corner. Of every square part the lower triangle is read.
pub(super) struct Arrow {
    /// `(m x m, m x side of the corner)`.
    pub(super) blocks: Vec<(Ball, Ball)>,
    pub(super) corner: Ball,
}

/// The rounding of a Cholesky factorisation is at most `ROUNDING (side + 8) UNIT trace` in norm:
/// every entry is a sum of at most `side + 1` products, each with up to four roundings more where
/// the triangular solve multiplies by reciprocals, and the factor
/// covers `gamma / (1 - gamma)` (Rump 2006; Higham 2002, theorem 10.3).
const ROUNDING: f64 = 1.1;
const FEW: f64 = 8.0;
/// Covers the rounding of the row sums of the radii.
const SUM_SLACK: f64 = 1.0 + 1e-8;

/// One block on its way: the scaled matrix, the scaled border, the product of the reduced border
/// with itself, and whether its factorisation ran through.
struct Work {
    square: Mat<f64>,
    border: Mat<f64>,
    schur: Mat<f64>,
    is_positive: bool,
}

impl Arrow {
    fn side(&self) -> usize {
        self.corner.mid.nrows() + self.blocks.iter().map(|b| b.0.mid.nrows()).sum::<usize>()
    }

    /// Whether every symmetric matrix within the radii is proven positive semidefinite; `false`
    /// says nothing.
    ///
    /// By powers of two the diagonal comes to between 1/2 and 4 (exact; positive semidefinite or
    /// not is kept). Then `S >= mid - rowsum(rad)` (Gershgorin), and a Cholesky factorisation of
    /// `mid - rowsum(rad) - shift` that runs through proves the rest, `shift` being above its own
    /// rounding errors.
    pub(super) fn is_positive(&self) -> bool {
        let side = self.corner.mid.nrows();
        let Some(corner_scale) = diagonal_scale(&self.corner) else {
            return false;
        };
        let mut corner_sums = vec![0.0; side];
        add_row_sums(&self.corner, &corner_scale, &mut corner_sums);
        let mut trace = scaled_trace(&self.corner, &corner_scale);
        let mut work = Vec::with_capacity(self.blocks.len());
        let mut sums = Vec::with_capacity(self.blocks.len());
        for (square, border) in &self.blocks {
            let Some(scale) = diagonal_scale(square) else {
                return false;
            };
            trace += scaled_trace(square, &scale);
            let m = scale.len();
            let mut own = vec![0.0; m];
            add_row_sums(square, &scale, &mut own);
            for j in 0..side {
                for i in 0..m {
                    let radius = border.rad[(i, j)] * scale[i] * corner_scale[j];
                    own[i] += radius;
                    corner_sums[j] += radius;
                }
            }
            sums.push(own);
            work.push(Work {
                square: scaled(&square.mid, &scale, &scale),
                border: scaled(&border.mid, &scale, &corner_scale),
                schur: Mat::zeros(side, side),
                is_positive: false,
            });
        }
        #[expect(clippy::cast_precision_loss, reason = "a side far below 2^53")]
        let shift = ROUNDING * (self.side() as f64 + FEW) * UNIT * trace * SUM_SLACK;
        for_each_mut(&mut work, |k, block| {
            lower_diagonal(block.square.as_mut(), &sums[k], shift);
            block.is_positive = factor(block.square.as_mut());
            if block.is_positive {
                let l = block.square.as_ref();
                solve_lower_triangular_in_place(l, block.border.as_mut(), Par::Seq);
                let reduced = block.border.as_ref();
                let (left, out) = (reduced.transpose(), block.schur.as_mut());
                product(out, Accum::Replace, left, reduced, 1.0);
            }
        });
        let mut rest = scaled(&self.corner.mid, &corner_scale, &corner_scale);
        lower_diagonal(rest.as_mut(), &corner_sums, shift);
        for block in &work {
            if !block.is_positive {
                return false;
            }
            rest -= &block.schur;
        }
        factor(rest.as_mut())
    }

    /// About the smallest `u` with `S + u I_corner >= 0` (an estimate, without a proof): the
    /// negative of the smallest eigenvalue of the Schur complement. `None` when a block is not
    /// positive definite.
    pub(super) fn shortfall(&self) -> Option<f64> {
        let mut schur = self.corner.mid.clone();
        for (square, border) in &self.blocks {
            let (mut l, mut w) = (square.mid.clone(), border.mid.clone());
            if !factor(l.as_mut()) {
                return None;
            }
            solve_lower_triangular_in_place(l.as_ref(), w.as_mut(), Par::Seq);
            let w = w.as_ref();
            product(schur.as_mut(), Accum::Add, w.transpose(), w, -1.0);
        }
        let row = |i: usize| (0..schur.nrows()).map(|j| schur[(i, j)].abs()).sum::<f64>();
        let size = (0..schur.nrows()).map(row).fold(0.0, f64::max);
        if !size.is_finite() {
            return None;
        }
        // bisection: S + u I is factored, or not
        let (mut low, mut high) = (-size, size);
        while high - low > RESOLUTION * size {
            let middle = 0.5 * (low + high);
            let mut trial = schur.clone();
            for i in 0..trial.nrows() {
                trial[(i, i)] += middle;
            }
            match factor(trial.as_mut()) {
                true => high = middle,
                false => low = middle,
            }
        }
        Some(high)
    }
}

/// Where the bisection of a threshold stops, relative to the size of the matrix.
const RESOLUTION: f64 = 1e-13;

/// Powers of two that bring the diagonal to between 1/2 and 4; `None` where it is not positive.
fn diagonal_scale(square: &Ball) -> Option<Vec<f64>> {
    (0..square.mid.nrows())
        .map(|i| {
            let value = square.mid[(i, i)];
            let is_usable = value > 1e-280 && value < 1e280; // not so for NaN
            is_usable.then(|| power_of_two(-exponent(value).div_euclid(2)))
        })
        .collect()
}

fn scaled_trace(square: &Ball, scale: &[f64]) -> f64 {
    let diagonal = scale.iter().enumerate();
    diagonal.map(|(i, s)| square.mid[(i, i)] * s * s).sum()
}

/// The sums of the scaled radii of the rows of a symmetric matrix, from its lower triangle.
fn add_row_sums(square: &Ball, scale: &[f64], sums: &mut [f64]) {
    for j in 0..scale.len() {
        sums[j] += square.rad[(j, j)] * scale[j] * scale[j];
        for i in j + 1..scale.len() {
            let radius = square.rad[(i, j)] * scale[i] * scale[j];
            sums[i] += radius;
            sums[j] += radius;
        }
    }
}

fn scaled(mid: &Mat<f64>, rows: &[f64], columns: &[f64]) -> Mat<f64> {
    Mat::from_fn(mid.nrows(), mid.ncols(), |i, j| {
        mid[(i, j)] * rows[i] * columns[j]
    })
}

fn lower_diagonal(mut square: MatMut<'_, f64>, sums: &[f64], shift: f64) {
    for (i, sum) in sums.iter().enumerate() {
        square[(i, i)] = sub_down(square[(i, i)], ((sum + shift) * SUM_SLACK).next_up());
    }
}

/// The Cholesky factor in the lower triangle; whether it ran through.
pub(crate) fn factor(mut square: MatMut<'_, f64>) -> bool {
    let side = square.nrows();
    let scratch = cholesky_in_place_scratch::<f64>(side, Par::Seq, default());
    let done = cholesky_in_place(
        square.as_mut(),
        default(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        default(),
    );
    done.is_ok() && (0..side).all(|i| square[(i, i)] > 0.0 && square[(i, i)].is_finite())
}
