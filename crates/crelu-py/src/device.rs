//! The graphics adapter of `backend="wgpu"`.

use crelu_model::{BackendChoice, FitSettings};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::options::{choose, given, named};

/// Sets the backend that is asked for, with its adapter; `numbers` is the size of the data.
///
/// # Errors
/// A `ValueError` for an unknown name, a `RuntimeError` where there is no such adapter.
pub(crate) fn open(
    options: &Bound<'_, PyDict>,
    settings: &mut FitSettings,
    numbers: usize,
) -> PyResult<()> {
    const NAME: &str = "backend";
    let Some(value) = given(options, NAME)? else {
        return Ok(());
    };
    let word: String = named(NAME, &value)?;
    let choice = choose(NAME, &word, &BackendChoice::NAMED)?;
    opened(choice, settings, numbers)
}

#[cfg(feature = "wgpu")]
fn opened(choice: BackendChoice, settings: &mut FitSettings, numbers: usize) -> PyResult<()> {
    /// The variable that names or numbers an adapter, as for the command line.
    const ADAPTER: &str = "CRELU_ADAPTER";
    let asked = std::env::var(ADAPTER).ok();
    let begun = std::time::Instant::now();
    let clock = || begun.elapsed().as_secs_f64();
    let opened = choice
        .open(numbers, asked.as_deref(), &clock)
        .map_err(|error| {
            pyo3::exceptions::PyRuntimeError::new_err(format!("backend='wgpu': {error}"))
        })?;
    settings.programme.backend = opened.backend;
    settings.programme.device = opened.device.map(crelu_model::device_handle);
    settings.programme.backend_reason = opened.reason;
    Ok(())
}

#[cfg(not(feature = "wgpu"))]
fn opened(choice: BackendChoice, settings: &mut FitSettings, _numbers: usize) -> PyResult<()> {
    use crelu_model::Backend;
    settings.programme.backend = match choice {
        BackendChoice::Given(Backend::Wgpu) => {
            let problem = "backend: this package was built without the feature wgpu";
            return Err(pyo3::exceptions::PyRuntimeError::new_err(problem));
        }
        BackendChoice::Given(backend) => backend,
        BackendChoice::Auto => Backend::Faer,
    };
    Ok(())
}
