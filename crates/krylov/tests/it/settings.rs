//! The documented table against `Default` and `check`.

use krylov::CgSettings;
use testkit::{public_fields, setting_rows};

const SOURCE: &str = include_str!("../../src/settings.rs");

#[test]
fn settings_are_those_of_the_table() {
    let rows = setting_rows(SOURCE);
    let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names, public_fields(SOURCE, "CgSettings"));
    let of = CgSettings::default;
    for row in rows {
        match row.name {
            "tol" => {
                assert_eq!(of().tol, row.default.parse::<f64>().unwrap());
                row.assert_range(false, |value| match of().tol(value).check() {
                    Ok(checked) => checked.get().tol == value,
                    Err(error) => {
                        assert_eq!(error.name, "tol");
                        false
                    }
                });
                assert!(of().tol(f64::INFINITY).check().is_err());
            }
            "max_iters" => {
                assert_eq!(of().max_iters, row.default.parse::<usize>().unwrap());
                assert_eq!(of().max_iters(0).check().unwrap().get().max_iters, 0);
            }
            other => panic!("{other}"),
        }
    }
}
