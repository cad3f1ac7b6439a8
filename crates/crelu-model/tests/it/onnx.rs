//! ONNX files, read back and evaluated by what knows nothing of the writer: fields of protocol
//! buffers by their numbers in `onnx.proto`, and the operators as ONNX defines them.

use std::collections::HashMap;

use crelu_model::faer::{Mat, MatRef};
use crelu_model::{
    Coding, ColumnCoding, FeatureCoding, LossKind, Model, Network, OnnxNumber, Prediction,
    RawColumns, Standardisation,
};
use testkit::Stream;

use crate::model_file::models;

/// Sums of the same terms in another order, of numbers of size 1.
const SAME: f64 = 1e-11;
/// What rounding the rows to `f32` may change of predictions whose slopes are of size 10.
const ROUNDED: f64 = 1e-5;

/// A field of a message: its number, and a varint or bytes.
enum Field<'a> {
    Int(u64),
    Bytes(&'a [u8]),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().expect("a varint goes on");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let field = match key & 7 {
            0 => Field::Int(varint(&mut bytes)),
            2 => {
                let length = usize::try_from(varint(&mut bytes)).unwrap();
                let (own, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(own)
            }
            other => panic!("wire type {other}"),
        };
        fields.push((key >> 3, field));
    }
    fields
}

fn all(message: &[u8], number: u64) -> Vec<&[u8]> {
    let bytes = fields(message).into_iter().filter_map(|field| match field {
        (of, Field::Bytes(bytes)) if of == number => Some(bytes),
        _ => None,
    });
    bytes.collect()
}

fn ints(message: &[u8], number: u64) -> Vec<u64> {
    let ints = fields(message).into_iter().filter_map(|field| match field {
        (of, Field::Int(value)) if of == number => Some(value),
        _ => None,
    });
    ints.collect()
}

fn text(message: &[u8], number: u64) -> String {
    let found = all(message, number);
    String::from_utf8(found.first().expect("a text").to_vec()).unwrap()
}

/// A value: rows of numbers (truth as 0 and 1), or of texts.
#[derive(Debug, Clone)]
enum Value {
    Numbers { width: usize, values: Vec<f64> },
    Texts(Vec<String>),
}

impl Value {
    fn numbers(&self) -> &[f64] {
        match self {
            Self::Numbers { values, .. } => values,
            Self::Texts(_) => panic!("text"),
        }
    }

    fn width(&self) -> usize {
        match self {
            Self::Numbers { width, .. } => *width,
            Self::Texts(_) => 1,
        }
    }
}

struct Graph<'a> {
    graph: &'a [u8],
    values: HashMap<String, Value>,
}

impl<'a> Graph<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        assert_eq!(ints(bytes, 1), [8], "ir_version");
        let opsets: Vec<(String, u64)> = (all(bytes, 8).into_iter())
            .map(|opset| (text(opset, 1), ints(opset, 2)[0]))
            .collect();
        assert_eq!(opsets, [(String::new(), 15), ("ai.onnx.ml".to_owned(), 2)]);
        let graph = all(bytes, 7)[0];
        let mut values = HashMap::new();
        for tensor in all(graph, 5) {
            let raw = all(tensor, 9);
            let eights = || raw[0].chunks_exact(8).map(|b| b.try_into().unwrap());
            let sides: Vec<usize> = ints(tensor, 1).iter().map(|side| *side as usize).collect();
            let width = sides.last().copied().unwrap_or(1);
            let value = match ints(tensor, 2)[0] {
                11 => Value::Numbers {
                    width,
                    values: eights().map(f64::from_le_bytes).collect(),
                },
                7 => Value::Numbers {
                    width,
                    values: eights().map(|b| i64::from_le_bytes(b) as f64).collect(),
                },
                8 => Value::Texts(
                    (all(tensor, 6).into_iter())
                        .map(|text| String::from_utf8(text.to_vec()).unwrap())
                        .collect(),
                ),
                other => panic!("type {other}"),
            };
            let count = match &value {
                Value::Numbers { values, .. } => values.len(),
                Value::Texts(texts) => texts.len(),
            };
            assert_eq!(count, sides.iter().product::<usize>(), "shape");
            assert!(values.insert(text(tensor, 8), value).is_none());
        }
        Self { graph, values }
    }

    /// Names, types and widths of the inputs (11) or outputs (12).
    fn ends(&self, number: u64) -> Vec<(String, u64, Option<u64>)> {
        let end = |info: &[u8]| {
            let tensor = all(all(info, 2)[0], 1)[0];
            let sides = all(all(tensor, 2)[0], 1);
            assert_eq!(text(sides[0], 2), "n_samples");
            let width = sides.get(1).map(|side| ints(side, 1)[0]);
            (text(info, 1), ints(tensor, 1)[0], width)
        };
        all(self.graph, number).into_iter().map(end).collect()
    }

    fn run(mut self, inputs: &[(&str, Value)]) -> HashMap<String, Value> {
        for (name, value) in inputs {
            self.values.insert((*name).to_owned(), value.clone());
        }
        for node in all(self.graph, 1) {
            let of: Vec<Value> = (all(node, 1).into_iter())
                .map(|name| self.values[std::str::from_utf8(name).unwrap()].clone())
                .collect();
            let value = evaluate(&text(node, 4), &of, &attributes(node));
            let name = text(node, 2);
            assert!(self.values.insert(name, value).is_none(), "one assignment");
        }
        self.values
    }
}

#[derive(Default)]
struct Attributes {
    ints: HashMap<String, i64>,
    texts: Vec<String>,
}

fn attributes(node: &[u8]) -> Attributes {
    let mut found = Attributes::default();
    for attribute in all(node, 5) {
        match ints(attribute, 20)[0] {
            2 => {
                let value = ints(attribute, 3)[0].cast_signed();
                found.ints.insert(text(attribute, 1), value);
            }
            8 => {
                let texts = all(attribute, 9).into_iter();
                found.texts = texts
                    .map(|text| String::from_utf8(text.to_vec()).unwrap())
                    .collect();
            }
            other => panic!("attribute {other}"),
        }
    }
    found
}

/// Each number with that of its row and column, or the one of a scalar, or of the column.
fn each(of: &[Value], f: impl Fn(&[f64]) -> f64) -> Value {
    let widest = of
        .iter()
        .max_by_key(|value| value.numbers().len())
        .expect("an input");
    let values = (0..widest.numbers().len()).map(|at| {
        let own: Vec<f64> = of
            .iter()
            .map(|value| value.numbers()[at % value.numbers().len()])
            .collect();
        f(&own)
    });
    Value::Numbers {
        width: widest.width(),
        values: values.collect(),
    }
}

fn evaluate(operator: &str, of: &[Value], attributes: &Attributes) -> Value {
    let truth = |holds: bool| f64::from(u8::from(holds));
    let rows = |k: usize| of[k].numbers().chunks_exact(of[k].width());
    match operator {
        "Cast" => match attributes.ints["to"] {
            1 => each(of, |x| f64::from(x[0] as f32)),
            _ => of[0].clone(),
        },
        "Sub" => each(of, |x| x[0] - x[1]),
        "Add" => each(of, |x| x[0] + x[1]),
        "Mul" => each(of, |x| x[0] * x[1]),
        "Div" => each(of, |x| x[0] / x[1]),
        "Neg" => each(of, |x| -x[0]),
        "Relu" => each(of, |x| if x[0] < 0.0 { 0.0 } else { x[0] }),
        "Sigmoid" => each(of, |x| 1.0 / (1.0 + (-x[0]).exp())),
        "Less" => each(of, |x| truth(x[0] < x[1])),
        "GreaterOrEqual" => each(of, |x| truth(x[0] >= x[1])),
        "IsNaN" => each(of, |x| truth(x[0].is_nan())),
        "Where" => each(of, |x| if x[0] == 1.0 { x[1] } else { x[2] }),
        "Clip" => each(of, |x| x[0].clamp(x[1], x[2])),
        "Gemm" => {
            let (inner, width) = (of[0].width(), of[1].width());
            assert_eq!(of[1].numbers().len(), inner * width);
            let values = rows(0).flat_map(|row| {
                (0..width).map(|j| {
                    let terms = (0..inner).map(|k| row[k] * of[1].numbers()[k * width + j]);
                    terms.sum::<f64>() + of[2].numbers()[j]
                })
            });
            let values = values.collect();
            Value::Numbers { width, values }
        }
        "Softmax" => {
            let values = rows(0).flat_map(|row| {
                let total: f64 = row.iter().map(|f| f.exp()).sum();
                row.iter().map(move |f| f.exp() / total)
            });
            Value::Numbers {
                width: of[0].width(),
                values: values.collect(),
            }
        }
        "ArgMax" => {
            assert_eq!(
                (attributes.ints["axis"], attributes.ints["keepdims"]),
                (1, 0)
            );
            let best = rows(0).map(|row| {
                let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                row.iter().position(|f| *f == largest).unwrap() as f64
            });
            Value::Numbers {
                width: 1,
                values: best.collect(),
            }
        }
        "Concat" => {
            assert_eq!(attributes.ints["axis"], 1);
            let count = of[0].numbers().len() / of[0].width();
            let row = |i: usize| {
                of.iter().flat_map(move |value| {
                    value.numbers()[i * value.width()..(i + 1) * value.width()].to_vec()
                })
            };
            Value::Numbers {
                width: of.iter().map(Value::width).sum(),
                values: (0..count).flat_map(row).collect(),
            }
        }
        "Gather" if attributes.ints.get("axis") == Some(&1) => {
            let values = rows(0).flat_map(|row| of[1].numbers().iter().map(|k| row[*k as usize]));
            Value::Numbers {
                width: of[1].numbers().len(),
                values: values.collect(),
            }
        }
        "Gather" => match &of[0] {
            Value::Texts(texts) => {
                let places = of[1].numbers().iter();
                Value::Texts(places.map(|k| texts[*k as usize].clone()).collect())
            }
            Value::Numbers { values, .. } => {
                let places = of[1].numbers().iter();
                let values = places.map(|k| values[*k as usize]).collect();
                Value::Numbers { width: 1, values }
            }
        },
        "Reshape" => Value::Numbers {
            width: of[1].numbers().get(1).map_or(1, |width| *width as usize),
            values: of[0].numbers().to_vec(),
        },
        "OneHotEncoder" => {
            assert_eq!(attributes.ints["zeros"], 1);
            let Value::Texts(texts) = &of[0] else {
                panic!("texts are coded")
            };
            let known = &attributes.texts;
            let values = texts
                .iter()
                .flat_map(|text| known.iter().map(move |level| truth(level == text)));
            Value::Numbers {
                width: known.len(),
                values: values.collect(),
            }
        }
        other => panic!("operator {other}"),
    }
}

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
        let word = |place: &f64| match place.is_nan() {
            true => String::new(),
            false => texts[*place as usize].clone(),
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
