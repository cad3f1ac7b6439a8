//! `crelu verify`

use std::process::ExitCode;

use crelu_data::ReadOptions;
use crelu_model::CertificateFile;

use crate::args::VerifyArgs;
use crate::errors::Failure;
use crate::predict::load;
use crate::printout;
use crate::samples::{check_order, dataset};
use crate::summary::{AtMost, Percent, Short};

/// Recomputes a proven bound from the data, the penalty and the certificate.
///
/// # Errors
/// A line that says why the certificate does not hold, or names the file that cannot be read.
pub(crate) fn run(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let model = load(&args.model)?;
    let name = args.certificate.display();
    let bytes = std::fs::read(&args.certificate).map_err(|error| Failure::of(&name, error))?;
    let file = CertificateFile::from_bytes(&bytes).map_err(|error| Failure::of(&name, error))?;
    // the target of training, by name or place; a format with a fixed target needs neither
    let target = model
        .target_name
        .clone()
        .or(model.target_index.map(|index| index.to_string()));
    let options = ReadOptions {
        target,
        labels: args.labels.clone(),
        n_features: Some(model.n_features()),
        ..ReadOptions::default()
    };
    let table = crelu_data::read(&args.data, &options).map_err(Failure::new)?;
    let features = table.feature_names.clone();
    check_order(
        &args.data,
        model.feature_names.as_deref(),
        features.as_deref(),
    )?;
    let data = dataset(table).map_err(|error| Failure::of(args.data.display(), error))?;
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
    Ok(ExitCode::SUCCESS)
}
