//! The documented tables against `Default` and `check`.

use crelu_bound::{BoundError, ConeSettings, ProofSettings, QuickSettings, TightSettings};
use testkit::{SettingRow, count, public_fields, setting_rows};

const PROOF: &str = include_str!("../../src/prove/settings.rs");
const QUICK: &str = include_str!("../../src/quick/solve.rs");
const TIGHT: &str = include_str!("../../src/relax/settings.rs");
const CONES: &str = include_str!("../../src/cones/settings.rs");

/// The rows of a table, which lists every field of the settings.
fn rows<'a>(source: &'a str, name: &str) -> Vec<SettingRow<'a>> {
    let rows = setting_rows(source);
    let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names, public_fields(source, name));
    rows
}

/// A number as the tables write it.
fn number(text: &str) -> f64 {
    match text.strip_suffix(" GiB") {
        Some(gibibytes) => gibibytes.parse::<f64>().unwrap() * 1024.0_f64.powi(3),
        None => text.parse().unwrap(),
    }
}

/// Whether settings pass; a refusal names the setting.
fn holds<C>(checked: Result<C, BoundError>, name: &str) -> bool {
    match checked {
        Ok(_) => true,
        Err(BoundError::Setting(setting)) => {
            let line = setting.to_string();
            let told = line.split(':').next().unwrap();
            assert!(name.starts_with(told), "{name}: {line}");
            false
        }
        Err(other) => panic!("{name}: {other}"),
    }
}

#[test]
fn settings_of_a_proof_are_those_of_the_table() {
    let of = ProofSettings::default;
    for row in rows(PROOF, "ProofSettings") {
        let name = row.name;
        let (default, with): (_, fn(f64) -> ProofSettings) = match name {
            "seconds" => (of().seconds, |v| ProofSettings::default().seconds(v)),
            "flops" => (Some(of().flops), |v| ProofSettings::default().flops(v)),
            "memory" => (Some(of().memory), |v| ProofSettings::default().memory(v)),
            other => panic!("{other}"),
        };
        let documented = (row.default != "none").then(|| number(row.default));
        assert_eq!(default, documented, "{name}");
        row.assert_range(false, |value| holds(with(value).check(), name));
    }
    assert!(of().check().is_ok());
}

#[test]
fn settings_of_the_quick_bound_are_those_of_the_table() {
    let of = QuickSettings::default;
    for row in rows(QUICK, "QuickSettings") {
        let name = row.name;
        let (default, with): (f64, fn(f64) -> QuickSettings) = match name {
            "kind" => continue,
            "width" => (of().width as f64, |v| {
                QuickSettings::default().width(count(v))
            }),
            "stages" => (of().stages as f64, |v| {
                QuickSettings::default().stages(count(v), 1)
            }),
            "iterations" => (of().iterations as f64, |v| {
                QuickSettings::default().stages(1, count(v))
            }),
            "tol" => (of().tol, |v| QuickSettings::default().tol(v)),
            other => panic!("{other}"),
        };
        assert_eq!(default, number(row.default), "{name}");
        row.assert_range(name != "tol", |value| holds(with(value).check(), name));
    }
    assert!(of().check().is_ok());
}

#[test]
fn settings_of_the_tight_bound_are_those_of_the_table() {
    let of = TightSettings::default;
    for row in rows(TIGHT, "TightSettings") {
        match row.name {
            "block_rows" => {
                assert_eq!(of().block_rows, None);
                let with = |v: f64| of().block_rows(Some(count(v)));
                row.assert_range(true, |value| holds(with(value).check(), row.name));
            }
            "max_iters" => assert_eq!(of().max_iters as f64, number(row.default)),
            "tol" => {
                assert_eq!(of().tol, number(row.default));
                row.assert_range(false, |value| holds(of().tol(value).check(), row.name));
            }
            other => panic!("{other}"),
        }
    }
    assert!(of().check().is_ok());
}

#[test]
fn settings_of_a_search_over_cones_are_those_of_the_table() {
    let of = ConeSettings::default;
    for row in rows(CONES, "ConeSettings") {
        let name = row.name;
        let (default, with): (f64, fn(f64) -> ConeSettings) = match name {
            "tolerance" => (of().tolerance, |v| ConeSettings::default().tolerance(v)),
            "visits" => (of().visits as f64, |v| {
                ConeSettings::default().visits(count(v))
            }),
            "bytes" => (of().bytes as f64, |v| {
                ConeSettings::default().bytes(count(v))
            }),
            other => panic!("{other}"),
        };
        assert_eq!(default, number(row.default), "{name}");
        row.assert_range(name != "tolerance", |value| {
            holds(with(value).check(), name)
        });
    }
    assert!(of().check().is_ok());
}
