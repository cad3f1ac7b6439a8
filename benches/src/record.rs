use std::path::PathBuf;

use serde_json::{Value, json};

/// The commit and the processor, for the records.
pub(crate) fn place() -> (String, Option<String>) {
    let commit = std::process::Command::new("git")
        .args(["rev-parse", "--short", "HEAD"])
        .output()
        .ok()
        .filter(|out| out.status.success())
        .and_then(|out| String::from_utf8(out.stdout).ok())
        .map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned());
    let model = std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|l| l.starts_with("model name"))?;
            line.split(':').nth(1).map(|m| m.trim().to_owned())
        });
    (commit, model)
}

/// Writes measured rows to `target/bench/<name>-<commit>.json`, with what machine made them.
pub(crate) fn write(name: &str, seed: u64, rows: Vec<Value>) -> Result<PathBuf, String> {
    let (commit, model) = place();
    let record = json!({
        "bench": name,
        "commit": commit,
        "processor": model,
        "threads": rayon::current_num_threads(),
        "seed": seed,
        "rows": rows,
    });
    let folder = PathBuf::from("target/bench");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let file = folder.join(format!("{name}-{commit}.json"));
    let text = serde_json::to_vec_pretty(&record).map_err(|e| e.to_string())?;
    crelu_data::write_atomic(&file, &text).map_err(|e| e.to_string())?;
    Ok(file)
}
