//! Plots of the course of a run, as SVG.

mod convergence;
mod frontier;
mod function;
mod path;
mod plane;
mod regions;
mod score;
mod style;

use crelu_model::{Dataset, Fit};

use crate::errors::Failure;

/// The plots of a fit: file name and content. `convergence.svg` always; `accuracy.svg` of a
/// classification, `r2.svg` of a regression; `frontier.svg` in global mode; `path.svg` and
/// `path_score.svg` of a path of penalties; `function.svg` of a network of one or two features: its outputs, or the
/// regions of its classes.
///
/// # Errors
/// The drawing library's reason.
pub(crate) fn draw(fit: &Fit, train: &Dataset) -> Result<Vec<(&'static str, String)>, Failure> {
    let report = &fit.report;
    let score_name = if report.train.accuracy().is_some() {
        "accuracy.svg"
    } else {
        "r2.svg"
    };
    let mut drawn = vec![
        ("convergence.svg", convergence::draw(report)?),
        (score_name, score::draw(report)?),
    ];
    if let Some(global) = report.global() {
        drawn.push(("frontier.svg", frontier::draw(&global.frontier)?));
    }
    if let Some(path) = report.path.as_ref().filter(|path| path.len() > 1) {
        let cv = report.cv.as_ref();
        drawn.push(("path.svg", path::networks(path, cv)?));
        if let Some(cv) = cv {
            drawn.push(("path_score.svg", path::score(path, cv)?));
        }
    }
    if let Some(function) = function::draw(&fit.model, train)? {
        drawn.push(("function.svg", function));
    }
    Ok(drawn)
}
