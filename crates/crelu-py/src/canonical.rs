//! Rows in an order of their own: a weight of two and a row that stands there twice are the same
//! problem, wherever they stand.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};

use crelu_model::TargetColumn;
use crelu_model::path::Split;
use faer::Mat;

/// What is trained on.
pub(crate) struct Samples {
    /// `n_features x n_samples`.
    pub(crate) features: Mat<f64>,
    pub(crate) targets: Vec<TargetColumn>,
    pub(crate) weights: Option<Vec<f64>>,
    pub(crate) splits: Option<Vec<Split>>,
}

impl Samples {
    /// The rows given, without folds.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        let weights = self.weights.as_ref();
        Self {
            features: Mat::from_fn(self.features.nrows(), rows.len(), |k, j| {
                self.features[(k, rows[j])]
            }),
            targets: (self.targets.iter())
                .map(|target| target.select(rows))
                .collect(),
            weights: weights.map(|weights| rows.iter().map(|&j| weights[j]).collect()),
            splits: None,
        }
    }

    /// The same with rows that are equal, by their features, targets and folds, joined to one of their
    /// weights together, and all sorted. Rows that weigh the same in the end stay in the order in which
    /// they were met: those that all differ, as they are.
    ///
    /// **Cost** a pass over the features; a sort where there are weights or equal rows.
    pub(crate) fn canonical(mut self) -> Self {
        if self.weights.as_deref().is_some_and(is_even) {
            self.weights = None;
        }
        if self.weights.is_none() && !self.may_be_equal() {
            return self;
        }
        let n = self.features.ncols();
        let parts = self.parts();
        let weight = |j: usize| self.weights.as_ref().map_or(1.0, |weights| weights[j]);
        let compare = |a: usize, b: usize| {
            self.compare_features(a, b)
                .then_with(|| self.compare_targets(a, b))
                .then_with(|| parts[a].cmp(&parts[b]))
        };
        let mut order: Vec<usize> = (0..n).collect();
        // by weight at last, so that sums do not depend on the order
        order.sort_by(|&a, &b| compare(a, b).then_with(|| weight(a).total_cmp(&weight(b))));
        let mut groups: Vec<(Vec<usize>, f64)> = Vec::new();
        for &j in &order {
            match groups.last_mut() {
                Some((rows, sum)) if compare(rows[0], j) == Ordering::Equal => {
                    rows.push(j);
                    *sum += weight(j);
                }
                _ => groups.push((vec![j], weight(j))),
            }
        }
        let together: Vec<f64> = groups.iter().map(|(_, sum)| *sum).collect();
        let has_weights = !is_even(&together);
        if !has_weights {
            groups.sort_by_key(|(rows, _)| rows.iter().min().copied());
        }
        let first: Vec<usize> = groups.iter().map(|(rows, _)| rows[0]).collect();
        let mut place = vec![0; n];
        for (at, (rows, _)) in groups.iter().enumerate() {
            for &j in rows {
                place[j] = at;
            }
        }
        let joined = |rows: &[usize]| {
            let mut rows: Vec<usize> = rows.iter().map(|&j| place[j]).collect();
            rows.sort_unstable();
            rows.dedup();
            rows
        };
        let splits = self.splits.as_ref().map(|splits| {
            let of = |split: &Split| Split {
                train: joined(&split.train),
                held_out: joined(&split.held_out),
            };
            splits.iter().map(of).collect()
        });
        Self {
            features: Mat::from_fn(self.features.nrows(), first.len(), |k, j| {
                self.features[(k, first[j])]
            }),
            targets: self
                .targets
                .iter()
                .map(|target| target.select(&first))
                .collect(),
            weights: has_weights.then_some(together),
            splits,
        }
    }

    /// Whether two rows have the same hash: if not, all differ.
    fn may_be_equal(&self) -> bool {
        let mut known = HashSet::with_capacity(self.features.ncols());
        self.features.col_iter().any(|column| {
            let mut hasher = DefaultHasher::new();
            for x in column.iter() {
                // zero has two representations
                hasher.write_u64((x + 0.0).to_bits());
            }
            !known.insert(hasher.finish())
        })
    }

    /// The folds in which each row is trained on or held out.
    fn parts(&self) -> Vec<Vec<(usize, bool)>> {
        let mut parts = vec![Vec::new(); self.features.ncols()];
        for (fold, split) in self.splits.iter().flatten().enumerate() {
            let sides = [(&split.train, false), (&split.held_out, true)];
            for (rows, is_held_out) in sides {
                for &row in rows {
                    if let Some(part) = parts.get_mut(row) {
                        part.push((fold, is_held_out));
                    }
                }
            }
        }
        parts
    }

    fn compare_features(&self, a: usize, b: usize) -> Ordering {
        let cells = self.features.col(a).iter().zip(self.features.col(b).iter());
        let mut orders = cells.map(|(a, b)| (a + 0.0).total_cmp(&(b + 0.0)));
        orders
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    fn compare_targets(&self, a: usize, b: usize) -> Ordering {
        let mut orders = self.targets.iter().map(|target| match &target.values {
            Some(values) => (values[a] + 0.0).total_cmp(&(values[b] + 0.0)),
            None => target.text[a].cmp(&target.text[b]),
        });
        orders
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

/// Whether all are the very same number.
#[expect(clippy::float_cmp, reason = "the very same number")]
fn is_even(weights: &[f64]) -> bool {
    weights.iter().all(|weight| *weight == weights[0])
}
