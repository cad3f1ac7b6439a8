use crelu_model::path::{EarlyStop, PathSettings};
use crelu_model::{CheckedFitSettings, ColumnOrigin, Dataset, FeatureCoding, Model, SparseRows};
use faer::Mat;
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::canonical::Samples;
use crate::dataset::{dataset, first, sparse_dataset};
use crate::held_out::HeldOut;
use crate::options::{self, given, named};
use crate::rows::Rows;
use crate::table::{Table, Texts};
use crate::target::Target;
use crate::{device, errors, held_out, plan};

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
    /// Rows whose score ends the training.
    held_out: Option<HeldOut<'py>>,
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
    /// Rows whose score ends the training at a penalty that is given, and how.
    pub(crate) early: Option<(Dataset, EarlyStop)>,
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
        let limit = given(options, "time_limit")?;
        let limit: Option<f64> = limit.map(|it| named("time_limit", &it)).transpose()?;
        let targets = self.target.columns()?;
        let weights: Option<Vec<f64>> =
            (self.weights.as_ref()).map(|weights| weights.as_array().to_vec());
        let n_samples = first(&targets).len();
        let share = held_out::share(options, n_samples, settings.seed)?;
        let Features {
            features,
            columns,
            n_columns,
        } = self.features(weights.as_deref(), share.as_ref().map(|parts| &parts.0[..]))?;
        let feature_names = match &columns {
            Some(coding) => coding.feature_names(),
            None => self.names.clone(),
        };
        // sparse rows are not for a device
        let numbers = match &features {
            Cells::Dense(features) => features.nrows() * features.ncols(),
            Cells::Sparse(_) => 0,
        };
        device::open(options, &mut settings, numbers)?;
        if let (Cells::Sparse(_), Some(why)) = (&features, &mut settings.programme.backend_reason) {
            "sparse rows are not for a device".clone_into(why);
        }
        let (data, held_out) = match features {
            Cells::Dense(features) => {
                let mut samples = Samples {
                    features,
                    targets,
                    weights,
                    splits: plan.as_mut().and_then(|plan| plan.splits.take()),
                };
                let mut held_out = None;
                if let Some((train, stops)) = &share {
                    held_out = Some(dataset(samples.select(stops))?.0);
                    samples = samples.select(train);
                }
                // folds that are made of the rows are made of those that are given
                if plan.is_none() || samples.splits.is_some() {
                    samples = samples.canonical();
                }
                let (data, splits) = dataset(samples)?;
                if let Some(plan) = &mut plan {
                    plan.splits = splits;
                }
                (data, held_out)
            }
            // equal ones are not joined, as those of a sparse file are not
            Cells::Sparse(rows) => {
                let all = sparse_dataset(rows, targets, weights)?;
                match &share {
                    Some((train, stops)) => (all.select(train), Some(all.select(stops))),
                    None => (all, None),
                }
            }
        };
        let held_out = match &self.held_out {
            Some(rows) => Some(rows.data(columns.as_ref())?),
            None => held_out,
        };
        let early = held_out.map(|rows| Ok::<_, PyErr>((rows, held_out::how(options)?)));
        Ok(Prepared {
            data,
            settings: settings.check().map_err(|error| errors::of_fit(&error))?,
            plan,
            early: early.transpose()?,
            limit,
            naming: Naming {
                columns,
                feature_names,
                target_names: self.target_names.clone(),
                n_columns,
            },
        })
    }

    /// The features of all rows, whose coding is learnt from those of `learnt`; none: from all.
    fn features(&self, weights: Option<&[f64]>, learnt: Option<&[usize]>) -> PyResult<Features> {
        let is_table = self.texts.is_some() || self.impute;
        // what fills holes and codes text needs all cells
        let entries = if is_table { None } else { self.rows.entries()? };
        if let Some(rows) = entries {
            return Ok(Features {
                n_columns: rows.n_columns(),
                features: Cells::Sparse(rows),
                columns: None,
            });
        }
        let mut features = self.rows.samples()?;
        let n_columns = features.nrows();
        let mut columns = None;
        if is_table {
            let texts = self.texts.as_deref().unwrap_or_default();
            let table = Table::of(features.as_ref(), texts, self.names.as_deref())?;
            columns = table.learn(weights, self.impute, learnt)?;
            if let Some(coding) = &columns {
                (features, _) = table.encode(coding)?;
            }
        }
        Ok(Features {
            features: Cells::Dense(features),
            columns,
            n_columns,
        })
    }
}

/// What the columns of a problem become.
struct Features {
    features: Cells,
    columns: Option<FeatureCoding>,
    /// Columns as they are handed over.
    n_columns: usize,
}

enum Cells {
    /// `n_features x n_samples`.
    Dense(Mat<f64>),
    Sparse(SparseRows<f64>),
}
