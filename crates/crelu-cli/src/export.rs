//! `crelu export`

use std::process::ExitCode;

use crelu_data::write_atomic;

use crate::args::ExportArgs;
use crate::errors::Failure;
use crate::predict::load;
use crate::{interrupt, outputs, printout};

/// Writes a model as a graph that other runtimes evaluate.
///
/// # Errors
/// A line that names the file; nothing is written then.
pub(crate) fn run(args: &ExportArgs) -> Result<ExitCode, Failure> {
    interrupt::ends_at_once()?;
    outputs::check_file("--onnx", &args.onnx, &[&args.model])?;
    let model = load(&args.model)?;
    let graph = (model.to_onnx(args.dtype)).map_err(|error| Failure::of("--onnx", error))?;
    write_atomic(&args.onnx, &graph.bytes).map_err(|error| Failure::of("--onnx", error))?;
    printout::print(&format!(
        "{}: {} in, {} out, in {}\n",
        args.onnx.display(),
        listed(&graph.inputs),
        graph.outputs.join(" and "),
        args.dtype.name(),
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The names of a few inputs, on one line.
fn listed(names: &[String]) -> String {
    const MOST: usize = 6;
    let shown: Vec<String> = names
        .iter()
        .take(MOST)
        .map(|name| name.escape_debug().to_string())
        .collect();
    match names.len() {
        count if count > MOST => format!("{} and {} more", shown.join(", "), count - MOST),
        _ => shown.join(", "),
    }
}
