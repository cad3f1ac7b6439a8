use std::time::Instant;

use crelu_model::gates::Patterns;
use crelu_model::programme::{
    Activation, Check, Observer, Precision, PrimalChoice, Programme, ProgrammeSettings, Solution,
    Splitting, solve,
};
use crelu_model::{Control, LossKind};
use numpy::{IntoPyArray, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arrays::{rows_of, turned};
use super::running;
use crate::errors;
use crate::options::choose;

/// Iteration, seconds, objective and bound, in sum scaling.
type Step = (usize, f64, f64, f64);

#[derive(Default)]
struct History(Vec<Step>);

impl Observer for History {
    fn check(&mut self, check: &Check<'_>) {
        let objective = check.point.objective;
        let step = (check.iteration, check.seconds, objective, check.dual_bound);
        self.0.push(step);
    }
}

/// What a programme is solved with.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Settings {
    activation: String,
    loss: String,
    delta: Vec<f64>,
    tol: f64,
    max_iter: usize,
    time_limit: Option<f64>,
    primal: String,
    splitting: String,
    precision: String,
    seed: u64,
}

/// Solves a programme in sum scaling; `y`: `n_samples x n_outputs`.
#[pyfunction]
pub(crate) fn solve_convex<'py>(
    py: Python<'py>,
    x: PyReadonlyArray2<'py, f64>,
    y: PyReadonlyArray2<'py, f64>,
    gates: PyReadonlyArray2<'py, f64>,
    beta_sum: f64,
    settings: Settings,
) -> PyResult<Bound<'py, PyDict>> {
    let begun = Instant::now();
    let activation = Activation::ALL.map(|a| (a.name(), a));
    let activation = choose("activation", &settings.activation, &activation)?;
    let known = [("squared", 0), ("logistic", 1), ("huber", 2)];
    let loss = match choose("loss", &settings.loss, &known)? {
        0 => LossKind::Squared,
        1 => LossKind::Logistic,
        _ => LossKind::Huber {
            delta: settings.delta.clone(),
        },
    };
    let outputs = y.as_array().ncols();
    let target: Vec<f64> = y.as_array().iter().copied().collect();
    let loss = loss.of(target, outputs, None).map_err(errors::value)?;
    let data = turned(&x);
    let patterns = Patterns::from_gates(data.as_ref(), turned(&gates).as_ref());
    let patterns = patterns.map_err(errors::value)?;
    let programme = Programme::of_loss(
        data,
        patterns.masks,
        patterns.gates,
        loss,
        beta_sum,
        activation,
    );
    let programme = programme.map_err(errors::value)?;
    let mut own = ProgrammeSettings::default();
    (own.tol, own.max_iters, own.seed) = (settings.tol, settings.max_iter, settings.seed);
    let named = PrimalChoice::ALL.map(|p| (p.name(), p));
    own.primal = choose("primal", &settings.primal, &named)?;
    let named = Splitting::ALL.map(|s| (s.name(), s));
    own.splitting = choose("splitting", &settings.splitting, &named)?;
    let named = Precision::ALL.map(|p| (p.name(), p));
    own.precision = choose("precision", &settings.precision, &named)?;
    let own = own.check().map_err(errors::value)?;
    let clock = || begun.elapsed().as_secs_f64();
    let mut history = History::default();
    let solution = running::run(py, |stop| {
        let control = Control::with_clock(&clock).deadline(settings.time_limit);
        let control = control.interrupt(stop);
        solve(&programme, &own, &control, None, &mut history)
    })?;
    let solution = solution.map_err(errors::value)?;
    answer(py, &programme, solution, history)
}

fn answer<'py>(
    py: Python<'py>,
    programme: &Programme,
    solution: Solution,
    history: History,
) -> PyResult<Bound<'py, PyDict>> {
    let blocks = 0..programme.n_blocks();
    let entries: Vec<(usize, usize, f64)> = (solution.certificate.multipliers.blocks.iter())
        .enumerate()
        .flat_map(|(block, rows)| rows.iter().map(move |&(row, alpha)| (block, row, alpha)))
        .collect();
    let dict = PyDict::new(py);
    dict.set_item(
        "blocks",
        rows_of(solution.point.v.as_ref()).into_pyarray(py),
    )?;
    dict.set_item(
        "signs",
        blocks
            .clone()
            .map(|b| programme.sign(b))
            .collect::<Vec<_>>(),
    )?;
    let of: Vec<usize> = blocks.clone().map(|b| programme.pattern(b)).collect();
    dict.set_item("pattern_of", of)?;
    let of: Vec<usize> = blocks.map(|b| programme.output(b)).collect();
    dict.set_item("output_of", of)?;
    dict.set_item("gates", rows_of(programme.gates()).into_pyarray(py))?;
    dict.set_item("fitted", solution.point.fitted.clone().into_pyarray(py))?;
    dict.set_item("objective", solution.point.objective)?;
    dict.set_item("theta", solution.certificate.theta.clone().into_pyarray(py))?;
    dict.set_item("multipliers", entries)?;
    dict.set_item("bound", solution.certificate.bound)?;
    dict.set_item("gap", solution.gap())?;
    dict.set_item("status", solution.status.name())?;
    dict.set_item("iterations", solution.iterations)?;
    dict.set_item("history", history.0)?;
    let (method, form) = (solution.choice.method.name(), solution.choice.form.name());
    dict.set_item("method", method)?;
    dict.set_item("form", form)?;
    dict.set_item("splitting", solution.choice.splitting.name())?;
    dict.set_item("reason", solution.choice.reason)?;
    Ok(dict)
}
