use crelu_model::path::{PathSettings, Split};
use crelu_model::{CheckedFitSettings, ColumnOrigin, Dataset, FeatureCoding, Model, TargetColumn};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::canonical::Samples;
use crate::options::{self, named};
use crate::rows::Rows;
use crate::table::{Table, Texts};
use crate::target::Target;
use crate::{device, errors, plan};

/// What is learnt, and from what, as Python hands it over in a dict.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Problem<'py> {
    rows: Rows<'py>,
    target: Target<'py>,
    options: Bound<'py, PyDict>,
    weights: Option<PyReadonlyArray1<'py, f64>>,
    /// The texts of each column of text; none at all: `rows` are numbers.
    texts: Option<Texts>,
    /// Whether holes are filled.
    impute: bool,
    /// Names of the columns.
    names: Option<Vec<String>>,
    /// Names of the targets, one each.
    target_names: Vec<Option<String>>,
}

/// A problem that the library takes.
pub(crate) struct Prepared {
    pub(crate) data: Dataset,
    pub(crate) settings: CheckedFitSettings,
    /// The choice of a penalty, where it is not given.
    pub(crate) plan: Option<PathSettings>,
    /// Seconds.
    pub(crate) limit: Option<f64>,
    naming: Naming,
}

/// What a model knows of the columns that it was trained on.
struct Naming {
    columns: Option<FeatureCoding>,
    feature_names: Option<Vec<String>>,
    target_names: Vec<Option<String>>,
    n_columns: usize,
}

impl Prepared {
    /// Tells a model what it was trained on.
    pub(crate) fn name(&self, model: &mut Model) {
        let naming = &self.naming;
        model.columns.clone_from(&naming.columns);
        model.feature_names.clone_from(&naming.feature_names);
        let Some((first, others)) = naming.target_names.split_first() else {
            return;
        };
        model.target_name.clone_from(first);
        if !others.is_empty() {
            // as if the targets stood behind the features in the order of their columns
            model.target_index = Some(naming.n_columns);
            let origin = |(k, name): (usize, &Option<String>)| ColumnOrigin {
                name: name.clone(),
                index: naming.n_columns + 1 + k,
            };
            model.other_targets = others.iter().enumerate().map(origin).collect();
        }
    }
}

impl Problem<'_> {
    /// # Errors
    /// A `ValueError` or `TypeError` that names the argument, or the place in the data.
    pub(crate) fn prepare(&self) -> PyResult<Prepared> {
        let options = &self.options;
        let mut settings = options::settings(self.target.task(), options)?;
        let mut plan = plan::of(options)?;
        let limit = options.get_item("time_limit")?.filter(|it| !it.is_none());
        let limit: Option<f64> = limit.map(|it| named("time_limit", &it)).transpose()?;
        let mut features = self.rows.samples()?;
        let n_columns = features.nrows();
        let targets = self.target.columns()?;
        let weights: Option<Vec<f64>> =
            (self.weights.as_ref()).map(|weights| weights.as_array().to_vec());
        let mut columns = None;
        if self.texts.is_some() || self.impute {
            let texts = self.texts.as_deref().unwrap_or_default();
            let table = Table::of(features.as_ref(), texts, self.names.as_deref())?;
            columns = table.learn(weights.as_deref(), self.impute)?;
            if let Some(coding) = &columns {
                (features, _) = table.encode(coding)?;
            }
        }
        device::open(options, &mut settings, features.nrows() * features.ncols())?;
        let mut samples = Samples {
            features,
            targets,
            weights,
            splits: plan.as_mut().and_then(|plan| plan.splits.take()),
        };
        // folds that are made of the rows are made of those that are given
        if plan.is_none() || samples.splits.is_some() {
            samples = samples.canonical();
        }
        let feature_names = match &columns {
            Some(coding) => coding.feature_names(),
            None => self.names.clone(),
        };
        let (data, splits) = dataset(samples)?;
        if let Some(plan) = &mut plan {
            plan.splits = splits;
        }
        let settings = settings.check().map_err(|error| errors::of_fit(&error))?;
        Ok(Prepared {
            data,
            settings,
            plan,
            limit,
            naming: Naming {
                columns,
                feature_names,
                target_names: self.target_names.clone(),
                n_columns,
            },
        })
    }
}

fn dataset(samples: Samples) -> PyResult<(Dataset, Option<Vec<Split>>)> {
    let first = samples.targets.first().cloned();
    let first = first.unwrap_or_else(|| TargetColumn::numbers(Vec::new()));
    let data = Dataset::from_columns(samples.features, first)
        .and_then(|data| data.with_targets(samples.targets))
        .and_then(|data| data.with_weights(samples.weights))
        .map_err(|error| errors::of_fit(&error))?;
    Ok((data, samples.splits))
}
