use std::path::{Path, PathBuf};

use crelu_data::ReadOptions;
use crelu_model::{
    Coded, Dataset, LossKind, Score, Standardisation, TargetColumn, Targets, Task, preprocess,
};
use faer::Mat;
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::images::Images;

/// A set as the solver sees it: preprocessed inputs (`width x n_samples`, bias last) and targets.
pub(crate) struct Set {
    pub(crate) name: &'static str,
    pub(crate) inputs: Mat<f64>,
    pub(crate) target: Vec<f64>,
}

/// The real sets of `data/`, in the order of the tables.
pub(crate) const REAL: [&str; 5] = ["breast cancer", "diabetes", "digits", "wine", "fashion"];
/// The generated ones.
pub(crate) const SYNTHETIC: [&str; 3] = ["teacher 1000x364", "teacher 300x1000", "spread 3000x30"];

/// A set as read or generated: features not scaled, no bias; targets coded `-1`, `+1`, or centred and
/// scaled values.
pub(crate) struct Raw {
    pub(crate) data: Dataset,
    pub(crate) task: Task,
}
/// Smaller ones, for the proven bound.
pub(crate) const TEACHERS: [&str; 2] = ["teacher 400x9", "teacher 300x26"];

/// Makes a set by its name.
pub(crate) fn load(name: &str) -> Result<Set, String> {
    match name {
        "teacher 1000x364" => Ok(teacher("teacher 1000x364", 1000, 364, 11)),
        "teacher 300x1000" => Ok(teacher("teacher 300x1000", 300, 1000, 12)),
        "spread 3000x30" => Ok(spread("spread 3000x30", 3000, 30, 1e4, 13)),
        _ => {
            let (name, raw) = raw(name)?;
            prepare(name, &raw.data)
        }
    }
}

/// A set of `data/`, or a generated one that has features to scale.
pub(crate) fn raw(name: &str) -> Result<(&'static str, Raw), String> {
    let classify = Task::Classify;
    match name {
        "breast cancer" => {
            let code = |v| 2.0 * v - 1.0;
            let raw = table("breast_cancer.csv", code, None, classify)?;
            Ok(("breast cancer", raw))
        }
        // centred: the mean of a regression target is not the network's to learn
        "diabetes" => Ok((
            "diabetes",
            table("diabetes.csv", |v| v, None, Task::Regress)?,
        )),
        "digits" => {
            let code = |v| if v % 2.0 == 0.0 { 1.0 } else { -1.0 };
            Ok(("digits", table("digits.csv.gz", code, Some(600), classify)?))
        }
        // under the loss of several classes
        "wine, 3 classes" => Ok(("wine, 3 classes", table("wine.csv", |v| v, None, classify)?)),
        "wine" => {
            let code = |v| if v == 1.0 { 1.0 } else { -1.0 };
            Ok(("wine", table("wine.csv", code, None, classify)?))
        }
        "wine class 0" => {
            let code = |v| if v == 0.0 { 1.0 } else { -1.0 };
            Ok(("wine class 0", table("wine.csv", code, None, classify)?))
        }
        "fashion" => Ok(("fashion", fashion()?)),
        "teacher 400x9" => Ok(("teacher 400x9", noisy_teacher(400, 8, Task::Regress, 14)?)),
        "teacher 300x26" => Ok(("teacher 300x26", noisy_teacher(300, 25, classify, 15)?)),
        other => Err(format!("no set named {other:?}")),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join("data")
}

fn prepare(name: &'static str, data: &Dataset) -> Result<Set, String> {
    let standardisation = Standardisation::learn(data.features());
    Ok(Set {
        name,
        inputs: preprocess(data.features(), Some(&standardisation), true)
            .matrix()
            .to_owned(),
        target: values(data)?.to_vec(),
    })
}

/// The score of outputs against targets that are coded -1 and +1, or numbers, with the squared loss.
pub(crate) fn score(outputs: &[f64], target: &[f64], task: Task) -> Score {
    let coded = match task {
        Task::Classify => Coded::signs(target),
        Task::Regress => Coded::numbers(target.to_vec()),
    };
    let targets = Targets::new(coded, LossKind::Squared).expect("finite targets");
    Score::of(outputs, &targets)
}

/// The coded targets of a raw set.
pub(crate) fn values(data: &Dataset) -> Result<&[f64], String> {
    let values = data.target().values.as_deref();
    values.ok_or_else(|| "the target is not numeric".to_owned())
}

fn table(file: &str, code: fn(f64) -> f64, rows: Option<usize>, task: Task) -> Result<Raw, String> {
    let read =
        crelu_data::read(&root().join(file), &ReadOptions::default()).map_err(|e| e.to_string())?;
    let Some(values) = read.target.as_ref().and_then(|it| it.values.as_ref()) else {
        return Err(format!("{file}: the target is not numeric"));
    };
    let n = rows.unwrap_or(read.n_samples).min(read.n_samples);
    let mut target: Vec<f64> = values[..n].iter().map(|&v| code(v)).collect();
    if task == Task::Regress {
        centre_and_scale(&mut target);
    }
    let features = &read.features[..n * read.n_features];
    let numbers = TargetColumn::numbers(target);
    let data = Dataset::from_rows(features, n, read.n_features, numbers)
        .map_err(|e| format!("{file}: {e}"))?;
    Ok(Raw { data, task })
}

fn fashion() -> Result<Raw, String> {
    let mut images = Images::read(&root().join("fashion"))?;
    for label in &mut images.target {
        *label = if *label == 7.0 { 1.0 } else { -1.0 };
    }
    Ok(Raw {
        data: images.dataset()?,
        task: Task::Classify,
    })
}

fn normal(rows: usize, cols: usize, rng: &mut Xoshiro256PlusPlus) -> Mat<f64> {
    let mut out = Mat::zeros(rows, cols);
    for j in 0..cols {
        for i in 0..rows {
            out[(i, j)] = StandardNormal.sample(rng);
        }
    }
    out
}

/// Gaussian rows and the sign of a teacher of ten ReLU neurons: `d` counts the bias column.
pub(crate) fn teacher(name: &'static str, n: usize, d: usize, seed: u64) -> Set {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut inputs = normal(d, n, &mut rng);
    for j in 0..n {
        inputs[(d - 1, j)] = 1.0;
    }
    let target = teach(&inputs, &mut rng);
    Set {
        name,
        inputs,
        target,
    }
}

/// Rows of rank `r` whose singular values fall geometrically by `condition`, and a teacher.
pub(crate) fn spread(name: &'static str, n: usize, r: usize, condition: f64, seed: u64) -> Set {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut inputs = normal(r, n, &mut rng);
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    for k in 0..r {
        let factor = condition.powf(-(k as f64) / (r - 1) as f64);
        for j in 0..n {
            inputs[(k, j)] *= factor;
        }
    }
    let target = teach(&inputs, &mut rng);
    Set {
        name,
        inputs,
        target,
    }
}

/// Gaussian rows, and six ReLU neurons of output weights `N(0, 1)` with noise of deviation 0.1: their
/// values, or which half of them.
fn noisy_teacher(n: usize, d: usize, task: Task, seed: u64) -> Result<Raw, String> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let features = normal(d, n, &mut rng);
    let mut target = sums(&features, 6, &mut rng);
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let scale = 1.0 / (d as f64).sqrt();
    for y in &mut target {
        let noise: f64 = StandardNormal.sample(&mut rng);
        *y = scale * *y + 0.1 * noise;
    }
    match task {
        Task::Regress => centre_and_scale(&mut target),
        Task::Classify => target = halves(&target),
    }
    let data = Dataset::from_columns(features, TargetColumn::numbers(target));
    Ok(Raw {
        data: data.map_err(|e| e.to_string())?,
        task,
    })
}

fn teach(inputs: &Mat<f64>, rng: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    halves(&sums(inputs, 10, rng))
}

/// The outputs of a random network of so many neurons.
fn sums(inputs: &Mat<f64>, neurons: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    let (d, n) = (inputs.nrows(), inputs.ncols());
    let hidden = normal(d, neurons, rng);
    let output = normal(neurons, 1, rng);
    (0..n)
        .map(|j| {
            (0..neurons)
                .map(|m| {
                    output[(m, 0)]
                        * (0..d)
                            .map(|k| hidden[(k, m)] * inputs[(k, j)])
                            .sum::<f64>()
                            .max(0.0)
                })
                .sum()
        })
        .collect()
}

/// `+1` for the values at or above the median, `-1` for the rest.
fn halves(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted[values.len() / 2];
    values
        .iter()
        .map(|&v| if v >= middle { 1.0 } else { -1.0 })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn centre_and_scale(target: &mut [f64]) {
    let n = target.len() as f64;
    let mean = target.iter().sum::<f64>() / n;
    let deviation = (target.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / n).sqrt();
    for y in target {
        *y = (*y - mean) / deviation;
    }
}
