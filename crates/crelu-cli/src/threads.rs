//! The thread pool.

use crate::errors::Failure;

/// Starts the pool that all computations share, with `count` threads; all cores if none is given.
///
/// # Errors
/// The system's reason if there can be no such pool.
pub(crate) fn start(count: Option<usize>) -> Result<(), Failure> {
    let Some(count) = count else { return Ok(()) };
    rayon::ThreadPoolBuilder::new()
        .num_threads(count)
        .build_global()
        .map_err(|error| Failure::of("--threads", error))
}
