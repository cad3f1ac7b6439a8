use crelu_model::programme::{Activation, Programme};
use crelu_model::{Standardisation, preprocess};

use super::methods::Length;
use crate::convergence::programme;
use crate::images::Images;
use crate::sets::{Set, load, teacher};

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
        !matches!(self.source, Source::Fashion(_)) || Images::are_here()
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

/// A pair of classes, standardised, with a bias.
fn fashion_pair(classes: [f64; 2], rows: usize) -> Result<Set, String> {
    let images = Images::of_classes(classes, rows)?;
    let data = images.dataset()?;
    let standardisation = Standardisation::learn(data.features());
    Ok(Set {
        name: "fashion pair",
        inputs: preprocess(data.features(), Some(&standardisation), true)
            .matrix()
            .to_owned(),
        target: images.target,
    })
}
