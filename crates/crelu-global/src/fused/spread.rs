use super::by_rows::by_rows;
use super::dispatch::{Kernel, Lane};
use super::micro::{add_outer, load};
use super::panels::Layout;
use super::unit::Unit;

/// `slopes += rows' * (factors o 1[tile > 0])`.
pub(crate) struct Spread<'a, T> {
    pub(crate) layout: &'a Layout,
    pub(crate) rank: usize,
    pub(crate) rows: &'a [T],
    /// As [`Open`](super::Open) left it, `padded` numbers a row.
    pub(crate) tile: &'a [T],
    /// `padded` numbers a row.
    pub(crate) factors: &'a [T],
    /// Packed.
    pub(crate) slopes: &'a mut [T],
}

impl<T: Lane> Kernel<T> for Spread<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<U: Unit<T>>(self, unit: U) {
        let (rank, padded) = (self.rank, self.layout.padded());
        let count = self.rows.len() / rank.max(1);
        for &(start, vectors) in &self.layout.panels {
            let width = vectors * U::LANES;
            let slopes = &mut self.slopes[start * rank..(start + width) * rank];
            by_rows!(
                unit,
                vectors,
                count,
                spread_rows(
                    rank,
                    self.rows,
                    &self.tile[start..],
                    &self.factors[start..],
                    padded,
                    slopes
                )
            );
        }
    }
}

#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the parts of one pass")]
fn spread_rows<T: Lane, U: Unit<T>, const R: usize, const V: usize>(
    unit: U,
    first: usize,
    rank: usize,
    rows: &[T],
    tile: &[T],
    factors: &[T],
    padded: usize,
    slopes: &mut [T],
) {
    let zero: [U::Vector; V] = [unit.splat(T::default()); V];
    let mut s = [zero; R];
    for (q, s) in s.iter_mut().enumerate() {
        let h: [U::Vector; V] = load(unit, &tile[(first + q) * padded..]);
        let a: [U::Vector; V] = load(unit, &factors[(first + q) * padded..]);
        for v in 0..V {
            s[v] = unit.where_open(h[v], a[v]);
        }
    }
    add_outer::<T, U, R, V>(
        unit,
        &rows[first * rank..(first + R) * rank],
        rank,
        &s,
        slopes,
    );
}
