use faer::MatRef;

use crate::standardise::ROUNDING;

/// Columns of the first, cheap look: rows that differ in them are different rows.
const LOOK: usize = 16;
/// Comparisons of two rows that are made at most, beside a few for every row.
const MOST_PAIRS: usize = 1 << 22;
const PAIRS_A_ROW: usize = 16;

/// Rows as the networks see them, and how far two of them may be apart to be one but for rounding.
pub(crate) struct Rows<'a> {
    /// Preprocessed inputs, `d x n`.
    pub(crate) inputs: MatRef<'a, f64>,
    /// The rounding of an input: a row of `inputs`, from 0.
    pub(crate) rounding: &'a dyn Fn(usize) -> f64,
}

impl Rows<'_> {
    /// Whether the sum of `theta` over rows that are equal, but for rounding, is zero, within the
    /// sum of its `slack`, wherever rows are equal: then no function of the rows has a slope at
    /// zero, and the zero network is optimal for every penalty.
    ///
    /// Data that come near it and have too many pairs of rows to compare are said not to be so.
    ///
    /// **Cost** `16 n` and a sort unless the sums are zero over rows equal in 16 columns.
    pub(crate) fn cancel(&self, theta: &[f64], slack: &[f64]) -> bool {
        let (d, n) = (self.inputs.nrows(), self.inputs.ncols());
        let is_zero = |rows: &[usize]| {
            let sum: f64 = rows.iter().map(|&j| theta[j]).sum();
            sum.abs() <= rows.iter().map(|&j| slack[j]).sum()
        };
        let columns: Vec<usize> = (0..d.min(LOOK)).map(|k| k * d / d.min(LOOK)).collect();
        let coarse = self.alike(&columns);
        // the sums over unions of equal rows are zero if those over equal rows are
        if !coarse.iter().all(|rows| is_zero(rows)) {
            return false;
        }
        let rounding: Vec<f64> = (0..d).map(self.rounding).collect();
        let mut left = MOST_PAIRS.saturating_add(PAIRS_A_ROW.saturating_mul(n));
        coarse.iter().all(|rows| {
            let merged = self.merged(rows, &rounding, &mut left);
            merged.is_some_and(|groups| groups.iter().all(|group| is_zero(group)))
        })
    }

    /// Rows in groups such that rows of two groups differ in one of the columns.
    fn alike(&self, columns: &[usize]) -> Vec<Vec<usize>> {
        let n = self.inputs.ncols();
        // a weighted sum of the columns; weights without a pattern, so that rows differ in it
        let weight = |k: usize| {
            #[expect(clippy::cast_precision_loss, reason = "a small count")]
            let turn = 0.618_033_988_749_894_9 * (k + 1) as f64;
            1.0 + turn.fract()
        };
        let mut reach = 0.0;
        let mut sums: Vec<(f64, usize)> = (0..n).map(|j| (0.0, j)).collect();
        for (at, &k) in columns.iter().enumerate() {
            let mut largest = 0.0f64;
            for (sum, j) in &mut sums {
                let x = self.inputs[(k, *j)];
                largest = largest.max(x.abs());
                *sum += weight(at) * x;
            }
            // of the values themselves, and of adding them up
            reach += weight(at) * ((self.rounding)(k) + ROUNDING * largest);
        }
        sums.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut last = f64::NEG_INFINITY;
        for (sum, j) in sums {
            match groups.last_mut() {
                Some(group) if sum - last <= reach => group.push(j),
                _ => groups.push(vec![j]),
            }
            last = sum;
        }
        groups
    }

    /// The same by every input; None: too many pairs.
    fn merged(
        &self,
        rows: &[usize],
        rounding: &[f64],
        left: &mut usize,
    ) -> Option<Vec<Vec<usize>>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for &j in rows {
            let mut place = None;
            for (at, group) in groups.iter().enumerate() {
                *left = left.checked_sub(1)?;
                let (a, b) = (self.inputs.col(j), self.inputs.col(group[0]));
                let mut pairs = a.iter().zip(b.iter()).zip(rounding);
                if pairs.all(|((a, b), rounding)| (a - b).abs() <= *rounding) {
                    place = Some(at);
                    break;
                }
            }
            match place {
                Some(at) => groups[at].push(j),
                None => groups.push(vec![j]),
            }
        }
        Some(groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faer::Mat;

    fn cancel(rows: &[&[f64]], theta: &[f64]) -> bool {
        let inputs = Mat::from_fn(rows[0].len(), rows.len(), |k, j| rows[j][k]);
        let largest = |k: usize| rows.iter().fold(0.0f64, |most, row| most.max(row[k].abs()));
        let slack: Vec<f64> = theta.iter().map(|t| ROUNDING * t.abs()).collect();
        Rows {
            inputs: inputs.as_ref(),
            rounding: &|k| ROUNDING * largest(k),
        }
        .cancel(theta, &slack)
    }

    #[test]
    fn cancel_holds_only_where_every_sum_over_equal_rows_is_zero() {
        let (a, b): (&[f64], &[f64]) = (&[1.0, 2.0], &[2.0, 1.0]);
        assert!(cancel(&[a, b, b, a], &[1.0, -3.0, 3.0, -1.0]));
        assert!(cancel(&[a, a, a], &[1.0, 1.0, -2.0]));
        // the sum over all is zero, and over neither row
        assert!(!cancel(&[a, b], &[1.0, -1.0]));
        assert!(!cancel(&[a, b, b, a], &[1.0, 3.0, 3.0, -1.0]));
        assert!(!cancel(&[a, a, b], &[1.0, -1.0, 1e-9]));
        // rounding of the values and of the sum
        let c: &[f64] = &[1.0 + f64::EPSILON, 2.0];
        assert!(cancel(&[a, c], &[1.0, -1.0 + f64::EPSILON]));
        assert!(!cancel(&[a, &[1.0 + 1e-13, 2.0]], &[1.0, -1.0]));
    }

    #[test]
    fn cancel_looks_beyond_the_columns_of_the_first_look() {
        let d = 4 * LOOK;
        let mut rows = vec![vec![1.0; d]; 4];
        let theta = [1.0, -1.0, 2.0, -2.0];
        let view = |rows: &[Vec<f64>]| {
            let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
            cancel(&rows, &theta)
        };
        assert!(view(&rows));
        rows[0][d - 1] = 0.5;
        assert!(!view(&rows));
        rows[1][d - 1] = 0.5;
        assert!(view(&rows));
    }
}
