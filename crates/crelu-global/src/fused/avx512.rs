use core::arch::x86_64::{
    __m512, __m512d, _CMP_GT_OQ, _mm512_add_pd, _mm512_add_ps, _mm512_cmp_pd_mask,
    _mm512_cmp_ps_mask, _mm512_fmadd_pd, _mm512_fmadd_ps, _mm512_loadu_pd, _mm512_loadu_ps,
    _mm512_maskz_mov_pd, _mm512_maskz_mov_ps, _mm512_max_pd, _mm512_max_ps, _mm512_mul_pd,
    _mm512_mul_ps, _mm512_reduce_add_pd, _mm512_reduce_add_ps, _mm512_set1_pd, _mm512_set1_ps,
    _mm512_setzero_pd, _mm512_setzero_ps, _mm512_storeu_pd, _mm512_storeu_ps,
};

use super::kernel::Kernel;
use super::unit::Unit;

/// Proof that the machine has AVX-512 (its foundation is enough here).
///
/// pulp has it too, behind a feature that would compile a second copy of every kernel of the matrix
/// library.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

impl Avx512 {
    /// Whether the machine has it.
    pub(crate) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx512f").then_some(Self(()))
    }

    /// Runs a kernel compiled for it.
    pub(crate) fn run<T, K: Kernel<T>>(self, kernel: K) -> K::Output
    where
        Self: Unit<T>,
    {
        #[target_feature(enable = "avx512f")]
        fn inner<T, K: Kernel<T>>(unit: Avx512, kernel: K) -> K::Output
        where
            Avx512: Unit<T>,
        {
            kernel.run(unit)
        }
        // SAFETY: a value of this type exists only where the feature was detected
        unsafe { inner(self, kernel) }
    }
}

macro_rules! avx512_unit {
    ($scalar:ty, $vector:ty, $lanes:literal, $splat:ident, $load:ident, $store:ident, $add:ident,
     $mul:ident, $mul_add:ident, $max:ident, $zero:ident, $compare:ident, $mask:ident, $total:ident) => {
        // SAFETY of all blocks: a value of `Avx512` exists only where the feature was detected; loads
        // and stores are of slices that were cut to the length of a register
        impl Unit<$scalar> for Avx512 {
            type Vector = $vector;
            const LANES: usize = $lanes;
            const ROWS: usize = 8;

            #[inline(always)]
            fn splat(self, value: $scalar) -> Self::Vector {
                unsafe { $splat(value) }
            }
            #[inline(always)]
            fn load(self, from: &[$scalar]) -> Self::Vector {
                let from = &from[..$lanes];
                unsafe { $load(from.as_ptr()) }
            }
            #[inline(always)]
            fn store(self, value: Self::Vector, to: &mut [$scalar]) {
                let to = &mut to[..$lanes];
                unsafe { $store(to.as_mut_ptr(), value) }
            }
            #[inline(always)]
            fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
                unsafe { $add(a, b) }
            }
            #[inline(always)]
            fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
                unsafe { $mul(a, b) }
            }
            #[inline(always)]
            fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
                unsafe { $mul_add(a, b, c) }
            }
            #[inline(always)]
            fn open(self, z: Self::Vector) -> Self::Vector {
                unsafe { $max(z, $zero()) }
            }
            #[inline(always)]
            fn total(self, a: Self::Vector) -> $scalar {
                unsafe { $total(a) }
            }
            #[inline(always)]
            fn where_open(self, z: Self::Vector, x: Self::Vector) -> Self::Vector {
                unsafe { $mask($compare::<_CMP_GT_OQ>(z, $zero()), x) }
            }
        }
    };
}

avx512_unit!(
    f32,
    __m512,
    16,
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_add_ps,
    _mm512_mul_ps,
    _mm512_fmadd_ps,
    _mm512_max_ps,
    _mm512_setzero_ps,
    _mm512_cmp_ps_mask,
    _mm512_maskz_mov_ps,
    _mm512_reduce_add_ps
);
avx512_unit!(
    f64,
    __m512d,
    8,
    _mm512_set1_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_add_pd,
    _mm512_mul_pd,
    _mm512_fmadd_pd,
    _mm512_max_pd,
    _mm512_setzero_pd,
    _mm512_cmp_pd_mask,
    _mm512_maskz_mov_pd,
    _mm512_reduce_add_pd
);
