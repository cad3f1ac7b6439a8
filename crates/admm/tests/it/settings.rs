//! The documented table against `Default` and `check`.

use admm::{AdmmSettings, InnerSchedule, PenaltyRule};

const SOURCE: &str = include_str!("../../src/settings.rs");

/// An end of a range.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// The value is in the range.
    Closed(f64),
    /// The value is not.
    Open(f64),
    None,
}

/// The rows of the table: name, default, range.
fn table() -> Vec<[&'static str; 3]> {
    let rows = SOURCE
        .lines()
        .filter_map(|line| line.strip_prefix("/// | `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        [cells[0].trim_end_matches('`'), cells[1], cells[2]]
    })
    .collect()
}

fn ends(range: &str) -> (End, End) {
    let number = |text: &str| text.trim().parse::<f64>().unwrap();
    if let Some(inside) = range.strip_prefix('(').and_then(|r| r.strip_suffix(')')) {
        let (low, high) = inside.split_once(',').unwrap();
        (End::Open(number(low)), End::Open(number(high)))
    } else if let Some(low) = range.strip_prefix("at least ") {
        (End::Closed(number(low)), End::None)
    } else if let Some(low) = range.strip_prefix("above ") {
        (End::Open(number(low)), End::None)
    } else {
        let (low, high) = range.split_once(" to ").unwrap();
        (
            End::Closed(number(low.split(' ').next().unwrap())),
            End::Closed(number(high)),
        )
    }
}

/// A setting by its name: its value, and whether it counts.
fn read(settings: &AdmmSettings, name: &str) -> (f64, bool) {
    match name {
        "relaxation" => (settings.relaxation, false),
        "tol" => (settings.tol, false),
        "max_iters" => (settings.max_iters as f64, true),
        "anderson" => (settings.anderson as f64, true),
        "anderson_every" => (settings.anderson_every as f64, true),
        "penalty_first" => (settings.penalty_first as f64, true),
        "penalty_growth" => (settings.penalty_growth, false),
        "penalty_band" => (settings.penalty_band, false),
        "inner_tol" => (settings.inner_tol, false),
        other => panic!("`{other}` is in the table, and not in this test"),
    }
}

fn with(name: &str, value: f64) -> AdmmSettings {
    let mut settings = AdmmSettings::default();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "only read where the value is a count"
    )]
    let count = value as usize;
    match name {
        "relaxation" => settings.relaxation = value,
        "tol" => settings.tol = value,
        "max_iters" => settings.max_iters = count,
        "anderson" => settings.anderson = count,
        "anderson_every" => settings.anderson_every = count,
        "penalty_first" => settings.penalty_first = count,
        "penalty_growth" => settings.penalty_growth = value,
        "penalty_band" => settings.penalty_band = value,
        "inner_tol" => settings.inner_tol = value,
        other => panic!("`{other}` is in the table, and not in this test"),
    }
    settings
}

/// Whether the check takes a value; if not, it must name the setting.
fn takes(name: &str, value: f64) -> bool {
    match with(name, value).check() {
        Ok(checked) => {
            assert_eq!(read(checked.get(), name).0, value);
            true
        }
        Err(error) => {
            assert_eq!(error.name, name);
            assert!(error.value == value || error.value.is_nan() && value.is_nan());
            assert!(error.to_string().contains(name));
            false
        }
    }
}

#[test]
fn settings_table_lists_every_field() {
    let body = SOURCE
        .split("pub struct AdmmSettings {")
        .nth(1)
        .unwrap()
        .split("\n}")
        .next()
        .unwrap();
    let fields: Vec<&str> = body
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub "))
        .map(|field| field.split(':').next().unwrap())
        .collect();
    let names: Vec<&str> = table().iter().map(|row| row[0]).collect();
    assert_eq!(names, fields);
}

#[test]
fn settings_table_states_the_defaults() {
    let settings = AdmmSettings::default();
    for [name, default, _] in table() {
        if name == "penalty_rule" {
            assert_eq!(
                default,
                format!("{:?}", settings.penalty_rule).to_lowercase()
            );
        } else {
            assert_eq!(
                default.parse::<f64>().unwrap(),
                read(&settings, name).0,
                "{name}"
            );
        }
    }
    assert_eq!(settings.clone().check().unwrap().get(), &settings);
}

#[test]
fn settings_table_states_the_ranges() {
    for [name, _, range] in table().into_iter().filter(|row| row[0] != "penalty_rule") {
        let counts = read(&AdmmSettings::default(), name).1;
        let step = if counts { 1.0 } else { 1e-9 };
        let (low, high) = ends(range);
        for (end, inwards) in [(low, step), (high, -step)] {
            match end {
                End::Closed(value) => {
                    assert!(
                        takes(name, value) && takes(name, value + inwards),
                        "{name}: {value}"
                    );
                    if !counts || value - inwards >= 0.0 {
                        assert!(!takes(name, value - inwards), "{name}: beyond {value}");
                    }
                }
                End::Open(value) => {
                    assert!(
                        !takes(name, value) && takes(name, value + inwards),
                        "{name}: {value}"
                    );
                    assert!(!takes(name, value - inwards), "{name}: beyond {value}");
                }
                End::None if counts => assert!(takes(name, 1e6), "{name}"),
                End::None => assert!(takes(name, 1e6) && !takes(name, f64::INFINITY), "{name}"),
            }
        }
        if !counts {
            assert!(!takes(name, f64::NAN), "{name}: NaN");
            assert!(!takes(name, f64::NEG_INFINITY), "{name}");
        }
    }
}

#[test]
fn settings_setters_set_their_fields() {
    let settings = AdmmSettings::default()
        .relaxation(1.0)
        .tol(1e-9)
        .max_iters(7)
        .anderson(3)
        .anderson_every(2)
        .inner_tol(0.5)
        .penalty_rule(PenaltyRule::Fixed)
        .penalty_schedule(9, 1.5, 2.0);
    let mut want = AdmmSettings::default();
    (want.relaxation, want.max_iters, want.anderson) = (1.0, 7, 3);
    (want.tol, want.anderson_every, want.inner_tol) = (1e-9, 2, 0.5);
    (want.penalty_rule, want.penalty_first) = (PenaltyRule::Fixed, 9);
    (want.penalty_growth, want.penalty_band) = (1.5, 2.0);
    assert_eq!(settings, want);
}

#[test]
fn inner_schedule_is_summable_and_follows_the_residuals() {
    let schedule = InnerSchedule::new(1e-2);
    // without residuals: the sum over all k is at most first (1 + 1 / 0.1), and its tail falls
    let total: f64 = (1..=200_000)
        .map(|k| schedule.tolerance(k, f64::INFINITY, f64::INFINITY))
        .sum();
    assert!(total <= 1e-2 * 11.0, "{total}");
    let at = |k| schedule.tolerance(k, f64::INFINITY, f64::INFINITY);
    assert!(at(1) == 1e-2 && at(100) < 1e-2 / 100.0);
    // small residuals rule, by their geometric mean
    for (primal, dual) in [(1e-5, 1e-5), (1e-6, 1e-4), (1e-7, 1e-3)] {
        let tol = schedule.tolerance(3, primal, dual);
        let tied = 0.3 * 1e-5_f64;
        assert!((tol / tied - 1.0).abs() < 1e-12, "{primal}, {dual}: {tol}");
    }
    // a penalised copy at rest (dual residual 0) asks for no more than a hundredth of the primal
    assert!(schedule.tolerance(3, 1e-5, 0.0) >= 0.03e-5);
    // nothing below rounding, nothing that is not a number
    assert_eq!(schedule.tolerance(3, 0.0, 0.0), 1e-12);
    let unknown = schedule.tolerance(4, f64::NAN, 1.0);
    assert!(unknown > 0.0 && unknown <= 1e-2, "{unknown}");
}
