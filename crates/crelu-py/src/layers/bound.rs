use std::time::Instant;

use crelu_model::Control;
use crelu_model::LossKind;
use crelu_model::bound::{
    BoundLoss, BoundProblem, CertificateFile, ProofSettings, prove as prove_bound, verify_bytes,
};
use faer::Mat;
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::arrays::matrix;
use super::running;
use crate::errors;
use crate::options::choose;

/// The data of a bound.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Data<'py> {
    x: PyReadonlyArray2<'py, f64>,
    y: PyReadonlyArray1<'py, f64>,
    weights: Option<PyReadonlyArray1<'py, f64>>,
    loss: String,
    delta: f64,
    beta: f64,
}

/// The same, apart from the interpreter.
struct Own {
    x: Mat<f64>,
    y: Vec<f64>,
    weights: Option<Vec<f64>>,
    loss: BoundLoss,
    beta: f64,
}

impl Data<'_> {
    fn own(&self) -> PyResult<Own> {
        let known = [("squared", 0), ("logistic", 1), ("huber", 2)];
        let kind = match choose("loss", &self.loss, &known)? {
            0 => LossKind::Squared,
            1 => LossKind::Logistic,
            _ => LossKind::Huber {
                delta: vec![self.delta],
            },
        };
        let loss = BoundLoss::of(&kind);
        let delta = || errors::value("delta: must be a positive number");
        Ok(Own {
            x: matrix(&self.x),
            y: self.y.as_array().to_vec(),
            weights: (self.weights.as_ref()).map(|weights| weights.as_array().to_vec()),
            loss: loss.ok_or_else(delta)?,
            beta: self.beta,
        })
    }
}

impl Own {
    fn problem(&self) -> PyResult<BoundProblem<'_>> {
        let problem = BoundProblem::new(self.x.as_ref(), &self.y, self.beta)
            .and_then(|problem| problem.with_loss(self.loss));
        match &self.weights {
            Some(weights) => problem.and_then(|problem| problem.with_weights(weights)),
            None => problem,
        }
        .map_err(errors::value)
    }
}

type Proven<'py> = (f64, &'static str, Bound<'py, PyBytes>);

/// A bound, what it rests on, and its certificate; None where there was no time for any.
#[pyfunction]
pub(crate) fn prove<'py>(
    py: Python<'py>,
    data: Data<'py>,
    seconds: Option<f64>,
) -> PyResult<Option<Proven<'py>>> {
    let begun = Instant::now();
    let own = data.own()?;
    let problem = own.problem()?;
    let settings = ProofSettings::default().seconds(seconds);
    let settings = settings.check().map_err(errors::value)?;
    let clock = || begun.elapsed().as_secs_f64();
    let proven = running::run(py, |stop| {
        let control = Control::with_clock(&clock).interrupt(stop);
        let proven = prove_bound(&problem, &settings, &control)?;
        Ok::<_, crelu_model::bound::BoundError>(proven.map(|proven| {
            let file = CertificateFile::new(&problem, proven.certificate, &proven.bound);
            let kind = file.certificate.proof.kind();
            (proven.bound.value, kind.name(), file.to_bytes())
        }))
    })?;
    let proven = proven.map_err(errors::value)?;
    Ok(proven.map(|(bound, kind, bytes)| (bound, kind, PyBytes::new(py, &bytes))))
}

/// The bound that a certificate proves of these data.
#[pyfunction]
pub(crate) fn verify(py: Python<'_>, data: Data<'_>, certificate: &[u8]) -> PyResult<f64> {
    let own = data.own()?;
    let problem = own.problem()?;
    let verified = running::run(py, |_| verify_bytes(certificate, &problem))?;
    let verified = verified.map_err(|error| errors::value(format_args!("certificate: {error}")))?;
    Ok(verified.value)
}
