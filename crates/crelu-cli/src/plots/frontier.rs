//! Objective against the number of neurons.

use crelu_model::FrontierEntry;

use super::style::{BLUE_INK, Look, axes, curve, sheet, span};
use crate::errors::Failure;

const SIZE: (u32, u32) = (760, 420);

/// The networks met while thinning.
pub(super) fn draw(met: &[FrontierEntry]) -> Result<String, Failure> {
    #[expect(clippy::cast_precision_loss, reason = "a count, for display")]
    let at = |point: &FrontierEntry| (point.neurons as f64, point.objective);
    let mut points: Vec<(f64, f64)> = met.iter().map(at).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    // the best of each number
    points.dedup_by(|next, kept| next.0 == kept.0);
    sheet(SIZE, |area| {
        let heights = span(points.iter().map(|at| at.1));
        // the networks may differ by less than a per mille: as many digits as tell ticks apart
        let digits = (1.5 - (heights.end - heights.start).log10())
            .ceil()
            .clamp(0.0, 12.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 12"
        )]
        let digits = digits as usize;
        let look = Look {
            title: "Objective and number of neurons",
            x: Some("neurons"),
            y: Some("objective J"),
            y_tick: &|value| format!("{value:.digits$}"),
        };
        let widths = span(points.iter().map(|at| at.0));
        let mut chart = axes(area, &look, widths, heights)?;
        curve(&mut chart, &points, BLUE_INK, "networks met while thinning")
    })
}
