use std::fmt::Write;

/// A picture in the making: the elements of an SVG.
pub(crate) struct Sheet {
    width: f64,
    height: f64,
    body: String,
}

/// Where a text is held.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Sheet {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            body: String::new(),
        }
    }

    pub(crate) fn text(&mut self, (x, y): (f64, f64), size: u32, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        // writing to a string does not fail
        writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\">{text}</text>"
        )
        .ok();
    }

    /// A text that runs upwards.
    pub(crate) fn upright(&mut self, (x, y): (f64, f64), size: u32, text: &str) {
        writeln!(
            self.body,
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" font-size=\"{size}\" text-anchor=\"middle\">{text}</text>"
        )
        .ok();
    }

    pub(crate) fn line(&mut self, points: &[(f64, f64)], ink: &str, width: f64, dashed: bool) {
        if points.len() < 2 {
            return;
        }
        let dash = if dashed {
            " stroke-dasharray=\"6 4\""
        } else {
            ""
        };
        let mut at = String::new();
        for (x, y) in points {
            write!(at, "{x:.1},{y:.1} ").ok();
        }
        writeln!(
            self.body,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"{width}\"{dash}/>",
            at.trim_end()
        )
        .ok();
    }

    pub(crate) fn dot(&mut self, (x, y): (f64, f64), radius: f64, ink: &str) {
        writeln!(
            self.body,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{ink}\"/>"
        )
        .ok();
    }

    pub(crate) fn bar(&mut self, (x, y): (f64, f64), width: f64, height: f64, ink: &str) {
        writeln!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{ink}\"/>"
        )
        .ok();
    }

    /// The whole file.
    pub(crate) fn finish(self) -> String {
        let (width, height) = (self.width, self.height);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" fill=\"#222\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n{}</svg>\n",
            self.body
        )
    }
}
