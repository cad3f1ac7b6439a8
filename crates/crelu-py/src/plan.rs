//! The choice of a penalty.

use crelu_model::path::{Betas, PathSettings, Rule, Split};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors;
use crate::options::{choose, given, metric, named};

/// The path and its folds where the penalty is `"cv"`; none where it is given.
///
/// # Errors
/// A `ValueError` or `TypeError` that names the argument.
pub(crate) fn of(options: &Bound<'_, PyDict>) -> PyResult<Option<PathSettings>> {
    let get = |name: &str| given(options, name);
    match get("beta")? {
        Some(beta) if beta.extract::<f64>().is_err() => {
            choose("beta", &named::<String>("beta", &beta)?, &[("cv", ())])?;
        }
        _ => return Ok(None),
    }
    let mut plan = PathSettings::default();
    if let Some(value) = get("betas")? {
        plan = plan.betas(Betas::of_count(named("betas", &value)?));
    }
    if let Some(value) = get("folds")? {
        plan = plan.folds(named("folds", &value)?);
    }
    if let Some(value) = get("rule")? {
        let word: String = named("rule", &value)?;
        plan = plan.rule(choose("rule", &word, &Rule::ALL.map(|r| (r.name(), r)))?);
    }
    plan = plan.metric(metric(options)?);
    if let Some(value) = get("groups")? {
        let groups: PyReadonlyArray1<'_, i64> = named("groups", &value)?;
        let group = |group: &i64| {
            usize::try_from(*group).map_err(|_| errors::value("groups: numbered from 0"))
        };
        let groups: PyResult<Vec<usize>> = groups.as_array().iter().map(group).collect();
        plan = plan.groups(groups?);
    }
    if let Some(value) = get("splits")? {
        let mut splits = Vec::new();
        for pair in value.try_iter()? {
            let (train, held_out): (PyReadonlyArray1<'_, i64>, PyReadonlyArray1<'_, i64>) =
                named("cv", &pair?)?;
            splits.push(Split {
                train: rows(&train)?,
                held_out: rows(&held_out)?,
            });
        }
        plan = plan.splits(splits);
    }
    Ok(Some(plan))
}

/// The rows of a part, ascending.
fn rows(part: &PyReadonlyArray1<'_, i64>) -> PyResult<Vec<usize>> {
    let place = |row: &i64| {
        usize::try_from(*row).map_err(|_| errors::value(format_args!("cv: there is no row {row}")))
    };
    let mut rows = part
        .as_array()
        .iter()
        .map(place)
        .collect::<PyResult<Vec<usize>>>()?;
    rows.sort_unstable();
    Ok(rows)
}
