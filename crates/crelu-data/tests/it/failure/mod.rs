//! Malformed files: one line that names the file, and the place where there is one.

mod arrays;
mod others;
mod text_cells;
mod text_layout;

use crate::files::Folder;
use crelu_data::{DataError, ReadOptions, read};
use std::path::Path;

const TABLE: &str = "alpha,bravo,gamma,kind\n1,2,3,0\n4,5,6,1\n7,8,9,0\n";

fn fit() -> ReadOptions {
    ReadOptions::default()
}

fn fit_to(target: &str) -> ReadOptions {
    ReadOptions {
        target: Some(target.to_owned()),
        ..fit()
    }
}

fn assert_line(error: &DataError, path: &Path, says: &[&str]) {
    let line = error.to_string();
    assert_eq!(line.lines().count(), 1, "{line:?}");
    assert!(!line.chars().any(char::is_control), "{line:?}");
    let name = path.file_name().unwrap().to_str().unwrap();
    for part in std::iter::once(&name).chain(says) {
        assert!(line.contains(part), "{line:?} does not name {part:?}");
    }
}

fn refuse(
    folder: &Folder,
    name: &str,
    bytes: impl AsRef<[u8]>,
    options: &ReadOptions,
    says: &[&str],
) {
    let path = folder.put(name, bytes);
    match read(&path, options) {
        Ok(table) => panic!(
            "{name} was read: {} rows of {} features",
            table.n_samples, table.n_features
        ),
        Err(error) => assert_line(&error, &path, says),
    }
}
