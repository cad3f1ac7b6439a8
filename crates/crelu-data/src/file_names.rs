//! What the name of a file says.

use std::path::Path;

/// The known names, for messages.
pub const KNOWN_NAMES: &str = ".csv .tsv .txt .dat .data .npz .npy .libsvm .svm *-ubyte .bin, each also with .gz; - is standard input, a table";

/// Whether `path` is `-`.
pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Whether the name of `path` says that it is compressed.
pub(crate) fn is_gzipped(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
}
