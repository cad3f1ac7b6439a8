use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use crelu_model::path::{FoldRunner, Metric, fit_early, fit_path_with, fold_scores};
use crelu_model::{CertificateFile, Control};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::elsewhere::Elsewhere;
use crate::listener::{Ears, Reporter, listen};
use crate::model::Model;
use crate::options::choose;
use crate::problem::Problem;
use crate::{errors, threads};

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
#[pyo3(signature = (problem, *, threads=None, callback=None, run_folds=None))]
pub(crate) fn fit(
    py: Python<'_>,
    problem: Problem<'_>,
    threads: Option<usize>,
    callback: Option<Py<PyAny>>,
    run_folds: Option<Py<PyAny>>,
) -> PyResult<Fitted> {
    let begun = Instant::now();
    let problem = problem.prepare()?;
    let stop = AtomicBool::new(false);
    let clock = || begun.elapsed().as_secs_f64();
    let control = Control::with_clock(&clock)
        .deadline(problem.limit)
        .interrupt(&stop);
    let (messages, heard) = mpsc::channel();
    let is_heard = callback.is_some();
    let ears = Ears {
        callback: callback.as_ref(),
        run_folds: run_folds.as_ref(),
    };
    let elsewhere = run_folds.is_some().then(|| Elsewhere {
        messages: messages.clone(),
    });
    let (data, settings, plan) = (&problem.data, &problem.settings, problem.plan.as_ref());
    let early = problem.early.as_ref();
    let (control, ears, stop) = (&control, &ears, &stop);
    let (raised, ended) = py.detach(move || {
        thread::scope(|scope| {
            let work = scope.spawn(move || {
                let mut reporter = Reporter { is_heard, messages };
                threads::run(threads, move || match (plan, early) {
                    (None, Some((rows, how))) => {
                        fit_early(data, rows, None, settings, *how, control, &mut reporter)
                    }
                    (Some(plan), _) => {
                        let runner = elsewhere.as_ref().map(|it| it as &dyn FoldRunner);
                        fit_path_with(data, None, settings, plan, runner, control, &mut reporter)
                    }
                    (None, None) => crelu_model::fit(data, None, settings, control, &mut reporter),
                })
            });
            (listen(&heard, ears, stop), work.join())
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
    problem.name(&mut fit.model);
    Ok(Fitted {
        report: serde_json::to_string(&fit.report).map_err(errors::value)?,
        certificate: fit.certificate.as_ref().map(CertificateFile::to_bytes),
        model: Py::new(py, Model(fit.model))?,
        raised,
    })
}

/// The scores of the rows that a fold of a problem holds out, one a penalty: a part of `fit` that may
/// run elsewhere.
#[pyfunction]
#[pyo3(signature = (problem, fold, betas, metric, *, threads=None))]
pub(crate) fn score_fold(
    py: Python<'_>,
    problem: Problem<'_>,
    fold: usize,
    betas: Vec<f64>,
    metric: &str,
    threads: Option<usize>,
) -> PyResult<Vec<f64>> {
    let begun = Instant::now();
    let metric = choose("metric", metric, &Metric::ALL.map(|m| (m.name(), m)))?;
    let problem = problem.prepare()?;
    let Some(plan) = &problem.plan else {
        return Err(errors::value(
            "beta: the penalty is given, there are no folds",
        ));
    };
    let clock = || begun.elapsed().as_secs_f64();
    let control = Control::with_clock(&clock).deadline(problem.limit);
    let (data, settings, control) = (&problem.data, &problem.settings, &control);
    let scores = py.detach(|| {
        threads::run(threads, || {
            fold_scores(data, settings, plan, fold, &betas, metric, control)
        })
    })?;
    scores.map_err(|error| errors::of_fit(&error))
}
