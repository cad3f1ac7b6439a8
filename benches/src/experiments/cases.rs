use crelu_data::ReadOptions;
use crelu_model::programme::{Activation, Programme};
use crelu_model::{Dataset, Standardisation, TargetColumn, preprocess};
use std::path::Path;

use super::methods::Length;
use crate::convergence::programme;
use crate::sets::{Set, load, teacher};

/// Where the Debian package puts its files.
const SOURCE: &str = "/usr/share/datasets/fashion-mnist";
pub(crate) const PACKAGE: &str = "dataset-fashion-mnist";
/// Share of `beta_max` in every race.
pub(crate) const FRACTION: f64 = 0.01;

/// Where the rows of a set come from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// A set of `data/`, by its name there.
    Embedded(&'static str),
    /// Rows of two classes of Fashion-MNIST, as many of each.
    Fashion([f64; 2]),
    /// Gaussian rows and the signs of a teacher network, of so many columns.
    Teacher(usize),
}

/// A set on which the primal steps race.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) source: Source,
    /// Rows that are taken; of an embedded set, all.
    pub(crate) rows: usize,
    pub(crate) patterns: usize,
    pub(crate) activation: Activation,
    /// Seconds after which a run is stopped.
    pub(crate) limit: f64,
    /// How many methods run.
    pub(crate) list: Length,
    pub(crate) quick: bool,
}

const SMALL: Case = Case {
    name: "",
    source: Source::Embedded(""),
    rows: 0,
    patterns: 50,
    activation: Activation::Relu,
    limit: 4.0,
    list: Length::Long,
    quick: false,
};

/// The sets, from the smallest to the largest.
pub(crate) const CASES: [Case; 7] = [
    Case {
        name: "breast cancer",
        source: Source::Embedded("breast cancer"),
        quick: true,
        ..SMALL
    },
    Case {
        name: "demo images",
        source: Source::Embedded("fashion"),
        limit: 3.0,
        ..SMALL
    },
    Case {
        name: "fashion 5/7, 1000 x 784",
        source: Source::Fashion([5.0, 7.0]),
        rows: 1000,
        limit: 10.0,
        list: Length::Medium,
        ..SMALL
    },
    Case {
        name: "fashion 0/6, 1000 x 784",
        source: Source::Fashion([0.0, 6.0]),
        rows: 1000,
        limit: 5.0,
        list: Length::Medium,
        ..SMALL
    },
    Case {
        name: "teacher 1000 x 3072",
        source: Source::Teacher(3072),
        rows: 1000,
        limit: 6.0,
        list: Length::Medium,
        ..SMALL
    },
    Case {
        name: "fashion 5/7, 10000 x 784",
        source: Source::Fashion([5.0, 7.0]),
        rows: 10_000,
        limit: 22.0,
        list: Length::Short,
        ..SMALL
    },
    Case {
        name: "fashion 5/7, 10000 x 784, gated",
        source: Source::Fashion([5.0, 7.0]),
        rows: 10_000,
        activation: Activation::Gated,
        limit: 15.0,
        list: Length::Short,
        ..SMALL
    },
];

impl Case {
    /// Whether its rows are on this machine.
    pub(crate) fn is_here(&self) -> bool {
        !matches!(self.source, Source::Fashion(_)) || Path::new(SOURCE).is_dir()
    }

    /// The programme over its patterns, as `fit` makes it.
    pub(crate) fn programme(&self) -> Result<Programme, String> {
        let set = match self.source {
            Source::Embedded(name) => load(name)?,
            Source::Fashion(classes) => fashion_pair(classes, self.rows)?,
            Source::Teacher(columns) => teacher("teacher", self.rows, columns, TEACHER_SEED),
        };
        programme(&set, self.patterns, FRACTION, self.activation)
    }
}

const TEACHER_SEED: u64 = 31;

/// The first rows of two classes, as many of each, in the order of the full set; `+1` for the second class.
fn fashion_pair(classes: [f64; 2], rows: usize) -> Result<Set, String> {
    let folder = Path::new(SOURCE);
    let options = ReadOptions {
        labels: Some(folder.join("train-labels-idx1-ubyte.gz")),
        ..ReadOptions::default()
    };
    let read = crelu_data::read(&folder.join("train-images-idx3-ubyte.gz"), &options)
        .map_err(|e| e.to_string())?;
    let Some(values) = read.target.as_ref().and_then(|it| it.values.as_ref()) else {
        return Err(format!("{SOURCE}: the labels are not numeric"));
    };
    let mut taken = [0; 2];
    let (mut features, mut target) = (Vec::new(), Vec::new());
    for (row, label) in read.features.chunks_exact(read.n_features).zip(values) {
        let class = classes.iter().position(|class| class == label);
        if let Some(class) = class.filter(|&class| taken[class] < rows / 2) {
            taken[class] += 1;
            features.extend_from_slice(row);
            target.push(if class == 1 { 1.0 } else { -1.0 });
        }
    }
    let numbers = TargetColumn::numbers(target.clone());
    let data = Dataset::from_rows(&features, target.len(), read.n_features, numbers)
        .map_err(|e| e.to_string())?;
    let standardisation = Standardisation::learn(data.features());
    Ok(Set {
        name: "fashion pair",
        inputs: preprocess(data.features(), Some(&standardisation), true)
            .matrix()
            .to_owned(),
        target,
    })
}
