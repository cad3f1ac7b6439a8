use core::ops::Range;

use linalg_core::for_each_mut;

/// Rows and flops below which another task does not pay: 20 to 40 microseconds.
const TASK_ROWS: usize = 64;
const TASK_FLOPS: usize = 1_000_000;
/// Most tasks: each holds sums of its own.
const MAX_TASKS: usize = 16;

/// The rows cut into tasks by the size of the work alone, so adding their sums in order gives the
/// same bits whatever the number of threads. One task, or an even number.
pub(crate) fn row_tasks(n_samples: usize, flops_a_row: usize) -> Vec<Range<usize>> {
    let by_flops = n_samples.saturating_mul(flops_a_row) / TASK_FLOPS;
    let tasks = by_flops.min(n_samples / TASK_ROWS).clamp(1, MAX_TASKS);
    let tasks = if tasks == 1 {
        1
    } else {
        tasks.next_multiple_of(2)
    };
    let share = n_samples.div_ceil(tasks).max(1);
    (0..tasks)
        .map(|t| (t * share).min(n_samples)..((t + 1) * share).min(n_samples))
        .collect()
}

/// Works through the rows in tiles of so many, by tasks that each have sums of their own. No array of
/// `n_samples x columns` arises: a task holds one tile.
pub(crate) fn sum_over_rows<S: Send>(
    n_samples: usize,
    flops_a_row: usize,
    tile: usize,
    make: impl Fn() -> S,
    work: impl Fn(&mut S, Range<usize>) + Sync + Send,
) -> Vec<S> {
    let tasks = row_tasks(n_samples, flops_a_row);
    let mut sums: Vec<(Range<usize>, S)> = tasks.into_iter().map(|rows| (rows, make())).collect();
    for_each_mut(&mut sums, |_, (rows, sum)| {
        for tile in tiles(rows.clone(), tile) {
            work(sum, tile);
        }
    });
    sums.into_iter().map(|(_, sum)| sum).collect()
}

/// A range of rows cut into tiles.
pub(crate) fn tiles(rows: Range<usize>, tile: usize) -> impl Iterator<Item = Range<usize>> {
    let end = rows.end;
    rows.step_by(tile)
        .map(move |first| first..(first + tile).min(end))
}
