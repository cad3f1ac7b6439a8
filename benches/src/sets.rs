use std::path::{Path, PathBuf};

use crelu_data::{ReadOptions, TargetColumn as Column};
use crelu_model::{Dataset, Standardisation, TargetColumn, preprocess};
use faer::Mat;
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

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

/// Smaller ones, for the proven bound.
pub(crate) const TEACHERS: [&str; 2] = ["teacher 400x9", "teacher 400x26"];

/// Makes a set by its name.
pub(crate) fn load(name: &str) -> Result<Set, String> {
    match name {
        "breast cancer" => Ok(table(
            "breast cancer",
            "breast_cancer.csv",
            |v| 2.0 * v - 1.0,
            None,
        )?),
        // centred: the mean of a regression target is not the network's to learn
        "diabetes" => {
            let mut set = table("diabetes", "diabetes.csv", |v| v, None)?;
            centre_and_scale(&mut set.target);
            Ok(set)
        }
        "digits" => table(
            "digits",
            "digits.csv.gz",
            |v| if v % 2.0 == 0.0 { 1.0 } else { -1.0 },
            Some(600),
        ),
        "wine" => table(
            "wine",
            "wine.csv",
            |v| if v == 1.0 { 1.0 } else { -1.0 },
            None,
        ),
        "fashion" => fashion(),
        "teacher 1000x364" => Ok(teacher("teacher 1000x364", 1000, 364, 11)),
        "teacher 300x1000" => Ok(teacher("teacher 300x1000", 300, 1000, 12)),
        "teacher 400x9" => Ok(teacher("teacher 400x9", 400, 9, 14)),
        "teacher 400x26" => Ok(teacher("teacher 400x26", 400, 26, 15)),
        "spread 3000x30" => Ok(spread("spread 3000x30", 3000, 30, 1e4, 13)),
        other => Err(format!("no set named {other:?}")),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join("data")
}

fn prepare(name: &'static str, data: &Dataset, target: Vec<f64>) -> Set {
    let standardisation = Standardisation::learn(data.features());
    Set {
        name,
        inputs: preprocess(data.features(), Some(&standardisation), true),
        target,
    }
}

fn table(
    name: &'static str,
    file: &str,
    code: fn(f64) -> f64,
    rows: Option<usize>,
) -> Result<Set, String> {
    let read =
        crelu_data::read(&root().join(file), &ReadOptions::default()).map_err(|e| e.to_string())?;
    let Some(Column::Numbers { values, .. }) = &read.target else {
        return Err(format!("{file}: the target is not numeric"));
    };
    let n = rows.unwrap_or(read.n_samples).min(read.n_samples);
    let target: Vec<f64> = values[..n].iter().map(|&v| code(v)).collect();
    let features = &read.features[..n * read.n_features];
    let data = Dataset::from_rows(
        features,
        n,
        read.n_features,
        TargetColumn::numbers(target.clone()),
    )
    .map_err(|e| format!("{file}: {e}"))?;
    Ok(prepare(name, &data, target))
}

fn fashion() -> Result<Set, String> {
    let folder = root().join("fashion");
    let options = ReadOptions {
        labels: Some(folder.join("train-labels-idx1-ubyte.gz")),
        ..ReadOptions::default()
    };
    let read = crelu_data::read(&folder.join("train-images-idx3-ubyte.gz"), &options)
        .map_err(|e| e.to_string())?;
    let Some(Column::Numbers { values, .. }) = &read.target else {
        return Err("fashion: the labels are not numeric".to_owned());
    };
    let target: Vec<f64> = values
        .iter()
        .map(|&v| if v == 7.0 { 1.0 } else { -1.0 })
        .collect();
    let numbers = TargetColumn::numbers(target.clone());
    let data = Dataset::from_rows(&read.features, read.n_samples, read.n_features, numbers)
        .map_err(|e| e.to_string())?;
    Ok(prepare("fashion", &data, target))
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

fn teach(inputs: &Mat<f64>, rng: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    let (d, n) = (inputs.nrows(), inputs.ncols());
    let hidden = normal(d, 10, rng);
    let output = normal(10, 1, rng);
    let raw: Vec<f64> = (0..n)
        .map(|j| {
            (0..10)
                .map(|m| {
                    output[(m, 0)]
                        * (0..d)
                            .map(|k| hidden[(k, m)] * inputs[(k, j)])
                            .sum::<f64>()
                            .max(0.0)
                })
                .sum()
        })
        .collect();
    let mut sorted = raw.clone();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted[n / 2];
    raw.iter()
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
