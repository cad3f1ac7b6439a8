use core::fmt;

use crate::column_origin::ColumnOrigin;
use crate::model::Model;

/// The columns that a model was trained on, to find them in other data.
///
/// Where both sides have names, columns are found by name: another order is put right, columns that
/// the model does not know are ignored, a missing one is an error. Otherwise they are taken by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrainingColumns<'a> {
    /// Features.
    pub n_features: usize,
    /// Their names, if the training data had any.
    pub feature_names: Option<&'a [String]>,
    /// The target's name, if it had one.
    pub target_name: Option<&'a str>,
    /// The target's place among the columns, if it was one of them.
    pub target_index: Option<usize>,
    /// Further targets.
    pub other_targets: &'a [ColumnOrigin],
    /// The weights of the rows, if they were one of the columns.
    pub weights: Option<&'a ColumnOrigin>,
}

/// The columns of other data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataColumns<'a> {
    /// Their names, if they have any.
    pub names: Option<&'a [String]>,
    /// How many there are.
    pub count: usize,
    /// Whether the target is kept apart from them.
    pub target_apart: bool,
    /// Whether zeros are left out, so that the last features may be missing.
    pub sparse: bool,
    /// Whether the target must be there.
    pub needs_target: bool,
}

/// Which column of the data serves as what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnMatch {
    /// The column of each feature; in sparse data it may lie beyond the last.
    pub features: Vec<usize>,
    /// The target's column, if it is one of them.
    pub target: Option<usize>,
    /// Those of further targets, where all are there.
    pub other_targets: Vec<usize>,
    /// That of the weights.
    pub weights: Option<usize>,
    /// Columns that the model does not know, found by name.
    pub ignored: Vec<usize>,
    /// Names of the training data with the column that was taken for them because its name differs
    /// only in case, blanks or quotation marks.
    pub renamed: Vec<(String, usize)>,
}

/// Why the columns of other data do not serve a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// Columns that the model needs are not there.
    #[error(
        "no column '{}'{}, which the model was trained on{}; the columns are {}",
        Shown(name), TargetOrNot(*is_target), AndMore(*more), List(found)
    )]
    Missing {
        /// The first that is missing.
        name: String,
        /// Whether it is the target.
        is_target: bool,
        /// How many more are missing.
        more: usize,
        /// The names that are there.
        found: Vec<String>,
    },
    /// More columns have the name than the training data had.
    #[error(
        "columns {first} and {second} are both called '{}'; the model knows {} so called: rename or leave out the other",
        Shown(name), Times(*want)
    )]
    Ambiguous {
        /// The name.
        name: String,
        /// The first such column, counted from 1.
        first: usize,
        /// The next.
        second: usize,
        /// How many the training data had.
        want: usize,
    },
    /// Fewer columns have the name than the training data had.
    #[error("the model was trained on {want} columns called '{}', there {} of them", Shown(name), IsOrAre(*got))]
    TooFew {
        /// The name.
        name: String,
        /// How many the training data had.
        want: usize,
        /// How many there are.
        got: usize,
    },
    /// Without names, a number of columns that fits neither with nor without the target.
    #[error("{}", CountProblem(*want, *beside, *got, *target))]
    Count {
        /// Features of the model.
        want: usize,
        /// Further targets and weights of the training data.
        beside: usize,
        /// Columns found.
        got: usize,
        /// What the target adds.
        target: TargetPlace,
    },
}

/// How a target counts among columns without names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetPlace {
    /// It is kept apart.
    Apart,
    /// It may be there, in this column, counted from 1.
    Optional(usize),
    /// It must be there, in this column, counted from 1.
    Needed(usize),
}

impl Model {
    /// The columns that it was trained on.
    #[must_use]
    pub fn columns(&self) -> TrainingColumns<'_> {
        TrainingColumns {
            n_features: self
                .columns
                .as_ref()
                .map_or(self.n_features(), |c| c.columns.len()),
            feature_names: match &self.columns {
                Some(coding) => coding.names.as_deref(),
                None => self.feature_names.as_deref(),
            },
            target_name: self.target_name.as_deref(),
            target_index: self.target_index,
            other_targets: &self.other_targets,
            weights: self.weights.as_ref(),
        }
    }
}

impl TrainingColumns<'_> {
    /// All names that data for the model may have: its features' and its target's.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names = self.feature_names.unwrap_or_default().to_vec();
        names.extend(self.target_name.map(str::to_owned));
        names.extend(self.other_targets.iter().filter_map(|t| t.name.clone()));
        names.extend(self.weights.and_then(|weights| weights.name.clone()));
        names
    }

    /// Finds the model's columns among those of other data.
    ///
    /// # Errors
    /// [`ColumnError`] names the column that is missing or doubtful, or says how many are needed.
    pub fn find(&self, data: &DataColumns<'_>) -> Result<ColumnMatch, ColumnError> {
        match (self.feature_names, data.names) {
            (Some(known), Some(names)) => self.by_name(known, names, data.needs_target),
            _ => self.by_place(data),
        }
    }

    fn by_place(&self, data: &DataColumns<'_>) -> Result<ColumnMatch, ColumnError> {
        let (want, got) = (self.n_features, data.count);
        let beside = self.other_targets.len() + usize::from(self.weights.is_some());
        // without a place in training, a target is the last column
        let place = self
            .target_index
            .unwrap_or(want + beside)
            .min(want + beside);
        let target = match (data.target_apart, data.needs_target) {
            (true, _) => TargetPlace::Apart,
            (_, false) => TargetPlace::Optional(place + 1),
            (_, true) => TargetPlace::Needed(place + 1),
        };
        let all = ColumnMatch {
            features: (0..want).collect(),
            ..ColumnMatch::default()
        };
        match target {
            TargetPlace::Apart if got == want || data.sparse && got < want => Ok(all),
            TargetPlace::Optional(_) if got == want => Ok(all),
            TargetPlace::Optional(_) | TargetPlace::Needed(_) if got == want + beside + 1 => {
                let other_targets: Vec<usize> =
                    self.other_targets.iter().map(|t| t.index).collect();
                let weights = self.weights.map(|weights| weights.index);
                let is_feature = |column: &usize| {
                    *column != place && !other_targets.contains(column) && weights != Some(*column)
                };
                Ok(ColumnMatch {
                    features: (0..got).filter(is_feature).collect(),
                    target: Some(place),
                    other_targets,
                    weights,
                    ..ColumnMatch::default()
                })
            }
            _ => Err(ColumnError::Count {
                want,
                beside,
                got,
                target,
            }),
        }
    }

    fn by_name(
        &self,
        known: &[String],
        names: &[String],
        needs_target: bool,
    ) -> Result<ColumnMatch, ColumnError> {
        let needed = self.needed(known);
        let mut found: Vec<Option<usize>> = vec![None; needed.len()];
        let mut taken = vec![false; names.len()];
        let mut missing = Vec::new();
        for (at, (name, _)) in needed.iter().enumerate() {
            if needed[..at].iter().any(|(before, _)| before == name) {
                continue;
            }
            let slots: Vec<usize> = (at..needed.len())
                .filter(|&k| needed[k].0 == *name)
                .collect();
            let is_optional = |k: &usize| !needed[*k].1.is_needed(needs_target);
            let columns: Vec<usize> = (0..names.len()).filter(|&c| names[c] == *name).collect();
            let musts: Vec<usize> = slots.iter().copied().filter(|k| !is_optional(k)).collect();
            let filled = if columns.len() == slots.len() {
                &slots
            } else {
                &musts
            };
            match (columns.len(), filled.len()) {
                (got, want) if got == want => {
                    for (&slot, &column) in filled.iter().zip(&columns) {
                        found[slot] = Some(column);
                        taken[column] = true;
                    }
                }
                // several of a target's name, and none is needed
                (_, 0) => columns.iter().for_each(|&column| taken[column] = true),
                (0, _) => missing.extend(slots),
                (got, want) if got > want => {
                    return Err(ColumnError::Ambiguous {
                        name: (*name).to_owned(),
                        first: columns[0] + 1,
                        second: columns[1] + 1,
                        want,
                    });
                }
                (got, want) => {
                    return Err(ColumnError::TooFew {
                        name: (*name).to_owned(),
                        want,
                        got,
                    });
                }
            }
        }
        let mut renamed = Vec::new();
        let folded: Vec<String> = names.iter().map(|name| fold(name)).collect();
        let absent = |found: &[Option<usize>]| -> Vec<usize> {
            let is_needed = |k: &usize| needed[*k].1.is_needed(needs_target);
            (0..needed.len())
                .filter(|k| found[*k].is_none() && is_needed(k))
                .collect()
        };
        let optional = (0..needed.len())
            .filter(|&k| !matches!(needed[k].1, Slot::Feature(_)) && found[k].is_none());
        let mut open = absent(&found);
        open.extend(optional);
        open.sort_unstable();
        open.dedup();
        for &slot in &open {
            let name = fold(needed[slot].0);
            let only = open.iter().filter(|&&k| fold(needed[k].0) == name).count() == 1;
            let mut like = (0..names.len()).filter(|&c| !taken[c] && folded[c] == name);
            if let (true, Some(column), None) = (only, like.next(), like.next()) {
                found[slot] = Some(column);
                if needed[slot].1.is_needed(needs_target) {
                    renamed.push((needed[slot].0.to_owned(), column));
                }
            }
        }
        for column in found.iter().flatten() {
            taken[*column] = true;
        }
        let absent = absent(&found);
        if let Some(&first) = absent.first() {
            return Err(ColumnError::Missing {
                name: needed[first].0.to_owned(),
                is_target: matches!(needed[first].1, Slot::Target(_)),
                more: absent.len() - 1,
                found: names.to_vec(),
            });
        }
        let mut matched = ColumnMatch {
            features: vec![0; self.n_features],
            ignored: (0..names.len()).filter(|&column| !taken[column]).collect(),
            renamed,
            ..ColumnMatch::default()
        };
        for ((_, slot), column) in needed.iter().zip(&found) {
            match (slot, *column) {
                (Slot::Feature(feature), Some(column)) => matched.features[*feature] = column,
                (Slot::Target(0), column) => matched.target = column,
                (Slot::Target(_), Some(column)) => matched.other_targets.push(column),
                (Slot::Weights, column) => matched.weights = column,
                (Slot::Feature(_) | Slot::Target(_), None) => {}
            }
        }
        if matched.other_targets.len() < self.other_targets.len() {
            matched.other_targets.clear();
        }
        Ok(matched)
    }

    /// Names in the order of the training data, each with what it is.
    fn needed<'n>(&'n self, known: &'n [String]) -> Vec<(&'n str, Slot)> {
        let mut needed: Vec<(&str, Slot)> = known
            .iter()
            .enumerate()
            .map(|(k, name)| (name.as_str(), Slot::Feature(k)))
            .collect();
        let first = self.target_name.map(|name| (name, self.target_index));
        let others = self.other_targets.iter();
        let others = others.map(|t| Some((t.name.as_deref()?, Some(t.index))));
        let targets = std::iter::once(first).chain(others).enumerate();
        let mut beside: Vec<(&str, Slot, Option<usize>)> = targets
            .filter_map(|(k, target)| target.map(|(name, at)| (name, Slot::Target(k), at)))
            .collect();
        if let Some(weights) = self.weights
            && let Some(name) = &weights.name
        {
            beside.push((name, Slot::Weights, Some(weights.index)));
        }
        beside.sort_by_key(|(_, _, at)| at.unwrap_or(usize::MAX));
        for (name, slot, at) in beside {
            let place = at.unwrap_or(needed.len()).min(needed.len());
            needed.insert(place, (name, slot));
        }
        needed
    }
}

/// What a column of the training data was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Feature(usize),
    /// The first target is 0.
    Target(usize),
    Weights,
}

impl Slot {
    fn is_needed(self, needs_target: bool) -> bool {
        match self {
            Self::Feature(_) => true,
            Self::Target(_) => needs_target,
            Self::Weights => false,
        }
    }
}

/// A name without what people write in two ways: case, blanks, quotation marks.
fn fold(name: &str) -> String {
    const MARKS: [char; 8] = [
        '"', '\'', '`', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}', '\u{feff}',
    ];
    let plain: String = name
        .chars()
        .filter(|c| !MARKS.contains(c))
        .flat_map(char::to_lowercase)
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name on one line, cut where it is long.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 40;
        for c in self.0.chars().take(LONGEST) {
            match c.is_control() {
                true => write!(f, "{}", c.escape_default())?,
                false => write!(f, "{c}")?,
            }
        }
        f.write_str(if self.0.chars().nth(LONGEST).is_some() {
            "..."
        } else {
            ""
        })
    }
}

struct List<'a>(&'a [String]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 8;
        for (i, name) in self.0.iter().take(MOST).enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { ", " }, Shown(name))?;
        }
        match self.0.len() {
            count if count > MOST => write!(f, ", ... {count} in all"),
            _ => Ok(()),
        }
    }
}

struct TargetOrNot(bool);

impl fmt::Display for TargetOrNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { ", the target" } else { "" })
    }
}

struct AndMore(usize);

impl fmt::Display for AndMore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            1 => f.write_str(" (and 1 more)"),
            more => write!(f, " (and {more} more)"),
        }
    }
}

struct Times(usize);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("one column"),
            count => write!(f, "{count} columns"),
        }
    }
}

struct IsOrAre(usize);

impl fmt::Display for IsOrAre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", if self.0 == 1 { "is" } else { "are" }, self.0)
    }
}

struct CountProblem(usize, usize, usize, TargetPlace);

impl fmt::Display for CountProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(want, beside, got, target) = *self;
        let and = match beside {
            0 => "",
            _ => " and what else stood beside the features",
        };
        let s = |count: usize| if count == 1 { "" } else { "s" };
        match target {
            TargetPlace::Apart => write!(
                f,
                "{got} feature column{}, the model was trained on {want} features",
                s(got)
            ),
            TargetPlace::Optional(place) => write!(
                f,
                "{got} column{}, the model was trained on {want} features: needed are {want} columns, or {} with the target in column {place}{and}",
                s(got),
                want + beside + 1
            ),
            TargetPlace::Needed(place) => write!(
                f,
                "{got} column{}, needed are {}: the {want} features and the target, in column {place}{and}",
                s(got),
                want + beside + 1
            ),
        }
    }
}
