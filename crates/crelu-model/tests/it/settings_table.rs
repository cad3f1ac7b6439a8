//! The documented table of settings against `Default` and `check`.

use crelu_model::{FitSettings, TrainMode};
use serde_json::json;
use testkit::{count, public_fields, setting_rows};

const SOURCE: &str = include_str!("../../src/settings/mod.rs");

/// Settings with one of them set, by its name.
type With = fn(FitSettings, f64) -> FitSettings;

/// The numbers that only global training has a use for: a value outside their range.
const OF_GLOBAL: [(&str, f64, With); 4] = [
    ("ascents", 0.0, |s, v| s.ascents(count(v))),
    ("thin", f64::NAN, |s, v| s.thin(v)),
    ("max_neurons", 0.0, |s, v| s.max_neurons(count(v))),
    ("settle", -1.0, |s, v| s.settle(v)),
];

fn takes(settings: FitSettings, name: &str) -> bool {
    match settings.check() {
        Ok(_) => true,
        Err(error) => {
            let told = error.setting().map(|setting| setting.name());
            assert_eq!(told, Some(&*name.replace('_', "-")), "{error}");
            false
        }
    }
}

#[test]
fn settings_table_lists_every_field() {
    let names: Vec<&str> = setting_rows(SOURCE).iter().map(|row| row.name).collect();
    assert_eq!(names, public_fields(SOURCE, "FitSettings"));
}

#[test]
fn settings_table_states_the_ranges() {
    let rows = setting_rows(SOURCE);
    let of = FitSettings::default;
    let row = |name: &str| rows.iter().find(|row| row.name == name).unwrap();
    row("tol").assert_range(false, |v| takes(of().tol(v), "tol"));
    assert_eq!(row("seed").default.parse::<u64>().unwrap(), of().seed);
    assert!(row("global").range.contains("global only"));
    assert!(of().check().is_ok());
}

#[test]
fn settings_of_the_engines_keep_their_ranges_and_modes() {
    for (name, outside, with) in OF_GLOBAL {
        for mode in [TrainMode::Global, TrainMode::Sampled] {
            let of = || FitSettings::default().train(mode);
            let is_global = mode == TrainMode::Global;
            assert_eq!(takes(with(of(), 1.0), name), is_global, "{name}");
            assert!(!takes(with(of(), outside), name));
        }
    }
    for mode in [TrainMode::Global, TrainMode::Sampled] {
        let of = || FitSettings::default().train(mode);
        assert!(takes(of().nystrom_rank(1), "") && !takes(of().nystrom_rank(0), "nystrom_rank"));
        assert!(!takes(of().memory_limit(f64::NAN), "memory_limit"));
    }
}

#[test]
fn settings_in_force_are_in_the_map_by_their_names() {
    for (mode, gap, limit) in [
        (TrainMode::Global, 1e-3, 500),
        (TrainMode::Sampled, 1e-3, 2000),
    ] {
        let settings = FitSettings::default().train(mode).beta(0.25).seed(7);
        let map = settings.check().unwrap().to_map();
        for (name, value) in [
            ("train", json!(mode.name())),
            ("tol", json!(gap)),
            ("max_iters", json!(limit)),
            ("seed", json!(7)),
            ("beta", json!(0.25)),
            ("patterns", json!(100)),
            ("gate_sampler", json!("gaussian")),
            ("activation", json!("relu")),
            ("loss", json!("auto")),
            ("class_weight", json!(null)),
            ("prove", json!("quick")),
            ("standardize", json!(true)),
            ("primal", json!("auto")),
            ("memory_limit", json!(6.0 * 1024.0_f64.powi(3))),
        ] {
            assert_eq!(map.get(name), Some(&value), "{name}");
        }
        let is_global = mode == TrainMode::Global;
        let ascents = map.get("ascents");
        assert_eq!(ascents, is_global.then(|| json!(800)).as_ref());
        assert_eq!(map.get("thin"), is_global.then(|| json!(1e-3)).as_ref());
        assert!(!map.contains_key("init") && !map.contains_key("programme"));
    }
}
