//! ONNX files predict as the model that they were made of.

use std::collections::HashMap;

use crelu_model::faer::{Mat, MatRef};
use crelu_model::{
    Coding, ColumnCoding, FeatureCoding, LossKind, Model, Network, OnnxNumber, Prediction,
    RawColumns, Standardisation,
};
use testkit::Stream;

use crate::model_file::models;
use crate::onnx_graph::{Graph, Value, place};

/// Sums of the same terms in another order, of numbers of size 1.
const SAME: f64 = 1e-11;
/// What rounding the rows to `f32` may change of predictions whose slopes are of size 10.
const ROUNDED: f64 = 1e-5;

fn rows(seed: u64, n: usize, d: usize) -> Vec<f64> {
    let mut stream = Stream::new(seed);
    (0..n * d).map(|_| 3.0 * stream.unit()).collect()
}

/// Predictions of the graph are those of the model.
fn assert_same(model: &Model, values: &HashMap<String, Value>, features: &[f64], within: f64) {
    let d = model.n_features();
    let rows = MatRef::from_row_major_slice(features, features.len() / d, d);
    let outputs = model.outputs(rows).unwrap();
    let near = |name: &str, want: &[f64]| {
        let got = values[name].numbers();
        assert_eq!(got.len(), want.len(), "{name}");
        for (got, want) in got.iter().zip(want) {
            assert!(
                (got - want).abs() <= within * want.abs().max(1.0),
                "{name}: {got}, {want}"
            );
        }
    };
    if model.labels().is_none() {
        return near("variable", &outputs);
    }
    if model.has_probabilities() {
        let p = outputs.chunks_exact(model.n_outputs());
        let p: Vec<f64> = p.flat_map(|f| model.probabilities(f).unwrap()).collect();
        near("probabilities", &p);
    } else {
        near("scores", &outputs);
    }
    for (at, f) in outputs.chunks_exact(model.n_outputs()).enumerate() {
        // a row on the border may fall to either side
        let apart = match f {
            [f] => f.abs(),
            _ => {
                let mut sorted = f.to_vec();
                sorted.sort_by(f64::total_cmp);
                sorted[f.len() - 1] - sorted[f.len() - 2]
            }
        };
        if apart <= within {
            continue;
        }
        let Prediction::Label(want) = model.decode(f) else {
            panic!("a classifier has labels")
        };
        match &values["label"] {
            Value::Texts(labels) => assert_eq!(labels[at], want),
            Value::Numbers { values, .. } => assert_eq!(values[at].to_string(), want),
        }
    }
}

/// A model of random weights.
fn random(seed: u64, d: usize, outputs: usize, coding: Coding, loss: LossKind) -> Model {
    let mut stream = Stream::new(seed);
    let mut model = models()[0].clone();
    model.network = Network {
        hidden: Mat::from_fn(d + 1, 5, |_, _| stream.unit()),
        output: (0..5 * outputs).map(|_| stream.unit()).collect(),
        n_outputs: outputs,
        gates: None,
    };
    model.standardisation = Some(Standardisation {
        mean: (0..d).map(|_| stream.unit()).collect(),
        // the last does not vary
        scale: (0..d).map(|k| if k + 1 == d { 0.0 } else { 0.5 }).collect(),
    });
    model.bias = true;
    model.output_bias = match coding {
        Coding::Value => (0..outputs).map(|_| stream.unit()).collect(),
        Coding::Classes { .. } => vec![0.0; outputs],
    };
    (model.coding, model.loss, model.columns) = (coding, loss, None);
    model
}

fn labels(names: &[&str]) -> Coding {
    Coding::Classes {
        labels: names.iter().map(|name| (*name).to_owned()).collect(),
    }
}

#[test]
fn onnx_graph_of_every_kind_predicts_as_the_model() {
    let mut all = models().to_vec();
    for (outputs, coding, loss) in [
        (1, labels(&["no", "yes"]), LossKind::Logistic),
        (1, labels(&["-1", "1"]), LossKind::Squared),
        (3, labels(&["3", "10", "-7"]), LossKind::Softmax),
        (3, labels(&["01", "1", "x, \u{e9}"]), LossKind::Squared),
        (2, Coding::Value, LossKind::Squared),
    ] {
        all.push(random(9, 4, outputs, coding, loss));
    }
    for (seed, model) in (0..).zip(&all) {
        let (n, d) = (23, model.n_features());
        let features = rows(seed, n, d);
        for (numbers, code, within) in [
            (OnnxNumber::Float64, 11, SAME),
            (OnnxNumber::Float32, 1, ROUNDED),
        ] {
            let file = model.to_onnx(numbers).unwrap();
            assert_eq!(file, model.to_onnx(numbers).unwrap(), "the same bytes");
            let graph = Graph::read(&file.bytes);
            let input = ("X".to_owned(), code, Some(d as u64));
            assert_eq!(graph.ends(11), [input]);
            let ends: Vec<String> = graph.ends(12).into_iter().map(|end| end.0).collect();
            assert_eq!(ends, file.outputs);
            let x = Value::Numbers {
                width: d,
                values: features.clone(),
            };
            assert_same(model, &graph.run(&[("X", x)]), &features, within);
        }
    }
}

#[test]
fn onnx_graph_of_a_table_codes_text_and_holes_as_the_model() {
    let mut model = random(3, 7, 1, labels(&["no", "yes"]), LossKind::Logistic);
    let level = |text: &str| text.to_owned();
    model.columns = Some(FeatureCoding {
        // the first is called as an output is
        names: Some(["label", "size", "", "age"].map(level).to_vec()),
        columns: vec![
            ColumnCoding::Levels {
                levels: ["", "blue", "red"].map(level).to_vec(),
                holes: true,
            },
            ColumnCoding::Number {
                median: Some(0.25),
                holes: true,
            },
            ColumnCoding::Levels {
                levels: vec![level("only")],
                holes: false,
            },
            ColumnCoding::Number {
                median: Some(-1.0),
                holes: false,
            },
        ],
    });
    let file = model.to_onnx(OnnxNumber::Float64).unwrap();
    assert_eq!(file.inputs, ["label_2", "size", "_2", "age"]);
    let graph = Graph::read(&file.bytes);
    let types: Vec<u64> = graph.ends(11).into_iter().map(|end| end.1).collect();
    assert_eq!(types, [8, 11, 8, 11]);
    let colours = [level("red"), level("green"), level("blue")];
    let kinds = [level("only"), level("other")];
    let nan = f64::NAN;
    let (colour, kind) = ([0.0, nan, 1.0, 2.0], [0.0, 1.0, 0.0, 0.0]);
    let (size, age) = ([1.5, nan, -2.0, 0.0], [nan, 1.0, 2.0, nan]);
    let raw: Vec<f64> = (0..4)
        .flat_map(|i| [colour[i], size[i], kind[i], age[i]])
        .collect();
    let texts = [Some(colours.to_vec()), None, Some(kinds.to_vec()), None];
    let raw = RawColumns {
        values: &raw,
        n_columns: 4,
        texts: &texts,
    };
    let features = model
        .columns
        .as_ref()
        .unwrap()
        .encode(&raw)
        .unwrap()
        .features;
    let words = |places: &[f64], texts: &[String]| {
        let word = |at: &f64| match at.is_nan() {
            true => String::new(),
            false => texts[place(*at)].clone(),
        };
        Value::Texts(places.iter().map(word).collect())
    };
    let column = |values: &[f64]| Value::Numbers {
        width: 1,
        values: values.to_vec(),
    };
    let values = graph.run(&[
        ("label_2", words(&colour, &colours)),
        ("size", column(&size)),
        ("_2", words(&kind, &kinds)),
        ("age", column(&age)),
    ]);
    assert_eq!(values["features"].numbers(), features);
    assert_same(&model, &values, &features, SAME);
}

#[test]
fn onnx_graph_of_numbers_with_holes_has_one_input() {
    let mut model = random(4, 3, 2, Coding::Value, LossKind::Squared);
    model.columns = Some(FeatureCoding {
        names: None,
        columns: vec![
            ColumnCoding::Number {
                median: Some(0.5),
                holes: true,
            },
            ColumnCoding::Number {
                median: None,
                holes: false,
            },
        ],
    });
    let file = model.to_onnx(OnnxNumber::Float32).unwrap();
    assert_eq!(file.inputs, ["X"]);
    let x = Value::Numbers {
        width: 2,
        values: vec![f64::NAN, 1.0, 2.0, -1.0, 0.0, f64::NAN],
    };
    let values = Graph::read(&file.bytes).run(&[("X", x)]);
    assert_same_head(&model, &values);
    // a hole that is not filled is no prediction
    assert!(values["variable"].numbers()[4].is_nan());
}

/// The first two rows of the test above.
fn assert_same_head(model: &Model, values: &HashMap<String, Value>) {
    let Value::Numbers { width, values: all } = &values["variable"] else {
        panic!("numbers")
    };
    let head = Value::Numbers {
        width: *width,
        values: all[..4].to_vec(),
    };
    let head = HashMap::from([("variable".to_owned(), head)]);
    assert_same(model, &head, &[0.5, 1.0, 1.0, 2.0, 0.0, -1.0], ROUNDED);
}
