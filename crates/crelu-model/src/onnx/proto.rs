//! The wire format of ONNX: protocol buffers, as far as a graph needs them.

use std::collections::HashSet;

/// A message of protocol buffers under construction: fields one after another.
///
/// **Source** the encoding guide of protocol buffers: a field is its number and wire type, then a
/// varint (type 0), or a length and bytes (type 2).
#[derive(Debug, Clone, Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        loop {
            let low = (value & 0x7f) as u8;
            value >>= 7;
            if value == 0 {
                self.0.push(low);
                return;
            }
            self.0.push(low | 0x80);
        }
    }

    fn int(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: u64, message: &Self) -> Self {
        self.bytes(field, &message.0)
    }
}

/// The version of the file format: that of ONNX 1.10 (2021), read by all runtimes since.
const IR_VERSION: u64 = 8;
/// The version of the operators, of the same release.
const OPSET: u64 = 15;
/// That of the operators for text.
const ML_OPSET: u64 = 2;
const ML: &str = "ai.onnx.ml";

/// What a tensor holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    Float,
    Int64,
    Text,
    Double,
}

impl Element {
    /// `TensorProto.DataType`
    fn code(self) -> u64 {
        match self {
            Self::Float => 1,
            Self::Int64 => 7,
            Self::Text => 8,
            Self::Double => 11,
        }
    }
}

/// An attribute of a node.
#[derive(Debug, Clone, Copy)]
pub(super) enum Attribute<'a> {
    Int(&'a str, i64),
    Texts(&'a str, &'a [String]),
    /// What a cast makes.
    To(Element),
}

impl Attribute<'_> {
    /// `AttributeProto`
    fn message(self) -> Message {
        let named = |name: &str| Message::default().text(1, name);
        match self {
            // a negative number is its two's complement
            Self::Int(name, value) => named(name).int(3, value.cast_unsigned()).int(20, 2),
            Self::To(element) => named("to").int(3, element.code()).int(20, 2),
            Self::Texts(name, texts) => (texts.iter())
                .fold(named(name), |attribute, text| attribute.text(9, text))
                .int(20, 8),
        }
    }
}

/// A graph under construction. Names of values are unique: a name that is taken gets a number.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<Message>,
    initializers: Vec<Message>,
    inputs: Vec<Message>,
    outputs: Vec<Message>,
    input_names: Vec<String>,
    taken: HashSet<String>,
}

impl Graph {
    /// A graph whose outputs have these names, whatever its inputs are called.
    pub(super) fn reserving(names: &[&str]) -> Self {
        Self {
            taken: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Self::default()
        }
    }

    fn fresh(&mut self, name: &str) -> String {
        let mut unique = name.to_owned();
        let mut count = 1;
        while unique.is_empty() || !self.taken.insert(unique.clone()) {
            count += 1;
            unique = format!("{name}_{count}");
        }
        unique
    }

    /// An input of `n_samples x width`; its name.
    pub(super) fn input(&mut self, name: &str, element: Element, width: usize) -> String {
        let name = self.fresh(name);
        self.inputs
            .push(value_info(&name, element, &[None, Some(width)]));
        self.input_names.push(name.clone());
        name
    }

    /// The names of the inputs.
    pub(super) fn inputs(&self) -> &[String] {
        &self.input_names
    }

    /// A value that the graph hands out, of a reserved name.
    pub(super) fn output(&mut self, name: &str, element: Element, width: Option<usize>) {
        let shape: &[Option<usize>] = match width {
            None => &[None],
            Some(_) => &[None, width],
        };
        self.outputs.push(value_info(name, element, shape));
    }

    /// A constant of numbers; its name.
    pub(super) fn doubles(&mut self, name: &str, shape: &[usize], values: &[f64]) -> String {
        let raw: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.constant(name, Element::Double, shape, |tensor| tensor.bytes(9, &raw))
    }

    /// A list of whole numbers; its name.
    pub(super) fn ints(&mut self, name: &str, values: &[i64]) -> String {
        let raw: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let shape = [values.len()];
        self.constant(name, Element::Int64, &shape, |tensor| tensor.bytes(9, &raw))
    }

    /// A list of texts; its name.
    pub(super) fn texts(&mut self, name: &str, texts: &[String]) -> String {
        self.constant(name, Element::Text, &[texts.len()], |tensor| {
            texts
                .iter()
                .fold(tensor, |tensor, text| tensor.text(6, text))
        })
    }

    /// `TensorProto`
    fn constant(
        &mut self,
        name: &str,
        element: Element,
        shape: &[usize],
        fill: impl FnOnce(Message) -> Message,
    ) -> String {
        let name = self.fresh(name);
        let tensor = (shape.iter())
            .fold(Message::default(), |tensor, &side| {
                tensor.int(1, side as u64)
            })
            .int(2, element.code())
            .text(8, &name);
        self.initializers.push(fill(tensor));
        name
    }

    /// A node; the name of its value.
    pub(super) fn node(
        &mut self,
        operator: &str,
        inputs: &[&str],
        attributes: &[Attribute<'_>],
        value: &str,
    ) -> String {
        let value = self.fresh(value);
        self.node_into(operator, inputs, attributes, &value);
        value
    }

    /// A node whose value has that very name.
    pub(super) fn node_into(
        &mut self,
        operator: &str,
        inputs: &[&str],
        attributes: &[Attribute<'_>],
        value: &str,
    ) {
        let domain = match operator {
            "OneHotEncoder" => ML,
            _ => "",
        };
        // `NodeProto`
        let node = (inputs.iter())
            .fold(Message::default(), |node, input| node.text(1, input))
            .text(2, value)
            .text(3, &format!("{operator}: {value}"))
            .text(4, operator)
            .text(7, domain);
        let node = (attributes.iter()).fold(node, |node, attribute| {
            node.message(5, &attribute.message())
        });
        self.nodes.push(node);
    }

    /// The file: `ModelProto`.
    pub(super) fn into_bytes<'m>(
        self,
        about: &str,
        metadata: impl Iterator<Item = (&'m str, &'m str)>,
    ) -> Vec<u8> {
        let fields = [
            (1, self.nodes),
            (5, self.initializers),
            (11, self.inputs),
            (12, self.outputs),
        ];
        let mut graph = Message::default().text(2, "crelu").text(10, about);
        for (field, messages) in fields {
            for message in messages {
                graph = graph.message(field, &message);
            }
        }
        let opset = |domain: &str, version| Message::default().text(1, domain).int(2, version);
        let model = Message::default()
            .int(1, IR_VERSION)
            .text(2, "crelu")
            .text(3, env!("CARGO_PKG_VERSION"))
            .message(7, &graph)
            .message(8, &opset("", OPSET))
            .message(8, &opset(ML, ML_OPSET));
        let entry = |(key, value): (&str, &str)| Message::default().text(1, key).text(2, value);
        metadata
            .map(entry)
            .fold(model, |model, entry| model.message(14, &entry))
            .0
    }
}

/// `ValueInfoProto`: a side without a length is the number of samples.
fn value_info(name: &str, element: Element, shape: &[Option<usize>]) -> Message {
    let side = |side: &Option<usize>| match side {
        Some(length) => Message::default().int(1, *length as u64),
        None => Message::default().text(2, "n_samples"),
    };
    let sides = (shape.iter()).fold(Message::default(), |shape, length| {
        shape.message(1, &side(length))
    });
    let tensor = Message::default().int(1, element.code()).message(2, &sides);
    let kind = Message::default().message(1, &tensor);
    Message::default().text(1, name).message(2, &kind)
}
