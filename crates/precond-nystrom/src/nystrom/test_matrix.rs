use faer::Mat;
use linalg_core::SettingsError;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// The random matrix whose image under the operator is the sketch; its columns are made
/// orthonormal before use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TestMatrix {
    /// Standard normal entries: the one that the error bounds are for.
    #[default]
    Gaussian,
    /// In each row a few entries `+1` or `-1` in random places: few random numbers, and as good
    /// in practice.
    /// **Source** Martinsson & Tropp 2020, section 9.2, who advise 8 entries a row.
    SparseSign {
        /// Entries of a row, at least 1; at most the width is used.
        per_row: usize,
    },
}

impl TestMatrix {
    /// Refuses a sign matrix without entries.
    pub(crate) fn check(self) -> Result<(), SettingsError> {
        let holds = self != Self::SparseSign { per_row: 0 };
        SettingsError::unless(holds, "per_row", 0.0, "at least 1")
    }

    /// `rows x cols` numbers from the generator.
    pub(crate) fn draw(self, rows: usize, cols: usize, rng: &mut Xoshiro256PlusPlus) -> Mat<f64> {
        match self {
            Self::Gaussian => Mat::from_fn(rows, cols, |_, _| StandardNormal.sample(rng)),
            Self::SparseSign { per_row } => {
                let mut out = Mat::zeros(rows, cols);
                let count = per_row.min(cols);
                let mut places: Vec<usize> = (0..cols).collect();
                for i in 0..rows.min(rows * cols) {
                    for k in 0..count {
                        // the first steps of a shuffle: places without repetition
                        let other = rng.random_range(k..cols);
                        places.swap(k, other);
                        out[(i, places[k])] = if rng.random::<bool>() { 1.0 } else { -1.0 };
                    }
                }
                out
            }
        }
    }
}
