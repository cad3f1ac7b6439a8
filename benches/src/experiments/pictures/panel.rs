use super::sheet::{Anchor, Sheet};

const GRID: &str = "#ddd";
const FRAME: &str = "#666";

/// An axis: its ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    is_log: bool,
}

impl Axis {
    /// Around the values above 0, to whole decades where that is not far.
    pub(crate) fn log(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for value in values.filter(|v| v.is_finite() && *v > 0.0) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (1.0, 10.0);
        }
        let margin = if high < 1.6 * low { 2.0 } else { 1.25 };
        Self {
            low: low / margin,
            high: high * margin,
            is_log: true,
        }
    }

    /// A linear one, around the values that are finite.
    pub(crate) fn linear(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|v| v.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let margin = (0.06 * (high - low)).max(1e-3 * high.abs()).max(1e-12);
        Self {
            low: low - margin,
            high: high + margin,
            is_log: false,
        }
    }

    /// The share of the axis at which a value lies, kept inside.
    fn share(&self, value: f64) -> f64 {
        if !self.is_log {
            return ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        }
        let share = (value.max(self.low) / self.low).ln() / (self.high / self.low).ln();
        share.clamp(0.0, 1.0)
    }

    /// Values to mark, with their texts.
    fn ticks(&self) -> Vec<(f64, String)> {
        if !self.is_log {
            return self.even_ticks();
        }
        let (first, last) = (self.low.log10().ceil(), self.high.log10().floor());
        let step = ((last - first) / 6.0).ceil().max(1.0);
        let mut ticks = Vec::new();
        let mut at = first;
        while at <= last {
            ticks.push((10_f64.powf(at), decade(at)));
            at += step;
        }
        if ticks.len() < 2 {
            // less than two decades: parts of them
            let parts = [first - 1.0, first].map(|power| 10_f64.powf(power));
            let parts = parts
                .iter()
                .flat_map(|p| [2.0, 3.0, 5.0, 7.0].map(|m| m * p));
            ticks.extend(parts.map(|value| (value, plain(value))));
        }
        ticks.retain(|(value, _)| *value > self.low && *value < self.high);
        ticks
    }

    /// Multiples of 1, 2 or 5 times a power of ten.
    fn even_ticks(&self) -> Vec<(f64, String)> {
        let span = self.high - self.low;
        let power = 10_f64.powf((span / MOST_TICKS).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|m| m * power);
        let step = steps.into_iter().find(|step| span / step <= MOST_TICKS);
        let step = step.unwrap_or(10.0 * power);
        let mut ticks = Vec::new();
        let mut at = (self.low / step).ceil();
        while at * step < self.high {
            ticks.push((at * step, plain(at * step)));
            at += 1.0;
        }
        ticks
    }
}

/// Most marks of a linear axis.
const MOST_TICKS: f64 = 6.0;

fn decade(exponent: f64) -> String {
    if (-2.0..=3.0).contains(&exponent) {
        plain(10_f64.powf(exponent))
    } else {
        format!("1e{exponent:.0}")
    }
}

/// A number without the noise of binary fractions.
pub(crate) fn plain(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A frame with two axes, into which curves are drawn.
pub(crate) struct Panel {
    corner: (f64, f64),
    width: f64,
    height: f64,
    x: Axis,
    y: Axis,
}

impl Panel {
    /// Draws the frame, the grid and the words.
    pub(crate) fn new(
        sheet: &mut Sheet,
        corner: (f64, f64),
        (width, height): (f64, f64),
        (x, y): (Axis, Axis),
        (title, x_name, y_name): (&str, &str, &str),
    ) -> Self {
        let panel = Self {
            corner,
            width,
            height,
            x,
            y,
        };
        let (left, top) = corner;
        let (right, bottom) = (left + width, top + height);
        for (value, text) in panel.x.ticks() {
            let at = panel.place((value, panel.y.low)).0;
            sheet.line(&[(at, top), (at, bottom)], GRID, 0.7, false);
            sheet.text((at, bottom + 15.0), 11, Anchor::Middle, &text);
        }
        for (value, text) in panel.y.ticks() {
            let at = panel.place((panel.x.low, value)).1;
            sheet.line(&[(left, at), (right, at)], GRID, 0.7, false);
            sheet.text((left - 6.0, at + 4.0), 11, Anchor::End, &text);
        }
        let frame = [
            (left, top),
            (right, top),
            (right, bottom),
            (left, bottom),
            (left, top),
        ];
        sheet.line(&frame, FRAME, 1.0, false);
        sheet.text((left + width / 2.0, top - 8.0), 13, Anchor::Middle, title);
        sheet.text(
            (left + width / 2.0, bottom + 32.0),
            12,
            Anchor::Middle,
            x_name,
        );
        sheet.upright((left - 44.0, top + height / 2.0), 12, y_name);
        panel
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (left, top) = self.corner;
        (
            left + self.width * self.x.share(x),
            top + self.height * (1.0 - self.y.share(y)),
        )
    }

    /// A curve; with `marked`, its points.
    pub(crate) fn curve(
        &self,
        sheet: &mut Sheet,
        points: &[(f64, f64)],
        ink: &str,
        dashed: bool,
        marked: bool,
    ) {
        let finite = points
            .iter()
            .filter(|(x, y)| x.is_finite() && y.is_finite());
        let at: Vec<(f64, f64)> = finite.map(|&point| self.place(point)).collect();
        sheet.line(&at, ink, 1.8, dashed);
        if marked {
            for point in at {
                sheet.dot(point, 2.6, ink);
            }
        }
    }

    /// A level across the panel.
    pub(crate) fn level(&self, sheet: &mut Sheet, y: f64) {
        let ends = [self.place((self.x.low, y)), self.place((self.x.high, y))];
        sheet.line(&ends, FRAME, 0.8, true);
    }
}

/// Names beside samples of their inks, in rows of a given width; the height taken.
pub(crate) fn legend(
    sheet: &mut Sheet,
    (left, top): (f64, f64),
    columns: usize,
    step: f64,
    entries: &[(String, &str, bool)],
) {
    for (i, (name, ink, dashed)) in entries.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a handful of entries")]
        let (x, y) = (
            left + step * (i % columns) as f64,
            top + 18.0 * (i / columns) as f64,
        );
        sheet.line(&[(x, y), (x + 24.0, y)], ink, 2.4, *dashed);
        sheet.text((x + 30.0, y + 4.0), 12, Anchor::Start, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_of_the_ends_is_nought_and_one() {
        for axis in [
            Axis::log([1.0, 1000.0].into_iter()),
            Axis::log([3.0, 7.0].into_iter()),
        ] {
            assert_eq!(axis.share(axis.low), 0.0);
            assert!((axis.share(axis.high) - 1.0).abs() < 1e-12);
            assert_eq!(axis.share(2.0 * axis.high), 1.0);
        }
    }

    #[test]
    fn ticks_lie_inside_and_are_two_at_least() {
        for axis in [
            Axis::log([1e-3, 1.0].into_iter()),
            Axis::log([3.0, 40.0].into_iter()),
            Axis::log([2.0, 9.0].into_iter()),
            Axis::log(std::iter::empty()),
            Axis::log([5.0].into_iter()),
            Axis::log([f64::NAN, 0.0].into_iter()),
            Axis::linear([0.303, 0.328].into_iter()),
            Axis::linear([0.0, 10.0].into_iter()),
            Axis::linear([4.0].into_iter()),
            Axis::linear([f64::NAN].into_iter()),
        ] {
            let ticks = axis.ticks();
            assert!(ticks.len() >= 2, "{axis:?}: {ticks:?}");
            for (at, _) in ticks {
                assert!(at >= axis.low && at <= axis.high, "{axis:?}: {at}");
            }
            assert!(axis.is_log || axis.ticks().len() <= 7, "{axis:?}");
        }
    }
}
