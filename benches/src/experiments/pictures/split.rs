use serde_json::Value;

use super::panel::plain;
use super::sheet::{Anchor, Sheet};
use crate::experiments::cases::Case;
use crate::experiments::methods::METHODS;
use crate::experiments::race::key;
use crate::store::{Store, number};

/// Phases with their inks, in the order in which they are stacked.
const PHASES: [(&str, &str); 5] = [
    ("set-up", "#888888"),
    ("primal", "#0072b2"),
    ("prox", "#e69f00"),
    ("dual", "#cc79a7"),
    ("certificate", "#009e73"),
];
const LEFT: f64 = 230.0;
const WIDTH: f64 = 560.0;
const BAR: f64 = 16.0;
const STEP: f64 = 22.0;
const TOP: f64 = 74.0;

/// Seconds of every run by phase, as stacked bars.
pub(super) fn draw(store: &Store, case: &Case) -> Option<String> {
    let rows: Vec<(String, &Value)> = METHODS
        .iter()
        .filter_map(|m| Some((m.key(), store.get(&key(case, m))?)))
        .filter(|(_, row)| row["total"].is_number())
        .collect();
    let longest = rows
        .iter()
        .map(|(_, row)| number(row, "total"))
        .fold(0.0, f64::max);
    if longest <= 0.0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "some twenty rows")]
    let mut sheet = Sheet::new(LEFT + WIDTH + 130.0, TOP + STEP * rows.len() as f64 + 16.0);
    let title = format!("Seconds by phase: {}", case.name);
    sheet.text((LEFT + WIDTH / 2.0, 24.0), 15, Anchor::Middle, &title);
    let mut left = LEFT;
    for (name, ink) in PHASES {
        sheet.bar((left, 44.0), 14.0, 12.0, ink);
        sheet.text((left + 20.0, 54.0), 12, Anchor::Start, name);
        left += 105.0;
    }
    for (i, (name, row)) in rows.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "some twenty rows")]
        let y = TOP + STEP * i as f64;
        sheet.text((LEFT - 8.0, y + 12.0), 12, Anchor::End, name);
        let mut x = LEFT;
        for (phase, ink) in PHASES {
            let width = WIDTH * number(&row["seconds"], phase) / longest;
            if width > 0.0 {
                sheet.bar((x, y), width, BAR, ink);
                x += width;
            }
        }
        let words = format!(
            "{} s{}",
            plain((100.0 * number(row, "total")).round() / 100.0),
            if row["status"] == "converged" {
                ""
            } else {
                ", gap left"
            }
        );
        sheet.text((x + 6.0, y + 12.0), 11, Anchor::Start, &words);
    }
    Some(sheet.finish())
}
