use core::ops::Range;

use linalg_core::for_each_mut;

/// Rows that are worked on together: with 64 columns of `f64` they fill half a megabyte.
const TILE: usize = 1024;
/// Rows below which another task does not pay.
const TASK_ROWS: usize = 128;
/// Most tasks: each holds sums of its own.
const MAX_TASKS: usize = 16;

/// Works through the rows in tiles, by tasks that each have sums of their own; the cut into tasks
/// depends on `n_samples` alone, so adding their sums in order gives the same bits whatever the
/// number of threads. No array of `n_samples x columns` arises: a task holds one tile.
pub(super) fn sum_over_rows<S: Send>(
    n_samples: usize,
    make: impl Fn() -> S,
    work: impl Fn(&mut S, Range<usize>) + Sync + Send,
) -> Vec<S> {
    let tasks = (n_samples / TASK_ROWS).clamp(1, MAX_TASKS);
    let share = n_samples.div_ceil(tasks).max(1);
    let mut sums: Vec<(Range<usize>, S)> = (0..tasks)
        .map(|t| {
            (
                (t * share).min(n_samples)..((t + 1) * share).min(n_samples),
                make(),
            )
        })
        .collect();
    for_each_mut(&mut sums, |_, (rows, sum)| {
        for tile in tiles(rows.clone()) {
            work(sum, tile);
        }
    });
    sums.into_iter().map(|(_, sum)| sum).collect()
}

/// A range of rows cut into tiles.
pub(super) fn tiles(rows: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = rows.end;
    rows.step_by(TILE)
        .map(move |first| first..(first + TILE).min(end))
}

/// Rows of the largest tile of `n_samples` rows.
pub(super) fn tile_rows(n_samples: usize) -> usize {
    TILE.min(n_samples)
}
