//! The pictures of the page, as small SVG files.

mod condition;
mod course;
pub(crate) mod inks;
pub(crate) mod panel;
pub(crate) mod sheet;
mod split;

use std::path::Path;

use super::cases::CASES;
use super::condition_rows::SETS;
use crate::store::Store;

pub(crate) const FOLDER: &str = "docs/results/pictures";

/// Draws all that the record has rows for; the names of the files.
pub(crate) fn write(store: &Store) -> Result<(), String> {
    let mut files = Vec::new();
    for (set, _) in SETS {
        files.extend(condition::draw(store, set).map(|svg| (condition_file(set), svg)));
    }
    for case in &CASES {
        files.extend(course::draw(store, case).map(|svg| (course_file(case.name), svg)));
        files.extend(split::draw(store, case).map(|svg| (split_file(case.name), svg)));
    }
    std::fs::create_dir_all(FOLDER).map_err(|e| format!("{FOLDER}: {e}"))?;
    for (name, svg) in files {
        let path = Path::new(FOLDER).join(name);
        crelu_data::write_atomic(&path, svg.as_bytes()).map_err(|e| e.to_string())?;
    }
    Ok(())
}

pub(crate) fn condition_file(set: &str) -> String {
    format!("condition-{}.svg", slug(set))
}

pub(crate) fn course_file(set: &str) -> String {
    format!("gap-{}.svg", slug(set))
}

pub(crate) fn split_file(set: &str) -> String {
    format!("time-{}.svg", slug(set))
}

/// Letters and digits, in words joined by hyphens.
pub(crate) fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiments::condition_rows::{SYSTEMS, key};
    use crate::experiments::methods::METHODS;
    use crate::experiments::race;
    use serde_json::json;

    #[test]
    fn slug_of_every_set_is_its_own() {
        let names: std::collections::BTreeSet<String> =
            CASES.iter().map(|case| slug(case.name)).collect();
        assert_eq!(names.len(), CASES.len());
        assert_eq!(slug("fashion 5/7, 1000 x 784"), "fashion-5-7-1000-x-784");
    }

    #[test]
    fn draw_of_a_record_has_a_curve_a_row_and_of_none_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path().join("record.json"), false).unwrap();
        let case = &CASES[0];
        assert!(course::draw(&store, case).is_none() && split::draw(&store, case).is_none());
        for method in &METHODS[..2] {
            let row = json!({
                "course": [[5, 0.1, 0.5], [10, 0.2, 1e-3]], "total": 0.2, "status": "converged",
                "seconds": { "set-up": 0.1, "primal": 0.1, "prox": 0.0, "dual": 0.0, "certificate": 0.0 },
            });
            store.row(&race::key(case, method), || Ok(row)).unwrap();
        }
        let svg = course::draw(&store, case).unwrap();
        assert_eq!(svg.matches("stroke-width=\"1.8\"").count(), 4, "two panels");
        let svg = split::draw(&store, case).unwrap();
        assert_eq!(svg.matches("height=\"16.0\"").count(), 4, "two phases each");

        let set = SETS[0].0;
        assert!(condition::draw(&store, set).is_none());
        let curves = json!({
            "rank": { "nystrom": [[10, 50.0], [100, 5.0]] },
            "rho": { "nystrom": [[1.0, 5.0]], "none": [[1.0, 900.0]] },
        });
        store.row(&key(set, SYSTEMS[0]), || Ok(curves)).unwrap();
        let svg = condition::draw(&store, set).unwrap();
        assert!(svg.contains(">none<") && svg.contains(">nystrom<"), "{svg}");
    }
}
