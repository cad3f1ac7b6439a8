//! Rows of equal inputs are one row of the training.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

use crelu_core::{Loss, LossKind, Offset};
use linalg_core::{Control, DenseRows, LinalgError, for_each_mut};

use crate::error::FitError;
use crate::targets::Targets;

/// Numbers that are hashed between two questions to a control.
const PART: usize = 1 << 20;

/// What is trained on in the place of rows of which some are equal.
#[derive(Debug)]
pub(crate) struct EqualRows {
    /// The inputs of the different rows, sorted, so that the order of the rows given does not matter.
    pub(crate) inputs: DenseRows<f64>,
    /// The loss of all rows: the weights of equal ones added up, their targets the weighted mean
    /// (labels: the shares), and what they lose by being different added.
    pub(crate) loss: Arc<dyn Loss>,
    /// The targets of the different rows.
    pub(crate) target: Vec<f64>,
    /// The different row of each row.
    pub(crate) place: Vec<usize>,
}

impl EqualRows {
    /// Joins equal rows of `inputs`; none where all differ. Huber's loss joins rows of equal
    /// targets alone.
    ///
    /// **Cost** a pass over the inputs; a sort of the rows where some are equal.
    ///
    /// # Errors
    /// [`FitError::Loss`] where joined targets have no loss; [`LinalgError::Halted`] where `control` halts.
    pub(crate) fn of(
        inputs: &DenseRows<f64>,
        targets: &Targets,
        control: &Control<'_>,
    ) -> Result<Option<Self>, FitError> {
        let rows = RowsOf {
            inputs,
            target: targets.coded().targets(targets.kind()),
            outputs: targets.outputs(),
            by_target: matches!(targets.kind(), LossKind::Huber { .. }),
            loss: &**targets.loss(),
        };
        if !rows.may_be_equal(control)? {
            return Ok(None);
        }
        let n = inputs.n_rows();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| rows.compare(a, b));
        let mut groups: Vec<&[usize]> = Vec::new();
        let mut first = 0;
        for at in 1..=n {
            if at == n || !rows.is_one(order[at - 1], order[at]) {
                groups.push(&order[first..at]);
                first = at;
            }
        }
        let joined: Vec<Joined> = groups.iter().map(|group| rows.joined(group)).collect();
        #[expect(clippy::float_cmp, reason = "exactly 1")]
        let all_one = joined.iter().all(|row| row.weight == 1.0);
        // rows that weigh 1 are taken for rows as they were given, without a constant
        if groups.len() == n || all_one {
            return Ok(None);
        }
        let mut place = vec![0; n];
        for (at, group) in groups.iter().enumerate() {
            for &j in *group {
                place[j] = at;
            }
        }
        let target: Vec<f64> = (joined.iter())
            .flat_map(|row| row.target.iter().copied())
            .collect();
        let weights = joined.iter().map(|row| row.weight).collect();
        let loss = (targets.kind()).of(target.clone(), rows.outputs, Some(weights))?;
        let constants: Vec<f64> = joined.iter().map(|row| row.constant).collect();
        let loss = match constants.iter().all(|constant| *constant == 0.0) {
            true => loss,
            false => Arc::new(Offset::new(loss, constants)),
        };
        let firsts: Vec<usize> = groups.iter().map(|group| group[0]).collect();
        Ok(Some(Self {
            inputs: inputs.select(&firsts),
            loss,
            target,
            place,
        }))
    }
}

/// Equal rows as one.
struct Joined {
    weight: f64,
    target: Vec<f64>,
    /// What the squared loss of the rows is more than that of their mean.
    constant: f64,
}

struct RowsOf<'a> {
    inputs: &'a DenseRows<f64>,
    target: Vec<f64>,
    outputs: usize,
    /// Whether rows of other targets are other rows.
    by_target: bool,
    loss: &'a dyn Loss,
}

impl RowsOf<'_> {
    fn target(&self, j: usize) -> &[f64] {
        &self.target[j * self.outputs..(j + 1) * self.outputs]
    }

    /// Whether two rows have the same hash: if not, all differ.
    fn may_be_equal(&self, control: &Control<'_>) -> Result<bool, LinalgError> {
        let hash = |j: usize| {
            let mut hasher = DefaultHasher::new();
            for x in self.inputs.row(j) {
                // zero has two representations
                hasher.write_u64((x + 0.0).to_bits());
            }
            hasher.finish()
        };
        let mut hashes = vec![0; self.inputs.n_rows()];
        let rows = (PART / self.inputs.width().max(1)).max(1);
        let mut parts: Vec<&mut [u64]> = hashes.chunks_mut(rows).collect();
        for_each_mut(&mut parts, |part, hashes| {
            if control.halt().is_none() {
                for (k, own) in hashes.iter_mut().enumerate() {
                    *own = hash(part * rows + k);
                }
            }
        });
        if control.halt().is_some() {
            return Err(LinalgError::Halted);
        }
        hashes.sort_unstable();
        Ok(hashes.windows(2).any(|pair| pair[0] == pair[1]))
    }

    fn compare_inputs(&self, a: usize, b: usize) -> Ordering {
        let cells = self.inputs.row(a).iter().zip(self.inputs.row(b));
        first_difference(cells)
    }

    /// By inputs, then by target and weight, so that sums over equal rows do not depend on their order.
    fn compare(&self, a: usize, b: usize) -> Ordering {
        let weights = || self.loss.weight(a).total_cmp(&self.loss.weight(b));
        self.compare_inputs(a, b)
            .then_with(|| first_difference(self.target(a).iter().zip(self.target(b))))
            .then_with(weights)
    }

    fn is_one(&self, a: usize, b: usize) -> bool {
        self.compare_inputs(a, b) == Ordering::Equal
            && (!self.by_target || self.target(a) == self.target(b))
    }

    fn joined(&self, rows: &[usize]) -> Joined {
        let weight: f64 = rows.iter().map(|&j| self.loss.weight(j)).sum();
        let origin = self.target(rows[0]);
        let mut target = origin.to_vec();
        let mut constant = 0.0;
        for (k, (target, origin)) in target.iter_mut().zip(origin).enumerate() {
            // differences to one of them: equal targets stay what they are
            let apart = |&j: &usize| self.loss.weight(j) * (self.target(j)[k] - origin);
            *target += rows.iter().map(apart).sum::<f64>() / weight;
            if self.loss.is_quadratic() {
                let square =
                    |&j: &usize| 0.5 * self.loss.weight(j) * (self.target(j)[k] - *target).powi(2);
                constant += rows.iter().map(square).sum::<f64>();
            } else if !self.by_target {
                // shares, whatever the rounding
                *target = target.clamp(if self.outputs == 1 { -1.0 } else { 0.0 }, 1.0);
            }
        }
        Joined {
            weight,
            target,
            constant,
        }
    }
}

/// The order of two lists of finite numbers; zero has two representations.
fn first_difference<'a>(mut cells: impl Iterator<Item = (&'a f64, &'a f64)>) -> Ordering {
    let order = cells.find_map(|(a, b)| match (a + 0.0).total_cmp(&(b + 0.0)) {
        Ordering::Equal => None,
        other => Some(other),
    });
    order.unwrap_or(Ordering::Equal)
}
