//! Reads and evaluates ONNX files, and knows nothing of their writer: fields of protocol buffers by their
//! numbers in `onnx.proto`, and the operators as ONNX defines them.

use std::collections::HashMap;

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
pub(crate) enum Value {
    Numbers { width: usize, values: Vec<f64> },
    Texts(Vec<String>),
}

impl Value {
    pub(crate) fn numbers(&self) -> &[f64] {
        match self {
            Self::Numbers { values, .. } => values,
            Self::Texts(_) => panic!("text"),
        }
    }

    pub(crate) fn width(&self) -> usize {
        match self {
            Self::Numbers { width, .. } => *width,
            Self::Texts(_) => 1,
        }
    }
}

/// A graph with its constants, and the values found so far.
pub(crate) struct Graph<'a> {
    graph: &'a [u8],
    values: HashMap<String, Value>,
}

impl<'a> Graph<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Self {
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
            let sides: Vec<usize> = ints(tensor, 1)
                .iter()
                .map(|side| usize::try_from(*side).unwrap())
                .collect();
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
    pub(crate) fn ends(&self, number: u64) -> Vec<(String, u64, Option<u64>)> {
        let end = |info: &[u8]| {
            let tensor = all(all(info, 2)[0], 1)[0];
            let sides = all(all(tensor, 2)[0], 1);
            assert_eq!(text(sides[0], 2), "n_samples");
            let width = sides.get(1).map(|side| ints(side, 1)[0]);
            (text(info, 1), ints(tensor, 1)[0], width)
        };
        all(self.graph, number).into_iter().map(end).collect()
    }

    pub(crate) fn run(mut self, inputs: &[(&str, Value)]) -> HashMap<String, Value> {
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

/// A place in a list, among numbers.
pub(crate) fn place(number: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "it is checked")]
    let place = number as usize;
    assert_eq!(place as f64, number, "a place");
    place
}

/// A number as `f32` holds it.
fn rounded(number: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding is what is asked for"
    )]
    let single = number as f32;
    f64::from(single)
}

fn evaluate(operator: &str, of: &[Value], attributes: &Attributes) -> Value {
    let truth = |holds: bool| f64::from(u8::from(holds));
    let rows = |k: usize| of[k].numbers().chunks_exact(of[k].width());
    match operator {
        "Cast" => match attributes.ints["to"] {
            1 => each(of, |x| rounded(x[0])),
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
            let values = rows(0).flat_map(|row| of[1].numbers().iter().map(|k| row[place(*k)]));
            Value::Numbers {
                width: of[1].numbers().len(),
                values: values.collect(),
            }
        }
        "Gather" => match &of[0] {
            Value::Texts(texts) => {
                let places = of[1].numbers().iter();
                Value::Texts(places.map(|k| texts[place(*k)].clone()).collect())
            }
            Value::Numbers { values, .. } => {
                let places = of[1].numbers().iter();
                let values = places.map(|k| values[place(*k)]).collect();
                Value::Numbers { width: 1, values }
            }
        },
        "Reshape" => Value::Numbers {
            width: of[1].numbers().get(1).map_or(1, |width| place(*width)),
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
