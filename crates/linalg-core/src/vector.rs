//! Loops over slices, compiled for the widest vector unit found at run time.

use pulp::{Arch, WithSimd};

use crate::real::Real;

/// Accumulators of a dot product: enough to hide the latency of an addition on 512-bit units.
/// The sum's order is fixed by this number alone, not by the machine.
const LANES: usize = 32;

struct Dot<'a, T>(&'a [T], &'a [T]);

impl<T: Real> WithSimd for Dot<'_, T> {
    type Output = T;
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) -> T {
        let (a, a_tail) = self.0.as_chunks::<LANES>();
        let (b, b_tail) = self.1.as_chunks::<LANES>();
        let mut acc = [T::of(0.0); LANES];
        for (p, q) in a.iter().zip(b) {
            for l in 0..LANES {
                acc[l] += p[l] * q[l];
            }
        }
        for (l, (p, q)) in a_tail.iter().zip(b_tail).enumerate() {
            acc[l] += *p * *q;
        }
        let mut width = LANES / 2;
        while width > 0 {
            for l in 0..width {
                acc[l] += acc[l + width];
            }
            width /= 2;
        }
        acc[0]
    }
}

struct Axpy<'a, T>(T, &'a [T], &'a mut [T]);

impl<T: Real> WithSimd for Axpy<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        for (y, x) in self.2.iter_mut().zip(self.1) {
            *y += self.0 * *x;
        }
    }
}

struct Combine<'a, T>(T, &'a [T], T, &'a [T], &'a mut [T]);

impl<T: Real> WithSimd for Combine<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        for ((out, x), y) in self.4.iter_mut().zip(self.1).zip(self.3) {
            *out = self.0 * *x + self.2 * *y;
        }
    }
}

struct Distance<'a, T>(&'a [T], &'a [T]);

impl<T: Real> WithSimd for Distance<'_, T> {
    type Output = T;
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) -> T {
        let (a, a_tail) = self.0.as_chunks::<LANES>();
        let (b, b_tail) = self.1.as_chunks::<LANES>();
        let mut acc = [T::of(0.0); LANES];
        for (p, q) in a.iter().zip(b) {
            for l in 0..LANES {
                let gap = p[l] - q[l];
                acc[l] += gap * gap;
            }
        }
        for (p, q) in a_tail.iter().zip(b_tail) {
            let gap = *p - *q;
            acc[0] += gap * gap;
        }
        num_traits::Float::sqrt(acc.into_iter().sum::<T>())
    }
}

/// `<a, b>`.
///
/// # Panics
/// If the lengths differ.
#[must_use]
pub fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    assert_eq!(a.len(), b.len(), "dot: two vectors of one length");
    Arch::new().dispatch(Dot(a, b))
}

struct WideDot<'a, T>(&'a [T], &'a [T]);

impl<T: Real> WithSimd for WideDot<'_, T> {
    type Output = f64;
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) -> f64 {
        let (a, a_tail) = self.0.as_chunks::<LANES>();
        let (b, b_tail) = self.1.as_chunks::<LANES>();
        let mut acc = [0.0_f64; LANES];
        for (p, q) in a.iter().zip(b) {
            for l in 0..LANES {
                acc[l] += p[l].wide() * q[l].wide();
            }
        }
        for (p, q) in a_tail.iter().zip(b_tail) {
            acc[0] += p.wide() * q.wide();
        }
        acc.into_iter().sum()
    }
}

/// `<a, b>`, multiplied and summed in `f64`.
///
/// # Panics
/// If the lengths differ.
#[must_use]
pub fn wide_dot<T: Real>(a: &[T], b: &[T]) -> f64 {
    assert_eq!(a.len(), b.len(), "wide_dot: two vectors of one length");
    Arch::new().dispatch(WideDot(a, b))
}

/// `|a|_2` (no protection against overflow: the data are standardised or checked).
#[must_use]
pub fn norm<T: Real>(a: &[T]) -> T {
    num_traits::Float::sqrt(dot(a, a))
}

/// `|a - b|_2`.
///
/// # Panics
/// If the lengths differ.
#[must_use]
pub fn distance<T: Real>(a: &[T], b: &[T]) -> T {
    assert_eq!(a.len(), b.len(), "distance: two vectors of one length");
    Arch::new().dispatch(Distance(a, b))
}

/// `y += alpha x`.
///
/// # Panics
/// If the lengths differ.
pub fn axpy<T: Real>(alpha: T, x: &[T], y: &mut [T]) {
    assert_eq!(x.len(), y.len(), "axpy: two vectors of one length");
    Arch::new().dispatch(Axpy(alpha, x, y));
}

/// `out = alpha x + beta y`.
///
/// # Panics
/// If the lengths differ.
pub fn combine<T: Real>(alpha: T, x: &[T], beta: T, y: &[T], out: &mut [T]) {
    assert_eq!(x.len(), y.len(), "combine: vectors of one length");
    assert_eq!(x.len(), out.len(), "combine: vectors of one length");
    Arch::new().dispatch(Combine(alpha, x, beta, y, out));
}

/// `out = x - y`.
///
/// # Panics
/// If the lengths differ.
pub fn sub_into<T: Real>(x: &[T], y: &[T], out: &mut [T]) {
    combine(T::of(1.0), x, T::of(-1.0), y, out);
}

/// `x *= alpha`.
pub fn scale<T: Real>(alpha: T, x: &mut [T]) {
    for v in x {
        *v = alpha * *v;
    }
}
