//! `crelu info`

use std::fmt::{self, Write};
use std::process::ExitCode;

use crelu_data::Excerpt;
use crelu_model::{Activation, Model};

use crate::args::InfoArgs;
use crate::errors::Failure;
use crate::figures::Short;
use crate::predict::load;
use crate::printout;
use crate::summary::{Labels, Loss};

/// Most names, neurons or features that are listed.
const MOST_LISTED: usize = 8;

/// Shows what is in a model file.
///
/// # Errors
/// A line that names the file.
pub(crate) fn run(args: &InfoArgs) -> Result<ExitCode, Failure> {
    let model = load(&args.model)?;
    printout::print(&describe(&model))?;
    Ok(ExitCode::SUCCESS)
}

fn describe(model: &Model) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn fmt::Display| {
        // writing to a string does not fail
        writeln!(text, "{name:13} {value}").ok();
    };
    let (network, neurons) = (&model.network, model.network.neurons());
    line("format:", &"crelu model, safetensors, all F64");
    match model.labels() {
        Some([a, b]) if model.n_outputs() == 1 => line(
            "task:",
            &format_args!(
                "classify, labels {} (f < 0) and {} (f >= 0)",
                Excerpt(a),
                Excerpt(b)
            ),
        ),
        Some(labels) => line(
            "task:",
            &format_args!("classify, {}: that of the largest output", Labels(labels)),
        ),
        None if model.output_bias.iter().all(|bias| *bias == 0.0) => {
            line("task:", &"regress, targets not centred");
        }
        None => line(
            "task:",
            &format_args!(
                "regress, targets centred: {} is added to f",
                crate::summary::listed(&model.output_bias)
            ),
        ),
    }
    line("loss:", &Loss(&model.loss));
    let target = match (&model.target_name, model.target_index) {
        (Some(name), Some(index)) => {
            format!(
                "{} (column {} of the training data)",
                Excerpt(name),
                index + 1
            )
        }
        (Some(name), None) => Excerpt(name).to_string(),
        (None, Some(index)) => format!("column {} of the training data", index + 1),
        (None, None) => "held apart from the features".to_owned(),
    };
    line("target:", &target);
    let activation = match model.activation() {
        Activation::Relu => "relu: f(x) = sum_i a_i max(0, u_i'x)",
        Activation::Gated => "gated: f(x) = sum_i a_i 1[g_i'x >= 0] u_i'x",
    };
    line("activation:", &activation);
    let bias = if model.bias { "and a bias" } else { "no bias" };
    let scaled = match &model.standardisation {
        Some(s) => {
            let constant = s.scale.iter().filter(|v| **v == 0.0).count();
            format!("standardised, {constant} of them constant in training")
        }
        None => "taken as they are".to_owned(),
    };
    line(
        "features:",
        &format_args!("{}, {scaled}; {bias}", model.n_features()),
    );
    if let Some(names) = &model.feature_names {
        line(
            "names:",
            &listed(
                names.iter().map(|name| Excerpt(name).to_string()),
                names.len(),
            ),
        );
    }
    line("neurons:", &neurons);
    line("beta:", &Short(model.beta));
    line("objective:", &format_args!("{:.8}", Short(model.objective)));
    line(
        "gap:",
        &format_args!("{:.2e} (to the bound over its patterns)", model.gap),
    );
    let mut sizes: Vec<f64> = (0..network.n_neurons())
        .map(|i| {
            let size = network.hidden.col(i).norm_l2();
            match network.output_of(i) {
                [a] => size * a,
                a => size * a.iter().map(|a| a * a).sum::<f64>().sqrt(),
            }
        })
        .filter(|size| *size != 0.0)
        .collect();
    sizes.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
    let shown = sizes.iter().map(|size| format!("{:.3}", Short(*size)));
    line(
        "largest:",
        &format_args!(
            "{} = {}",
            if model.n_outputs() == 1 {
                "|u| a"
            } else {
                "|u| |a|"
            },
            listed(shown, neurons)
        ),
    );
    text
}

fn listed(items: impl Iterator<Item = String>, count: usize) -> String {
    let mut list = items.take(MOST_LISTED).collect::<Vec<_>>().join(", ");
    if count == 0 {
        list.push_str("none");
    } else if count > MOST_LISTED {
        list.push_str(&format!(", … {count} in all"));
    }
    list
}
