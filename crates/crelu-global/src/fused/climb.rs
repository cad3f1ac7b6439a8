use super::by_rows::by_rows;
use super::dispatch::{Kernel, Lane};
use super::micro::{add_outer, images};
use super::panels::Layout;
use super::unit::Unit;

/// `slopes += rows' * (theta o 1[rows * W > 0])`, nothing of which leaves the registers.
pub(crate) struct Climb<'a, T> {
    pub(crate) layout: &'a Layout,
    pub(crate) rank: usize,
    pub(crate) rows: &'a [T],
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
        let rank = self.rank;
        let count = self.theta.len();
        for &(start, vectors) in &self.layout.panels {
            let range = start * rank..(start + vectors * U::LANES) * rank;
            let (weights, slopes) = (&self.weights[range.clone()], &mut self.slopes[range]);
            by_rows!(
                unit,
                vectors,
                count,
                climb_rows(rank, self.rows, self.theta, weights, slopes)
            );
        }
    }
}

#[inline(always)]
fn climb_rows<T: Lane, U: Unit<T>, const R: usize, const V: usize>(
    unit: U,
    first: usize,
    rank: usize,
    rows: &[T],
    theta: &[T],
    weights: &[T],
    slopes: &mut [T],
) {
    let rows = &rows[first * rank..(first + R) * rank];
    let theta = &theta[first..first + R];
    let mut s = images::<T, U, R, V>(unit, rows, rank, weights);
    for (row, t) in s.iter_mut().zip(theta) {
        let t = unit.splat(*t);
        for s in row.iter_mut() {
            *s = unit.where_open(*s, t);
        }
    }
    add_outer::<T, U, R, V>(unit, rows, rank, &s, slopes);
}
