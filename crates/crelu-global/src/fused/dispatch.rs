#[cfg(test)]
use pulp::Scalar;
use pulp::{Arch, Simd, WithSimd};

#[cfg(target_arch = "x86_64")]
use super::avx512::Avx512;
use super::kernel::Kernel;
use super::unit::Pulp;
use linalg_core::Real;

/// A vector unit found at run time.
#[derive(Clone, Copy)]
pub(crate) struct Level(Found);

#[derive(Clone, Copy)]
enum Found {
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    Pulp(Arch),
    /// One number at a time, to be compared with.
    #[cfg(test)]
    Scalar,
}

impl Level {
    /// The widest of the machine.
    pub(crate) fn widest() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(unit) = Avx512::detect() {
            return Self(Found::Avx512(unit));
        }
        Self(Found::Pulp(Arch::new()))
    }

    /// All that work here, the widest first.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        vec![
            Self::widest(),
            Self(Found::Pulp(Arch::new())),
            Self(Found::Scalar),
        ]
    }
}

/// `f32` or `f64`.
pub(crate) trait Lane: Real {
    /// Runs a kernel on a unit.
    fn dispatch<K: Kernel<Self>>(level: Level, kernel: K) -> K::Output;
}

macro_rules! lane {
    ($scalar:ty, $on:ident) => {
        struct $on<K>(K);
        impl<K: Kernel<$scalar>> WithSimd for $on<K> {
            type Output = K::Output;
            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) -> K::Output {
                self.0.run(Pulp(simd))
            }
        }
        impl Lane for $scalar {
            fn dispatch<K: Kernel<Self>>(level: Level, kernel: K) -> K::Output {
                match level.0 {
                    #[cfg(target_arch = "x86_64")]
                    Found::Avx512(unit) => unit.run(kernel),
                    Found::Pulp(arch) => arch.dispatch($on(kernel)),
                    #[cfg(test)]
                    Found::Scalar => kernel.run(Pulp(Scalar)),
                }
            }
        }
    };
}

lane!(f32, OnF32);
lane!(f64, OnF64);
