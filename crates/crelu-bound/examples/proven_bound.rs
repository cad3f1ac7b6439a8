//! Data in, proven bound and certificate out; and the certificate, as bytes, checked by anyone.

use crelu_bound::{
    BoundProblem, CertificateFile, Control, ProofKind, ProofSettings, prove, verify_bytes,
};
use faer::mat;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // the second column is the bias
    let x = mat![[-1.0, 1.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0]];
    let y = [1.0, 0.0, 1.0, 2.0];
    let problem = BoundProblem::new(x.as_ref(), &y, 0.1)?;

    let settings = ProofSettings::default().check()?;
    let proven = prove(&problem, &settings, &Control::default())?.ok_or("no time for a bound")?;
    let bound = proven.bound.value;

    // all neurons of one feature and a bias can be priced
    assert_eq!(proven.certificate.proof.kind(), ProofKind::Enumeration);
    // the two neurons (x - 0)_+ and (-x)_+ fit all rows: J = beta (1 + 1)
    assert!(bound > 0.15 && bound <= 0.2);

    // whoever has the data and beta can check the certificate: it needs these bytes alone
    let bytes = CertificateFile::new(&problem, proven.certificate, &proven.bound).to_bytes();
    assert_eq!(verify_bytes(&bytes, &problem)?.value, bound);
    let other = BoundProblem::new(x.as_ref(), &[1.0, 0.0, 1.0, 2.5], 0.1)?;
    assert!(verify_bytes(&bytes, &other).is_err());
    Ok(())
}
