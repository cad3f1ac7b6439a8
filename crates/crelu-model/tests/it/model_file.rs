use std::collections::HashMap;
use std::sync::OnceLock;

use crelu_model::programme::Activation;
use crelu_model::{
    Coding, Dataset, FileError, LossKind, Model, ModelError, Network, Standardisation,
    TargetColumn, Task,
};
use faer::Mat;
use proptest::prelude::*;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::data::{class_set, on_patterns, regression_set};
use crate::invariance::run;

/// Models of every kind: both activations and tasks, with and without bias and scaling, and the
/// zero network.
pub(crate) fn models() -> &'static [Model] {
    static MODELS: OnceLock<Vec<Model>> = OnceLock::new();
    MODELS.get_or_init(|| {
        let mut models = Vec::new();
        for activation in [Activation::Relu, Activation::Gated] {
            for data in [regression_set(1, 40, 3), class_set(1, 40, 3)] {
                for (standardize, bias) in [(true, true), (false, false)] {
                    let mut settings = on_patterns().activation(activation).n_patterns(12);
                    (settings.standardize, settings.bias) = (standardize, bias);
                    models.push(run(&data, settings).model);
                }
            }
        }
        let settings = on_patterns().n_patterns(5).beta_frac(2.0);
        let mut zero = run(&regression_set(2, 20, 4), settings).model;
        assert_eq!(zero.network.neurons(), 0);
        zero.target_name = Some("price, \"net\"\n\u{20ac}".to_owned());
        zero.target_index = Some(7);
        zero.feature_names = Some(["a", "b \\", "\u{fc}", ""].map(str::to_owned).to_vec());
        models.push(zero);
        models
    })
}

#[test]
fn model_round_trip_keeps_every_bit() {
    for model in models() {
        let bytes = model.to_bytes();
        assert_eq!(bytes, model.clone().to_bytes());
        let back = Model::from_bytes(&bytes).unwrap();
        assert_eq!(back.to_bytes(), bytes);
        if model.network.output.is_empty() {
            continue;
        }
        assert_eq!(&back, model);
        let same = |a: &Mat<f64>, b: &Mat<f64>| {
            (0..a.ncols())
                .all(|i| (0..a.nrows()).all(|k| a[(k, i)].to_bits() == b[(k, i)].to_bits()))
        };
        assert!(same(&back.network.hidden, &model.network.hidden));
    }
}

#[test]
fn model_numbers_at_the_edge_survive_the_file() {
    let values = [0.1, -0.0, 5e-324, f64::MAX, 1.0 / 3.0, -1e-310];
    let model = Model {
        network: Network {
            hidden: Mat::from_fn(2, 3, |k, i| values[2 * i + k]),
            output: vec![1e-320, -0.0, f64::MIN],
            n_outputs: 1,
            gates: Some(Mat::from_fn(2, 3, |k, i| values[(2 * i + k + 1) % 6])),
        },
        standardisation: Some(Standardisation {
            mean: vec![values[4], values[5]],
            scale: vec![0.0, 1e300],
        }),
        bias: false,
        coding: Coding::Classes {
            labels: vec!["\"quoted\"\n".to_owned(), String::new()],
        },
        loss: LossKind::Logistic,
        output_bias: vec![0.0],
        target_name: None,
        target_index: None,
        other_targets: Vec::new(),
        weights: None,
        columns: None,
        feature_names: None,
        beta: 0.1 + 0.2,
        objective: 1e-300,
        gap: 1.0 - f64::EPSILON,
    };
    let back = Model::from_bytes(&model.to_bytes()).unwrap();
    assert_eq!(back.to_bytes(), model.to_bytes());
    for (a, b) in [
        (back.beta, model.beta),
        (back.objective, model.objective),
        (back.gap, model.gap),
    ] {
        assert_eq!(a.to_bits(), b.to_bits());
    }
    assert_eq!(back.coding, model.coding);
}

#[test]
fn model_zero_network_is_one_zero_neuron_in_the_file() {
    let zero = models().last().unwrap();
    let bytes = zero.to_bytes();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("hidden.weight").unwrap().shape(), [1, 4]);
    assert!(file.tensors().iter().all(|(name, view)| {
        ["input.mean", "input.scale", "output.bias"].contains(&name.as_str())
            || view.data().iter().all(|b| *b == 0)
    }));
    let back = Model::from_bytes(&bytes).unwrap();
    assert_eq!((back.network.neurons(), back.network.output.len()), (0, 1));
    assert_eq!(
        back.outputs(Mat::<f64>::ones(4, 3).transpose()).unwrap(),
        [zero.output_bias[0]; 3]
    );
    assert_eq!(back.target_name, zero.target_name);
    assert_eq!(back.target_index, zero.target_index);
    assert_eq!(back.feature_names, zero.feature_names);
    let empty = Dataset::from_rows(&[1.0; 8], 2, 4, TargetColumn::numbers(vec![0.0; 2]));
    assert!(zero.output_bias[0] != 0.0);
    assert_eq!(
        back.outputs(empty.unwrap().rows()).unwrap(),
        [zero.output_bias[0]; 2]
    );
}

#[test]
fn model_file_is_as_documented_for_other_readers() {
    for model in models() {
        let bytes = model.to_bytes();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let meta = header.metadata().clone().unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let d = model.n_features();
        let m = model.network.n_neurons().max(1);
        let mut want = vec![
            ("hidden.weight", vec![m, d]),
            ("hidden.bias", vec![m]),
            ("output.weight", vec![1, m]),
            ("output.bias", vec![1]),
        ];
        if model.activation() == Activation::Gated {
            want.extend([("gate.weight", vec![m, d]), ("gate.bias", vec![m])]);
        }
        if model.standardisation.is_some() {
            want.extend([("input.mean", vec![d]), ("input.scale", vec![d])]);
        }
        assert_eq!(file.len(), want.len());
        for (name, shape) in want {
            let view = file.tensor(name).unwrap();
            assert_eq!(
                (view.dtype(), view.shape()),
                (Dtype::F64, &shape[..]),
                "{name}"
            );
        }
        // the first neuron's weights lie together
        if let Some(first) = model.network.output.first() {
            let view = file.tensor("hidden.weight").unwrap();
            for k in 0..d {
                let number: [u8; 8] = view.data()[8 * k..8 * k + 8].try_into().unwrap();
                assert_eq!(f64::from_le_bytes(number), model.network.hidden[(k, 0)]);
            }
            assert_eq!(
                file.tensor("output.weight").unwrap().data()[..8],
                first.to_le_bytes()
            );
        }
        assert_eq!(meta["format"], "crelu");
        assert_eq!(meta["task"], model.task().name());
        assert_eq!(meta["beta"].parse::<f64>().unwrap(), model.beta);
        assert_eq!(meta.contains_key("labels"), model.task() == Task::Classify);
    }
}

/// Parts of a file, to be put together again with something changed.
#[derive(Clone)]
struct Parts {
    meta: HashMap<String, String>,
    tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
}

impl Parts {
    fn of(model: &Model) -> Self {
        let bytes = model.to_bytes();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = file.tensors().into_iter().map(|(name, view)| {
            (
                name,
                view.dtype(),
                view.shape().to_vec(),
                view.data().to_vec(),
            )
        });
        Self {
            meta: header.metadata().clone().unwrap(),
            tensors: tensors.collect(),
        }
    }

    fn tensor(&mut self, name: &str) -> &mut (String, Dtype, Vec<usize>, Vec<u8>) {
        self.tensors.iter_mut().find(|t| t.0 == name).unwrap()
    }

    fn read(&self) -> Result<Model, ModelError> {
        let views = self.tensors.iter().map(|(name, dtype, shape, data)| {
            (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
        });
        Model::from_bytes(&safetensors::serialize(views, Some(self.meta.clone())).unwrap())
    }
}

#[test]
fn model_written_by_another_writer_is_read() {
    for model in models().iter().filter(|m| !m.network.output.is_empty()) {
        assert_eq!(&Parts::of(model).read().unwrap(), model);
    }
}

#[test]
fn model_file_with_a_wrong_tensor_is_an_error_that_names_it() {
    let model = models()
        .iter()
        .find(|m| m.activation() == Activation::Gated && m.bias)
        .unwrap();
    let parts = Parts::of(model);
    assert_eq!(parts.tensors.len(), 8);
    for (name, ..) in &parts.tensors {
        #[expect(clippy::type_complexity, reason = "one tensor's parts, written once")]
        let refused = |change: &dyn Fn(&mut (String, Dtype, Vec<usize>, Vec<u8>)), how: &str| {
            let mut parts = parts.clone();
            change(parts.tensor(name));
            match parts.read() {
                Err(ModelError::Tensor { name: named, .. }) => assert_eq!(named, name, "{how}"),
                other => panic!("{name} {how}: {other:?}"),
            }
        };
        refused(&|t| t.0 = "other".to_owned(), "is missing");
        refused(
            &|t| {
                t.1 = Dtype::F32;
                t.3.truncate(t.3.len() / 2);
            },
            "is F32",
        );
        refused(&|t| t.1 = Dtype::I64, "is I64");
        for bad in [f64::NAN, f64::INFINITY] {
            refused(
                &|t| t.3[..8].copy_from_slice(&bad.to_le_bytes()),
                "is not finite",
            );
        }
        // a tensor that the others must fit is right by itself: another is named then
        if name == "hidden.weight" {
            refused(&|t| t.2 = vec![t.2.iter().product()], "is a vector");
            refused(
                &|t| {
                    t.2[0] = 0;
                    t.3.clear();
                },
                "has no neuron",
            );
        } else {
            refused(&|t| t.2.push(1), "has one more side");
            refused(
                &|t| {
                    let last = t.2.len() - 1;
                    let rows = t.3.len() / t.2[last];
                    t.2[last] += 1;
                    t.3.resize(t.3.len() + rows, 0);
                },
                "is longer",
            );
        }
    }
    let mut moved = parts.clone();
    moved.tensor("output.bias").3 = 0.5f64.to_le_bytes().to_vec();
    assert_eq!(model.task(), Task::Regress);
    assert_eq!(moved.read().unwrap().output_bias, [0.5]);
    moved.meta.insert("task".to_owned(), "classify".to_owned());
    moved
        .meta
        .insert("labels".to_owned(), "[\"a\",\"b\"]".to_owned());
    assert!(matches!(
        moved.read(),
        Err(ModelError::Tensor {
            name: "output.bias",
            ..
        })
    ));
    let mut more = parts.clone();
    more.tensors
        .push(("extra".to_owned(), Dtype::U8, vec![3], vec![1, 2, 3]));
    assert_eq!(more.read().as_ref(), Ok(model));
}

#[test]
fn model_file_with_wrong_metadata_is_an_error() {
    let model = models()
        .iter()
        .find(|m| m.task() == Task::Classify && m.bias)
        .unwrap();
    let parts = Parts::of(model);
    let needed = [
        "format",
        "format_version",
        "task",
        "activation",
        "bias",
        "standardize",
        "beta",
        "objective",
        "gap",
        "labels",
    ];
    for key in needed {
        let is_refused = |read: Result<Model, ModelError>| match read {
            Err(ModelError::File(FileError::Kind { found: None, .. })) => key == "format",
            Err(ModelError::File(FileError::NoVersion)) => key == "format_version",
            Err(ModelError::Format { .. }) => !key.starts_with("format"),
            _ => false,
        };
        let mut without = parts.clone();
        without.meta.remove(key).unwrap();
        assert!(is_refused(without.read()), "without {key}");
        for value in ["", "NaN", "null", "[1,2]", "[\"a\"]", "TRUE", "inf"] {
            let mut changed = parts.clone();
            changed.meta.insert(key.to_owned(), value.to_owned());
            let read = changed.read();
            assert!(is_refused(read.clone()), "{key} = {value}: {read:?}");
        }
    }
    // says that there is no bias, and has one
    let mut changed = parts.clone();
    changed.meta.insert("bias".to_owned(), "false".to_owned());
    assert!(changed.read().is_err());
    // names that do not fit are left out, they serve messages only
    for names in ["[\"a\"]", "nonsense"] {
        let mut changed = parts.clone();
        changed
            .meta
            .insert("feature_names".to_owned(), names.to_owned());
        assert_eq!(changed.read().unwrap().feature_names, None);
    }
    let mut none = parts.clone();
    none.meta.clear();
    let refused = none.read().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "not a crelu model: a safetensors file of something else"
    );
}

#[test]
fn model_other_width_of_data_is_an_error() {
    for model in models() {
        let d = model.n_features();
        for got in [0, d - 1, d + 1] {
            let data = Mat::<f64>::zeros(got, 2);
            let want = ModelError::Features { want: d, got };
            assert_eq!(model.outputs(data.transpose()).unwrap_err(), want);
            assert_eq!(model.predict(data.transpose()).unwrap_err(), want);
        }
        assert!(
            model
                .outputs(Mat::<f64>::zeros(0, d).as_ref())
                .unwrap()
                .is_empty()
        );
    }
}

/// What was read can be used and written, whatever the bytes were.
fn assert_sound(read: Result<Model, ModelError>) {
    if let Ok(model) = read {
        let data = Mat::<f64>::ones(model.n_features(), 2);
        match model.predict(data.transpose()) {
            Ok(predictions) => assert_eq!(predictions.len(), 2),
            // weights near the end of the range are weights
            Err(error) => assert!(matches!(error, ModelError::Overflow { .. }), "{error:?}"),
        }
        assert!(Model::from_bytes(&model.to_bytes()).is_ok());
    }
}

proptest! {
    #![proptest_config(testkit::cases(111, 512))]

    #[test]
    fn model_file_cut_anywhere_is_an_error(which in 0usize..9, share in 0.0f64..1.0) {
        let bytes = models()[which].to_bytes();
        let at = place(share, bytes.len());
        prop_assert!(Model::from_bytes(&bytes[..at]).is_err());
        let mut longer = bytes.clone();
        longer.extend_from_slice(&bytes[..at + 1]);
        prop_assert!(Model::from_bytes(&longer).is_err());
    }

    #[test]
    fn model_file_with_bytes_changed_never_panics(
        which in 0usize..9,
        changes in proptest::collection::vec((0.0f64..1.0, any::<u8>()), 1..6),
        in_header in any::<bool>(),
    ) {
        let mut bytes = models()[which].to_bytes();
        let header = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap() + 8;
        let reach = if in_header { header } else { bytes.len() };
        for (share, byte) in changes {
            let at = place(share, reach);
            bytes[at] = byte;
        }
        assert_sound(Model::from_bytes(&bytes));
    }

    #[test]
    fn model_file_with_header_text_changed_never_panics(
        which in 0usize..9,
        (from, to) in prop::sample::select(vec![
            ("[1]", "[18446744073709551615]"), ("F64", "F32"), ("F64", "BOOL"), ("\"shape\"", "\"shap\""),
            ("3]", "4294967296]"), (",3]", ",3,0]"), ("0,", "9,"), ("crelu", "creli"), ("true", "false"),
            ("hidden", "output"), ("weight", "bias"), ("classify", "regress"), ("relu", "gated"),
        ]),
    ) {
        let bytes = models()[which].to_bytes();
        let size = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
        let text = std::str::from_utf8(&bytes[8..8 + size]).unwrap().replace(from, to);
        let mut changed = (text.len() as u64).to_le_bytes().to_vec();
        changed.extend_from_slice(text.as_bytes());
        changed.extend_from_slice(&bytes[8 + size..]);
        assert_sound(Model::from_bytes(&changed));
    }

    #[test]
    fn model_file_of_random_bytes_is_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Model::from_bytes(&bytes).is_err());
    }
}

/// A place in a file of `len` bytes, `share` in [0, 1).
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a small length, rounded down"
)]
fn place(share: f64, len: usize) -> usize {
    (share * len as f64) as usize
}
