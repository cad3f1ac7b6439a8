use std::collections::BTreeSet;

use crate::store::Store;

/// The processors, threads and commits of the rows whose names begin so.
pub(super) fn machines(store: &Store, prefix: &str) -> String {
    let mut seen = BTreeSet::new();
    let mut commits = BTreeSet::new();
    for (_, row) in store.starting(prefix) {
        let processor = row["processor"].as_str().unwrap_or("unknown processor");
        seen.insert(format!("{processor}, {} threads", row["threads"]));
        commits.insert(row["commit"].as_str().unwrap_or("unknown").to_owned());
    }
    let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join("; ");
    if seen.is_empty() {
        return "No row is recorded.".to_owned();
    }
    format!("{}, commit {}.", list(seen), list(commits))
}
