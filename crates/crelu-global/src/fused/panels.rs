use super::dispatch::{Lane, Level};
use super::kernel::Kernel;
use super::unit::Unit;

/// Most registers that the columns of a panel fill: with eight rows that is 24 sums at a time.
const MOST_VECTORS: usize = 3;

/// How a batch of columns is cut for a vector unit: panels of one to three registers' width, as equal
/// as they come. The last columns of the last panel are padding.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    lanes: usize,
    columns: usize,
    /// `(first column, registers)` of each panel.
    pub(super) panels: Vec<(usize, usize)>,
}

struct LanesOf;

impl<T> Kernel<T> for LanesOf {
    type Output = usize;
    fn run<U: Unit<T>>(self, _unit: U) -> usize {
        U::LANES
    }
}

impl Layout {
    pub(crate) fn new<T: Lane>(level: Level, columns: usize) -> Self {
        let lanes = T::dispatch(level, LanesOf);
        let vectors = columns.div_ceil(lanes);
        let count = vectors.div_ceil(MOST_VECTORS);
        // vectors / count, evenly
        let cut = |p: usize| p * vectors / count;
        Self {
            lanes,
            columns,
            panels: (0..count)
                .map(|p| (cut(p) * lanes, cut(p + 1) - cut(p)))
                .collect(),
        }
    }

    /// Numbers in a register.
    pub(crate) fn lanes(&self) -> usize {
        self.lanes
    }

    /// The first column of each panel, and the layout of it alone: of numbers that begin there, tiles as
    /// wide as before.
    pub(super) fn each_panel(&self) -> Vec<(usize, Self)> {
        let alone = |&(start, vectors): &(usize, usize)| {
            let layout = Self {
                panels: vec![(0, vectors)],
                ..self.clone()
            };
            (start, layout)
        };
        self.panels.iter().map(alone).collect()
    }

    /// Columns without the padding.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// Columns with the padding.
    pub(crate) fn padded(&self) -> usize {
        self.columns.next_multiple_of(self.lanes)
    }

    /// Copies a `rank x columns` matrix, column after column, into panels: a panel's numbers of one
    /// coordinate lie together.
    pub(crate) fn pack<T: Lane>(&self, rank: usize, from: &[T], to: &mut [T]) {
        for &(first, vectors) in &self.panels {
            let width = vectors * self.lanes;
            let panel = &mut to[first * rank..(first + width) * rank];
            let used = width.min(self.columns - first);
            for j in 0..used {
                let column = &from[(first + j) * rank..(first + j + 1) * rank];
                for (to, &x) in panel[j..].iter_mut().step_by(width).zip(column) {
                    *to = x;
                }
            }
        }
    }

    /// The inverse of [`Layout::pack`].
    pub(crate) fn unpack<T: Lane>(&self, rank: usize, from: &[T], to: &mut [T]) {
        for &(first, vectors) in &self.panels {
            let width = vectors * self.lanes;
            let panel = &from[first * rank..(first + width) * rank];
            let used = width.min(self.columns - first);
            for j in 0..used {
                let column = &mut to[(first + j) * rank..(first + j + 1) * rank];
                for (to, &x) in column.iter_mut().zip(panel[j..].iter().step_by(width)) {
                    *to = x;
                }
            }
        }
    }
}
