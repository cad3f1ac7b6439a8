use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::record;

/// Measured rows by name, kept in a file that is written after every row: a run that was broken
/// off goes on where it was.
pub(crate) struct Store {
    file: PathBuf,
    rows: BTreeMap<String, Value>,
    resume: bool,
}

impl Store {
    /// Opens a record, an empty one if there is none; with `resume`, rows that are there are not
    /// measured again.
    pub(crate) fn open(file: PathBuf, resume: bool) -> Result<Self, String> {
        let rows = match std::fs::read(&file) {
            Ok(bytes) => {
                let whole: Value = serde_json::from_slice(&bytes)
                    .map_err(|e| format!("{}: {e}", file.display()))?;
                let rows = whole["rows"].as_object().cloned().unwrap_or_default();
                rows.into_iter().collect()
            }
            Err(_) => BTreeMap::new(),
        };
        Ok(Self { file, rows, resume })
    }

    /// Whether the row of that name need not be measured.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.resume && self.rows.contains_key(key)
    }

    /// The row of that name, measured now unless it is there and the run resumes.
    pub(crate) fn row(
        &mut self,
        key: &str,
        measure: impl FnOnce() -> Result<Value, String>,
    ) -> Result<&Value, String> {
        if !self.has(key) {
            let mut row = measure()?;
            let (commit, processor) = record::place();
            row["commit"] = json!(commit);
            row["processor"] = json!(processor);
            row["threads"] = json!(rayon::current_num_threads());
            self.rows.insert(key.to_owned(), row);
            self.save()?;
        }
        Ok(&self.rows[key])
    }

    /// The row of that name, if it was measured.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.rows.get(key)
    }

    /// All rows whose names begin so.
    pub(crate) fn starting(&self, prefix: &str) -> impl Iterator<Item = (&str, &Value)> {
        let rows = self.rows.iter();
        let rows = rows.filter(move |(key, _)| key.starts_with(prefix));
        rows.map(|(key, row)| (key.as_str(), row))
    }

    fn save(&self) -> Result<(), String> {
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        let name = self.file.file_stem().map(|stem| stem.to_string_lossy());
        let whole = json!({ "bench": name, "rows": self.rows });
        let text = serde_json::to_vec(&whole).map_err(|e| e.to_string())?;
        crelu_data::write_atomic(&self.file, &text).map_err(|e| e.to_string())
    }
}

/// A number of a row; NaN where there is none, so that every comparison with it fails.
pub(crate) fn number(row: &Value, name: &str) -> f64 {
    row[name].as_f64().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_resumed_measures_no_row_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("record.json");
        let mut first = Store::open(file.clone(), false).unwrap();
        first.row("a|1", || Ok(json!({ "x": 1.5 }))).unwrap();
        let mut again = Store::open(file.clone(), true).unwrap();
        let kept = again.row("a|1", || Err("measured again".to_owned()));
        assert_eq!(number(kept.unwrap(), "x"), 1.5);
        assert_eq!(again.starting("a|").count(), 1);
        let mut anew = Store::open(file, false).unwrap();
        let row = anew.row("a|1", || Ok(json!({ "x": 2.5 }))).unwrap();
        assert_eq!(number(row, "x"), 2.5);
    }

    #[test]
    fn store_of_a_damaged_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("record.json");
        std::fs::write(&file, "{").unwrap();
        assert!(Store::open(file, true).is_err());
    }
}
