use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;

/// Bytes of the rows that one dispatch goes through at most: with a thousand columns a slow adapter, of
/// 5e11 flops a second, takes a fifteenth of a second for them, and a display's driver stops what takes two.
const MOST_BYTES: u64 = 64 << 20;
/// Rows that one dispatch goes through at most: groups of a dimension times the smaller tile.
const MOST_ROWS: usize = 65_535 * 32;

/// The data on the device, in `f32`: a row's coordinates together, filled up with zeros to
/// quadruples, cut into tiles of rows that the adapter binds.
#[derive(Debug)]
pub struct Rows {
    tiles: Vec<RowTile>,
    n_samples: usize,
    rank: usize,
}

/// Some rows, in one array.
#[derive(Debug)]
pub(crate) struct RowTile {
    pub(crate) data: Buffer<f32>,
    pub(crate) first: usize,
    pub(crate) rows: usize,
}

impl Rows {
    /// Takes `n_samples` rows of `rank` numbers, one after the other.
    ///
    /// # Errors
    /// [`GpuError::Shape`], [`GpuError::TooLarge`] where a single row does not fit,
    /// [`GpuError::OutOfMemory`].
    pub fn upload(
        device: &Device,
        rows: &[f32],
        n_samples: usize,
        rank: usize,
    ) -> Result<Self, GpuError> {
        let limit = device.adapter().binding_limit.min(MOST_BYTES);
        Self::upload_in_tiles(device, rows, n_samples, rank, limit)
    }

    /// As [`Rows::upload`], in arrays of at most so many bytes.
    ///
    /// # Errors
    /// As [`Rows::upload`].
    pub fn upload_in_tiles(
        device: &Device,
        rows: &[f32],
        n_samples: usize,
        rank: usize,
        bytes: u64,
    ) -> Result<Self, GpuError> {
        if rows.len() != n_samples * rank {
            let (what, want, got) = ("rows", n_samples * rank, rows.len());
            return Err(GpuError::Shape { what, want, got });
        }
        let wide = 4 * rank.div_ceil(4);
        let row_bytes = (wide * size_of::<f32>()).max(16);
        device.check_size("a row", row_bytes as u64)?;
        let fits = usize::try_from(bytes / row_bytes as u64).unwrap_or(MOST_ROWS);
        // whole tiles of the kernels
        let share = (fits.min(MOST_ROWS) / 64 * 64).max(64);
        let mut tiles = Vec::new();
        let mut padded = Vec::new();
        for first in (0..n_samples).step_by(share) {
            let count = share.min(n_samples - first);
            padded.clear();
            padded.resize(count * wide, 0.0);
            if rank > 0 {
                let from = rows[first * rank..(first + count) * rank].chunks_exact(rank);
                for (to, from) in padded.chunks_exact_mut(wide).zip(from) {
                    to[..rank].copy_from_slice(from);
                }
            }
            tiles.push(RowTile {
                data: device.upload("rows", &padded)?,
                first,
                rows: count,
            });
        }
        Ok(Self {
            tiles,
            n_samples,
            rank,
        })
    }

    pub(crate) fn tiles(&self) -> &[RowTile] {
        &self.tiles
    }

    /// How many rows.
    #[must_use]
    pub fn n_samples(&self) -> usize {
        self.n_samples
    }

    /// Coordinates of a row.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Quadruples of coordinates of a row.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.rank.div_ceil(4)
    }

    /// Numbers of a column on the device.
    #[must_use]
    pub fn wide(&self) -> usize {
        4 * self.depth()
    }
}

/// Columns of `rank` numbers, filled up to `wide`.
pub(crate) fn pad(columns: &[f32], rank: usize, wide: usize, out: &mut Vec<f32>) {
    out.clear();
    if rank == 0 {
        return;
    }
    for column in columns.chunks_exact(rank) {
        out.extend_from_slice(column);
        out.resize(out.len() + wide - rank, 0.0);
    }
}

/// The first `rank` numbers of columns of `wide`.
pub(crate) fn unpad(padded: &[f32], rank: usize, wide: usize, out: &mut Vec<f32>) {
    out.clear();
    if wide == 0 {
        return;
    }
    for column in padded.chunks_exact(wide) {
        out.extend_from_slice(&column[..rank]);
    }
}
