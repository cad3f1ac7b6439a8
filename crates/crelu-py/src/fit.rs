use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use crelu_model::path::fit_path;
use crelu_model::{CertificateFile, Control, Dataset};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::listener::{Reporter, listen};
use crate::model::Model;
use crate::options::named;
use crate::rows::Rows;
use crate::target::Target;
use crate::{errors, options, plan, threads};

/// A fit that is over.
#[pyclass(frozen, module = "crelu._core")]
pub(crate) struct Fitted {
    /// The model.
    #[pyo3(get)]
    model: Py<Model>,
    /// The report, as JSON.
    #[pyo3(get)]
    report: String,
    /// What a signal or the callback raised: the model is the best one until then.
    #[pyo3(get)]
    raised: Option<PyErr>,
    certificate: Option<Vec<u8>>,
}

#[pymethods]
impl Fitted {
    /// The certificate of the proven bound, as the command line writes it.
    #[getter]
    fn certificate<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        let bytes = self.certificate.as_ref()?;
        Some(PyBytes::new(py, bytes))
    }
}

/// Trains a network. The interpreter is free meanwhile; a signal ends the training with the best
/// network so far.
#[pyfunction]
#[pyo3(signature = (rows, target, options, *, weights=None, threads=None, feature_names=None, target_name=None, callback=None))]
#[expect(
    clippy::too_many_arguments,
    reason = "Python names them; the package is the only caller"
)]
pub(crate) fn fit(
    py: Python<'_>,
    rows: Rows<'_>,
    target: Target<'_>,
    options: &Bound<'_, PyDict>,
    weights: Option<PyReadonlyArray1<'_, f64>>,
    threads: Option<usize>,
    feature_names: Option<Vec<String>>,
    target_name: Option<String>,
    callback: Option<Py<PyAny>>,
) -> PyResult<Fitted> {
    let begun = Instant::now();
    let settings = options::settings(target.task(), options)?;
    let settings = settings.check().map_err(|error| errors::of_fit(&error))?;
    let plan = plan::of(options)?;
    let limit = options.get_item("time_limit")?.filter(|it| !it.is_none());
    let limit: Option<f64> = limit.map(|it| named("time_limit", &it)).transpose()?;
    let columns = target.columns()?;
    let first = columns
        .first()
        .cloned()
        .unwrap_or_else(|| crelu_model::TargetColumn::numbers(Vec::new()));
    let weights = weights.map(|weights| weights.as_array().to_vec());
    let data = Dataset::from_columns(rows.samples(), first)
        .and_then(|data| data.with_targets(columns))
        .and_then(|data| data.with_weights(weights))
        .map_err(|error| errors::of_fit(&error))?;

    let stop = AtomicBool::new(false);
    let clock = || begun.elapsed().as_secs_f64();
    let control = Control::with_clock(&clock).deadline(limit).interrupt(&stop);
    let (events, heard) = mpsc::channel();
    let is_heard = callback.is_some();
    let (data, settings, plan, control) = (&data, &settings, plan.as_ref(), &control);
    let (callback, stop) = (callback.as_ref(), &stop);
    let (raised, ended) = py.detach(move || {
        thread::scope(|scope| {
            let work = scope.spawn(move || {
                let mut reporter = Reporter { is_heard, events };
                threads::run(threads, move || match plan {
                    Some(plan) => fit_path(data, None, settings, plan, control, &mut reporter),
                    None => crelu_model::fit(data, None, settings, control, &mut reporter),
                })
            });
            (listen(&heard, callback, stop), work.join())
        })
    });
    let ended = match ended {
        Ok(ended) => ended?,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    let mut fit = match (ended, raised.as_ref()) {
        (Ok(fit), _) => fit,
        // there is no model, and whoever stopped it is told why
        (Err(_), Some(raised)) => return Err(raised.clone_ref(py)),
        (Err(error), None) => return Err(errors::of_fit(&error)),
    };
    fit.model.feature_names = feature_names;
    fit.model.target_name = target_name;
    Ok(Fitted {
        report: serde_json::to_string(&fit.report).map_err(errors::value)?,
        certificate: fit.certificate.as_ref().map(CertificateFile::to_bytes),
        model: Py::new(py, Model(fit.model))?,
        raised,
    })
}
