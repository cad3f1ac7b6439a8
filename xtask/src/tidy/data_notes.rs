//! Every file of data has a note of its source and licence.

use super::finding::Finding;
use crate::tree::Tree;

/// `data/README.md` names each file under `data/` that is neither itself nor a licence.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let lacking = tree.data_files.iter().filter(|path| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_note = name == "README.md" || name.starts_with("LICENSE");
        !is_note && !tree.data_notes.contains(&format!("`{name}`"))
    });
    lacking
        .map(|path| {
            Finding::new(
                path,
                "data/README.md says nothing of its source and licence",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_file_without_a_note_is_found() {
        let files = [
            "data/README.md",
            "data/a.csv",
            "data/b/LICENSE",
            "data/b/c.gz",
        ];
        let count = |notes: &str| {
            let data_files = files.map(String::from).to_vec();
            check(&Tree {
                data_files,
                data_notes: notes.into(),
                ..Tree::default()
            })
            .len()
        };
        assert_eq!(count("`a.csv` and `c.gz`"), 0);
        assert_eq!(count("`a.csv`"), 1);
        assert_eq!(count(""), 2);
    }
}
