//! Data tables from files, and files written all or not at all.
//!
//! A learner needs one thing of a data file: a dense table
//!
//! ```text
//! features  [n_samples x n_features]   finite numbers, row-major
//! target    [n_samples]                numbers or text labels, with the text they were written as
//! ```
//!
//! and, where the file is not one, an error of one line that says in which row and column.
//! [`read`] recognises the format by the file's name; each also takes a further `.gz`, and `-` is standard
//! input, a text table. What divides its cells, whether its first line is a header, its encoding and its
//! decimal sign are found in a table's first lines:
//!
//! | name | holds | target |
//! |---|---|---|
//! | `.csv` `.tsv` `.txt` `.dat` `.data` | a text table, with or without a header row | a column, by name or index |
//! | `.npy` | a 2-d array | a column, by index |
//! | `.npz` | arrays `X` and `y` | `y` |
//! | `.libsvm` `.svm` | `label index:value ...`, indices from 1 | the label |
//! | `*-ubyte` | IDX images (MNIST) | a second IDX file of labels |
//! | `.bin` | a CIFAR-10 batch | the first byte of a record |
//!
//! ```
//! use crelu_data::{ReadOptions, read, write_atomic};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("flowers.csv");
//! write_atomic(&path, b"length,width,kind\n5.1,3.5,setosa\n7.0,3.2,versicolor\n")?;
//!
//! let table = read(&path, &ReadOptions::default())?;
//! assert_eq!((table.n_samples, table.n_features), (2, 2));
//! assert_eq!(table.features, [5.1, 3.5, 7.0, 3.2]);
//! assert_eq!(table.target_name.as_deref(), Some("kind"));
//! assert_eq!(table.target.unwrap().text, ["setosa", "versicolor"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod array;
mod cell;
mod cifar;
mod columns;
mod csv;
mod csv_blocks;
mod csv_records;
mod csv_rows;
mod decimal;
mod encoding;
mod error;
mod feature;
mod file_names;
mod format;
mod header;
mod idx;
mod libsvm;
mod lines;
mod npy;
mod npz;
mod options;
mod place;
mod read;
mod refusal;
mod role;
mod separator;
mod source;
mod stray;
mod table;
mod text;
mod watch;
mod write;

pub use crelu_core::TargetColumn;

pub use columns::{FileColumns, Selection};
pub use encoding::Encoding;
pub use error::{ArrayError, DataError, SparseError};
pub use feature::{FeatureCells, FeatureColumn};
pub use file_names::{KNOWN_NAMES, is_standard_input};
pub use format::Format;
pub use idx::read_idx_bytes;
pub use lines::Lines;
pub use npy::{NpyMatrix, read_matrix_npy};
pub use options::{Aside, Categorical, Header, ReadOptions, TargetCells};
pub use place::{Excerpt, Names, Place, is_hidden};
pub use read::{read, read_selected};
pub use role::Role;
pub use separator::Separator;
pub use stray::Stray;
pub use table::{AsideColumn, Layout, SparseFeatures, Table, TextLayout};
pub use watch::Watch;
pub use write::{check_writable, remove_temporaries, write_all_atomic, write_atomic};
