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
    /// Opens `target/bench/<name>.json`; with `resume`, rows that are there are not measured again.
    pub(crate) fn open(name: &str, resume: bool) -> Result<Self, String> {
        let file = PathBuf::from("target/bench").join(format!("{name}.json"));
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

    /// The row of that name, measured now unless it is there and the run resumes.
    pub(crate) fn row(
        &mut self,
        key: &str,
        measure: impl FnOnce() -> Result<Value, String>,
    ) -> Result<&Value, String> {
        if !(self.resume && self.rows.contains_key(key)) {
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
        let whole = json!({ "bench": "global", "rows": self.rows });
        let text = serde_json::to_vec(&whole).map_err(|e| e.to_string())?;
        crelu_data::write_atomic(&self.file, &text).map_err(|e| e.to_string())
    }
}

/// A number of a row; NaN where there is none, so that every comparison with it fails.
pub(crate) fn number(row: &Value, name: &str) -> f64 {
    row[name].as_f64().unwrap_or(f64::NAN)
}
