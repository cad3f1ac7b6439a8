//! Formats, recognised by the file's name.

use std::path::Path;

use crate::error::DataError;
use crate::file_names::is_standard_input;

/// A format of data files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// `.csv`, `.tsv`, `.txt`, `.dat`, `.data`, `-`: a text table; its separator is what divides its lines.
    Table,
    /// `.npz`: a NumPy archive with `X` and `y`.
    Npz,
    /// `.npy`: one NumPy array.
    Npy,
    /// `.libsvm`, `.svm`: sparse rows.
    Libsvm,
    /// `*-ubyte`: MNIST's IDX.
    Idx,
    /// `.bin`: a CIFAR-10 batch.
    Cifar,
}

impl Format {
    /// The format that the name of `path` stands for; upper and lower case are the same.
    ///
    /// # Errors
    /// [`DataError::UnknownFormat`], which lists the known names.
    pub fn of(path: &Path) -> Result<Self, DataError> {
        if is_standard_input(path) {
            return Ok(Self::Table);
        }
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().to_lowercase())
            .unwrap_or_default();
        let stem = name.strip_suffix(".gz").unwrap_or(&name);
        const ENDINGS: [(&str, Format); 11] = [
            (".csv", Format::Table),
            (".tsv", Format::Table),
            (".txt", Format::Table),
            (".dat", Format::Table),
            (".data", Format::Table),
            (".npz", Format::Npz),
            (".npy", Format::Npy),
            (".libsvm", Format::Libsvm),
            (".svm", Format::Libsvm),
            ("-ubyte", Format::Idx),
            (".bin", Format::Cifar),
        ];
        match ENDINGS.iter().find(|(ending, _)| stem.ends_with(ending)) {
            Some(&(_, format)) => Ok(format),
            None => Err(DataError::UnknownFormat {
                path: path.to_owned(),
            }),
        }
    }
}
