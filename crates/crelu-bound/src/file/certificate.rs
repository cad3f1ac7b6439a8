use std::collections::{BTreeMap, HashMap};

use crelu_core::LossKind;
use faer::MatRef;
use safetensors::SafeTensors;
use serde_json::json;

use super::error::CertificateError;
use super::kind::FileKind;
use super::tensors::{Tensor, encode, open, tensor};
use crate::certificate::{
    BlockMultipliers, Certificate, IntervalMultipliers, ProductMultipliers, Proof,
};
use crate::loss::BoundLoss;
use crate::problem::BoundProblem;
use crate::verify::{VerifiedBound, verify};

/// The names of both signs' tensors.
const SIGN_NAMES: [&str; 2] = ["plus", "minus"];

/// A bound recomputed may be below the one stated by this share: another machine may add up in
/// another order.
const SLIP: f64 = 1e-8;

/// What lies between a user's numbers and those of the problem: targets `(y - centre) 2^-target`,
/// inputs `x 2^-feature`. The bound is then that of the problem times `4^target`, the penalty that
/// times `2^(target + feature)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CertificateUnits {
    /// Taken from every target.
    pub centre: f64,
    /// Targets are in units of `2^target`.
    pub target: i32,
    /// Inputs, the bias among them, are in units of `2^feature`.
    pub feature: i32,
}

/// A proven bound with all that is needed to check it from the data alone.
#[derive(Debug, Clone, PartialEq)]
pub struct CertificateFile {
    /// The bound on `J` that it is said to prove.
    pub bound: f64,
    /// The penalty of the mean objective that it was made for.
    pub beta: f64,
    /// The loss that it was made for, in the units of the problem.
    pub loss: BoundLoss,
    /// Weights of classes that multiply those of the rows, in the words of the program that made it: the
    /// weights of the problem are the product.
    pub class_weight: Option<String>,
    /// How a user's numbers become those of the problem; all zero if they are the same.
    pub units: CertificateUnits,
    /// The rows of the data file that it was made for, from 0, in the order of training.
    pub rows: Vec<usize>,
    /// Of the preprocessed training rows and coded targets ([`fingerprint`]).
    pub hash: u128,
    /// The multipliers.
    pub certificate: Certificate,
}

/// A hash of the rows, targets and weights of a problem: it tells other data from
/// these; what is proven of data does not rest on it.
///
/// **Source** the 128-bit FNV-1a hash, over sizes and the bits of every number, row by row; of
/// the weights where there are any.
#[must_use]
pub fn fingerprint(problem: &BoundProblem<'_>) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut hash = BASIS;
    let mut take = |bits: u64| {
        for byte in bits.to_le_bytes() {
            hash = (hash ^ u128::from(byte)).wrapping_mul(PRIME);
        }
    };
    let x: MatRef<'_, f64> = problem.x();
    take(x.nrows() as u64);
    take(x.ncols() as u64);
    for (i, y) in problem.y().iter().enumerate() {
        for j in 0..x.ncols() {
            // zero has two representations
            take((x[(i, j)] + 0.0).to_bits());
        }
        take((y + 0.0).to_bits());
        if let Some(weights) = problem.weights() {
            take(weights[i].to_bits());
        }
    }
    hash
}

/// Whether the bytes of a certificate hold for these data, which are all the rows it was made for:
/// [`CertificateFile::from_bytes`] and [`CertificateFile::verify`] in one.
///
/// # Errors
/// [`CertificateError`] says what is wrong with the bytes, or why they do not hold.
pub fn verify_bytes(
    bytes: &[u8],
    problem: &BoundProblem<'_>,
) -> Result<VerifiedBound, CertificateError> {
    CertificateFile::from_bytes(bytes)?.verify(problem)
}

impl CertificateFile {
    /// A certificate of the bound `verified`, for all rows of `problem`.
    #[must_use]
    pub fn new(
        problem: &BoundProblem<'_>,
        certificate: Certificate,
        verified: &VerifiedBound,
    ) -> Self {
        Self {
            bound: verified.value,
            beta: problem.beta(),
            loss: problem.loss(),
            class_weight: None,
            units: CertificateUnits::default(),
            rows: (0..problem.n_samples()).collect(),
            hash: fingerprint(problem),
            certificate,
        }
    }

    /// Recomputes the bound from the data and their `beta`; nothing that the certificate says of
    /// itself is believed. `problem` holds the rows [`rows`](Self::rows), in that order.
    ///
    /// # Errors
    /// [`CertificateError`] says why it does not hold: another loss, another `beta`, other rows, a bound below the
    /// one it states.
    pub fn verify(&self, problem: &BoundProblem<'_>) -> Result<VerifiedBound, CertificateError> {
        if self.loss != problem.loss() {
            return Err(CertificateError::Loss {
                certificate: named(self.loss),
                given: named(problem.loss()),
            });
        }
        if self.beta.to_bits() != problem.beta().to_bits() {
            return Err(CertificateError::Beta {
                certificate: self.beta,
                given: problem.beta(),
            });
        }
        let got = fingerprint(problem);
        if got != self.hash {
            return Err(CertificateError::OtherRows {
                want: self.hash,
                got,
            });
        }
        let verified = verify(problem, &self.certificate)?
            .bound()
            .ok_or(CertificateError::Nothing)?;
        let is_as_stated = verified.value >= self.bound * (1.0 - SLIP);
        if !is_as_stated {
            return Err(CertificateError::TooLow {
                proven: verified.value,
                stated: self.bound,
            });
        }
        Ok(verified)
    }

    /// The rows it was made for, in order and each once, in a file of so many.
    ///
    /// # Errors
    /// [`CertificateError::Rows`] for a row that is not there, [`CertificateError::Order`] for one
    /// that is named twice or out of order.
    pub fn rows_among(&self, n_rows: usize) -> Result<&[usize], CertificateError> {
        if let Some(&row) = self.rows.iter().find(|row| **row >= n_rows) {
            return Err(CertificateError::Rows { row, rows: n_rows });
        }
        match self.rows.windows(2).find(|pair| pair[1] <= pair[0]) {
            Some(pair) => Err(CertificateError::Order {
                row: pair[1],
                before: pair[0],
            }),
            None => Ok(&self.rows),
        }
    }

    /// The file: safetensors, all F64, the same bytes for the same certificate.
    ///
    /// `theta` (rows), `rows` (rows); an aggregated proof has `plus.mu`, `plus.t`, `plus.g` (rows)
    /// and `plus.factor` (width x features), one of products `plus.trace` and for every block `k`
    /// `plus.k.rows`, `plus.k.products`, `plus.k.bound`, `plus.k.direction`; the same with `minus`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let n = self.certificate.theta.len();
        let mut tensors = vec![
            Tensor::new("theta", vec![n], self.certificate.theta.clone()),
            Tensor::new("rows", vec![self.rows.len()], numbers(&self.rows)),
        ];
        if let Some(merged) = &self.certificate.merged {
            tensors.push(Tensor::new("merged", vec![merged.len()], numbers(merged)));
        }
        let kind = match &self.certificate.proof {
            Proof::Interval(both) => {
                for (name, m) in SIGN_NAMES.into_iter().zip(both.iter()) {
                    interval_tensors(name, m, &mut tensors);
                }
                "interval"
            }
            Proof::Products(both) => {
                for (name, m) in SIGN_NAMES.into_iter().zip(both.iter()) {
                    product_tensors(name, m, &mut tensors);
                }
                "products"
            }
            Proof::Cones { .. } => "cones",
            Proof::Enumeration => "enumeration",
        };
        let mut meta = BTreeMap::new();
        let mut put = |key: &str, value: String| meta.insert(key.to_owned(), value);
        put("format", FileKind::Certificate.format().to_owned());
        // what an earlier program can read says so
        let is_first = self.loss == BoundLoss::Squared
            && self.certificate.merged.is_none()
            && self.class_weight.is_none();
        let version = if is_first {
            1
        } else {
            FileKind::Certificate.newest()
        };
        put("format_version", version.to_string());
        put("version", env!("CARGO_PKG_VERSION").to_owned());
        put("loss", self.loss.name().to_owned());
        if let Some(weights) = &self.class_weight {
            put("class_weight", weights.clone());
        }
        if let Some(delta) = self.loss.delta() {
            put("delta", json!(delta).to_string());
        }
        put("proof", kind.to_owned());
        put("bound", json!(self.bound).to_string());
        put("beta", json!(self.beta).to_string());
        put("centre", json!(self.units.centre).to_string());
        put("target_exponent", self.units.target.to_string());
        put("feature_exponent", self.units.feature.to_string());
        put("hash", format!("{:032x}", self.hash));
        if let Proof::Products(both) = &self.certificate.proof {
            put("blocks", json!(both[0].blocks.len()).to_string());
            put("blocks_minus", json!(both[1].blocks.len()).to_string());
        }
        if let Proof::Cones { price } = self.certificate.proof {
            put("price", json!(price).to_string());
        }
        encode(&meta, &tensors)
    }

    /// Reads a certificate back. What its numbers prove is the verifier's to say.
    ///
    /// # Errors
    /// [`CertificateError`] says what is wrong with the bytes; nothing is allocated for lengths
    /// that the bytes do not hold.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CertificateError> {
        let format = |problem| CertificateError::Format { problem };
        let (file, meta) = open(bytes, FileKind::Certificate)?;
        let get = |key: &str| meta.get(key).map(String::as_str);
        let number = |key: &str| {
            get(key)
                .and_then(|t| t.parse::<f64>().ok())
                .filter(|v| v.is_finite())
        };
        let count = |key: &str| get(key).and_then(|t| t.parse::<usize>().ok());
        let loss = match get("loss") {
            Some("squared") => Some(LossKind::Squared),
            Some("logistic") => Some(LossKind::Logistic),
            Some("huber") => number("delta").map(|delta| LossKind::Huber { delta: vec![delta] }),
            _ => None,
        };
        let loss = (loss.and_then(|kind| BoundLoss::of(&kind)))
            .ok_or(format("its loss is not one this program reads"))?;
        let hash = get("hash").and_then(|t| u128::from_str_radix(t, 16).ok());
        let (Some(bound), Some(beta), Some(hash)) = (number("bound"), number("beta"), hash) else {
            return Err(format("its bound, beta or hash entry is missing"));
        };
        let units = units(&meta).ok_or(format(
            "its centre, target_exponent or feature_exponent entry is no such number",
        ))?;
        let theta = vector(&file, "", "theta", None)?;
        // the multipliers are those of the different rows
        let merged = match file.tensor("merged") {
            Ok(_) => Some(indices(&file, "", "merged", theta.len())?),
            Err(_) => None,
        };
        let kinds = merged
            .as_ref()
            .map(|all| all.iter().max().map_or(0, |most| most + 1));
        let n = kinds.unwrap_or(theta.len());
        if n > theta.len() {
            return Err(wrong("merged", "has more places than rows"));
        }
        let rows = indices(&file, "", "rows", theta.len())?;
        let proof = match get("proof") {
            Some("enumeration") => Proof::Enumeration,
            Some("cones") => Proof::Cones {
                price: number("price").ok_or(format("its price entry is missing"))?,
            },
            Some("interval") => {
                let read = |name| read_interval(&file, name, n);
                Proof::Interval(Box::new([read(SIGN_NAMES[0])?, read(SIGN_NAMES[1])?]))
            }
            Some("products") => {
                let (Some(plus), Some(minus)) = (count("blocks"), count("blocks_minus")) else {
                    return Err(format("its blocks entry is missing"));
                };
                Proof::Products(Box::new([
                    read_products(&file, SIGN_NAMES[0], plus, n)?,
                    read_products(&file, SIGN_NAMES[1], minus, n)?,
                ]))
            }
            _ => return Err(format("its proof entry is missing or unknown")),
        };
        Ok(Self {
            bound,
            beta,
            loss,
            class_weight: meta.get("class_weight").cloned(),
            units,
            rows,
            hash,
            certificate: Certificate {
                theta,
                merged,
                proof,
            },
        })
    }
}

/// A loss in a message.
fn named(loss: BoundLoss) -> String {
    match loss.delta() {
        Some(delta) => format!("{} with delta {delta}", loss.name()),
        None => loss.name().to_owned(),
    }
}

/// The centre and the units; the files of earlier versions have none of the three.
fn units(meta: &HashMap<String, String>) -> Option<CertificateUnits> {
    let exponent = |key| {
        meta.get(key)
            .map_or(Some(0), |text| text.parse::<i32>().ok())
            .filter(|k| (-2048..=2048).contains(k))
    };
    let centre = meta
        .get("centre")
        .map_or(Some(0.0), |text| text.parse::<f64>().ok())
        .filter(|centre| centre.is_finite())?;
    Some(CertificateUnits {
        centre,
        target: exponent("target_exponent")?,
        feature: exponent("feature_exponent")?,
    })
}

#[expect(clippy::cast_precision_loss, reason = "row numbers far below 2^53")]
fn numbers(rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|row| *row as f64).collect()
}

fn interval_tensors(sign: &str, m: &IntervalMultipliers, out: &mut Vec<Tensor>) {
    for (name, values) in [("mu", &m.mu), ("t", &m.t), ("g", &m.g)] {
        let name = format!("{sign}.{name}");
        out.push(Tensor::new(name, vec![values.len()], values.clone()));
    }
    let features = m.factor.len().checked_div(m.width).unwrap_or(0);
    let shape = vec![m.width, features];
    out.push(Tensor::new(
        format!("{sign}.factor"),
        shape,
        m.factor.clone(),
    ));
}

fn product_tensors(sign: &str, m: &ProductMultipliers, out: &mut Vec<Tensor>) {
    out.push(Tensor::new(format!("{sign}.trace"), vec![1], vec![m.trace]));
    for (k, block) in m.blocks.iter().enumerate() {
        let side = 2 * block.rows.len();
        let features = block.direction.len().checked_div(side).unwrap_or(0);
        let mut put = |name: &str, shape, values| {
            out.push(Tensor::new(format!("{sign}.{k}.{name}"), shape, values));
        };
        put("rows", vec![block.rows.len()], numbers(&block.rows));
        put("products", vec![side, side], block.products.clone());
        put("bound", vec![side], block.bound.clone());
        put("direction", vec![side, features], block.direction.clone());
    }
}

fn read_interval(
    file: &SafeTensors<'_>,
    sign: &str,
    n: usize,
) -> Result<IntervalMultipliers, CertificateError> {
    let (shape, factor) = read(file, sign, "factor")?;
    let [width, _] = shape[..] else {
        return Err(wrong("factor", "is not a matrix"));
    };
    Ok(IntervalMultipliers {
        mu: vector(file, sign, "mu", Some(n))?,
        t: vector(file, sign, "t", Some(n))?,
        g: vector(file, sign, "g", Some(n))?,
        factor,
        width,
    })
}

fn read_products(
    file: &SafeTensors<'_>,
    sign: &str,
    blocks: usize,
    n: usize,
) -> Result<ProductMultipliers, CertificateError> {
    if blocks > n {
        return Err(CertificateError::Format {
            problem: "it has more blocks than rows",
        });
    }
    let read_block = |k: usize| {
        let prefix = format!("{sign}.{k}");
        let rows = indices(file, &prefix, "rows", n)?;
        let bound = vector(file, &prefix, "bound", Some(2 * rows.len()))?;
        Ok(BlockMultipliers {
            rows,
            products: read(file, &prefix, "products")?.1,
            bound,
            direction: read(file, &prefix, "direction")?.1,
        })
    };
    let blocks: Result<Vec<_>, CertificateError> = (0..blocks).map(read_block).collect();
    Ok(ProductMultipliers {
        blocks: blocks?,
        trace: vector(file, sign, "trace", Some(1))?[0],
    })
}

fn wrong(part: &'static str, problem: &'static str) -> CertificateError {
    CertificateError::Tensor { part, problem }
}

/// The tensor `prefix.part`, or `part` without a prefix.
fn read(
    file: &SafeTensors<'_>,
    prefix: &str,
    part: &'static str,
) -> Result<(Vec<usize>, Vec<f64>), CertificateError> {
    let name = if prefix.is_empty() {
        part.to_owned()
    } else {
        format!("{prefix}.{part}")
    };
    tensor(file, &name).map_err(|problem| wrong(part, problem))
}

fn vector(
    file: &SafeTensors<'_>,
    prefix: &str,
    part: &'static str,
    len: Option<usize>,
) -> Result<Vec<f64>, CertificateError> {
    let (shape, values) = read(file, prefix, part)?;
    if shape.len() != 1 || len.is_some_and(|len| len != values.len()) {
        return Err(wrong(part, "has another length than the other tensors"));
    }
    Ok(values)
}

/// Row numbers, at most `most` of them.
fn indices(
    file: &SafeTensors<'_>,
    prefix: &str,
    part: &'static str,
    most: usize,
) -> Result<Vec<usize>, CertificateError> {
    let values = vector(file, prefix, part, None)?;
    if values.len() > most {
        return Err(wrong(part, "has another length than the other tensors"));
    }
    values
        .into_iter()
        .map(|value| {
            let whole = (0.0..9e15).contains(&value) && value.fract() == 0.0;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "in range by the test"
            )]
            let row = value as usize;
            whole
                .then_some(row)
                .ok_or(wrong(part, "holds what is no row number"))
        })
        .collect()
}
