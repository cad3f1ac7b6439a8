//! The table that documents settings, for tests that walk it against `Default` and `check`.

/// A row of a table with the heads `name`, `default`, `range`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingRow<'a> {
    /// The field.
    pub name: &'a str,
    /// Its default, as it is written.
    pub default: &'a str,
    /// What is accepted, as it is written; empty: everything.
    pub range: &'a str,
}

/// The table's rows in a source file.
pub fn setting_rows(source: &str) -> Vec<SettingRow<'_>> {
    let rows = source
        .lines()
        .filter_map(|line| line.strip_prefix("/// | `"));
    rows.map(|row| {
        let mut cells = row.split('|').map(str::trim);
        let mut cell = || cells.next().unwrap_or_default();
        SettingRow {
            name: cell().trim_end_matches('`'),
            default: cell(),
            range: cell(),
        }
    })
    .collect()
}

/// A whole number of a table, as settings take it.
///
/// # Panics
/// If it is not whole, negative, or beyond what `f64` counts.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole, and below 2^53"
)]
pub fn count(value: f64) -> usize {
    let counts = value >= 0.0 && value <= 2f64.powi(53) && value.fract() == 0.0;
    assert!(counts, "{value} is a count");
    value as usize
}

/// The names of the public fields of a struct, in their order.
///
/// # Panics
/// If the source holds no such struct.
pub fn public_fields<'a>(source: &'a str, name: &str) -> Vec<&'a str> {
    let head = format!("pub struct {name} {{");
    let body = source.split(&head).nth(1).expect("the struct is there");
    let body = body.split("\n}").next().unwrap_or_default();
    let fields = body
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub "));
    fields
        .map(|field| field.split(':').next().unwrap_or_default())
        .collect()
}

/// An end of a range.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// The value is in the range.
    Closed(f64),
    /// The value is not.
    Open(f64),
    None,
}

/// The ends of `(0, 1)`, `at least 1`, `above 0`, `1 to 2`; what follows a comma or a semicolon says more.
fn ends(range: &str) -> (End, End) {
    let number = |text: &str| -> f64 {
        let text = text.trim();
        text.parse()
            .unwrap_or_else(|_| panic!("a number: '{text}' of '{range}'"))
    };
    if let Some(inside) = range.strip_prefix('(').and_then(|r| r.strip_suffix(')')) {
        let (low, high) = inside.split_once(',').expect("two ends");
        return (End::Open(number(low)), End::Open(number(high)));
    }
    let first = range.split([',', ';']).next().unwrap_or_default();
    if let Some(low) = first.strip_prefix("at least ") {
        (End::Closed(number(low)), End::None)
    } else if let Some(low) = first.strip_prefix("above ") {
        (End::Open(number(low)), End::None)
    } else {
        let (low, high) = first.split_once(" to ").expect("two ends");
        let low = low.split(' ').next().unwrap_or_default();
        (End::Closed(number(low)), End::Closed(number(high)))
    }
}

impl SettingRow<'_> {
    /// Asserts that `takes` accepts values at and inside of the ends of the range, and none beyond;
    /// of numbers that are no counts neither NaN nor what is infinite.
    ///
    /// # Panics
    /// If not, or if the range cannot be read.
    pub fn assert_range(&self, is_count: bool, takes: impl Fn(f64) -> bool) {
        let name = self.name;
        let step = if is_count { 1.0 } else { 1e-9 };
        let (low, high) = ends(self.range);
        for (end, inwards) in [(low, step), (high, -step)] {
            match end {
                End::Closed(value) => {
                    assert!(takes(value) && takes(value + inwards), "{name}: {value}");
                    if !is_count || value - inwards >= 0.0 {
                        assert!(!takes(value - inwards), "{name}: beyond {value}");
                    }
                }
                End::Open(value) => {
                    assert!(!takes(value) && takes(value + inwards), "{name}: {value}");
                    assert!(!takes(value - inwards), "{name}: beyond {value}");
                }
                End::None => assert!(takes(1e6), "{name}"),
            }
        }
        if !is_count {
            assert!(!takes(f64::NAN), "{name}: NaN");
            assert!(!takes(f64::NEG_INFINITY), "{name}: minus infinity");
            let is_bounded = self.range.contains("finite") || high != End::None;
            assert!(!is_bounded || !takes(f64::INFINITY), "{name}: infinity");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "
/// | name | default | range |
/// |---|---|---|
/// | `tol` | 1e-4 | at least 0, finite |
/// | `kind` | best | |
/// | `share` | 0.5 | (0, 1) |
pub struct Some {
    pub tol: f64,
    /// The kind.
    pub kind: Kind,
    pub share: f64,
}
pub struct Other { pub x: f64 }
";

    #[test]
    fn rows_and_fields_are_read_in_their_order() {
        let rows = setting_rows(SOURCE);
        let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
        assert_eq!(names, ["tol", "kind", "share"]);
        assert_eq!(public_fields(SOURCE, "Some"), names);
        assert_eq!((rows[1].default, rows[1].range), ("best", ""));
    }

    #[test]
    fn range_that_is_not_the_one_taken_is_found() {
        let rows = setting_rows(SOURCE);
        rows[0].assert_range(false, |v| v.is_finite() && v >= 0.0);
        rows[2].assert_range(false, |v| v > 0.0 && v < 1.0);
        type Takes = fn(f64) -> bool;
        let wrong: [(usize, Takes); 4] = [
            (0, |v| v.is_finite() && v > 0.0),
            (0, |v| v >= 0.0),
            (0, |v| v.is_nan() || v.is_finite() && v >= 0.0),
            (2, |v| v > 0.0 && v <= 1.0),
        ];
        for (row, takes) in wrong {
            let row = setting_rows(SOURCE)[row];
            assert!(std::panic::catch_unwind(|| row.assert_range(false, takes)).is_err());
        }
    }
}
