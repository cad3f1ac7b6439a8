use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch,
    apply_block_householder_sequence_on_the_left_in_place_with_conj,
};
use faer::linalg::qr::no_pivoting::factor::{
    qr_in_place, qr_in_place_scratch, recommended_block_size,
};
use faer::prelude::default;
use faer::{Accum, Conj, Mat, MatMut, MatRef, Par};
use linalg_core::{LinalgError, product};

/// The positive part of a symmetric matrix that changes little from call to call.
///
/// Its eigenvectors are carried along: a Chebyshev filter that damps everything below the carried
/// block, an orthonormal basis, a Rayleigh-Ritz step (Zhou, Saad, Tiago & Chelikowsky 2006). The
/// full decomposition serves the first call and whenever the block is too small.
///
/// **Cost** `2 degree width side^2` flops a filter against `9 side^3` in full.
pub(super) struct PositivePart {
    side: usize,
    /// Columns carried; 0 before the first full decomposition.
    width: usize,
    /// Ritz values of the carried columns, the largest first.
    values: Vec<f64>,
    /// The lowest eigenvalue, about: of the last full decomposition, then of a power iteration.
    lowest: f64,
    lowest_vector: Mat<f64>,
    basis: Mat<f64>,
    work: [Mat<f64>; 2],
    coefficients: Mat<f64>,
    small: Mat<f64>,
    small_vectors: Mat<f64>,
    vectors: Mat<f64>,
    buffer: MemBuffer,
    seed: u64,
}

/// Degree of the filter: five-fold for an eigenvalue at 2 % of the damped interval.
const DEGREE: usize = 8;
/// Most filters of one call.
const FILTERS: usize = 3;
/// The damped interval reaches this far below the lowest Ritz value seen, relative to its length.
const SAFETY: f64 = 0.05;
/// Columns carried beyond the positive ones: at least these, and half as many as the positive ones.
const GUARDS: usize = 8;

fn wanted(positive: usize) -> usize {
    positive + GUARDS.max(positive / 2)
}

impl PositivePart {
    pub(super) fn new(side: usize) -> Self {
        let most = Self::most(side);
        let block = recommended_block_size::<f64>(side, most);
        let full =
            self_adjoint_evd_scratch::<f64>(side, ComputeEigenvectors::Yes, Par::Seq, default());
        let qr = qr_in_place_scratch::<f64>(side, most, block, Par::Seq, default());
        let apply =
            apply_block_householder_sequence_on_the_left_in_place_scratch::<f64>(side, block, most);
        let scratch = full.or(qr).or(apply);
        Self {
            side,
            width: 0,
            values: vec![0.0; side],
            lowest: 0.0,
            lowest_vector: Mat::zeros(side, 2),
            basis: Mat::zeros(side, most),
            work: [Mat::zeros(side, most), Mat::zeros(side, most)],
            coefficients: Mat::zeros(block, most),
            small: Mat::zeros(most, most),
            small_vectors: Mat::zeros(most, most),
            vectors: Mat::zeros(side, side),
            buffer: MemBuffer::new(scratch),
            seed: 1,
        }
    }

    /// Most columns carried: beyond a third of the side the full decomposition is as fast.
    fn most(side: usize) -> usize {
        (side / 3).max(1)
    }

    /// `Y` with `Y Y'` about the positive part of `h` (both triangles are read): the first
    /// columns of `factor` (side x side) and their number. `error` is what the Frobenius norm of
    /// the residuals may be.
    pub(super) fn factor(
        &mut self,
        h: MatRef<'_, f64>,
        error: f64,
        factor: MatMut<'_, f64>,
    ) -> Result<usize, LinalgError> {
        if self.width > 0 {
            self.find_lowest(h);
            for _ in 0..FILTERS {
                self.filter(h);
                if self.rayleigh_ritz(h)? <= error {
                    break;
                }
            }
            let positive = self.positive();
            if positive + GUARDS / 2 <= self.width {
                self.write(self.basis.as_ref(), positive, factor);
                let narrower = self.width - self.width / 10;
                self.width = self.width.min(wanted(positive).max(narrower));
                self.refresh();
                return Ok(positive);
            }
        }
        self.decompose(h)?;
        let positive = self.positive();
        self.write(self.vectors.as_ref(), positive, factor);
        self.carry(positive);
        Ok(positive)
    }

    fn positive(&self) -> usize {
        let known = if self.width == 0 {
            self.side
        } else {
            self.width
        };
        self.values[..known]
            .iter()
            .take_while(|v| **v > 0.0)
            .count()
    }

    fn write(&self, vectors: MatRef<'_, f64>, count: usize, mut factor: MatMut<'_, f64>) {
        for k in 0..count {
            let root = self.values[k].sqrt();
            for i in 0..self.side {
                factor[(i, k)] = root * vectors[(i, k)];
            }
        }
    }

    /// All eigenpairs, the largest first, into `vectors`.
    fn decompose(&mut self, h: MatRef<'_, f64>) -> Result<(), LinalgError> {
        let side = self.side;
        let mut values = Diag::<f64>::zeros(side);
        self_adjoint_evd(
            h,
            values.as_mut(),
            Some(self.vectors.as_mut()),
            Par::Seq,
            MemStack::new(&mut self.buffer),
            default(),
        )
        .map_err(|_| LinalgError::NoSvd {
            rows: side,
            cols: side,
        })?;
        let values = values.column_vector();
        for k in 0..side {
            self.values[k] = values[side - 1 - k];
        }
        for k in 0..side / 2 {
            for i in 0..side {
                let low = self.vectors[(i, k)];
                self.vectors[(i, k)] = self.vectors[(i, side - 1 - k)];
                self.vectors[(i, side - 1 - k)] = low;
            }
        }
        self.width = 0;
        Ok(())
    }

    /// Takes the first columns of the full decomposition along, if they are few.
    fn carry(&mut self, positive: usize) {
        let side = self.side;
        let width = wanted(positive);
        if width > Self::most(side) || width + 2 > side {
            self.width = 0;
            return;
        }
        self.width = width;
        for k in 0..width {
            self.basis.col_mut(k).copy_from(self.vectors.col(k));
        }
        self.lowest = self.values[side - 1];
        self.lowest_vector
            .col_mut(0)
            .copy_from(self.vectors.col(side - 1));
    }

    /// A random last column: what becomes positive elsewhere must be seen.
    fn refresh(&mut self) {
        for i in 0..self.side {
            self.seed = self
                .seed
                .wrapping_mul(0x5851_f42d_4c95_7f2d)
                .wrapping_add(1);
            #[expect(clippy::cast_precision_loss, reason = "random bits")]
            let value = (self.seed >> 33) as f64 / (1_u64 << 31) as f64 - 0.5;
            self.basis[(i, self.width - 1)] = value;
        }
    }

    /// Two power steps towards the lowest eigenvalue.
    fn find_lowest(&mut self, h: MatRef<'_, f64>) {
        let top = self.values[0].max(0.0);
        for _ in 0..2 {
            let (mut x, mut image) = self.lowest_vector.as_mut().split_at_col_mut(1);
            product(image.as_mut(), Accum::Replace, h, x.as_ref(), 1.0);
            let quotient: f64 = (0..self.side).map(|i| x[(i, 0)] * image[(i, 0)]).sum();
            self.lowest = quotient;
            for i in 0..self.side {
                image[(i, 0)] -= top * x[(i, 0)];
            }
            let size = image.norm_l2();
            if size > 0.0 {
                for i in 0..self.side {
                    x[(i, 0)] = image[(i, 0)] / size;
                }
            }
        }
    }

    /// Chebyshev polynomial of the interval from the lowest eigenvalue to the carried block.
    fn filter(&mut self, h: MatRef<'_, f64>) {
        let width = self.width;
        let upper = self.values[width - 2].min(0.0);
        let length = (upper - self.lowest).max(1e-3 * self.values[0].abs());
        let lower = upper - (1.0 + SAFETY) * length;
        let (half, middle) = (0.5 * (upper - lower), 0.5 * (upper + lower));
        let [first, second] = &mut self.work;
        // x, then (H - c) x / e, then 2 (H - c) y / e - x
        first
            .as_mut()
            .subcols_mut(0, width)
            .copy_from(self.basis.as_ref().subcols(0, width));
        let mut old = first.as_mut().subcols_mut(0, width);
        let mut new = second.as_mut().subcols_mut(0, width);
        faer::zip!(new.as_mut(), old.as_ref())
            .for_each(|faer::unzip!(n, o)| *n = -middle / half * *o);
        product(new.as_mut(), Accum::Add, h, old.as_ref(), 1.0 / half);
        for _ in 1..DEGREE {
            faer::zip!(old.as_mut(), new.as_ref())
                .for_each(|faer::unzip!(o, n)| *o = -*o - 2.0 * middle / half * *n);
            product(old.as_mut(), Accum::Add, h, new.as_ref(), 2.0 / half);
            core::mem::swap(&mut old, &mut new);
        }
        let block = recommended_block_size::<f64>(self.side, width);
        let coefficients = self.coefficients.as_mut().submatrix_mut(0, 0, block, width);
        let basis = self.basis.as_mut().subcols_mut(0, width);
        orthonormal(new, coefficients, basis, &mut self.buffer);
    }

    /// Ritz pairs of the basis; the Frobenius norm of the residuals of the positive ones.
    fn rayleigh_ritz(&mut self, h: MatRef<'_, f64>) -> Result<f64, LinalgError> {
        let width = self.width;
        let [image, rotated] = &mut self.work;
        let mut image = image.as_mut().subcols_mut(0, width);
        let basis = self.basis.as_ref().subcols(0, width);
        product(image.as_mut(), Accum::Replace, h, basis, 1.0);
        let mut small = self.small.as_mut().submatrix_mut(0, 0, width, width);
        product(
            small.as_mut(),
            Accum::Replace,
            basis.transpose(),
            image.as_ref(),
            1.0,
        );
        let mut values = Diag::<f64>::zeros(width);
        let mut vectors = self
            .small_vectors
            .as_mut()
            .submatrix_mut(0, 0, width, width);
        self_adjoint_evd(
            small.as_ref(),
            values.as_mut(),
            Some(vectors.as_mut()),
            Par::Seq,
            MemStack::new(&mut self.buffer),
            default(),
        )
        .map_err(|_| LinalgError::NoSvd {
            rows: width,
            cols: width,
        })?;
        let values = values.column_vector();
        for k in 0..width {
            self.values[k] = values[width - 1 - k];
        }
        for k in 0..width {
            small
                .as_mut()
                .col_mut(k)
                .copy_from(vectors.as_ref().col(width - 1 - k));
        }
        let mut rotated = rotated.as_mut().subcols_mut(0, width);
        product(rotated.as_mut(), Accum::Replace, basis, small.as_ref(), 1.0);
        let mut sum = 0.0;
        let positive = self.values[..width]
            .iter()
            .take_while(|v| **v > 0.0)
            .count();
        self.basis
            .as_mut()
            .subcols_mut(0, width)
            .copy_from(rotated.as_ref());
        if positive > 0 {
            // H q - value q
            let mut gap = rotated.subcols_mut(0, positive);
            for k in 0..positive {
                for i in 0..self.side {
                    gap[(i, k)] *= -self.values[k];
                }
            }
            let turn = small.as_ref().subcols(0, positive);
            product(gap.as_mut(), Accum::Add, image.as_ref(), turn, 1.0);
            sum = gap.norm_l2();
        }
        Ok(sum)
    }
}

/// An orthonormal basis of the columns of `a`, by Householder reflections; `a` is overwritten.
fn orthonormal(
    mut a: MatMut<'_, f64>,
    mut coefficients: MatMut<'_, f64>,
    mut q: MatMut<'_, f64>,
    buffer: &mut MemBuffer,
) {
    // the filter's columns differ by many orders of magnitude
    for mut column in a.as_mut().col_iter_mut() {
        let size = column.norm_l2();
        if size > 0.0 {
            column *= faer::Scale(1.0 / size);
        }
    }
    qr_in_place(
        a.as_mut(),
        coefficients.as_mut(),
        Par::Seq,
        MemStack::new(buffer),
        default(),
    );
    q.fill(0.0);
    for k in 0..a.ncols() {
        q[(k, k)] = 1.0;
    }
    apply_block_householder_sequence_on_the_left_in_place_with_conj(
        a.as_ref(),
        coefficients.as_ref(),
        Conj::No,
        q,
        Par::Seq,
        MemStack::new(buffer),
    );
}
