//! The parts of the method, on arrays: what stands behind `sample_gates`, `solve_convex`, `price`,
//! `nystrom`, `pcg`, `prove` and `verify`.

mod arrays;
mod bound;
mod gates;
mod linear;
mod operator;
mod price;
mod programme;
mod running;

use pyo3::prelude::*;

/// Adds the functions to the module.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<linear::Nystrom>()?;
    module.add_function(wrap_pyfunction!(gates::sample_gates, module)?)?;
    module.add_function(wrap_pyfunction!(programme::solve_convex, module)?)?;
    module.add_function(wrap_pyfunction!(price::price, module)?)?;
    module.add_function(wrap_pyfunction!(linear::pcg, module)?)?;
    module.add_function(wrap_pyfunction!(bound::prove, module)?)?;
    module.add_function(wrap_pyfunction!(bound::verify, module)?)
}
