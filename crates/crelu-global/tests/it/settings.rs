//! The documented table against `Default` and `check`.

use crelu_global::GlobalSettings;
use testkit::{count, public_fields, setting_rows};

const SOURCE: &str = include_str!("../../src/settings.rs");

#[test]
#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn settings_of_global_training_are_those_of_the_table() {
    let of = GlobalSettings::default();
    let rows = setting_rows(SOURCE);
    let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names, public_fields(SOURCE, "GlobalSettings"));
    for row in &rows {
        let default = match row.name {
            "ascents" => Some(of.ascents_in_force() as f64),
            "thin" => Some(of.thin_in_force()),
            "tol" => Some(of.tol),
            "max_rounds" => Some(of.max_rounds as f64),
            "seed" => Some(of.seed as f64),
            "sample" => Some(of.sample as f64),
            _ => None,
        };
        let first = row.default.split(&[',', ';'][..]).next();
        let stated = first.and_then(|text| text.parse::<f64>().ok());
        // that of `settle` depends on the work
        if row.name != "settle" {
            assert_eq!(stated, default, "{}", row.name);
        }
        let new = GlobalSettings::default;
        let takes = |settings: GlobalSettings| match settings.check() {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error.name, row.name);
                false
            }
        };
        match row.name {
            "ascents" => row.assert_range(true, |v| takes(new().ascents(count(v)))),
            "thin" => row.assert_range(false, |v| takes(new().thin(v))),
            "max_neurons" => row.assert_range(true, |v| takes(new().max_neurons(count(v)))),
            "tol" => row.assert_range(false, |v| takes(new().tol(v))),
            "settle" => row.assert_range(false, |v| takes(new().settle(v))),
            "max_rounds" => row.assert_range(true, |v| takes(new().max_rounds(count(v)))),
            "sample" => row.assert_range(true, |v| takes(new().sample(count(v)))),
            name => assert!(row.range.is_empty(), "{name}"),
        }
    }
    // what was left to the defaults is filled in
    let few = new_checked(of.clone().max_neurons(4));
    assert_eq!((few.ascents, few.thin), (Some(800), Some(0.0)));
    let many = new_checked(of);
    assert_eq!((many.ascents, many.thin), (Some(800), Some(1e-3)));
}

fn new_checked(settings: GlobalSettings) -> GlobalSettings {
    settings.check().unwrap().get().clone()
}
