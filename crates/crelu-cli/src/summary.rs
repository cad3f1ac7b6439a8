//! What a fit came to, for people.

use std::fmt::{self, Write};

use crelu_data::{Encoding, Excerpt, Header, Separator, TextLayout};
use crelu_model::path::EarlyStopped;
use crelu_model::{LossKind, Model, ProofKind, Report, Score, ScoreKind};
use serde_json::Value;

use crate::figures::{AtMost, Percent, Short};
use crate::outputs::Destinations;
use crate::source::Source;

/// What is predicted, from what, and what of that was guessed.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    /// The model.
    pub(crate) model: &'a Model,
    /// Whether the task was guessed.
    pub(crate) guessed: bool,
    /// Whether the target was asked for.
    pub(crate) target_given: bool,
    /// What was asked for about the header.
    pub(crate) header: Header,
    /// The training file.
    pub(crate) source: &'a Source,
}

impl fmt::Display for Task<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.model.task().name())?;
        match (self.model.labels(), self.guessed) {
            (Some(labels), true) => {
                write!(f, " (guessed: the target holds {})", Labels(labels))
            }
            (Some(labels), false) => write!(f, " ({})", Labels(labels)),
            (None, true) => f.write_str(" (guessed: the target holds numbers)"),
            (None, false) => Ok(()),
        }
    }
}

/// `two labels, a and b`, or `3 labels, a, b and c`.
pub(crate) struct Labels<'a>(pub(crate) &'a [String]);

impl fmt::Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 8;
        let labels = self.0;
        match labels.len() {
            2 => f.write_str("two labels, ")?,
            count => write!(f, "{count} labels, ")?,
        }
        let shown = labels.len().min(MOST);
        for (k, label) in labels.iter().take(shown).enumerate() {
            let between = match k {
                0 => "",
                _ if k + 1 == labels.len() => " and ",
                _ => ", ",
            };
            write!(f, "{between}{}", Excerpt(label))?;
        }
        f.write_str(if shown < labels.len() { ", ..." } else { "" })
    }
}

/// The target's column: `price (column 3, the last)`.
struct Target<'a>(Task<'a>);

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.0.source;
        let Some(column) = source.layout.target_column else {
            return f.write_str("kept apart from the features");
        };
        let number = column + 1;
        let last = match self.0.target_given {
            true => "",
            false => ", the last; --target takes another",
        };
        match source
            .target_name
            .as_deref()
            .filter(|name| !name.is_empty())
        {
            Some(name) => write!(f, "{} (column {number}{last})", Excerpt(name)),
            None => write!(f, "column {number}{last}"),
        }
    }
}

/// How a text table is written.
struct Layout(TextLayout, Header);

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text, asked) = self;
        f.write_str(match (text.header, asked) {
            (true, Header::Auto) => "found (--header no takes it as data)",
            (false, Header::Auto) => "none found (--header yes takes the first line as names)",
            (true, _) => "the first line",
            (false, _) => "none",
        })?;
        match text.separator {
            Some(Separator::Comma) | None => {}
            Some(separator) => write!(f, ", cells divided by {separator}")?,
        }
        if text.decimal_comma {
            f.write_str(", decimal commas")?;
        }
        match text.encoding {
            Encoding::Utf16Le | Encoding::Utf16Be => f.write_str(", UTF-16"),
            _ => Ok(()),
        }
    }
}

/// The summary, several lines.
pub(crate) fn text(report: &Report, task: Task<'_>, destinations: &Destinations) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn fmt::Display| {
        // writing to a string does not fail
        writeln!(text, "{name:12} {value}").ok();
    };
    let iterations = report.iterations;
    let global = report.global();
    let seconds = report.seconds.total;
    line(
        "status:",
        &format_args!(
            "{} after {iterations} {}{}, {seconds:.2} s",
            report.status.name().replace('_', " "),
            if global.is_some() {
                "round"
            } else {
                "iteration"
            },
            if iterations == 1 { "" } else { "s" }
        ),
    );
    line("target:", &Target(task));
    if let Some(text) = task.source.layout.text {
        line("header:", &Layout(text, task.header));
    }
    line("task:", &task);
    let (n, d) = (report.n, report.d);
    let bias = if task.model.bias {
        " with the bias"
    } else {
        ""
    };
    line(
        "data:",
        &format_args!("{n} rows, {d} columns{bias}, {} patterns", report.patterns),
    );
    line("loss:", &Loss(&task.model.loss));
    if task.model.output_bias.iter().any(|bias| *bias != 0.0) {
        let is = match task.model.n_outputs() {
            1 => "is",
            _ => "are",
        };
        let bias = listed(&task.model.output_bias);
        line(
            "centre:",
            &format_args!("{bias} {is} taken off, and added to f"),
        );
    }
    if let Some(sparse) = report.settings.get("sparse").filter(|v| v.is_object()) {
        line(
            "rows:",
            &format_args!(
                "sparse, {} entries in {} columns that occur",
                sparse["entries"], sparse["columns"]
            ),
        );
    }
    if let Some(early) = &report.early_stop {
        line("early stop:", &EarlyStop(early));
    }
    let beta = Short(report.beta);
    if report.settings.get("beta_max").and_then(Value::as_f64) == Some(0.0) {
        line(
            "beta:",
            &format_args!(
                "{beta:.6} (beta_max is 0: the targets of equal rows cancel, no network is better than the zero network)"
            ),
        );
    } else if report.beta.is_finite() {
        line("beta:", &format_args!("{beta:.6}{}", Chosen(report)));
    } else {
        line("beta:", &"not reached");
    }
    line(
        "objective:",
        &format_args!("{:.8} (J of the network)", Short(report.objective_network)),
    );
    line(
        "dual bound:",
        &format_args!("{:.8} (over these patterns)", Short(report.dual_bound)),
    );
    line(
        "gap:",
        &format_args!(
            "{:.2e} (of the convex programme {:.2e})",
            report.gap, report.programme_gap
        ),
    );
    line("neurons:", &report.neurons);
    if let Some(training) = global
        && let (Some(price), Some(gap)) = (training.max_price, training.search_gap)
    {
        let best = training.best_objective;
        line(
            "search:",
            &format_args!(
                "best J {:.8}, largest price {:.6}; if no neuron is dearer, within {:.3} % of the optimum over all networks (evidence, not proof)",
                Short(best),
                Short(price),
                100.0 * gap
            ),
        );
    }
    if let (Some(bound), Some(gap), Some(proof)) =
        (report.proven_bound, report.proven_gap, report.proof)
    {
        line(
            "proven:",
            &format_args!(
                "no ReLU network of any width has a J below {:.8}: gap {:.3} % ({})",
                AtMost(bound),
                Percent(gap),
                match proof {
                    ProofKind::Enumeration => "proof by enumeration; the true gap is no larger",
                    ProofKind::Relaxation => "proof by relaxation; the true gap is no larger",
                }
            ),
        );
    }
    line("train:", &Scored(&report.train));
    if let Some(test) = &report.test {
        line("test:", &Scored(test));
    }
    line("model:", &destinations.model.display());
    line("report:", &destinations.report.display());
    match (&destinations.certificate, report.proven_bound) {
        (Some(path), Some(_)) => line("certificate:", &path.display()),
        (Some(_), None) => line("certificate:", &"none: no bound was proven"),
        (None, _) => {}
    }
    if let Some(folder) = &destinations.plots {
        line("plots:", &folder.display());
    }
    text
}

/// How the penalty was chosen, if it was, and how to skip that.
struct Chosen<'a>(&'a Report);

impl fmt::Display for Chosen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        let (Some(path), Some(cv)) = (&report.path, &report.cv) else {
            return Ok(());
        };
        let beta_max = report.settings.get("beta_max").and_then(Value::as_f64);
        if let Some(beta_max) = beta_max.filter(|beta_max| *beta_max > 0.0) {
            write!(f, " ({:.3} of beta_max)", Short(report.beta / beta_max))?;
        }
        write!(f, ", chosen from {} by {} folds", path.len(), cv.folds)?;
        let chosen = path.iter().find(|entry| entry.beta == cv.chosen);
        if let Some(scores) = chosen.and_then(|entry| entry.cv.as_ref()) {
            write!(
                f,
                ": {} {:.4} with standard error {:.2}",
                cv.metric.name(),
                Short(scores.mean),
                Short(scores.se)
            )?;
        }
        write!(f, " (rule {}); --beta-frac 0.02 skips this", cv.rule.name())
    }
}

/// How rows held out chose the network.
struct EarlyStop<'a>(&'a EarlyStopped);

impl fmt::Display for EarlyStop<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let early = self.0;
        write!(
            f,
            "{} {:.4} on {} rows held out, best after {}",
            early.metric.name(),
            Short(early.score),
            early.rows,
            early.iteration
        )?;
        match early.stopped {
            true => write!(f, "; none of {} more was better", early.patience),
            false => f.write_str("; the training ended before its patience did"),
        }
    }
}

/// The first of several numbers.
pub(crate) fn listed(values: &[f64]) -> String {
    const MOST: usize = 8;
    let shown = values.iter().take(MOST);
    let mut list: Vec<String> = shown.map(|v| format!("{:.6}", Short(*v))).collect();
    if values.len() > MOST {
        list.push(format!("... {} in all", values.len()));
    }
    list.join(", ")
}

/// A loss with its parameters.
pub(crate) struct Loss<'a>(pub(crate) &'a LossKind);

impl fmt::Display for Loss<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            LossKind::Huber { delta } => write!(f, "huber, delta {}", listed(delta)),
            other => f.write_str(other.name()),
        }
    }
}

/// `accuracy 0.9720, mean loss 0.0412`
struct Scored<'a>(&'a Score);

impl fmt::Display for Scored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(accuracy) = self.0.accuracy() {
            write!(f, "accuracy {accuracy:.4}, ")?;
        }
        if let ScoreKind::Labels {
            log_loss: Some(log_loss),
            brier: Some(brier),
            ..
        } = self.0.kind
        {
            write!(f, "log loss {log_loss:.4}, Brier score {brier:.4}, ")?;
        }
        if let Some(r2) = self.0.r2() {
            write!(f, "r2 {r2:.4}, ")?;
        }
        write!(f, "mean loss {:.6}", Short(self.0.loss))
    }
}
