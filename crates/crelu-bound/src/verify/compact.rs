use faer::{Mat, MatRef};
use linalg_core::RowSpace;

use super::ball::Ball;
use super::directed::{add_up, mul_up, norm_up};
use super::units::Scaled;
use crate::certificate::{BlockMultipliers, IntervalMultipliers, ProductMultipliers};

/// Data of many more columns than rows, as `X = R Q' + E`: `R` is n x n, `Q` about orthonormal, `E`
/// about the rounding errors of the product.
///
/// With `v = Q'u`, `|v| <= s |u|` where `s^2` bounds the row sums of `|Q'Q|`, and
///
/// ```text
///     q'(X u)_+ <= q'(R v)_+ + sum_i |q_i| |E_i u| <= s price_R(q) |u| + sum_i |q_i| |E_i| |u|
/// ```
///
/// whatever `R` and `Q` are: nothing is believed of the decomposition that made them. The
/// multipliers of a certificate are free choices, so `Q'` times its directions, as rounded, serves.
pub(super) struct Compact {
    /// `R` in place of the data.
    pub(super) data: Scaled,
    /// d x n.
    basis: Mat<f64>,
    /// `s`.
    stretch: f64,
    /// Upper bounds of the `|E_i|`.
    rest: Vec<f64>,
}

/// From so many halves of the rows on, columns are worth the decomposition.
const WIDE: usize = 3;
/// Columns of `Q` that are multiplied at a time: memory stays at a few times the basis.
const PANEL: usize = 1024;

/// Whether data of this shape are brought to the coordinates of their rows.
pub(crate) fn is_compacted(n: usize, d: usize) -> bool {
    2 * d > WIDE * n
}

impl Compact {
    /// **Cost** `14 d n^2` flops, memory `3 n d` numbers.
    pub(super) fn new(data: &Scaled) -> Option<Self> {
        let (n, d) = (data.x.nrows(), data.x.ncols());
        if !is_compacted(n, d) {
            return None;
        }
        let space = RowSpace::qr(data.x.as_ref());
        let basis = space.expand(Mat::identity(space.rank(), space.rank()).as_ref());
        let rows = space.rows().transpose().to_owned();
        let is_finite = |m: MatRef<'_, f64>| {
            (0..m.ncols()).all(|j| (0..m.nrows()).all(|i| m[(i, j)].is_finite()))
        };
        let is_usable = is_finite(basis.as_ref()) && is_finite(rows.as_ref());
        is_usable.then(|| Self::of(data, rows, basis))
    }

    /// For any `R` and `Q`.
    fn of(data: &Scaled, rows: Mat<f64>, basis: Mat<f64>) -> Self {
        Self {
            rest: rest(&data.x, &rows, &basis),
            stretch: stretch(&basis),
            data: data.with_rows(rows),
            basis,
        }
    }

    /// A bound of the price on `X` from one of the price on `R`.
    pub(super) fn raised(&self, price: f64, q: &[f64]) -> f64 {
        let rest = q.iter().zip(&self.rest);
        let own = mul_up(self.stretch, price.max(0.0)); // no neuron at all has the price 0
        rest.fold(own, |sum, (q, rest)| add_up(sum, mul_up(q.abs(), *rest)))
    }

    pub(super) fn interval(&self, of: &IntervalMultipliers) -> IntervalMultipliers {
        IntervalMultipliers {
            mu: of.mu.clone(),
            t: of.t.clone(),
            g: of.g.clone(),
            factor: self.reduced(&of.factor),
            width: of.width,
        }
    }

    pub(super) fn products(&self, of: &ProductMultipliers) -> ProductMultipliers {
        let block = |block: &BlockMultipliers| BlockMultipliers {
            rows: block.rows.clone(),
            products: block.products.clone(),
            bound: block.bound.clone(),
            direction: self.reduced(&block.direction),
        };
        ProductMultipliers {
            blocks: of.blocks.iter().map(block).collect(),
            trace: of.trace,
        }
    }

    /// `Q'` times the columns of d numbers each.
    fn reduced(&self, columns: &[f64]) -> Vec<f64> {
        let d = self.basis.nrows();
        let columns = MatRef::from_column_major_slice(columns, d, columns.len() / d);
        let mut out = Mat::<f64>::zeros(self.basis.ncols(), columns.ncols());
        let (to, left) = (out.as_mut(), self.basis.transpose());
        linalg_core::product(to, faer::Accum::Replace, left, columns, 1.0);
        (0..out.ncols())
            .flat_map(|j| out.col_as_slice(j).to_vec())
            .collect()
    }
}

fn panels(d: usize) -> impl Iterator<Item = core::ops::Range<usize>> {
    (0..d)
        .step_by(PANEL)
        .map(move |first| first..d.min(first + PANEL))
}

/// Upper bounds of the norms of the rows of `X - R Q'`.
fn rest(x: &Mat<f64>, rows: &Mat<f64>, basis: &Mat<f64>) -> Vec<f64> {
    let left = Ball::exact(rows.clone());
    let mut norms = vec![0.0; x.nrows()];
    for panel in panels(basis.nrows()) {
        let part = basis.as_ref().subrows(panel.start, panel.len());
        let image = left.times(&Ball::exact(part.transpose().to_owned()));
        let own = x.as_ref().subcols(panel.start, panel.len());
        let apart = Ball::sum(&[(1.0, &Ball::exact(own.to_owned())), (-1.0, &image)]);
        for (i, norm) in norms.iter_mut().enumerate() {
            let entries = (0..panel.len()).map(|j| (apart.mid[(i, j)], apart.rad[(i, j)]));
            *norm = norm_up([(*norm, 0.0)].into_iter().chain(entries));
        }
    }
    norms
}

/// The square root of the largest row sum of `|Q'Q|`, rounded up: at least the largest singular
/// value of `Q`.
fn stretch(basis: &Mat<f64>) -> f64 {
    let rank = basis.ncols();
    let mut gram = Ball::exact(Mat::zeros(rank, rank));
    for panel in panels(basis.nrows()) {
        let part = Ball::exact(basis.as_ref().subrows(panel.start, panel.len()).to_owned());
        gram = Ball::sum(&[(1.0, &gram), (1.0, &part.transposed().times(&part))]);
    }
    let row = |i: usize| {
        (0..rank).fold(0.0, |sum, j| {
            add_up(sum, add_up(gram.mid[(i, j)].abs(), gram.rad[(i, j)]))
        })
    };
    // a NaN stays: every comparison with it fails, and the trivial price is taken
    let most = (0..rank)
        .map(row)
        .fold(0.0, |most, v| if v <= most { most } else { v });
    most.sqrt().next_up()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row: its price is `|q| |x|`, on `R` `|q| |r|`, and every part of the bound is known.
    #[test]
    fn raised_price_covers_what_a_wrong_decomposition_leaves_out() {
        let x = Mat::from_fn(1, 5, |_, j| [3.0, 0.0, 4.0, 0.0, 12.0][j]);
        let data = Scaled::new(x.as_ref(), 0).expect("numbers in range");
        let q = [2.0];
        let price = q[0] * 13.0 * (data.x[(0, 0)] / 3.0);
        let made = Compact::new(&data).expect("five columns, one row");
        let raised = made.raised(q[0] * made.data.norms[0], &q);
        assert!(raised >= price && raised <= price * (1.0 + 1e-13));
        for (of_rows, of_basis) in [(0.5, 2.0), (2.0, 0.5), (0.9, 1.0), (1.0, 0.9), (0.0, 1.0)] {
            let rows = Mat::from_fn(1, 1, |i, j| of_rows * made.data.x[(i, j)]);
            let basis = Mat::from_fn(5, 1, |i, j| of_basis * made.basis[(i, j)]);
            let other = Compact::of(&data, rows, basis);
            let raised = other.raised(q[0] * other.data.norms[0], &q);
            let left_out = (1.0 - of_rows * of_basis).abs();
            let expected = price * (of_rows * of_basis + left_out);
            assert!(
                raised >= price && raised <= expected * (1.0 + 1e-13),
                "{of_rows} {of_basis}: {raised}, {price}, {expected}"
            );
        }
    }

    #[test]
    fn stretch_of_a_basis_that_is_none_proves_nothing() {
        let huge = Mat::from_fn(4, 2, |i, j| if i == j { 1e200 } else { -1e200 });
        let stretch = stretch(&huge);
        assert!(stretch.is_nan() || stretch.is_infinite(), "{stretch}");
    }
}
