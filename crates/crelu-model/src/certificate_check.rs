use crelu_bound::{BoundLoss, CertificateError, CertificateFile, ProofKind};

use crate::class_weight::ClassWeight;
use crate::dataset::Dataset;
use crate::error::{FitError, Subject, VerifyError};
use crate::model::Model;
use crate::prepared::targets_in;
use crate::proof::ProvenRows;
use crate::settings::FitSettings;
use crate::standardise::preprocess;
use crate::units::Units;
use crelu_convex::{Activation, relative_gap};

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
        let dense = train.densified(FitSettings::default().programme.memory_limit)?;
        let train = dense.unwrap_or(train);
        let coded = self.coding.code(train.targets())?;
        if train.n_features() != self.n_features() {
            return Err(FitError::Shape {
                what: Subject::FeatureColumns,
                want: self.n_features(),
                got: train.n_features(),
            }
            .into());
        }
        let units = Units::from(file.units);
        if self.output_bias.len() != 1 {
            return Err(VerifyError::NoBound("it has several outputs"));
        }
        if units.centre != self.output_bias {
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
        let classes = match &file.class_weight {
            Some(text) => serde_json::from_str(text).ok(),
            None => Some(serde_json::Value::Null),
        };
        let classes = classes.as_ref().and_then(ClassWeight::from_json);
        let classes = classes.ok_or(CertificateError::Format {
            problem: "its class_weight entry is none",
        })?;
        let weights = classes.of_rows(&self.coding, &coded, train.weights())?;
        let (targets, kept) = targets_in(coded, &self.loss, &units, weights, train.weights())?;
        // a proof of numbers that lost digits on their way in is one of other numbers
        let exact = units.inputs_in(&mut inputs) && kept;
        let beta = units.beta_in(self.beta).filter(|_| exact);
        let beta = beta.ok_or(CertificateError::Nothing)?;
        let loss = BoundLoss::of(targets.kind())
            .ok_or(VerifyError::NoBound("there is none for its loss"))?;
        let coded = targets.coded().targets(targets.kind());
        let rows = ProvenRows::of(&coded, targets.loss().as_ref());
        let inputs = rows.pick(&inputs);
        let problem = rows.problem_of(&inputs, loss, beta)?;
        let verified = file.verify(&problem).map_err(|error| match error {
            CertificateError::TooLow { proven, stated } => CertificateError::TooLow {
                proven: units.objective_out(proven),
                stated: units.objective_out(stated),
            },
            other => other,
        })?;
        let bound = units.objective_out(verified.value);
        let network = self.network.times_power(-units.weights_out());
        let mut outputs = vec![0.0; targets.n_samples()];
        let fitted = network.outputs(inputs.matrix());
        (rows.rows.iter().zip(fitted)).for_each(|(row, f)| outputs[*row] = f);
        let loss = targets.loss().value(&outputs) / targets.loss().mass();
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
