use super::by_rows::by_rows;
use super::dispatch::Lane;
use super::kernel::Kernel;
use super::panels::Layout;
use super::part::{Part, RowBlock};
use super::unit::Unit;

/// `slopes += rows' * (theta o 1[rows * W > 0])`, nothing of which leaves the registers.
pub(crate) struct Climb<'a, T> {
    pub(crate) layout: &'a Layout,
    pub(crate) rank: usize,
    pub(crate) rows: Part<'a, T>,
    pub(crate) theta: &'a [T],
    /// Packed.
    pub(crate) weights: &'a [T],
    /// Packed.
    pub(crate) slopes: &'a mut [T],
}

impl<T: Lane> Kernel<T> for Climb<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<U: Unit<T>>(self, unit: U) {
        match self.rows {
            Part::Dense(rows) => self.over(unit, rows),
            Part::Sparse(rows) => self.over(unit, rows),
        }
    }
}

impl<T: Lane> Climb<'_, T> {
    #[inline(always)]
    fn over<U: Unit<T>, B: RowBlock<T>>(self, unit: U, rows: B) {
        let rank = self.rank;
        let count = self.theta.len();
        for &(start, vectors) in &self.layout.panels {
            let range = start * rank..(start + vectors * U::LANES) * rank;
            let (weights, slopes) = (&self.weights[range.clone()], &mut self.slopes[range]);
            by_rows!(
                unit,
                vectors,
                count,
                climb_rows(rows, self.theta, weights, slopes)
            );
        }
    }
}

#[inline(always)]
fn climb_rows<T: Lane, U: Unit<T>, B: RowBlock<T>, const R: usize, const V: usize>(
    unit: U,
    first: usize,
    rows: B,
    theta: &[T],
    weights: &[T],
    slopes: &mut [T],
) {
    let theta = &theta[first..first + R];
    let mut s = rows.images::<U, R, V>(unit, first, weights);
    for (row, t) in s.iter_mut().zip(theta) {
        let t = unit.splat(*t);
        for s in row.iter_mut() {
            *s = unit.where_open(*s, t);
        }
    }
    rows.add_outer::<U, R, V>(unit, first, &s, slopes);
}
