use crelu_model::gates::{GateSampler, sample};
use faer::{Mat, MatRef};
use linalg_core::{MaskedBlocks, Masks, RowSpace, masked_gram};

use crate::sets::Set;

const SEED: u64 = 0;

/// A set small enough for dense systems: its data in some coordinates, and its patterns.
pub(crate) struct Small {
    /// `A'A`, the masked data's Gram matrix, `rank patterns` on a side.
    gram: Mat<f64>,
    /// `R'R`.
    covariance: Mat<f64>,
    patterns: usize,
    /// `0.1 trace(F F') / n` with both signs of a pattern: where every run begins.
    pub(crate) first_rho: f64,
    pub(crate) n: usize,
    pub(crate) rank: usize,
}

/// The coordinates of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coordinates {
    /// The columns as they are, as the source has them.
    Columns,
    /// An orthonormal basis of the rows: what `fit` takes up to 128 columns.
    Svd,
}

impl Small {
    pub(crate) fn new(
        set: &Set,
        patterns: usize,
        coordinates: Coordinates,
    ) -> Result<Self, String> {
        let inputs = set.inputs.as_ref();
        let found = sample(
            inputs,
            &set.target,
            true,
            GateSampler::Gaussian,
            patterns,
            SEED,
        )
        .map_err(|e| e.to_string())?;
        let space = match coordinates {
            Coordinates::Columns => RowSpace::columns(inputs.transpose()),
            Coordinates::Svd => RowSpace::svd(inputs.transpose()).map_err(|e| e.to_string())?,
        };
        let data = space.rows();
        let blocks = MaskedBlocks::new(data, &found.masks);
        let half = masked_gram(&blocks);
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let first_rho = 0.1 * 2.0 * half.trace() / data.ncols() as f64;
        Ok(Self {
            gram: Mat::from_fn(half.dim(), half.dim(), |i, j| half.entry(i, j)),
            covariance: data * data.transpose(),
            patterns: Masks::n_blocks(&found.masks),
            first_rho,
            n: data.ncols(),
            rank: data.nrows(),
        })
    }

    /// `A'A`: what the two-block and the reduced three-block system have in common.
    pub(crate) fn gram(&self) -> MatRef<'_, f64> {
        self.gram.as_ref()
    }

    /// `K = I + tau^2 R'R`.
    pub(crate) fn cone_block(&self, tau: f64) -> Mat<f64> {
        Mat::from_fn(self.rank, self.rank, |i, j| {
            f64::from(u8::from(i == j)) + tau * tau * self.covariance[(i, j)]
        })
    }

    /// Blocks of the reduced form.
    pub(crate) fn blocks(&self) -> usize {
        self.patterns
    }

    /// `10 / |R|_2`, the scale of this library's cone copy.
    pub(crate) fn tau(&self) -> Result<f64, String> {
        let values = linalg_core::symmetric_eigenvalues(self.covariance.as_ref())
            .map_err(|e| e.to_string())?;
        let largest = values.last().copied().unwrap_or(0.0);
        Ok(10.0 / largest.sqrt())
    }

    /// The source's system without its identity, `F'F / rho + G'G` with `F = [A, -A]` and an
    /// unscaled cone copy: `2 rank patterns` on a side.
    pub(crate) fn full_cone(&self, rho: f64) -> Mat<f64> {
        let side = self.gram.nrows();
        Mat::from_fn(2 * side, 2 * side, |i, j| {
            let sign = if (i < side) == (j < side) { 1.0 } else { -1.0 };
            let data = sign * self.gram[(i % side, j % side)] / rho;
            // (2 D - I)^2 = I: G'G has the same R'R in every block
            let cone = if i / self.rank == j / self.rank {
                self.covariance[(i % self.rank, j % self.rank)]
            } else {
                0.0
            };
            data + cone
        })
    }

    /// The diagonal of `F'F`, and that of `G'G`.
    pub(crate) fn full_diagonals(&self) -> (Vec<f64>, Vec<f64>) {
        let side = self.gram.nrows();
        let data = (0..2 * side).map(|i| self.gram[(i % side, i % side)]);
        let cone = (0..2 * side).map(|i| self.covariance[(i % self.rank, i % self.rank)]);
        (data.collect(), cone.collect())
    }
}

/// `A + shift (I (x) K)` for a block `K`, or `A + shift I` without one.
pub(crate) fn shifted(a: MatRef<'_, f64>, shift: f64, block: Option<&Mat<f64>>) -> Mat<f64> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| {
        let added = match block {
            None => f64::from(u8::from(i == j)),
            Some(k) if i / k.nrows() == j / k.nrows() => k[(i % k.nrows(), j % k.nrows())],
            Some(_) => 0.0,
        };
        a[(i, j)] + shift * added
    })
}

/// The diagonal of a matrix.
pub(crate) fn diagonal(a: MatRef<'_, f64>) -> Vec<f64> {
    (0..a.nrows()).map(|i| a[(i, i)]).collect()
}
