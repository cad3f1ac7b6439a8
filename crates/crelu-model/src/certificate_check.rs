use crelu_bound::{BoundProblem, verify};

use crate::certificate_file::{CertificateFile, fingerprint, proof_name};
use crate::dataset::Dataset;
use crate::error::CertificateError;
use crate::model::Model;
use crate::programme::{Activation, relative_gap};
use crate::report::Score;
use crate::standardise::preprocess;

/// A bound recomputed may be below the one stated by this share: another machine may add up in
/// another order.
const SLIP: f64 = 1e-8;

/// A proven bound that was recomputed from the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheckedBound {
    /// No two-layer ReLU network has a `J` below it on these rows.
    pub bound: f64,
    /// `J` of the model on these rows.
    pub objective: f64,
    /// `(objective - bound) / objective`, at least 0.
    pub gap: f64,
    /// `enumeration` or `relaxation`.
    pub proof: &'static str,
    /// Rows.
    pub n: usize,
}

impl CertificateFile {
    /// Recomputes the bound from the rows of `data` that the certificate names, preprocessed as the
    /// model says, and from `beta`; nothing that the certificate says of itself is believed.
    ///
    /// # Errors
    /// [`CertificateError`] says why it does not hold: rows that are not there or are others than
    /// those it was made for, or are named twice; another `beta`; a bound below the one it states.
    pub fn check(&self, model: &Model, data: &Dataset) -> Result<CheckedBound, CertificateError> {
        if model.activation() != Activation::Relu {
            return Err(CertificateError::Gated);
        }
        if self.beta.to_bits() != model.beta.to_bits() {
            return Err(CertificateError::Beta {
                certificate: self.beta,
                model: model.beta,
            });
        }
        let rows = data.n_samples();
        if let Some(&row) = self.rows.iter().find(|row| **row >= rows) {
            return Err(CertificateError::Rows { row, rows });
        }
        if let Some(pair) = self.rows.windows(2).find(|pair| pair[1] <= pair[0]) {
            let (before, row) = (pair[0], pair[1]);
            return Err(CertificateError::Order { row, before });
        }
        let train = data.select(&self.rows);
        let target = model.coding.code(train.target())?;
        if train.n_features() != model.n_features() {
            return Err(crate::error::FitError::Shape {
                what: "feature columns",
                want: model.n_features(),
                got: train.n_features(),
            }
            .into());
        }
        let inputs = preprocess(train.features(), model.standardisation.as_ref(), model.bias);
        let problem = BoundProblem::new(inputs.transpose(), &target, self.beta)?;
        let got = fingerprint(&problem);
        if got != self.hash {
            return Err(CertificateError::OtherRows {
                want: self.hash,
                got,
            });
        }
        let verified = verify(&problem, &self.certificate)?
            .bound()
            .ok_or(CertificateError::Nothing)?;
        let is_as_stated = verified.value >= self.bound * (1.0 - SLIP);
        if !is_as_stated {
            return Err(CertificateError::TooLow {
                proven: verified.value,
                stated: self.bound,
            });
        }
        let outputs = model.network.outputs(inputs.as_ref());
        let loss = Score::of(&outputs, &target, false).loss;
        let objective = loss + self.beta * model.network.penalty();
        Ok(CheckedBound {
            bound: verified.value,
            objective,
            gap: relative_gap(objective, verified.value),
            proof: proof_name(&self.certificate.proof),
            n: train.n_samples(),
        })
    }
}
