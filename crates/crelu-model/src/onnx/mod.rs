//! A model as a graph that other runtimes evaluate.

mod proto;

use crelu_core::LossKind;
use faer::Mat;

use crate::coding::Coding;
use crate::error::ModelError;
use crate::feature_coding::{ColumnCoding, FeatureCoding};
use crate::model::Model;
use proto::{Attribute, Element, Graph};

/// The numbers that a graph takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnnxNumber {
    /// `f32`, as most users of runtimes have them.
    #[default]
    Float32,
    /// `f64`, as the model's own.
    Float64,
}

impl OnnxNumber {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Float32, Self::Float64];

    /// The name in options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Float64 => "float64",
        }
    }

    fn element(self) -> Element {
        match self {
            Self::Float32 => Element::Float,
            Self::Float64 => Element::Double,
        }
    }
}

/// A graph as a file, with the names of what goes in and comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnnxFile {
    /// The file.
    pub bytes: Vec<u8>,
    /// Inputs: `X`, or the columns of a table with text.
    pub inputs: Vec<String>,
    /// Outputs.
    pub outputs: Vec<&'static str>,
}

/// More than this is no message of protocol buffers.
const LARGEST: usize = i32::MAX as usize;

impl Model {
    /// The model as an ONNX file (opset 15): raw features in, predictions in the target's units or
    /// labels out. Everything is inside, computed in `f64` whatever comes in and goes out.
    ///
    /// Inputs: `X`, `n_samples x n_columns`. With text columns one input a column instead, of its
    /// name, `n_samples x 1`; a level that training did not have is none of the levels, the empty
    /// text a hole, and so is NaN among numbers. Where training had no holes filled, a NaN makes NaN
    /// of its row's numbers.
    ///
    /// Outputs: `variable`, `n_samples x n_outputs`, of a regression; `label`, `n_samples`, and
    /// `probabilities`, `n_samples x n_labels`, of a classifier, or the outputs themselves, `scores`,
    /// where there are no [probabilities](Model::probabilities). Labels are int64 where all are
    /// written as whole numbers, else text.
    ///
    /// # Errors
    /// [`ModelError::OnnxSize`] beyond 2 GiB, which the format cannot hold.
    pub fn to_onnx(&self, numbers: OnnxNumber) -> Result<OnnxFile, ModelError> {
        let outputs: &[&'static str] = match (self.labels(), self.has_probabilities()) {
            (None, _) => &["variable"],
            (Some(_), true) => &["label", "probabilities"],
            (Some(_), false) => &["label", "scores"],
        };
        let mut graph = Graph::reserving(outputs);
        let features = match &self.columns {
            Some(coding) => coded(&mut graph, coding, numbers),
            None => {
                let input = graph.input("X", numbers.element(), self.n_features());
                graph.node(
                    "Cast",
                    &[&input],
                    &[Attribute::To(Element::Double)],
                    "features",
                )
            }
        };
        let inputs = match &self.standardisation {
            None => features,
            Some(standard) => {
                let shape = [self.n_features()];
                let mean = graph.doubles("input.mean", &shape, &standard.mean);
                // a feature that does not vary has no weights, see `layer`
                let scale = standard.scale.iter();
                let scale: Vec<f64> = scale.map(|s| if *s > 0.0 { *s } else { 1.0 }).collect();
                let scale = graph.doubles("input.scale", &shape, &scale);
                let centred = graph.node("Sub", &[&features, &mean], &[], "centred");
                graph.node("Div", &[&centred, &scale], &[], "standardised")
            }
        };
        let fitted = self.network_outputs(&mut graph, &inputs);
        match &self.coding {
            Coding::Value => {
                let to = [Attribute::To(numbers.element())];
                graph.node_into("Cast", &[&fitted], &to, "variable");
                graph.output("variable", numbers.element(), Some(self.n_outputs()));
            }
            Coding::Classes { labels } => self.classes(&mut graph, &fitted, labels, numbers),
        }
        let metadata = self.metadata();
        let told = metadata
            .iter()
            .filter(|(key, _)| !key.starts_with("format"))
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let about = "a two-layer ReLU network on raw features";
        let inputs = graph.inputs().to_vec();
        let bytes = graph.into_bytes(about, told);
        match bytes.len() {
            size if size > LARGEST => Err(ModelError::OnnxSize { bytes: size }),
            _ => Ok(OnnxFile {
                bytes,
                inputs,
                outputs: outputs.to_vec(),
            }),
        }
    }

    /// The network on preprocessed inputs, the output bias added: `n_samples x n_outputs`.
    fn network_outputs(&self, graph: &mut Graph, inputs: &str) -> String {
        let network = &self.network;
        let products = self.layer(graph, "hidden", inputs, &network.hidden);
        let values = match &network.gates {
            None => graph.node("Relu", &[&products], &[], "neurons"),
            Some(gates) => {
                let gates = self.layer(graph, "gate", inputs, gates);
                let zero = graph.doubles("zero", &[], &[0.0]);
                let closed = graph.node("Less", &[&gates, &zero], &[], "closed");
                graph.node("Where", &[&closed, &zero, &products], &[], "neurons")
            }
        };
        let mut weights = network.output.clone();
        // as in the model's file, the zero network has one zero neuron
        weights.resize(network.n_neurons().max(1) * self.n_outputs(), 0.0);
        let shape = [network.n_neurons().max(1), self.n_outputs()];
        let weights = graph.doubles("output.weight", &shape, &weights);
        let bias = graph.doubles("output.bias", &[self.n_outputs()], &self.output_bias);
        graph.node("Gemm", &[&values, &weights, &bias], &[], "outputs")
    }

    /// The products of all neurons with the inputs, biases added: `n_samples x n_neurons`.
    fn layer(&self, graph: &mut Graph, name: &str, inputs: &str, matrix: &Mat<f64>) -> String {
        let (d, m) = (self.n_features(), matrix.ncols());
        let at = |k: usize, i: usize| if i < m { matrix[(k, i)] } else { 0.0 };
        let varies = |k: usize| {
            let standard = self.standardisation.as_ref();
            standard.is_none_or(|standard| standard.scale[k] > 0.0)
        };
        let columns = m.max(1);
        let weights: Vec<f64> = (0..d)
            .flat_map(|k| (0..columns).map(move |i| (k, i)))
            .map(|(k, i)| if varies(k) { at(k, i) } else { 0.0 })
            .collect();
        let bias: Vec<f64> = (0..columns)
            .map(|i| if self.bias { at(d, i) } else { 0.0 })
            .collect();
        let weights = graph.doubles(&format!("{name}.weight"), &[d, columns], &weights);
        let bias = graph.doubles(&format!("{name}.bias"), &[columns], &bias);
        graph.node(
            "Gemm",
            &[inputs, &weights, &bias],
            &[],
            &format!("{name}.products"),
        )
    }

    /// Labels, and probabilities or scores.
    fn classes(&self, graph: &mut Graph, fitted: &str, labels: &[String], numbers: OnnxNumber) {
        let place = if self.n_outputs() == 1 {
            let zero = graph.doubles("threshold", &[], &[0.0]);
            let larger = graph.node("GreaterOrEqual", &[fitted, &zero], &[], "is_larger");
            let to = [Attribute::To(Element::Int64)];
            let place = graph.node("Cast", &[&larger], &to, "place_column");
            let flat = graph.ints("flat", &[-1]);
            graph.node("Reshape", &[&place, &flat], &[], "place")
        } else {
            let along = [Attribute::Int("axis", 1), Attribute::Int("keepdims", 0)];
            graph.node("ArgMax", &[fitted], &along, "place")
        };
        let whole = |label: &String| {
            let value: i64 = label.parse().ok()?;
            (value.to_string() == *label).then_some(value)
        };
        let values: Option<Vec<i64>> = labels.iter().map(whole).collect();
        let (known, element) = match values {
            Some(values) => (graph.ints("labels", &values), Element::Int64),
            None => (graph.texts("labels", labels), Element::Text),
        };
        graph.node_into("Gather", &[&known, &place], &[], "label");
        graph.output("label", element, None);
        let to = [Attribute::To(numbers.element())];
        if !self.has_probabilities() {
            graph.node_into("Cast", &[fitted], &to, "scores");
            graph.output("scores", numbers.element(), Some(self.n_outputs()));
            return;
        }
        let columns = [Attribute::Int("axis", 1)];
        let p = match (&self.loss, self.n_outputs()) {
            (LossKind::Logistic, 1) => {
                // each from its own side, so that the less likely class keeps its digits
                let minus = graph.node("Neg", &[fitted], &[], "minus");
                let smaller = graph.node("Sigmoid", &[&minus], &[], "p_smaller");
                let larger = graph.node("Sigmoid", &[fitted], &[], "p_larger");
                graph.node("Concat", &[&smaller, &larger], &columns, "p")
            }
            (_, 1) => {
                let half = graph.doubles("half", &[], &[0.5]);
                let (low, high) = (
                    graph.doubles("low", &[], &[0.0]),
                    graph.doubles("high", &[], &[1.0]),
                );
                let scaled = graph.node("Mul", &[fitted, &half], &[], "halved");
                let moved = graph.node("Add", &[&scaled, &half], &[], "moved");
                let larger = graph.node("Clip", &[&moved, &low, &high], &[], "p_larger");
                let smaller = graph.node("Sub", &[&high, &larger], &[], "p_smaller");
                graph.node("Concat", &[&smaller, &larger], &columns, "p")
            }
            _ => graph.node("Softmax", &[fitted], &columns, "p"),
        };
        graph.node_into("Cast", &[&p], &to, "probabilities");
        graph.output("probabilities", numbers.element(), Some(labels.len()));
    }
}

/// The features of coded columns: numbers with their holes filled, a mark where they were, a column
/// a level of text; put together, then into the order of the features.
fn coded(graph: &mut Graph, coding: &FeatureCoding, numbers: OnnxNumber) -> String {
    let is_number = |column: &ColumnCoding| matches!(column, ColumnCoding::Number { .. });
    let columns = &coding.columns;
    let names: Vec<String> = match &coding.names {
        Some(names) => names.clone(),
        None => (0..columns.len()).map(|c| format!("column_{c}")).collect(),
    };
    let to = [Attribute::To(Element::Double)];
    let along = [Attribute::Int("axis", 1)];
    let n_numbers = columns.iter().filter(|column| is_number(column)).count();
    let mut parts: Vec<String> = Vec::new();
    // places of the features among the parts: numbers first, then marks, then levels
    let (mut place, mut next_number, mut next_level) = (Vec::new(), 0, 2 * n_numbers);
    let mut levels_of = Vec::new();
    let mut single = Vec::new();
    let all_numbers = n_numbers == columns.len();
    for (column, name) in columns.iter().zip(&names) {
        match column {
            ColumnCoding::Number { holes, .. } => {
                if !all_numbers {
                    single.push(graph.input(name, numbers.element(), 1));
                }
                place.push(next_number);
                if *holes {
                    place.push(n_numbers + next_number);
                }
                next_number += 1;
            }
            ColumnCoding::Levels { levels, .. } => {
                let input = graph.input(name, Element::Text, 1);
                if !levels.is_empty() {
                    levels_of.push((input, levels));
                }
                place.extend(next_level..next_level + levels.len());
                next_level += levels.len();
            }
        }
    }
    if n_numbers > 0 {
        let raw = match all_numbers {
            true => graph.input("X", numbers.element(), n_numbers),
            false => {
                let single: Vec<&str> = single.iter().map(String::as_str).collect();
                graph.node("Concat", &single, &along, "numbers")
            }
        };
        let raw = graph.node("Cast", &[&raw], &to, "raw");
        let holes = graph.node("IsNaN", &[&raw], &[], "holes");
        let marks = graph.node("Cast", &[&holes], &to, "marks");
        let median = columns.iter().filter_map(|column| match column {
            ColumnCoding::Number { median, .. } => Some(median.unwrap_or(f64::NAN)),
            ColumnCoding::Levels { .. } => None,
        });
        let median: Vec<f64> = median.collect();
        let median = graph.doubles("medians", &[n_numbers], &median);
        let filled = graph.node("Where", &[&holes, &median, &raw], &[], "filled");
        parts.extend([filled, marks]);
    }
    for (input, levels) in levels_of {
        let known = [
            Attribute::Texts("cats_strings", levels),
            Attribute::Int("zeros", 1),
        ];
        let hot = graph.node("OneHotEncoder", &[&input], &known, "hot");
        #[expect(clippy::cast_possible_wrap, reason = "a count of levels in memory")]
        let flat = graph.ints("flat", &[-1, levels.len() as i64]);
        let hot = graph.node("Reshape", &[&hot, &flat], &[], "levels");
        parts.push(graph.node("Cast", &[&hot], &to, "levels"));
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let all = graph.node("Concat", &parts, &along, "parts");
    #[expect(clippy::cast_possible_wrap, reason = "a count of features in memory")]
    let place: Vec<i64> = place.iter().map(|place| *place as i64).collect();
    let place = graph.ints("order", &place);
    graph.node("Gather", &[&all, &place], &along, "features")
}
