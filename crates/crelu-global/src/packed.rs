use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use crate::fused::{Climb, Lane, Layout, Level, Open, Part, Spread, shared};

/// Neurons laid out for the passes over rows, in `f64`.
pub(crate) struct Packed {
    level: Level,
    layout: Layout,
    rank: usize,
    weights: Vec<f64>,
    outer: Vec<f64>,
}

/// What a task of a pass needs: a tile of rows.
pub(crate) struct Room {
    tile: Vec<f64>,
    sums: Vec<f64>,
    fitted: Vec<f64>,
    factors: Vec<f64>,
}

/// Numbers of a tile, about: half a megabyte, so that it stays near the core ...
const TILE: usize = 65_536;
/// ... and its rows: a product with fewer is slow, and more win nothing.
const FEWEST_ROWS: usize = 128;
const MOST_ROWS: usize = 1024;

impl Packed {
    /// `m` unit directions of `rank` numbers, with `s_i c_i` for the outputs where there is one.
    pub(crate) fn new(rank: usize, directions: &[f64], output: Option<&[f64]>, m: usize) -> Self {
        let level = Level::widest();
        let layout = Layout::new::<f64>(level, m);
        let mut weights = vec![0.0; rank * layout.padded()];
        layout.pack(rank, directions, &mut weights);
        let mut outer = vec![0.0; layout.padded()];
        if let Some(output) = output {
            outer[..m].copy_from_slice(output);
        }
        Self {
            level,
            layout,
            rank,
            weights,
            outer,
        }
    }

    /// Rows of a tile, a multiple of 64.
    pub(crate) fn tile_rows(&self) -> usize {
        let rows = TILE / self.layout.padded().max(1);
        rows.clamp(FEWEST_ROWS, MOST_ROWS) / 64 * 64
    }

    /// Room for tiles.
    pub(crate) fn room(&self) -> Room {
        let rows = self.tile_rows();
        Room {
            tile: vec![0.0; rows * self.layout.padded()],
            sums: vec![0.0; rows * self.layout.lanes()],
            fitted: vec![0.0; rows],
            factors: Vec::new(),
        }
    }

    /// `(R u_i)_+` of a tile of rows, `len x rows`, and their sums with `s_i c_i`.
    pub(crate) fn open<'r>(
        &self,
        rows: Part<'_, f64>,
        room: &'r mut Room,
    ) -> (MatRef<'r, f64>, &'r [f64]) {
        self.open_by(rows, room, false)
    }

    fn open_by<'r>(
        &self,
        rows: Part<'_, f64>,
        room: &'r mut Room,
        share: bool,
    ) -> (MatRef<'r, f64>, &'r [f64]) {
        let (padded, count) = (self.layout.padded(), rows.len());
        let pass = Open {
            layout: &self.layout,
            rank: self.rank,
            rows,
            weights: &self.weights,
            outer: &self.outer,
            tile: &mut room.tile[..count * padded],
            sums: &mut room.sums[..count * self.layout.lanes()],
            fitted: &mut room.fitted[..count],
        };
        if share {
            shared::open(self.level, pass);
        } else {
            f64::dispatch(self.level, pass);
        }
        let tile = &room.tile[..count * padded];
        let tile = MatRef::from_column_major_slice(tile, padded, count);
        (
            tile.subrows(0, self.layout.columns()),
            &room.fitted[..count],
        )
    }

    /// Numbers that [`Packed::climb`] sums up.
    pub(crate) fn slope_len(&self) -> usize {
        self.rank * self.layout.padded()
    }

    /// `slopes += R'(theta o 1[R u_i > 0])` of some rows, packed.
    pub(crate) fn climb(&self, rows: Part<'_, f64>, theta: &[f64], slopes: &mut [f64]) {
        let pass = Climb {
            layout: &self.layout,
            rank: self.rank,
            rows,
            theta,
            weights: &self.weights,
            slopes,
        };
        shared::climb(self.level, pass);
    }

    /// `slopes += R'(theta a_i o 1[R u_i > 0])` of some rows with `K` outputs, packed.
    ///
    /// **Shapes** `theta`: `K` numbers a row; `heads`: `K` a neuron.
    pub(crate) fn climb_heads(
        &self,
        rows: Part<'_, f64>,
        theta: MatRef<'_, f64>,
        heads: MatRef<'_, f64>,
        room: &mut Room,
        slopes: &mut [f64],
    ) {
        let (padded, count) = (self.layout.padded(), theta.ncols());
        self.open_by(rows, room, true);
        room.factors.resize(room.tile.len(), 0.0);
        let factors = &mut room.factors[..count * padded];
        let columns = MatMut::from_column_major_slice_mut(factors, padded, count);
        matmul(
            columns.subrows_mut(0, heads.ncols()),
            Accum::Replace,
            heads.transpose(),
            theta,
            1.0,
            Par::Seq,
        );
        let pass = Spread {
            layout: &self.layout,
            rank: self.rank,
            rows,
            tile: &room.tile[..count * padded],
            factors: &room.factors[..count * padded],
            slopes,
        };
        shared::spread(self.level, pass);
    }

    /// Packed slopes as `rank x len`, column after column.
    pub(crate) fn unpack(&self, slopes: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.rank * self.layout.columns()];
        self.layout.unpack(self.rank, slopes, &mut out);
        out
    }
}
