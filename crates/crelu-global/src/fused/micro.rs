use super::dispatch::Lane;
use super::unit::Unit;

/// `R` rows of `rank` numbers that lie one after the other.
#[inline(always)]
fn split<T, const R: usize>(rows: &[T], rank: usize) -> [&[T]; R] {
    let mut rest = rows;
    let mut out = [rows; R];
    for row in &mut out {
        (*row, rest) = rest.split_at(rank);
    }
    out
}

/// `V` registers' width of numbers. No closure: the compiler may leave one outside of the code for the
/// unit.
#[inline(always)]
pub(super) fn load<T: Lane, U: Unit<T>, const V: usize>(unit: U, from: &[T]) -> [U::Vector; V] {
    let mut out = [unit.splat(T::default()); V];
    for (v, out) in out.iter_mut().enumerate() {
        *out = unit.load(&from[v * U::LANES..]);
    }
    out
}

/// `z = rows * panel`: `R` rows, `V` registers of columns, all sums in registers.
#[inline(always)]
pub(super) fn images<T: Lane, U: Unit<T>, const R: usize, const V: usize>(
    unit: U,
    rows: &[T],
    rank: usize,
    panel: &[T],
) -> [[U::Vector; V]; R] {
    let rows: [&[T]; R] = split(rows, rank);
    let mut z = [[unit.splat(T::default()); V]; R];
    for (k, w) in panel.chunks_exact(V * U::LANES).take(rank).enumerate() {
        let w: [U::Vector; V] = load(unit, w);
        for q in 0..R {
            let x = unit.splat(rows[q][k]);
            for v in 0..V {
                z[q][v] = unit.mul_add(x, w[v], z[q][v]);
            }
        }
    }
    z
}

/// `panel += rows' * s`
#[inline(always)]
pub(super) fn add_outer<T: Lane, U: Unit<T>, const R: usize, const V: usize>(
    unit: U,
    rows: &[T],
    rank: usize,
    s: &[[U::Vector; V]; R],
    panel: &mut [T],
) {
    let rows: [&[T]; R] = split(rows, rank);
    for (k, g) in panel.chunks_exact_mut(V * U::LANES).take(rank).enumerate() {
        // two chains of sums: one alone would wait for itself
        let mut one: [U::Vector; V] = load(unit, g);
        let mut two = [unit.splat(T::default()); V];
        for q in 0..R {
            let x = unit.splat(rows[q][k]);
            let sums = if q % 2 == 0 { &mut one } else { &mut two };
            for v in 0..V {
                sums[v] = unit.mul_add(x, s[q][v], sums[v]);
            }
        }
        for v in 0..V {
            let sum = if R > 1 {
                unit.add(one[v], two[v])
            } else {
                one[v]
            };
            unit.store(sum, &mut g[v * U::LANES..]);
        }
    }
}
