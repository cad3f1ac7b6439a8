use faer::{Mat, MatRef};

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
        let (d, n) = (features.nrows(), features.ncols());
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
        let count = n.max(1) as f64;
        let mut mean = vec![0.0; d];
        let mut scale = vec![0.0; d];
        for i in 0..d {
            // relative to the first row: no digits are lost to a large common offset; and to the
            // largest difference: no square overflows
            let first = if n > 0 { features[(i, 0)] } else { 0.0 };
            let offset = (0..n)
                .map(|j| (features[(i, j)] - first) / count)
                .sum::<f64>();
            let largest = (0..n)
                .map(|j| (features[(i, j)] - first - offset).abs())
                .fold(0.0, f64::max);
            let varies = (0..n).any(|j| features[(i, j)] != first) && largest > 0.0;
            let share = |j: usize| (features[(i, j)] - first - offset) / largest;
            mean[i] = first + offset;
            scale[i] = if varies {
                largest * ((0..n).map(|j| share(j).powi(2)).sum::<f64>() / count).sqrt()
            } else {
                0.0
            };
        }
        Self { mean, scale }
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
) -> Mat<f64> {
    let d = features.nrows();
    assert!(
        standardisation.is_none_or(|s| s.mean.len() == d),
        "features: as in training"
    );
    Mat::from_fn(d + usize::from(bias), features.ncols(), |i, j| {
        if i == d {
            return 1.0;
        }
        match standardisation {
            None => features[(i, j)],
            Some(s) if s.scale[i] > 0.0 => (features[(i, j)] - s.mean[i]) / s.scale[i],
            Some(_) => 0.0,
        }
    })
}
