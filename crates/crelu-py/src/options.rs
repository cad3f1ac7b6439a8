//! Settings from the arguments of Python, which are named as the options of the command line.

use crelu_model::path::Metric;
use crelu_model::{
    Activation, Beta, FitSettings, FormChoice, GateSampler, LossChoice, Model, PatternSource,
    Precision, PrimalChoice, Prove, Splitting, Switch, Task, TrainMode,
};
use faer::Mat;
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::errors;

/// The value of a word, or an error that lists the words.
pub(crate) fn choose<T: Copy>(name: &str, word: &str, known: &[(&str, T)]) -> PyResult<T> {
    let found = known.iter().find(|(known, _)| *known == word);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<String> = known.iter().map(|(word, _)| format!("'{word}'")).collect();
        errors::value(format_args!(
            "{name}: must be one of {}; got '{word}'",
            words.join(", ")
        ))
    })
}

const LOSSES: [(&str, LossChoice); 5] = [
    ("auto", LossChoice::Auto),
    ("squared", LossChoice::Squared),
    ("logistic", LossChoice::Logistic),
    ("softmax", LossChoice::Softmax),
    ("huber", LossChoice::Huber),
];

/// The settings of a fit; what is not there, or None, is the default. Arguments that belong to the
/// choice of a penalty are left to [`plan`](crate::plan), the backend to [`device`](crate::device).
///
/// # Errors
/// A `ValueError` or `TypeError` that names the argument.
pub(crate) fn settings(task: Task, options: &Bound<'_, PyDict>) -> PyResult<FitSettings> {
    let mut s = FitSettings::default().task(task);
    let (mut patterns, mut sampler) = (None, GateSampler::Gaussian);
    for (key, value) in options.iter() {
        let key: String = key.extract()?;
        if value.is_none() {
            continue;
        }
        let name = key.as_str();
        let word = || -> PyResult<String> { named(name, &value) };
        match name {
            "activation" => {
                s.activation = choose(name, &word()?, &Activation::ALL.map(|a| (a.name(), a)))?
            }
            "train" => {
                s.train = Some(choose(
                    name,
                    &word()?,
                    &TrainMode::ALL.map(|t| (t.name(), t)),
                )?)
            }
            "loss" => s.loss = choose(name, &word()?, &LOSSES)?,
            "huber_delta" => s.huber_delta = Some(named(name, &value)?),
            "patterns" => patterns = Some(named(name, &value)?),
            "gate_sampler" => {
                let known = [GateSampler::Gaussian, GateSampler::Data];
                sampler = choose(name, &word()?, &known.map(|g| (g.name(), g)))?;
            }
            "gates" => s.patterns = PatternSource::Given(gates(&value)?),
            // "cv" is a plan's
            "beta" => {
                if let Ok(beta) = value.extract::<f64>() {
                    s.beta = Beta::Absolute(beta);
                }
            }
            "beta_frac" => s.beta = Beta::Fraction(named(name, &value)?),
            "tol" => s.tol = Some(named(name, &value)?),
            "max_iter" => s.max_iters = Some(named(name, &value)?),
            "ascents" => s.global.ascents = Some(named(name, &value)?),
            "thin" => s.global.thin = Some(named(name, &value)?),
            "max_neurons" => s.global.max_neurons = Some(named(name, &value)?),
            "settle" => s.global.settle = Some(named(name, &value)?),
            "thorough" => s.global.thorough = named(name, &value)?,
            "seed" => s.seed = named(name, &value)?,
            "standardize" => s.standardize = named(name, &value)?,
            "bias" => s.bias = named(name, &value)?,
            "center" => s.center = named(name, &value)?,
            "prove" => {
                s.prove = match value.extract::<f64>() {
                    Ok(seconds) => Prove::Seconds(seconds),
                    Err(_) => choose(
                        name,
                        &word()?,
                        &[("quick", Prove::Quick), ("never", Prove::Never)],
                    )?,
                }
            }
            "init" => {
                let bytes = value.cast::<PyBytes>()?;
                let model = Model::from_bytes(bytes.as_bytes()).map_err(errors::value)?;
                s.init = Some(model.network);
            }
            "primal" => {
                s.programme.primal =
                    choose(name, &word()?, &PrimalChoice::ALL.map(|p| (p.name(), p)))?;
            }
            "splitting" => {
                s.programme.splitting =
                    choose(name, &word()?, &Splitting::ALL.map(|v| (v.name(), v)))?;
            }
            "form" => {
                s.programme.form = choose(name, &word()?, &FormChoice::ALL.map(|f| (f.name(), f)))?
            }
            "precision" => {
                s.programme.precision =
                    choose(name, &word()?, &Precision::ALL.map(|p| (p.name(), p)))?;
            }
            "newton" => {
                s.programme.newton = choose(name, &word()?, &Switch::ALL.map(|v| (v.name(), v)))?
            }
            "working_set" => {
                s.programme.working_set =
                    choose(name, &word()?, &Switch::ALL.map(|v| (v.name(), v)))?;
            }
            "nystrom_rank" => s.programme.nystrom_rank = Some(named(name, &value)?),
            "memory_limit" => s.programme.memory_limit = named(name, &value)?,
            "check_every" => s.programme.check_every = named(name, &value)?,
            // a plan's, and the device's
            "time_limit" | "betas" | "folds" | "splits" | "groups" | "rule" | "metric"
            | "backend" | "early_stop" | "patience" => {}
            other => return Err(errors::value(format_args!("no option '{other}'"))),
        }
    }
    if let PatternSource::Sampled { count, .. } = s.patterns {
        s.patterns = PatternSource::Sampled {
            count: patterns.unwrap_or(count),
            sampler,
        };
    }
    Ok(s)
}

/// An option, if it is given.
pub(crate) fn given<'py>(
    options: &Bound<'py, PyDict>,
    name: &str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    Ok(options.get_item(name)?.filter(|value| !value.is_none()))
}

/// What held-out rows are scored by, if it is said.
pub(crate) fn metric(options: &Bound<'_, PyDict>) -> PyResult<Option<Metric>> {
    const NAME: &str = "metric";
    let Some(value) = given(options, NAME)? else {
        return Ok(None);
    };
    let word: String = named(NAME, &value)?;
    choose(NAME, &word, &Metric::ALL.map(|m| (m.name(), m))).map(Some)
}

/// A value as what an argument takes; the error names the argument.
pub(crate) fn named<'py, T>(name: &str, value: &Bound<'py, PyAny>) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py>,
    for<'a> <T as FromPyObject<'a, 'py>>::Error: Into<PyErr>,
{
    let py = value.py();
    value.extract::<T>().map_err(|error| {
        let error: PyErr = error.into();
        let kind = error.get_type(py);
        PyErr::from_type(kind, format!("{name}: {}", error.value(py)))
    })
}

/// Gate vectors, a gate a column.
fn gates(value: &Bound<'_, PyAny>) -> PyResult<Mat<f64>> {
    let gates: PyReadonlyArray2<'_, f64> = named("gates", value)?;
    let gates = gates.as_array();
    Ok(Mat::from_fn(gates.nrows(), gates.ncols(), |k, j| {
        gates[[k, j]]
    }))
}
