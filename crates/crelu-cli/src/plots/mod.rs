//! Plots of the course of a run, as SVG.

mod convergence;
mod score;
mod style;

use crelu_model::Report;

use crate::errors::Failure;

/// The plots of a report: file name and content. `convergence.svg` always; `accuracy.svg` of a
/// classification, `r2.svg` of a regression.
///
/// # Errors
/// The drawing library's reason.
pub(crate) fn draw(report: &Report) -> Result<Vec<(&'static str, String)>, Failure> {
    let score_name = if report.train.accuracy.is_some() {
        "accuracy.svg"
    } else {
        "r2.svg"
    };
    Ok(vec![
        ("convergence.svg", convergence::draw(report)?),
        (score_name, score::draw(report)?),
    ])
}
