use super::by_rows::by_rows;
use super::dispatch::Lane;
use super::kernel::Kernel;
use super::micro::load;
use super::panels::Layout;
use super::part::{Part, RowBlock};
use super::unit::Unit;

/// `slopes += rows' * (theta outer' o 1[tile > 0])` and `along += tile' * theta`.
pub(crate) struct Slopes<'a, T> {
    pub(crate) layout: &'a Layout,
    pub(crate) rank: usize,
    pub(crate) rows: Part<'a, T>,
    pub(crate) theta: &'a [T],
    pub(crate) outer: &'a [T],
    /// As [`Open`] left it.
    pub(crate) tile: &'a [T],
    /// Packed.
    pub(crate) slopes: &'a mut [T],
    /// `padded` numbers.
    pub(crate) along: &'a mut [T],
}

impl<T: Lane> Kernel<T> for Slopes<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<U: Unit<T>>(self, unit: U) {
        match self.rows {
            Part::Dense(rows) => self.over(unit, rows),
            Part::Sparse(rows) => self.over(unit, rows),
        }
    }
}

impl<T: Lane> Slopes<'_, T> {
    #[inline(always)]
    fn over<U: Unit<T>, B: RowBlock<T>>(self, unit: U, rows: B) {
        let (rank, padded) = (self.rank, self.layout.padded());
        let count = self.theta.len();
        for &(start, vectors) in &self.layout.panels {
            let width = vectors * U::LANES;
            let slopes = &mut self.slopes[start * rank..(start + width) * rank];
            let outer = &self.outer[start..start + width];
            let along = &mut self.along[start..start + width];
            by_rows!(
                unit,
                vectors,
                count,
                slopes_of_rows(
                    rows,
                    self.theta,
                    outer,
                    &self.tile[start..],
                    padded,
                    slopes,
                    along
                )
            );
        }
    }
}

#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the parts of one pass")]
fn slopes_of_rows<T: Lane, U: Unit<T>, B: RowBlock<T>, const R: usize, const V: usize>(
    unit: U,
    first: usize,
    rows: B,
    theta: &[T],
    outer: &[T],
    tile: &[T],
    padded: usize,
    slopes: &mut [T],
    along: &mut [T],
) {
    let theta = &theta[first..first + R];
    let a: [U::Vector; V] = load(unit, outer);
    let mut sums: [U::Vector; V] = load(unit, along);
    let mut s = [a; R];
    for q in 0..R {
        let tile = &tile[(first + q) * padded..];
        let t = unit.splat(theta[q]);
        for v in 0..V {
            let h = unit.load(&tile[v * U::LANES..]);
            sums[v] = unit.mul_add(t, h, sums[v]);
            s[q][v] = unit.where_open(h, unit.mul(t, a[v]));
        }
    }
    for v in 0..V {
        unit.store(sums[v], &mut along[v * U::LANES..]);
    }
    rows.add_outer::<U, R, V>(unit, first, &s, slopes);
}
