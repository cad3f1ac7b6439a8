//! The documented table of settings against `Default` and `check`.

use crelu_model::{FitError, FitSettings, TrainMode};
use testkit::{public_fields, setting_rows};

const SOURCE: &str = include_str!("../../src/settings/mod.rs");

/// Settings with one of them set, by its name.
type With = fn(FitSettings, f64) -> FitSettings;

#[expect(clippy::cast_possible_truncation, reason = "a small count")]
fn count(value: f64) -> usize {
    value as usize
}

/// The settings whose range is that of one number, with whether they count.
const NUMBERS: [(&str, bool, With); 5] = [
    ("tol", false, |s, v| s.tol(v)),
    ("ascents", true, |s, v| s.ascents(count(v))),
    ("thin", false, |s, v| s.thin(v)),
    ("max_neurons", true, |s, v| s.max_neurons(count(v))),
    ("settle", false, |s, v| s.settle(v)),
];

#[test]
fn settings_table_lists_every_field() {
    let names: Vec<&str> = setting_rows(SOURCE).iter().map(|row| row.name).collect();
    assert_eq!(names, public_fields(SOURCE, "FitSettings"));
}

#[test]
fn settings_table_states_the_ranges() {
    let rows = setting_rows(SOURCE);
    for (name, is_count, with) in NUMBERS {
        let row = rows.iter().find(|row| row.name == name).unwrap();
        let takes = |settings: FitSettings, value: f64| match with(settings, value).check() {
            Ok(_) => true,
            Err(FitError::Setting { setting, .. }) => {
                assert_eq!(setting.name(), name.replace('_', "-"));
                false
            }
            Err(other) => panic!("{name}: {other}"),
        };
        row.assert_range(is_count, |value| takes(FitSettings::default(), value));
        let sampled = FitSettings::default().train(TrainMode::Sampled);
        let is_global_only =
            row.range.contains("global only") || row.range.contains("0 in sampled");
        assert_eq!(takes(sampled, 1.0), !is_global_only, "{name}");
    }
    // the defaults that are one number
    let of = FitSettings::default();
    for (name, default) in [
        ("ascents", of.ascents_in_force() as f64),
        ("thin", of.thin_in_force()),
        ("seed", of.seed as f64),
    ] {
        let row = rows.iter().find(|row| row.name == name).unwrap();
        let first = row.default.split(',').next().unwrap();
        assert_eq!(first.parse::<f64>().unwrap(), default, "{name}");
    }
    assert!(of.check().is_ok());
}
