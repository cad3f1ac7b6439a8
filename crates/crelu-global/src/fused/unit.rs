use pulp::Simd;

/// What the fused passes ask of a vector unit: a few operations on registers of `T`.
///
/// Loads and stores need no alignment.
pub(crate) trait Unit<T>: Copy {
    /// A register.
    type Vector: Copy;
    /// Numbers in a register.
    const LANES: usize;
    /// Rows that a kernel works on together: eight where there are 32 registers, four where there are
    /// 16.
    const ROWS: usize;

    fn splat(self, value: T) -> Self::Vector;
    /// The first `LANES` numbers.
    fn load(self, from: &[T]) -> Self::Vector;
    fn store(self, value: Self::Vector, to: &mut [T]);
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a b + c`, rounded once where the unit does so.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// `max(z, 0)`
    fn open(self, z: Self::Vector) -> Self::Vector;
    /// The sum of all numbers of a register.
    fn total(self, a: Self::Vector) -> T;
    /// `x` where `z > 0`, else 0.
    fn where_open(self, z: Self::Vector, x: Self::Vector) -> Self::Vector;
}

/// The units that pulp knows: AVX2, NEON, one number at a time.
#[derive(Clone, Copy)]
pub(crate) struct Pulp<S>(pub(crate) S);

const fn rows_of(registers: usize) -> usize {
    if registers >= 32 { 8 } else { 4 }
}

macro_rules! pulp_unit {
    ($scalar:ty, $lanes:ident, $splat:ident, $split:ident, $split_mut:ident, $add:ident, $mul:ident,
     $mul_add:ident, $max:ident, $greater:ident, $select:ident, $total:ident, $vector:ident) => {
        impl<S: Simd> Unit<$scalar> for Pulp<S> {
            type Vector = S::$vector;
            const LANES: usize = S::$lanes;
            const ROWS: usize = rows_of(S::REGISTER_COUNT);

            #[inline(always)]
            fn splat(self, value: $scalar) -> Self::Vector {
                self.0.$splat(value)
            }
            #[inline(always)]
            fn load(self, from: &[$scalar]) -> Self::Vector {
                S::$split(from).0[0]
            }
            #[inline(always)]
            fn store(self, value: Self::Vector, to: &mut [$scalar]) {
                S::$split_mut(to).0[0] = value;
            }
            #[inline(always)]
            fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
                self.0.$add(a, b)
            }
            #[inline(always)]
            fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
                self.0.$mul(a, b)
            }
            #[inline(always)]
            fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
                self.0.$mul_add(a, b, c)
            }
            #[inline(always)]
            fn open(self, z: Self::Vector) -> Self::Vector {
                self.0.$max(z, self.0.$splat(0.0))
            }
            #[inline(always)]
            fn total(self, a: Self::Vector) -> $scalar {
                self.0.$total(a)
            }
            #[inline(always)]
            fn where_open(self, z: Self::Vector, x: Self::Vector) -> Self::Vector {
                let zero = self.0.$splat(0.0);
                self.0.$select(self.0.$greater(z, zero), x, zero)
            }
        }
    };
}

pulp_unit!(
    f32,
    F32_LANES,
    splat_f32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    add_f32s,
    mul_f32s,
    mul_add_e_f32s,
    max_f32s,
    greater_than_f32s,
    select_f32s,
    reduce_sum_f32s,
    f32s
);
pulp_unit!(
    f64,
    F64_LANES,
    splat_f64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    add_f64s,
    mul_f64s,
    mul_add_e_f64s,
    max_f64s,
    greater_than_f64s,
    select_f64s,
    reduce_sum_f64s,
    f64s
);
