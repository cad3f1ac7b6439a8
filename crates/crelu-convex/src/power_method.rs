use faer::{Accum, MatMut, MatRef};
use linalg_core::{Real, norm, product};
use num_traits::Float;

/// The largest singular value of `data` (`rank x n`), from below, by `steps` of the power method from a
/// fixed start; 0 where it is none or not finite.
///
/// **Cost** `4 rank n` flops a step.
pub(crate) fn largest_singular_value<T: Real>(data: MatRef<'_, T>, steps: usize) -> f64 {
    let (rank, n) = (data.nrows(), data.ncols());
    let (zero, one) = (T::of(0.0), T::of(1.0));
    // a start of no order: its part along the sought direction is as large as along any other
    let mut image: Vec<T> = (1..=n)
        .map(|i| match i.wrapping_mul(0x9e37_79b1) >> 16 & 1 {
            0 => one,
            _ => -one,
        })
        .collect();
    let mut x = vec![zero; rank];
    let mut sigma = 0.0;
    for step in 0..steps {
        let out = MatMut::from_column_major_slice_mut(&mut x, rank, 1);
        let from = MatRef::from_column_major_slice(&image, n, 1);
        product(out, Accum::Replace, data, from, one);
        if step == 0 && norm(&x) == zero {
            // rows that cancel, as equal ones may: the longest is no multiple of what they cancel to
            longest_column(data, &mut x);
        }
        let size = norm(&x);
        if size == zero || !Float::is_finite(size) {
            return sigma;
        }
        linalg_core::scale(one / size, &mut x);
        let out = MatMut::from_column_major_slice_mut(&mut image, n, 1);
        let from = MatRef::from_column_major_slice(&x, rank, 1);
        product(out, Accum::Replace, data.transpose(), from, one);
        let reached = norm(&image).wide();
        if !reached.is_finite() {
            return 0.0;
        }
        sigma = reached;
    }
    sigma
}

fn longest_column<T: Real>(data: MatRef<'_, T>, out: &mut [T]) {
    let length = |i: usize| {
        let squares = (0..data.nrows()).map(|k| data[(k, i)].wide().powi(2));
        squares.sum::<f64>()
    };
    let longest = (0..data.ncols()).max_by(|&i, &j| length(i).total_cmp(&length(j)));
    if let Some(i) = longest {
        for (k, out) in out.iter_mut().enumerate() {
            *out = data[(k, i)];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faer::Mat;
    use testkit::Stream;

    /// 30 steps leave so much where the second singular value is some 5 % smaller.
    const NEAR: f64 = 0.01;

    #[test]
    fn value_is_that_of_the_decomposition() {
        let mut stream = Stream::new(5);
        for (rank, n) in [(1, 1), (1, 40), (7, 300), (30, 31), (30, 12)] {
            let data = Mat::from_fn(rank, n, |_, _| stream.unit());
            let exact = data.singular_values().expect("finite")[0];
            let found = largest_singular_value(data.as_ref(), 30);
            assert!(
                found <= exact * (1.0 + 1e-12),
                "{rank} x {n}: {found} {exact}"
            );
            assert!(
                found >= exact * (1.0 - NEAR),
                "{rank} x {n}: {found} {exact}"
            );
        }
    }

    #[test]
    fn rows_that_cancel_in_the_start_do_not_hide_the_value() {
        for n in 1..200_u32 {
            let data = Mat::from_fn(1, n as usize, |_, _| 2.0);
            let found = largest_singular_value(data.as_ref(), 8);
            let exact = 2.0 * f64::from(n).sqrt();
            assert!((found / exact - 1.0).abs() < 1e-12, "{n}: {found}");
        }
    }

    #[test]
    fn nothing_and_what_is_not_finite_are_zero() {
        for (rank, n) in [(0, 4), (4, 0), (3, 5)] {
            assert_eq!(
                largest_singular_value(Mat::<f64>::zeros(rank, n).as_ref(), 8),
                0.0
            );
        }
        let data = Mat::from_fn(2, 2, |_, _| f64::NAN);
        assert_eq!(largest_singular_value(data.as_ref(), 8), 0.0);
    }
}
