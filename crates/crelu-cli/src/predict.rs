//! `crelu predict`

use std::path::Path;
use std::process::ExitCode;

use crelu_data::{ReadOptions, write_atomic};
use crelu_model::{Backend, BackendChoice, Model, ModelError, Prediction};
use faer::MatRef;

use crate::args::PredictArgs;
use crate::errors::Failure;
use crate::rows::Rows;
use crate::{devices, interrupt, notes, outputs, printout, samples};

/// Applies a model to a data file.
///
/// # Errors
/// A line that names the file, row and column, or the option; nothing is written then.
pub(crate) fn run(args: &PredictArgs) -> Result<ExitCode, Failure> {
    if let Some(out) = &args.out {
        interrupt::ends_at_once()?;
        outputs::check_file("--out", out, &[&args.model, &args.data])?;
    }
    let model = load(&args.model)?;
    if args.proba && !model.has_probabilities() {
        let problem = match model.labels() {
            None => "this model predicts numbers, which have no probabilities",
            Some(_) => {
                "the squared loss of more than two classes gives none: train with --loss softmax"
            }
        };
        return Err(Failure::of("--proba", problem));
    }
    let options = ReadOptions {
        with_target: false,
        ..args.table.options()
    };
    let (table, matched) = samples::read_known(
        &args.data,
        options,
        &model.columns(),
        model.columns.as_ref(),
    )?;
    let mut notes = notes::column_notes(&args.data, &table, &matched);
    let rows = Rows::of(&args.data, table, 0)?;
    if let Some(sparse) = rows.sparse() {
        if model.columns.is_some() {
            let problem = "sparse rows, and a model whose columns are coded: give a table";
            return Err(Failure::of(rows.source.shown(), problem));
        }
        if args.backend == BackendChoice::Given(Backend::Wgpu) {
            let problem = "sparse rows are predicted by faer";
            return Err(Failure::of("--backend wgpu", problem));
        }
        let outputs = model.outputs_sparse(sparse);
        return write(args, &model, &rows, outputs, &notes);
    }
    let (features, unseen) = rows.features(model.columns.as_ref())?;
    notes.extend(rows.unseen_note(&unseen));
    let features = features.as_deref().unwrap_or(rows.values());
    let n_samples = rows.n_samples();
    let features =
        MatRef::from_row_major_slice(features, n_samples, features.len() / n_samples.max(1));
    // by the machine it is the host: one pass over the rows takes less than opening a card for it
    let backend = match args.backend {
        BackendChoice::Auto => BackendChoice::Given(Backend::Faer),
        given => given,
    };
    let used = devices::choose(backend, features.nrows() * features.ncols())?;
    let outputs = match &used.device {
        Some(device) => model.outputs_on(features, device),
        None => model.outputs(features),
    };
    write(args, &model, &rows, outputs, &notes)
}

/// Writes the predictions.
fn write(
    args: &PredictArgs,
    model: &Model,
    rows: &Rows,
    outputs: Result<Vec<f64>, ModelError>,
    notes: &[String],
) -> Result<ExitCode, Failure> {
    let outputs = outputs.map_err(|error| match error {
        ModelError::Device(error) => Failure::of("--backend wgpu", error),
        ModelError::Overflow { row } => Failure::of(
            rows.source.shown(),
            format_args!(
                "{}: the prediction overflows: values too large",
                rows.source.layout.row_place(row)
            ),
        ),
        ModelError::TooFar { row, column, value } => {
            let columns = model.columns.as_ref();
            let column = columns.map_or(column, |coding| coding.column_of(column));
            let name = rows.names().and_then(|names| names.get(column));
            Failure::of(
                rows.source.shown(),
                format_args!(
                    "{}: {value:e} is too far from the training data: it overflows when it is standardised",
                    rows.source.layout.feature_place(row, column, name.map(String::as_str))
                ),
            )
        }
        error => Failure::of(rows.source.shown(), error),
    })?;
    let text = table_text(model, &outputs, args.proba);
    match &args.out {
        Some(out) => {
            write_atomic(out, text.as_bytes()).map_err(|error| Failure::of("--out", error))?
        }
        None => printout::print(&text)?,
    }
    printout::note(notes);
    Ok(ExitCode::SUCCESS)
}

/// Reads a model file.
///
/// # Errors
/// A line that names the file.
pub(crate) fn load(path: &Path) -> Result<Model, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::of(path.display(), error))?;
    Model::from_bytes(&bytes).map_err(|error| Failure::of(path.display(), error))
}

/// CSV with a header: `prediction`, and `p_<label>` for each label in order.
fn table_text(model: &Model, outputs: &[f64], proba: bool) -> String {
    let mut text = match model.other_targets.as_slice() {
        [] => String::from("prediction"),
        others => {
            let first = std::iter::once(model.target_name.as_deref());
            let names = first.chain(others.iter().map(|target| target.name.as_deref()));
            let named = |(k, name): (usize, Option<&str>)| match name.filter(|n| !n.is_empty()) {
                Some(name) => cell(&format!("prediction_{name}")),
                None => format!("prediction_{k}"),
            };
            names.enumerate().map(named).collect::<Vec<_>>().join(",")
        }
    };
    if let (true, Some(labels)) = (proba, model.labels()) {
        for label in labels {
            text.push(',');
            text.push_str(&cell(&format!("p_{label}")));
        }
    }
    text.push('\n');
    for outputs in outputs.chunks_exact(model.n_outputs()) {
        match model.decode(outputs) {
            Prediction::Value(value) => text.push_str(&number(value)),
            Prediction::Values(values) => {
                let values: Vec<String> = values.iter().map(|value| number(*value)).collect();
                text.push_str(&values.join(","));
            }
            Prediction::Label(label) => text.push_str(&cell(label)),
        }
        for p in (model.probabilities(outputs).filter(|_| proba))
            .into_iter()
            .flatten()
        {
            text.push(',');
            text.push_str(&number(p));
        }
        text.push('\n');
    }
    text
}

/// The shortest text that reads back as the same number.
fn number(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-5..1e16).contains(&magnitude) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

/// A cell of a CSV file, quoted where it must be.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) || text.is_empty() {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cell_with_a_comma_or_a_quote_is_quoted() {
        assert_eq!(cell("yes"), "yes");
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("5\" x"), "\"5\"\" x\"");
        assert_eq!(cell(""), "\"\"");
    }

    #[test]
    fn number_text_reads_back_as_the_number() {
        for value in [0.0, -0.1, 1.0 / 3.0, 1e300, -2.5e-300, 123_456.789] {
            assert_eq!(number(value).parse::<f64>(), Ok(value));
        }
        assert_eq!(number(1e300), "1e300");
    }
}
