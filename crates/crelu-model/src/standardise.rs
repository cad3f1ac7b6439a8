use faer::{Mat, MatRef};
use linalg_core::{Control, DenseRows, LinalgError, SparseRows, for_each_mut};

use crelu_core::power::{exponent, factors, scaled};

/// A feature is constant if its deviation is at most this share of its largest value: so much may
/// be the rounding of the numbers in a file, and of the arithmetic that made them.
pub(crate) const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// Mean and deviation (divisor `n`) of every feature, learnt on the training rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardisation {
    /// One mean a feature.
    pub mean: Vec<f64>,
    /// One deviation a feature; 0 for a feature that does not vary, which becomes zero.
    pub scale: Vec<f64>,
}

impl Standardisation {
    /// Learns from `features`, `n_features x n_samples`, finite. A feature whose deviation is at
    /// most `8 * 2^-52` of its largest value does not vary but for rounding.
    #[must_use]
    pub fn learn(features: MatRef<'_, f64>) -> Self {
        match Self::learn_within(features, None, &Control::default()) {
            Ok(learnt) => learnt,
            Err(_) => unreachable!("a control without limit and flag never halts"),
        }
    }

    /// [`learn`](Self::learn) within the limit of `control`, on all threads, of rows with weights.
    ///
    /// # Errors
    /// [`LinalgError::Halted`].
    pub fn learn_within(
        features: MatRef<'_, f64>,
        weights: Option<&[f64]>,
        control: &Control<'_>,
    ) -> Result<Self, LinalgError> {
        let (d, n) = (features.nrows(), features.ncols());
        let mut learnt = vec![(0.0, 0.0); d];
        // some features at a time are turned, so that the values of each lie together
        let some = (TURNED / n.max(1)).clamp(LEAST, MOST);
        let mut parts: Vec<&mut [(f64, f64)]> = learnt.chunks_mut(some).collect();
        for_each_mut(&mut parts, |at, part| {
            if control.halt().is_some() {
                return;
            }
            let mut turned = Mat::<f64>::zeros(n, part.len());
            for j in 0..n {
                for i in 0..part.len() {
                    turned[(j, i)] = features[(at * some + i, j)];
                }
            }
            for (i, learnt) in part.iter_mut().enumerate() {
                *learnt = mean_and_scale(turned.col_as_slice(i), weights);
            }
        });
        if control.halt().is_some() {
            return Err(LinalgError::Halted);
        }
        let (mean, scale) = learnt.into_iter().unzip();
        Ok(Self { mean, scale })
    }
}

impl Standardisation {
    /// Learns the scales of sparse rows; nothing is taken from a feature, so that what is zero stays zero.
    ///
    /// The deviation is that of all rows, those without an entry among them, as it would be of dense ones.
    #[must_use]
    pub fn learn_sparse(rows: &SparseRows<f64>, weights: Option<&[f64]>) -> Self {
        let d = rows.n_columns();
        let mut largest = vec![0.0_f64; d];
        for (k, x) in rows.entries() {
            largest[k] = largest[k].max(x.abs());
        }
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
        let mass: f64 = match weights {
            Some(weights) => weights.iter().sum(),
            None => rows.n_rows() as f64,
        };
        // in units of the largest value: no square overflows
        let each = |add: &mut dyn FnMut(usize, f64, f64)| {
            for row in 0..rows.n_rows() {
                let weight = weights.map_or(1.0, |weights| weights[row]);
                let (columns, values) = rows.all().row(row);
                for (column, x) in columns.iter().zip(values) {
                    let k = *column as usize;
                    if largest[k] > 0.0 {
                        add(k, x / largest[k], weight);
                    }
                }
            }
        };
        let (mut mean, mut filled) = (vec![0.0; d], vec![0.0; d]);
        each(&mut |k, x, weight| {
            mean[k] += weight * x;
            filled[k] += weight;
        });
        mean.iter_mut().for_each(|mean| *mean /= mass);
        let mut squares = vec![0.0; d];
        each(&mut |k, x, weight| squares[k] += weight * (x - mean[k]).powi(2));
        let scale = (0..d).map(|k| {
            let empty = (mass - filled[k]).max(0.0) * mean[k].powi(2);
            let deviation = ((squares[k] + empty) / mass).sqrt();
            match deviation > ROUNDING {
                true => (largest[k] * deviation).max(f64::from_bits(1)),
                false => 0.0,
            }
        });
        Self {
            scale: scale.collect(),
            mean: vec![0.0; d],
        }
    }
}

/// Values that are turned at a time by a thread, 8 MB; features: at least a cache line, and so many
/// that a row's part of them is more than the way to it.
const TURNED: usize = 1 << 20;
const LEAST: usize = 8;
const MOST: usize = 256;

fn mean_and_scale(values: &[f64], weights: Option<&[f64]>) -> (f64, f64) {
    let column = moments(values, weights);
    (column.mean(), column.deviation())
}

fn moments(values: &[f64], weights: Option<&[f64]>) -> Column {
    let mut column = Column::of(values);
    column.pass(values, weights, |column, x, _| column.bracket(x));
    column.pass(values, weights, Column::add);
    column.pass(values, weights, Column::square);
    column
}

/// The mean of finite `values` with weights, as [`Standardisation::learn`] takes it; 0 if there
/// are none.
pub(crate) fn mean(values: &[f64], weights: Option<&[f64]>) -> f64 {
    let mut column = Column::of(values);
    column.pass(values, weights, |column, x, _| column.bracket(x));
    column.pass(values, weights, Column::add);
    column.mean()
}

/// The deviation of finite `values` with weights; 0 if they do not vary but for rounding.
pub(crate) fn deviation(values: &[f64], weights: Option<&[f64]>) -> f64 {
    moments(values, weights).deviation()
}

/// The median of finite `values` with weights, the middle of two; 0 if there are none.
pub(crate) fn median(values: &[f64], weights: Option<&[f64]>) -> f64 {
    let weight = |j: usize| weights.map_or(1.0, |weights| weights[j]);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    // in the order of the values, so that the order of the rows does not matter
    let half = 0.5 * order.iter().map(|&j| weight(j)).sum::<f64>();
    let mut below = 0.0;
    for (at, &j) in order.iter().enumerate() {
        below += weight(j);
        if below > half {
            return values[j];
        }
        if below == half {
            let next = order.get(at + 1).map_or(values[j], |&next| values[next]);
            return f64::midpoint(values[j], next);
        }
    }
    order.last().map_or(0.0, |&j| values[j])
}

/// The moments of one feature, in three passes. Differences to the first row lose no digits to a
/// large common offset; in units of a power of two that brings the largest value below 1/2, no
/// difference overflows; squares are taken in units of the largest difference.
#[derive(Debug, Clone, Copy)]
struct Column {
    first: f64,
    largest: f64,
    /// Of the units in which differences are taken, and what brings a number into them.
    exponent: i32,
    down: (f64, f64),
    /// The first row in these units.
    origin: f64,
    /// The largest difference, its power of two, and what brings a difference into units of that.
    reach: f64,
    spread: i32,
    share: (f64, f64),
    /// A running sum, and what rounding took from it (Neumaier).
    sum: f64,
    lost: f64,
    /// Mean of the differences to the first row, and of their squares about it.
    offset: f64,
    variance: f64,
    closed: u8,
}

impl Column {
    fn of(values: &[f64]) -> Self {
        let first = values.first().copied().unwrap_or(0.0);
        Self {
            first,
            largest: 0.0,
            exponent: 0,
            down: (1.0, 1.0),
            origin: first,
            reach: 0.0,
            spread: 0,
            share: (1.0, 1.0),
            sum: 0.0,
            lost: 0.0,
            offset: 0.0,
            variance: 0.0,
            closed: 0,
        }
    }

    fn bracket(&mut self, x: f64) {
        self.largest = self.largest.max(x.abs());
    }

    fn difference(&self, x: f64) -> f64 {
        x * self.down.0 * self.down.1 - self.origin
    }

    fn add(&mut self, x: f64, weight: f64) {
        let difference = self.difference(x);
        self.reach = self.reach.max(difference.abs());
        self.accumulate(weight * difference);
    }

    fn square(&mut self, x: f64, weight: f64) {
        let share = (self.difference(x) - self.offset) * self.share.0 * self.share.1;
        self.accumulate(weight * (share * share));
    }

    fn accumulate(&mut self, term: f64) {
        let sum = self.sum + term;
        self.lost += if self.sum.abs() >= term.abs() {
            (self.sum - sum) + term
        } else {
            (term - sum) + self.sum
        };
        self.sum = sum;
    }

    fn pass(
        &mut self,
        values: &[f64],
        weights: Option<&[f64]>,
        take: impl Fn(&mut Self, f64, f64),
    ) {
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
        let mass = match weights {
            None => {
                values.iter().for_each(|&x| take(self, x, 1.0));
                values.len().max(1) as f64
            }
            Some(weights) => {
                let cells = values.iter().zip(weights);
                cells.for_each(|(&x, &weight)| take(self, x, weight));
                weights.iter().sum()
            }
        };
        self.close(mass);
    }

    /// Ends a pass over rows of that total weight.
    fn close(&mut self, mass: f64) {
        let average = (self.sum + self.lost) / mass;
        match self.closed {
            0 => {
                self.exponent = exponent(self.largest) + 2;
                self.down = factors(-self.exponent);
                self.origin = scaled(self.first, -self.exponent);
            }
            1 => {
                self.offset = average;
                self.spread = exponent(self.reach);
                self.share = factors(-self.spread);
            }
            _ => self.variance = average,
        }
        (self.sum, self.lost) = (0.0, 0.0);
        self.closed += 1;
    }

    fn mean(&self) -> f64 {
        if self.reach == 0.0 {
            return self.first;
        }
        scaled(self.origin + self.offset, self.exponent)
    }

    fn deviation(&self) -> f64 {
        let deviation = scaled(self.variance.sqrt(), self.spread);
        if self.reach == 0.0 || deviation <= ROUNDING * scaled(self.largest, -self.exponent) {
            return 0.0;
        }
        // where the deviation of the smallest numbers is less than the smallest
        scaled(deviation, self.exponent).max(f64::from_bits(1))
    }
}

/// `(x - mean) / scale`, also where the difference overflows and the quotient does not.
fn standardised(x: f64, mean: f64, scale: f64) -> f64 {
    let difference = x - mean;
    if difference.is_finite() {
        difference / scale
    } else {
        (0.25 * x - 0.25 * mean) / (0.25 * scale)
    }
}

/// Standardises if asked to and appends the bias row of ones if asked to:
/// `(x - mean) / scale`, a feature of scale 0 becomes zero; `n_features (+ 1) x n_samples`.
///
/// # Panics
/// If the standardisation is for another number of features.
#[must_use]
pub fn preprocess(
    features: MatRef<'_, f64>,
    standardisation: Option<&Standardisation>,
    bias: bool,
) -> DenseRows<f64> {
    let d = features.nrows();
    assert!(
        standardisation.is_none_or(|s| s.mean.len() == d),
        "features: as in training"
    );
    let width = d + usize::from(bias);
    let mut out = DenseRows::full(width, features.ncols(), 0.0);
    let numbers = width.max(1) * SAMPLES;
    let mut parts: Vec<&mut [f64]> = out.values_mut().chunks_mut(numbers).collect();
    for_each_mut(&mut parts, |at, part| {
        for (j, row) in part.chunks_exact_mut(width.max(1)).enumerate() {
            let sample = at * SAMPLES + j;
            for i in 0..d {
                let x = features[(i, sample)];
                row[i] = match standardisation {
                    None => x,
                    Some(s) if s.scale[i] > 0.0 => standardised(x, s.mean[i], s.scale[i]),
                    Some(_) => 0.0,
                };
            }
            if bias {
                row[d] = 1.0;
            }
        }
    });
    out
}

/// Samples that are one task.
const SAMPLES: usize = 64;
