use std::collections::BTreeMap;

use crelu_core::LossKind;
use faer::Mat;
use safetensors::SafeTensors;
use serde_json::json;

use crate::coding::{Coding, Task};
use crate::column_origin::ColumnOrigin;
use crate::error::ModelError;
use crate::feature_coding::{ColumnCoding, FeatureCoding};
use crate::model::Model;
use crate::standardise::Standardisation;
use crelu_bound::file::{FileKind, Tensor, encode, open, tensor};
use crelu_core::Network;

impl Model {
    /// The model as safetensors: `hidden.weight` (neurons x features), `hidden.bias`,
    /// `output.weight` (outputs x neurons), `output.bias` (the centre of a regression's targets, else zero), with `gate.weight`, `gate.bias`
    /// for gated networks and `input.mean`, `input.scale` where features are standardised; all
    /// F64. The same model gives the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let network = &self.network;
        let d = self.n_features();
        // a file of no neurons is awkward to read: the zero network has one zero neuron
        let (m, outputs) = (network.n_neurons().max(1), network.n_outputs);
        let weight = |matrix: &Mat<f64>| -> Vec<f64> {
            (0..m)
                .flat_map(|i| (0..d).map(move |k| (k, i)))
                .map(|(k, i)| entry(matrix, k, i))
                .collect()
        };
        let bias = |matrix: &Mat<f64>| -> Vec<f64> {
            (0..m)
                .map(|i| if self.bias { entry(matrix, d, i) } else { 0.0 })
                .collect()
        };
        // a row an output: neurons lie together there
        let mut output = vec![0.0; outputs * m];
        for i in 0..network.n_neurons() {
            for (k, a) in network.output_of(i).iter().enumerate() {
                output[k * m + i] = *a;
            }
        }
        let mut tensors = vec![
            Tensor::new("hidden.weight", vec![m, d], weight(&network.hidden)),
            Tensor::new("hidden.bias", vec![m], bias(&network.hidden)),
            Tensor::new("output.weight", vec![outputs, m], output),
            Tensor::new("output.bias", vec![outputs], self.output_bias.clone()),
        ];
        if let Some(gates) = &network.gates {
            tensors.push(Tensor::new("gate.weight", vec![m, d], weight(gates)));
            tensors.push(Tensor::new("gate.bias", vec![m], bias(gates)));
        }
        if let Some(s) = &self.standardisation {
            tensors.push(Tensor::new("input.mean", vec![d], s.mean.clone()));
            tensors.push(Tensor::new("input.scale", vec![d], s.scale.clone()));
        }
        encode(&self.metadata(), &tensors)
    }

    /// What is known of the model beside its numbers.
    pub(crate) fn metadata(&self) -> BTreeMap<String, String> {
        let mut map = BTreeMap::new();
        let mut put = |key: &str, value: String| map.insert(key.to_owned(), value);
        put("format", FileKind::Model.format().to_owned());
        put("format_version", FileKind::Model.newest().to_string());
        put("version", env!("CARGO_PKG_VERSION").to_owned());
        put("task", self.task().name().to_owned());
        put("activation", self.activation().name().to_owned());
        put("loss", self.loss.name().to_owned());
        if let LossKind::Huber { delta } = &self.loss {
            put("huber_delta", json!(delta).to_string());
        }
        put("bias", self.bias.to_string());
        put("standardize", self.standardisation.is_some().to_string());
        put("beta", json!(self.beta).to_string());
        put("objective", json!(self.objective).to_string());
        put("gap", json!(self.gap).to_string());
        if let Coding::Classes { labels } = &self.coding {
            put("labels", json!(labels).to_string());
        }
        if let Some(name) = &self.target_name {
            put("target_name", name.clone());
        }
        if let Some(index) = self.target_index {
            put("target_index", index.to_string());
        }
        if !self.other_targets.is_empty() {
            put("other_targets", json!(self.other_targets).to_string());
        }
        if let Some(weights) = &self.weights {
            put("weights", json!(weights).to_string());
        }
        if let Some(coding) = &self.columns {
            put("columns", json!(coding.columns).to_string());
            if let Some(names) = &coding.names {
                put("column_names", json!(names).to_string());
            }
        }
        if let Some(names) = &self.feature_names {
            put("feature_names", json!(names).to_string());
        }
        map
    }

    /// Reads a model back.
    ///
    /// # Errors
    /// [`ModelError`] says what is wrong with the bytes; nothing is allocated for lengths that the
    /// bytes do not hold.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let format = |problem| ModelError::Format { problem };
        let (file, meta) = open(bytes, FileKind::Model)?;
        let get = |key: &str| meta.get(key).map(String::as_str);
        let (shape, hidden) = named(&file, "hidden.weight")?;
        let [m, d] = shape[..] else {
            return Err(ModelError::Tensor {
                name: "hidden.weight",
                problem: "is not a matrix",
            });
        };
        if m == 0 || d == 0 {
            return Err(ModelError::Tensor {
                name: "hidden.weight",
                problem: "is empty",
            });
        }
        let hidden_bias = vector(&file, "hidden.bias", m)?;
        let (shape, output) = named(&file, "output.weight")?;
        let outputs = match shape[..] {
            [outputs, neurons] if outputs > 0 && neurons == m => outputs,
            _ => {
                return Err(ModelError::Tensor {
                    name: "output.weight",
                    problem: "does not fit hidden.weight",
                });
            }
        };
        let output_bias = vector(&file, "output.bias", outputs)?;
        let bias = match get("bias") {
            Some("true") => true,
            Some("false") if hidden_bias.iter().all(|b| *b == 0.0) => false,
            _ => {
                return Err(format(
                    "its bias entry is missing or contradicts hidden.bias",
                ));
            }
        };
        let matrix = |weight: &[f64], last: &[f64]| {
            Mat::from_fn(d + usize::from(bias), m, |k, i| {
                if k == d { last[i] } else { weight[i * d + k] }
            })
        };
        let gates = match get("activation") {
            Some("relu") => None,
            Some("gated") => {
                let (shape, weight) = named(&file, "gate.weight")?;
                if shape != [m, d] {
                    return Err(ModelError::Tensor {
                        name: "gate.weight",
                        problem: "does not fit hidden.weight",
                    });
                }
                Some(matrix(&weight, &vector(&file, "gate.bias", m)?))
            }
            _ => return Err(format("its activation entry is missing or unknown")),
        };
        let standardisation = match get("standardize") {
            Some("true") => Some(Standardisation {
                mean: vector(&file, "input.mean", d)?,
                scale: vector(&file, "input.scale", d)?,
            }),
            Some("false") => None,
            _ => return Err(format("its standardize entry is missing")),
        };
        let loss = match (get("loss"), get("huber_delta")) {
            (Some("squared"), _) => LossKind::Squared,
            (Some("logistic"), _) => LossKind::Logistic,
            (Some("softmax"), _) => LossKind::Softmax,
            (Some("huber"), Some(text)) => {
                let delta = serde_json::from_str::<Vec<f64>>(text).ok();
                let is_delta = |d: &f64| d.is_finite() && *d > 0.0;
                let delta = delta.filter(|d| d.len() == outputs && d.iter().all(is_delta));
                let delta = delta.ok_or_else(|| {
                    format("its huber_delta entry is not a positive number an output")
                })?;
                LossKind::Huber { delta }
            }
            _ => return Err(format("its loss entry is missing or unknown")),
        };
        let coding = match (get("task"), get("labels")) {
            (Some("regress"), _) => Coding::Value,
            (Some("classify"), Some(text)) => {
                let labels: Option<Vec<String>> = serde_json::from_str(text).ok();
                let labels = labels.filter(|labels| labels.len() >= 2);
                let labels =
                    labels.ok_or_else(|| format("its labels entry is not two texts or more"))?;
                Coding::Classes { labels }
            }
            _ => return Err(format("its task entry is missing or unknown")),
        };
        let fits = match (&coding, &loss) {
            (Coding::Value, LossKind::Squared | LossKind::Huber { .. }) => true,
            (Coding::Classes { labels }, LossKind::Squared) => match labels.len() {
                2 => outputs == 1,
                classes => outputs == classes,
            },
            (Coding::Classes { labels }, LossKind::Logistic) => labels.len() == 2 && outputs == 1,
            (Coding::Classes { labels }, LossKind::Softmax) => outputs == labels.len(),
            _ => false,
        };
        if !fits {
            return Err(format(
                "its task, loss, labels and number of outputs do not go together",
            ));
        }
        if coding.task() == Task::Classify && output_bias.iter().any(|b| *b != 0.0) {
            return Err(ModelError::Tensor {
                name: "output.bias",
                problem: "is not zero: labels have no centre",
            });
        }
        let number = |key: &str| {
            get(key)
                .and_then(|t| t.parse::<f64>().ok())
                .filter(|v| v.is_finite())
        };
        let (Some(beta), Some(objective), Some(gap)) =
            (number("beta"), number("objective"), number("gap"))
        else {
            return Err(format("its beta, objective or gap entry is missing"));
        };
        let columns = match get("columns") {
            None => None,
            Some(text) => Some(columns_of(text, get("column_names"), d)?),
        };
        let other_targets: Vec<ColumnOrigin> = match get("other_targets") {
            None => Vec::new(),
            Some(text) => serde_json::from_str(text)
                .map_err(|_| format("its other_targets entry is not a list of columns"))?,
        };
        if coding.task() == Task::Regress && other_targets.len() + 1 != outputs {
            return Err(format("it has another number of targets than of outputs"));
        }
        let feature_names =
            get("feature_names").and_then(|t| serde_json::from_str::<Vec<String>>(t).ok());
        Ok(Self {
            network: Network {
                hidden: matrix(&hidden, &hidden_bias),
                output: (0..m)
                    .flat_map(|i| (0..outputs).map(move |k| k * m + i))
                    .map(|at| output[at])
                    .collect(),
                n_outputs: outputs,
                gates,
            },
            standardisation,
            bias,
            coding,
            loss,
            output_bias,
            target_name: get("target_name").map(str::to_owned),
            target_index: get("target_index").and_then(|t| t.parse().ok()),
            other_targets,
            weights: get("weights").and_then(|t| serde_json::from_str(t).ok()),
            columns,
            feature_names: feature_names.filter(|names| names.len() == d),
            beta,
            objective,
            gap,
        })
    }
}

/// The coding of the columns of a table that gives `d` features.
fn columns_of(text: &str, names: Option<&str>, d: usize) -> Result<FeatureCoding, ModelError> {
    let format = |problem| ModelError::Format { problem };
    let columns: Vec<ColumnCoding> = serde_json::from_str(text)
        .map_err(|_| format("its columns entry is not the coding of columns"))?;
    let names: Option<Vec<String>> = match names {
        None => None,
        Some(text) => serde_json::from_str(text).ok(),
    };
    let names = names.filter(|names| names.len() == columns.len());
    let coding = FeatureCoding { names, columns };
    let is_finite = |column: &ColumnCoding| match column {
        ColumnCoding::Number { median, .. } => median.is_none_or(f64::is_finite),
        ColumnCoding::Levels { .. } => true,
    };
    if coding.n_features() != d || !coding.columns.iter().all(is_finite) {
        return Err(format("its columns entry does not give its features"));
    }
    Ok(coding)
}

fn entry(matrix: &Mat<f64>, k: usize, i: usize) -> f64 {
    if i < matrix.ncols() {
        matrix[(k, i)]
    } else {
        0.0
    }
}

fn named(file: &SafeTensors<'_>, name: &'static str) -> Result<(Vec<usize>, Vec<f64>), ModelError> {
    tensor(file, name).map_err(|problem| ModelError::Tensor { name, problem })
}

fn vector(file: &SafeTensors<'_>, name: &'static str, len: usize) -> Result<Vec<f64>, ModelError> {
    let (shape, values) = named(file, name)?;
    if shape != [len] {
        return Err(ModelError::Tensor {
            name,
            problem: "has another length than the other tensors",
        });
    }
    Ok(values)
}
