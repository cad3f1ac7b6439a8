use pyo3::prelude::*;

use crate::{export, fit, layers, model};

/// `crelu._core`
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<model::Model>()?;
    module.add_class::<fit::Fitted>()?;
    module.add_function(wrap_pyfunction!(fit::fit, module)?)?;
    module.add_function(wrap_pyfunction!(fit::score_fold, module)?)?;
    module.add_function(wrap_pyfunction!(export::to_onnx, module)?)?;
    module.add_function(wrap_pyfunction!(export::standardisation, module)?)?;
    module.add_function(wrap_pyfunction!(export::layer, module)?)?;
    layers::add(module)
}
