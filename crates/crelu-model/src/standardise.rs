use faer::{Mat, MatRef};
use linalg_core::{Control, LinalgError, for_each_mut};

/// Mean and deviation (divisor `n`) of every feature, learnt on the training rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardisation {
    /// One mean a feature.
    pub mean: Vec<f64>,
    /// One deviation a feature; 0 for a feature that does not vary, which becomes zero.
    pub scale: Vec<f64>,
}

impl Standardisation {
    /// Learns from `features`, `n_features x n_samples`.
    #[must_use]
    pub fn learn(features: MatRef<'_, f64>) -> Self {
        match Self::learn_within(features, &Control::default()) {
            Ok(learnt) => learnt,
            Err(_) => unreachable!("a control without limit and flag never halts"),
        }
    }

    /// [`learn`](Self::learn) within the limit of `control`, on all threads.
    ///
    /// # Errors
    /// [`LinalgError::Halted`].
    pub fn learn_within(
        features: MatRef<'_, f64>,
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
                *learnt = mean_and_scale(turned.col_as_slice(i));
            }
        });
        if control.halt().is_some() {
            return Err(LinalgError::Halted);
        }
        let (mean, scale) = learnt.into_iter().unzip();
        Ok(Self { mean, scale })
    }
}

/// Values that are turned at a time by a thread, 8 MB; features: at least a cache line, and so many
/// that a row's part of them is more than the way to it.
const TURNED: usize = 1 << 20;
const LEAST: usize = 8;
const MOST: usize = 256;

fn mean_and_scale(values: &[f64]) -> (f64, f64) {
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let count = values.len().max(1) as f64;
    // relative to the first row: no digits are lost to a large common offset; and to the largest
    // difference: no square overflows
    let first = values.first().copied().unwrap_or(0.0);
    let offset = values.iter().map(|v| (v - first) / count).sum::<f64>();
    let largest = values
        .iter()
        .map(|v| (v - first - offset).abs())
        .fold(0.0, f64::max);
    let varies = values.iter().any(|v| *v != first) && largest > 0.0;
    let share = |v: &f64| (v - first - offset) / largest;
    let scale = if varies {
        largest * (values.iter().map(|v| share(v).powi(2)).sum::<f64>() / count).sqrt()
    } else {
        0.0
    };
    (first + offset, scale)
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
) -> Mat<f64> {
    let d = features.nrows();
    assert!(
        standardisation.is_none_or(|s| s.mean.len() == d),
        "features: as in training"
    );
    let rows = d + usize::from(bias);
    let mut out = Mat::zeros(rows, features.ncols());
    let mut parts = Vec::new();
    let mut rest = out.as_mut();
    while rest.ncols() > 0 {
        let width = SAMPLES.min(rest.ncols());
        let (part, right) = rest.split_at_col_mut(width);
        parts.push(part);
        rest = right;
    }
    for_each_mut(&mut parts, |at, part| {
        for j in 0..part.ncols() {
            let sample = at * SAMPLES + j;
            for i in 0..d {
                let x = features[(i, sample)];
                part[(i, j)] = match standardisation {
                    None => x,
                    Some(s) if s.scale[i] > 0.0 => (x - s.mean[i]) / s.scale[i],
                    Some(_) => 0.0,
                };
            }
            if bias {
                part[(d, j)] = 1.0;
            }
        }
    });
    out
}

/// Samples that are one task.
const SAMPLES: usize = 64;
