//! Plots of the course of a run, as SVG.

mod convergence;
mod frontier;
mod score;
mod style;

use crelu_model::Report;

use crate::errors::Failure;

/// The plots of a report: file name and content. `convergence.svg` always; `accuracy.svg` of a
/// classification, `r2.svg` of a regression; `frontier.svg` in global mode.
///
/// # Errors
/// The drawing library's reason.
pub(crate) fn draw(report: &Report) -> Result<Vec<(&'static str, String)>, Failure> {
    let score_name = if report.train.accuracy.is_some() {
        "accuracy.svg"
    } else {
        "r2.svg"
    };
    let mut drawn = vec![
        ("convergence.svg", convergence::draw(report)?),
        (score_name, score::draw(report)?),
    ];
    if report.frontier.is_some() {
        drawn.push(("frontier.svg", frontier::draw(report)?));
    }
    Ok(drawn)
}
