use crelu_bound::{BoundProblem, CertificateError, CertificateFile, ProofKind};
use crelu_core::LossKind;

use crate::dataset::Dataset;
use crate::error::{FitError, Subject, VerifyError};
use crate::model::Model;
use crate::programme::{Activation, relative_gap};
use crate::standardise::preprocess;
use crate::units::Units;

/// A proven bound that was recomputed from the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheckedBound {
    /// No two-layer ReLU network has a `J` below it on these rows.
    pub bound: f64,
    /// `J` of the model on these rows.
    pub objective: f64,
    /// `(objective - bound) / objective`, at least 0.
    pub gap: f64,
    /// What it rests on.
    pub proof: ProofKind,
    /// Rows.
    pub n: usize,
}

impl Model {
    /// Recomputes the bound of `file` from the rows of `data` that it names, preprocessed as the
    /// model says, and from the model's `beta`; nothing that the certificate says of itself is
    /// believed.
    ///
    /// # Errors
    /// [`VerifyError`] says why it does not hold: rows that are not there or are others than
    /// those it was made for, or are named twice; another `beta`; a bound below the one it states.
    pub fn verify(
        &self,
        file: &CertificateFile,
        data: &Dataset,
    ) -> Result<CheckedBound, VerifyError> {
        if self.activation() != Activation::Relu {
            return Err(VerifyError::Gated);
        }
        let train = data.select(file.rows_among(data.n_samples())?);
        let coded = self.coding.code(train.targets())?;
        let mut target = coded.targets(&self.loss);
        if train.n_features() != self.n_features() {
            return Err(FitError::Shape {
                what: Subject::FeatureColumns,
                want: self.n_features(),
                got: train.n_features(),
            }
            .into());
        }
        let units = Units::from(file.units);
        if units.centre != self.output_bias || !matches!(self.loss, LossKind::Squared) {
            return Err(VerifyError::Centre {
                certificate: file.units.centre,
                model: self.output_bias.first().copied().unwrap_or(0.0),
            });
        }
        let made_for = units.beta_out(file.beta);
        if made_for.to_bits() != self.beta.to_bits() {
            return Err(CertificateError::Beta {
                certificate: made_for,
                given: self.beta,
            }
            .into());
        }
        let mut inputs = preprocess(train.features(), self.standardisation.as_ref(), self.bias);
        let centred: Vec<f64> = target.iter().map(|y| y - file.units.centre).collect();
        units.targets_in(&mut target);
        // a proof of numbers that lost digits on their way in is one of other numbers
        let exact = units.inputs_in(&mut inputs) && units.keeps(&centred, &target);
        let beta = units.beta_in(self.beta).filter(|_| exact);
        let beta = beta.ok_or(CertificateError::Nothing)?;
        let problem = BoundProblem::new(inputs.transpose(), &target, beta)?;
        let verified = file.verify(&problem).map_err(|error| match error {
            CertificateError::TooLow { proven, stated } => CertificateError::TooLow {
                proven: units.objective_out(proven),
                stated: units.objective_out(stated),
            },
            other => other,
        })?;
        let bound = units.objective_out(verified.value);
        let network = self.network.times_power(-units.weights_out());
        let loss = LossKind::Squared
            .of(target, 1, None)
            .map_err(FitError::from)?;
        let loss = loss.value(&network.outputs(inputs.as_ref())) / loss.mass();
        let objective = units.objective_out(loss) + self.beta * self.network.penalty();
        Ok(CheckedBound {
            bound,
            objective,
            gap: relative_gap(objective, bound),
            proof: file.certificate.proof.kind(),
            n: train.n_samples(),
        })
    }
}
