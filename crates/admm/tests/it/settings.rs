//! The documented table against `Default` and `check`.

use admm::{AdmmSettings, InnerSchedule, PenaltyRule};
use testkit::{public_fields, setting_rows};

const SOURCE: &str = include_str!("../../src/settings.rs");

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
    let rows = setting_rows(SOURCE);
    let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names, public_fields(SOURCE, "AdmmSettings"));
}

#[test]
fn settings_table_states_the_defaults() {
    let settings = AdmmSettings::default();
    for row in setting_rows(SOURCE) {
        let (name, default) = (row.name, row.default);
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
    let rows = setting_rows(SOURCE).into_iter();
    for row in rows.filter(|row| row.name != "penalty_rule") {
        let is_count = read(&AdmmSettings::default(), row.name).1;
        row.assert_range(is_count, |value| takes(row.name, value));
        // no number may be infinite
        assert!(is_count || !takes(row.name, f64::INFINITY), "{}", row.name);
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
