use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use linalg_core::{Real, norm};

use crate::fused::{Lane, Layout, Level, Open, Part, Spread};

/// Rows of a tile: with a hundred columns, two tiles of them stay in a core's second cache.
const TILE: usize = 128;

/// The output directions of ascents of `|theta'(R u)_+|` with several outputs, and a pass over the rows
/// that makes their gradients:
///
/// ```text
///     C = theta'(R U)_+,   a_j = C_j / |C_j|,   g_j = R'(theta a_j o 1[R u_j > 0])
/// ```
///
/// One pass makes `C`, so the values, for the iterates it sees, and gradients for the `a` of the pass
/// before: with steps as small as those of an ascent the two hardly differ, and a pass is saved.
pub(crate) struct Heads {
    outputs: usize,
    /// Whether there was a pass before.
    ready: bool,
    /// `K` numbers a column, the padding among the columns.
    heads: Vec<f32>,
    sums: Vec<f32>,
    values: Vec<f32>,
    tile: Vec<f32>,
    factors: Vec<f32>,
    /// Room of the pass that makes a tile, of no use here.
    lanes: Vec<f32>,
    fitted: Vec<f32>,
    none: Vec<f32>,
}

impl Heads {
    pub(crate) fn new(outputs: usize, layout: &Layout) -> Self {
        let padded = layout.padded();
        let zeros = |count: usize| vec![0.0; count];
        Self {
            outputs,
            ready: false,
            heads: zeros(outputs * padded),
            sums: zeros(outputs * padded),
            values: zeros(padded),
            tile: zeros(TILE * padded),
            factors: zeros(TILE * padded),
            lanes: zeros(TILE * layout.lanes()),
            fitted: zeros(TILE),
            none: zeros(padded),
        }
    }

    /// `|C_j|` at the iterates of the last pass.
    pub(crate) fn value(&self, column: usize) -> f32 {
        self.values[column]
    }

    /// Column `from` becomes column `to`.
    pub(crate) fn keep(&mut self, to: usize, from: usize) {
        let k = self.outputs;
        self.heads.copy_within(from * k..(from + 1) * k, to * k);
        self.values[to] = self.values[from];
    }

    /// Fewer columns from here on.
    pub(crate) fn cut(&mut self, layout: &Layout) {
        let columns = layout.columns() * self.outputs;
        self.heads[columns..].fill(0.0);
        self.sums.truncate(layout.padded() * self.outputs);
    }

    /// Whether there are output directions, so that a pass makes gradients too.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready
    }

    /// `K`.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// `C` of the rows of the last pass.
    pub(crate) fn sums(&self) -> &[f32] {
        &self.sums
    }

    /// `C` of all rows where they are added up elsewhere.
    pub(crate) fn take_sums(&mut self, sums: &[f64]) {
        for (own, sum) in self.sums.iter_mut().zip(sums) {
            *own = f32::of(*sum);
        }
    }

    /// Gradients of some rows are added to `slopes`, packed, for the output directions of the pass before,
    /// once there was one; [`Heads::close`] makes values and output directions after the last row.
    ///
    /// **Shapes** `theta`: `K` numbers a row. **Cost** `4 n (rank + K)` flops a column.
    #[expect(clippy::too_many_arguments, reason = "the parts of one pass")]
    pub(crate) fn pass(
        &mut self,
        level: Level,
        layout: &Layout,
        rank: usize,
        data: Part<'_, f32>,
        theta: &[f32],
        packed: &[f32],
        slopes: &mut [f32],
    ) {
        let (k, padded) = (self.outputs, layout.padded());
        self.sums[..k * padded].fill(0.0);
        for (first, theta) in (0..).step_by(TILE).zip(theta.chunks(TILE * k)) {
            let count = theta.len() / k;
            let rows = data.part(first..first + count);
            let tile = &mut self.tile[..count * padded];
            let open = Open {
                layout,
                rank,
                rows,
                weights: packed,
                outer: &self.none[..padded],
                tile,
                sums: &mut self.lanes[..count * layout.lanes()],
                fitted: &mut self.fitted[..count],
            };
            f32::dispatch(level, open);
            let theta = MatRef::from_column_major_slice(theta, k, count);
            let images = MatRef::from_column_major_slice(&*tile, padded, count);
            matmul(
                MatMut::from_column_major_slice_mut(&mut self.sums[..k * padded], k, padded),
                Accum::Add,
                theta,
                images.transpose(),
                1.0,
                Par::Seq,
            );
            if !self.ready {
                continue;
            }
            let factors = &mut self.factors[..count * padded];
            matmul(
                MatMut::from_column_major_slice_mut(factors, padded, count),
                Accum::Replace,
                MatRef::from_column_major_slice(&self.heads[..k * padded], k, padded).transpose(),
                theta,
                1.0,
                Par::Seq,
            );
            let spread = Spread {
                layout,
                rank,
                rows,
                tile: &self.tile[..count * padded],
                factors: &self.factors[..count * padded],
                slopes,
            };
            f32::dispatch(level, spread);
        }
    }

    /// Values and output directions for the next pass.
    pub(crate) fn close(&mut self) {
        self.ready = true;
        let k = self.outputs;
        let columns = self.sums.chunks_exact(k);
        let columns = columns.zip(self.heads.chunks_exact_mut(k));
        for ((sum, head), value) in columns.zip(&mut self.values) {
            *value = norm(sum);
            if *value > 0.0 {
                for (a, c) in head.iter_mut().zip(sum) {
                    *a = c / *value;
                }
            }
        }
    }
}
