//! Data in, proven bound out: three rows on a line, and what no network can do better than.

use crelu_bound::{BoundProblem, Control, TightSettings, tighten, verify};
use faer::mat;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // the second column is the bias
    let x = mat![[-1.0, 1.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0]];
    let y = [1.0, 0.0, 1.0, 2.0];
    let problem = BoundProblem::new(x.as_ref(), &y, 0.1)?;

    let settings = TightSettings::default();
    let control = Control::default();
    let report = tighten(&problem, None, None, &settings, &control, &mut |_| true)?;

    // anyone can check the certificate: it needs the data, beta and these numbers alone
    let checked = verify(&problem, &report.certificate)?;
    assert_eq!(checked.bound(), Some(report.bound));

    // the two neurons (x - 0)_+ and (-x)_+ fit all rows: J = beta (1 + 1)
    assert!(report.bound.value > 0.15 && report.bound.value <= 0.2);
    Ok(())
}
