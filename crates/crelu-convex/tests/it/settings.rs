//! The documented table against `Default` and `check`.

use crelu_convex::ProgrammeSettings;
use testkit::{count, public_fields, setting_rows};

const SOURCE: &str = include_str!("../../src/settings/mod.rs");

#[test]
fn settings_of_a_programme_are_those_of_the_table() {
    let of = ProgrammeSettings::default();
    let rows = setting_rows(SOURCE);
    let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names, public_fields(SOURCE, "ProgrammeSettings"));
    let takes = |settings: ProgrammeSettings, name: &str| match settings.check() {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.name, name);
            false
        }
    };
    let gibibytes = 1024.0_f64.powi(3);
    for row in &rows {
        let default = match row.name {
            "tol" => of.tol.to_string(),
            "max_iters" => of.max_iters.to_string(),
            "splitting" => of.splitting.to_string(),
            "primal" => of.primal.to_string(),
            "form" => of.form.to_string(),
            "backend" => of.backend.to_string(),
            "device" => of.device.as_ref().map_or("none", |_| "one").to_owned(),
            "backend_reason" => of.backend_reason.clone().unwrap_or("none".to_owned()),
            "nystrom_rank" => of.nystrom_rank.map_or("none".to_owned(), |r| r.to_string()),
            "seed" => of.seed.to_string(),
            "precision" => of.precision.to_string(),
            "memory_limit" => format!("{} GiB", of.memory_limit / gibibytes),
            "newton" => of.newton.to_string(),
            "working_set" => of.working_set.to_string(),
            "check_every" => of.check_every.to_string(),
            "settle" => of.settle.map_or("none".to_owned(), |s| s.to_string()),
            other => panic!("{other}"),
        };
        match (row.default.parse::<f64>(), default.parse::<f64>()) {
            (Ok(stated), Ok(real)) => assert_eq!(stated, real, "{}", row.name),
            _ => assert_eq!(row.default, default, "{}", row.name),
        }
        let new = ProgrammeSettings::default;
        match row.name {
            "tol" => row.assert_range(false, |v| takes(new().tol(v), "tol")),
            "max_iters" => {
                row.assert_range(true, |v| takes(new().max_iters(count(v)), "max_iters"))
            }
            "nystrom_rank" => {
                row.assert_range(true, |v| {
                    takes(new().nystrom_rank(count(v)), "nystrom_rank")
                });
            }
            "memory_limit" => {
                row.assert_range(false, |v| takes(new().memory_limit(v), "memory_limit"));
            }
            "check_every" => {
                row.assert_range(true, |v| takes(new().check_every(count(v)), "check_every"));
            }
            "settle" => row.assert_range(false, |v| takes(new().settle(v), "settle")),
            name => assert!(row.range.is_empty(), "{name}"),
        }
    }
}
