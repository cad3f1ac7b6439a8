//! The threads of a computation.

use pyo3::PyResult;

use crate::errors;

/// Runs `work` on `count` threads, on all cores where there is none.
///
/// They are started for it alone: a process that was forked has none of the threads of its parent.
///
/// # Errors
/// Where there can be no threads.
pub(crate) fn run<A: Send>(count: Option<usize>, work: impl FnOnce() -> A + Send) -> PyResult<A> {
    let mut builder = rayon::ThreadPoolBuilder::new();
    if let Some(count) = count {
        builder = builder.num_threads(count);
    }
    let pool = builder.build().map_err(errors::value)?;
    Ok(pool.install(work))
}
