//! What a reader is told besides the file's path.

use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::watch::Watch;

/// How to read a data file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// The target column of a CSV, TSV or NPY file: a name of the header or an index counted from 0;
    /// `None`: the last column. A name wins over an index.
    pub target: Option<String>,
    /// The labels of IDX images, themselves IDX, gzipped where the name ends in `.gz`.
    pub labels: Option<PathBuf>,
    /// Whether the target must be there.
    pub target_presence: TargetPresence,
    /// Features that the file must have, for a test file: LIBSVM rows are filled up to it, other
    /// formats must match it. `None`: whatever the file has.
    pub n_features: Option<usize>,
    /// Whether to go on, asked while a text file is read; `None`: to its end.
    pub watch: Option<Watch>,
}

/// Whether the file must have the target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TargetPresence {
    /// The target must be there, and is read: training and test data.
    #[default]
    Required,
    /// The features stand in the order of training; a target column is skipped unread: data to predict.
    Optional {
        /// Features of the model.
        n_features: usize,
        /// Name of the target in the training data.
        target_name: Option<String>,
        /// Index of the target's column in the training data, counted from 0; `None`: the last.
        target_index: Option<usize>,
    },
}

impl ReadOptions {
    /// Options for data to predict: `n_features` features in the order of training, and the training
    /// data's target column, by name or index, where it is still there.
    pub fn for_prediction(
        n_features: usize,
        target_name: Option<String>,
        target_index: Option<usize>,
    ) -> Self {
        Self {
            target_presence: TargetPresence::Optional {
                n_features,
                target_name,
                target_index,
            },
            ..Self::default()
        }
    }

    /// Whether the target is wanted.
    pub(crate) fn wants_target(&self) -> bool {
        matches!(self.target_presence, TargetPresence::Required)
    }

    /// Features that the file must have, if that is known.
    pub(crate) fn required_features(&self) -> Option<usize> {
        match self.target_presence {
            TargetPresence::Required => self.n_features,
            TargetPresence::Optional { n_features, .. } => Some(n_features),
        }
    }

    /// The index of the target among `width` columns without names, `None` if it is not there.
    pub(crate) fn target_without_names(
        &self,
        path: &Path,
        width: usize,
    ) -> Result<Option<usize>, DataError> {
        self.target_among(path, None, width)
    }

    /// The index of the target among `width` columns, `None` if it is not there.
    pub(crate) fn target_among(
        &self,
        path: &Path,
        names: Option<&[String]>,
        width: usize,
    ) -> Result<Option<usize>, DataError> {
        match &self.target_presence {
            TargetPresence::Required => {
                let index = required_index(path, self.target.as_deref(), names, width)?;
                let got = width - 1;
                if got == 0 {
                    return Err(DataError::NoFeatures {
                        path: path.to_owned(),
                        part: None,
                    });
                }
                match self.n_features {
                    Some(want) if want != got => Err(DataError::FeatureCount {
                        path: path.to_owned(),
                        want,
                        got,
                    }),
                    _ => Ok(Some(index)),
                }
            }
            TargetPresence::Optional {
                n_features,
                target_name,
                target_index,
            } => {
                let want = *n_features;
                let named = target_name
                    .as_deref()
                    .and_then(|name| position(names?, name).map(|index| (index, name)));
                if width == want {
                    match named {
                        Some((_, target)) => Err(DataError::TargetAmongFeatures {
                            path: path.to_owned(),
                            target: target.to_owned(),
                            want,
                            got: width - 1,
                        }),
                        None => Ok(None),
                    }
                } else if width == want + 1 {
                    let by_index = target_index
                        .filter(|&index| index < width)
                        .unwrap_or(width - 1);
                    Ok(Some(named.map_or(by_index, |(index, _)| index)))
                } else {
                    Err(DataError::ColumnCount {
                        path: path.to_owned(),
                        want,
                        got: width,
                    })
                }
            }
        }
    }

    /// Refuses a width that differs from the one needed; zero features are refused always.
    pub(crate) fn check_features(
        &self,
        path: &Path,
        part: Option<&'static str>,
        got: usize,
    ) -> Result<(), DataError> {
        match self.required_features() {
            _ if got == 0 => Err(DataError::NoFeatures {
                path: path.to_owned(),
                part,
            }),
            Some(want) if want != got => Err(DataError::FeatureCount {
                path: path.to_owned(),
                want,
                got,
            }),
            _ => Ok(()),
        }
    }

    /// Refuses a choice of target where the format has only one.
    pub(crate) fn check_fixed_target(&self, path: &Path) -> Result<(), DataError> {
        match &self.target {
            Some(target) if self.wants_target() => Err(DataError::TargetFixed {
                path: path.to_owned(),
                target: target.clone(),
            }),
            _ => Ok(()),
        }
    }
}

fn required_index(
    path: &Path,
    target: Option<&str>,
    names: Option<&[String]>,
    width: usize,
) -> Result<usize, DataError> {
    let Some(target) = target.map(str::trim) else {
        return Ok(width - 1);
    };
    if let Some(names) = names
        && let Some(first) = position(names, target)
    {
        return match position(&names[first + 1..], target) {
            Some(next) => Err(DataError::TwoColumns {
                path: path.to_owned(),
                target: target.to_owned(),
                first,
                second: first + 1 + next,
            }),
            None => Ok(first),
        };
    }
    match (target.parse::<usize>(), names) {
        (Ok(index), _) if index < width => Ok(index),
        (Ok(index), _) => Err(DataError::TargetIndex {
            path: path.to_owned(),
            index,
            columns: width,
        }),
        (Err(_), Some(names)) => Err(DataError::NoColumn {
            path: path.to_owned(),
            target: target.to_owned(),
            columns: names.to_vec(),
        }),
        (Err(_), None) => Err(DataError::NoNames {
            path: path.to_owned(),
            target: target.to_owned(),
        }),
    }
}

fn position(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|candidate| candidate == name.trim())
}
