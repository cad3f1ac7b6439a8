use super::by_rows::by_rows;
use super::dispatch::Lane;
use super::kernel::Kernel;
use super::micro::load;
use super::panels::Layout;
use super::part::{Part, RowBlock};
use super::unit::Unit;

/// `slopes += rows' * (factors o 1[tile > 0])`.
pub(crate) struct Spread<'a, T> {
    pub(crate) layout: &'a Layout,
    pub(crate) rank: usize,
    pub(crate) rows: Part<'a, T>,
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
        match self.rows {
            Part::Dense(rows) => self.over(unit, rows),
            Part::Sparse(rows) => self.over(unit, rows),
        }
    }
}

impl<T: Lane> Spread<'_, T> {
    #[inline(always)]
    fn over<U: Unit<T>, B: RowBlock<T>>(self, unit: U, rows: B) {
        let (rank, padded) = (self.rank, self.layout.padded());
        let count = self.rows.len();
        for &(start, vectors) in &self.layout.panels {
            let width = vectors * U::LANES;
            let slopes = &mut self.slopes[start * rank..(start + width) * rank];
            by_rows!(
                unit,
                vectors,
                count,
                spread_rows(
                    rows,
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
fn spread_rows<T: Lane, U: Unit<T>, B: RowBlock<T>, const R: usize, const V: usize>(
    unit: U,
    first: usize,
    rows: B,
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
    rows.add_outer::<U, R, V>(unit, first, &s, slopes);
}
