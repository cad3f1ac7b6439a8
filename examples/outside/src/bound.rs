//! A bound on the objective of all networks, its certificate as bytes, and its check.

use crelu_bound::{
    BoundProblem, CertificateFile, Control, ProofKind, ProofSettings, faer::Mat,
    prove as best_proof, verify_bytes,
};

use crate::expect::{Failed, expect};

pub(crate) fn prove_one(features: usize, kind: ProofKind) -> Result<(), Failed> {
    let n = 30;
    let entry = |i: usize, j: usize| ((i * 7 + j * 13 + i * j) % 19) as f64 / 9.0 - 1.0;
    // the last column is the bias
    let x = Mat::from_fn(n, features + 1, |i, j| {
        if j < features { entry(i, j) } else { 1.0 }
    });
    let y: Vec<f64> = (0..n).map(|i| entry(i, 0).abs()).collect();
    let problem = BoundProblem::new(x.as_ref(), &y, 0.02)?;

    let settings = ProofSettings::default().check()?;
    let proven = best_proof(&problem, &settings, &Control::default())?.ok_or("no bound")?;
    let bound = proven.bound.value;
    expect(proven.certificate.proof.kind() == kind, || {
        "another proof".into()
    })?;
    // the zero network is one of all
    let zero = y.iter().map(|y| 0.5 * y * y).sum::<f64>() / n as f64;
    expect(bound > 0.0 && bound <= zero, || {
        format!("{bound} of {zero}")
    })?;

    let bytes = CertificateFile::new(&problem, proven.certificate, &proven.bound).to_bytes();
    expect(verify_bytes(&bytes, &problem)?.value == bound, || {
        "another bound".into()
    })?;
    let mut other = y.clone();
    other[0] += 0.5;
    let other = BoundProblem::new(x.as_ref(), &other, 0.02)?;
    expect(verify_bytes(&bytes, &other).is_err(), || {
        "other data".into()
    })
}

pub(crate) fn prove() -> Result<(), Failed> {
    prove_one(1, ProofKind::Enumeration)?;
    prove_one(8, ProofKind::Relaxation)
}
