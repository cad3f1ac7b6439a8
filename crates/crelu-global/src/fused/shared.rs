//! Passes whose work is shared out within a tile of sparse rows: their sums are far longer than the
//! rows, so tasks with sums of their own would cost more than they win. Images are made some rows at a
//! time, slopes panel by panel, so no sum is split, whatever the number of threads. Dense rows are
//! shared out by the caller.

use linalg_core::for_each_mut;

use super::climb::Climb;
use super::dispatch::{Lane, Level};
use super::kernel::Kernel;
use super::open::Open;
use super::panels::Layout;
use super::slopes::Slopes;
use super::spread::Spread;

/// Rows of a tile that are a task of [`open`].
const ROWS: usize = 128;

/// [`Open`], some rows at a time side by side.
pub(crate) fn open<T: Lane>(level: Level, pass: Open<'_, T>) {
    if !pass.rows.is_sparse() {
        return T::dispatch(level, pass);
    }
    let (padded, lanes) = (pass.layout.padded(), pass.layout.lanes());
    let count = pass.rows.len();
    let parts = (pass.tile.chunks_mut(ROWS * padded.max(1)))
        .zip(pass.sums.chunks_mut(ROWS * lanes))
        .zip(pass.fitted.chunks_mut(ROWS));
    let mut shared = Vec::new();
    for (at, ((tile, sums), fitted)) in parts.enumerate() {
        let first = at * ROWS;
        shared.push(Some(Open {
            rows: pass.rows.part(first..(first + ROWS).min(count)),
            tile,
            sums,
            fitted,
            layout: pass.layout,
            rank: pass.rank,
            weights: pass.weights,
            outer: pass.outer,
        }));
    }
    each(level, &mut shared);
}

/// [`Slopes`], panels side by side.
pub(crate) fn slopes<T: Lane>(level: Level, pass: Slopes<'_, T>) {
    if !pass.rows.is_sparse() {
        return T::dispatch(level, pass);
    }
    let panels = pass.layout.each_panel();
    let sums = cut(&panels, pass.rank, pass.slopes);
    let alongs = cut(&panels, 1, pass.along);
    let mut parts = Vec::new();
    for (((start, layout), slopes), along) in panels.iter().zip(sums).zip(alongs) {
        parts.push(Some(Slopes {
            layout,
            outer: &pass.outer[*start..],
            tile: &pass.tile[*start..],
            slopes,
            along,
            rank: pass.rank,
            rows: pass.rows,
            theta: pass.theta,
        }));
    }
    each(level, &mut parts);
}

/// [`Spread`], panels side by side.
pub(crate) fn spread<T: Lane>(level: Level, pass: Spread<'_, T>) {
    if !pass.rows.is_sparse() {
        return T::dispatch(level, pass);
    }
    let panels = pass.layout.each_panel();
    let sums = cut(&panels, pass.rank, pass.slopes);
    let mut parts = Vec::new();
    for ((start, layout), slopes) in panels.iter().zip(sums) {
        parts.push(Some(Spread {
            layout,
            tile: &pass.tile[*start..],
            factors: &pass.factors[*start..],
            slopes,
            rank: pass.rank,
            rows: pass.rows,
        }));
    }
    each(level, &mut parts);
}

/// [`Climb`], panels side by side.
pub(crate) fn climb<T: Lane>(level: Level, pass: Climb<'_, T>) {
    if !pass.rows.is_sparse() {
        return T::dispatch(level, pass);
    }
    let panels = pass.layout.each_panel();
    let sums = cut(&panels, pass.rank, pass.slopes);
    let mut parts = Vec::new();
    for ((start, layout), slopes) in panels.iter().zip(sums) {
        parts.push(Some(Climb {
            layout,
            weights: &pass.weights[start * pass.rank..],
            slopes,
            rank: pass.rank,
            rows: pass.rows,
            theta: pass.theta,
        }));
    }
    each(level, &mut parts);
}

fn each<T: Lane, K: Kernel<T, Output = ()> + Send>(level: Level, parts: &mut [Option<K>]) {
    for_each_mut(parts, |_, part| {
        if let Some(part) = part.take() {
            T::dispatch(level, part);
        }
    });
}

/// Cuts packed numbers, `rank` of each column, by panels.
fn cut<'a, T>(panels: &[(usize, Layout)], rank: usize, all: &'a mut [T]) -> Vec<&'a mut [T]> {
    let mut rest = all;
    let ends = panels.iter().skip(1).map(|(start, _)| Some(*start));
    let mut parts = Vec::with_capacity(panels.len());
    let mut first = 0;
    for end in ends.chain([None]) {
        let len = end.map_or(rest.len(), |end| (end - first) * rank);
        let (part, after) = rest.split_at_mut(len);
        parts.push(part);
        (rest, first) = (after, end.unwrap_or(first));
    }
    parts
}
