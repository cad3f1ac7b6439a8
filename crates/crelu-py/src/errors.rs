//! The library's errors as Python's.

use crelu_model::{FitError, Setting};
use pyo3::PyErr;
use pyo3::exceptions::{PyMemoryError, PyValueError};

/// A setting or the data are at fault, but for memory.
pub(crate) fn of_fit(error: &FitError) -> PyErr {
    match error {
        FitError::Memory { .. } => PyMemoryError::new_err(error.to_string()),
        // its name is that of an argument
        FitError::Setting { setting, problem } => of_setting(*setting, problem),
        FitError::SettingRange { setting, must_be } => {
            of_setting(*setting, format_args!("must be {must_be}"))
        }
        other => PyValueError::new_err(other.to_string()),
    }
}

fn of_setting(setting: Setting, problem: impl std::fmt::Display) -> PyErr {
    let name = setting.name().replace('-', "_");
    PyValueError::new_err(format!("{name}: {problem}"))
}

/// Of a value, with what is wrong about it.
pub(crate) fn value(problem: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(problem.to_string())
}
