use super::by_rows::by_rows;
use super::dispatch::Lane;
use super::kernel::Kernel;
use super::micro::load;
use super::panels::Layout;
use super::part::{Part, RowBlock};
use super::unit::Unit;

/// `tile = (rows * W)_+`, a row of `padded` numbers for each row, and `fitted = tile * outer`.
pub(crate) struct Open<'a, T> {
    pub(crate) layout: &'a Layout,
    pub(crate) rank: usize,
    pub(crate) rows: Part<'a, T>,
    /// Packed.
    pub(crate) weights: &'a [T],
    /// `padded` numbers.
    pub(crate) outer: &'a [T],
    pub(crate) tile: &'a mut [T],
    /// `lanes` numbers a row, for sums that are still apart.
    pub(crate) sums: &'a mut [T],
    /// A number a row.
    pub(crate) fitted: &'a mut [T],
}

impl<T: Lane> Kernel<T> for Open<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<U: Unit<T>>(self, unit: U) {
        match self.rows {
            Part::Dense(rows) => self.over(unit, rows),
            Part::Sparse(rows) => self.over(unit, rows),
        }
    }
}

impl<T: Lane> Open<'_, T> {
    #[inline(always)]
    fn over<U: Unit<T>, B: RowBlock<T>>(self, unit: U, rows: B) {
        let (rank, padded) = (self.rank, self.layout.padded());
        let count = self.rows.len();
        self.sums.fill(T::default());
        for &(start, vectors) in &self.layout.panels {
            let width = vectors * U::LANES;
            let panel = &self.weights[start * rank..(start + width) * rank];
            let outer = &self.outer[start..start + width];
            by_rows!(
                unit,
                vectors,
                count,
                open_rows(
                    rows,
                    panel,
                    outer,
                    &mut self.tile[start..],
                    padded,
                    self.sums
                )
            );
        }
        for (f, sum) in self.fitted.iter_mut().zip(self.sums.chunks_exact(U::LANES)) {
            *f = unit.total(unit.load(sum));
        }
    }
}

#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the parts of one pass")]
fn open_rows<T: Lane, U: Unit<T>, B: RowBlock<T>, const R: usize, const V: usize>(
    unit: U,
    first: usize,
    rows: B,
    panel: &[T],
    outer: &[T],
    tile: &mut [T],
    padded: usize,
    sums: &mut [T],
) {
    let z = rows.images::<U, R, V>(unit, first, panel);
    let a: [U::Vector; V] = load(unit, outer);
    for q in 0..R {
        let sum = &mut sums[(first + q) * U::LANES..];
        let tile = &mut tile[(first + q) * padded..];
        let mut f = unit.load(sum);
        for v in 0..V {
            let h = unit.open(z[q][v]);
            f = unit.mul_add(a[v], h, f);
            unit.store(h, &mut tile[v * U::LANES..]);
        }
        unit.store(f, sum);
    }
}
