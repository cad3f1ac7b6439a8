use faer::{Mat, MatRef};

use super::directed::{add_up, mul_up};
use crate::error::{BoundError, BoundPart};

/// The different rows of data, some of which are equal: a price knows of the `theta` of equal rows the
/// sum alone.
pub(super) struct Kinds<'a> {
    /// `[n_samples]`: the place of every row.
    places: &'a [usize],
    /// Of each place its first row.
    x: Mat<f64>,
}

impl<'a> Kinds<'a> {
    /// # Errors
    /// [`BoundError::Merged`] for a row that is not equal to that of its place, or a place without rows.
    pub(super) fn new(x: MatRef<'_, f64>, places: &'a [usize]) -> Result<Self, BoundError> {
        let n = x.nrows();
        if places.len() != n {
            let (part, want, got) = (BoundPart::Merged, n, places.len());
            return Err(BoundError::Shape { part, want, got });
        }
        let count = places.iter().max().map_or(0, |most| most.saturating_add(1));
        let wrong = |row| BoundError::Merged { row };
        if count > n {
            return Err(wrong(places.iter().position(|p| *p >= n).unwrap_or(0)));
        }
        let mut first = vec![usize::MAX; count];
        for (row, place) in places.iter().enumerate() {
            if first[*place] == usize::MAX {
                first[*place] = row;
            }
            let is_equal = (0..x.ncols()).all(|j| x[(row, j)] == x[(first[*place], j)]);
            if !is_equal {
                return Err(wrong(row));
            }
        }
        if first.contains(&usize::MAX) {
            return Err(wrong(0));
        }
        Ok(Self {
            places,
            x: Mat::from_fn(count, x.ncols(), |i, j| x[(first[i], j)]),
        })
    }

    /// The different rows.
    pub(super) fn x(&self) -> MatRef<'_, f64> {
        self.x.as_ref()
    }

    /// The sums of `theta`, as rounded, and what no price of them is below that of `theta` by more than.
    ///
    /// A sum in order of `k` numbers is off by at most `k` roundings of the sum of their sizes.
    pub(super) fn sums(&self, theta: &[f64], norms: &[f64]) -> (Vec<f64>, f64) {
        let (mut sums, mut sizes) = (vec![0.0; norms.len()], vec![0.0; norms.len()]);
        let mut counts = vec![0_u32; norms.len()];
        for (theta, place) in theta.iter().zip(self.places) {
            sums[*place] += theta;
            sizes[*place] = add_up(sizes[*place], theta.abs());
            counts[*place] += 1;
        }
        let slip = (0..norms.len()).fold(0.0, |slip, k| match counts[k] > 1 && norms[k] > 0.0 {
            true => {
                let off = mul_up(f64::from(counts[k]) * f64::EPSILON, sizes[k]);
                add_up(slip, mul_up(off, norms[k]))
            }
            false => slip,
        });
        (sums, slip)
    }
}
