//! `crelu verify`

use std::process::ExitCode;

use crelu_model::CertificateFile;

use crate::args::VerifyArgs;
use crate::errors::Failure;
use crate::figures::{AtMost, Percent, Short};
use crate::notes::column_notes;
use crate::predict::load;
use crate::printout;
use crate::rows::Rows;
use crate::samples::read_target;

/// Recomputes a proven bound from the data, the penalty and the certificate.
///
/// # Errors
/// A line that says why the certificate does not hold, or names the file that cannot be read.
pub(crate) fn run(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let model = load(&args.model)?;
    let name = args.certificate.display();
    let bytes = std::fs::read(&args.certificate).map_err(|error| Failure::of(&name, error))?;
    let file = CertificateFile::from_bytes(&bytes).map_err(|error| Failure::of(&name, error))?;
    let labels = args.labels.as_deref();
    let known = model.columns();
    let (table, matched) = read_target(&args.data, labels, &args.table, &known, &model)?;
    let notes = column_notes(&args.data, &table, &matched);
    let mut read = Rows::of(&args.data, table, matched.other_targets.len())?;
    let all: Vec<usize> = (0..read.n_samples()).collect();
    let (data, _) = read.dataset(model.columns.as_ref(), &all)?;
    let checked = model
        .verify(&file, &data)
        .map_err(|error| Failure::of(&name, error))?;
    printout::print(&format!(
        "proven ({}): on these {} rows at beta {:.6} no ReLU network of any width has a J below {:.8}; the model's is {:.8}, proven gap {:.2} %\n",
        checked.proof.name(),
        checked.n,
        Short(model.beta),
        AtMost(checked.bound),
        Short(checked.objective),
        Percent(checked.gap)
    ))?;
    printout::note(&notes);
    Ok(ExitCode::SUCCESS)
}
