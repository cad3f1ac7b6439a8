use linalg_core::Real;

/// The state of the iteration, kept by the caller so that a run can be continued.
///
/// **Shapes** `z`, `v`, `u`: the dimension of the proximal operator; `fz`, `fv`, `fu`: the rows
/// of the operator.
#[derive(Debug, Clone)]
pub struct AdmmState<T> {
    /// The fixed-point variable: `v = prox(z)`, and `rho (z - v)` is a subgradient of the penalty.
    pub z: Vec<T>,
    /// The penalised copy: exactly sparse, inside its constraints.
    pub v: Vec<T>,
    /// The smooth copy.
    pub u: Vec<T>,
    /// `F z`.
    pub fz: Vec<T>,
    /// `F v`.
    pub fv: Vec<T>,
    /// `F u`.
    pub fu: Vec<T>,
    /// The penalty parameter.
    pub rho: T,
    /// That of the second part of a split over `rho` ([`WithLoss`](crate::WithLoss)): the square of
    /// the scale of that part; 1 without one.
    pub ratio: T,
    /// Iterations made.
    pub iteration: usize,
}

impl<T: Real> AdmmState<T> {
    /// The zero point of an operator of `rows x cols`, with the first penalty parameter.
    #[must_use]
    pub fn zero(rows: usize, cols: usize, rho: T) -> Self {
        let (wide, tall) = (vec![T::of(0.0); cols], vec![T::of(0.0); rows]);
        Self {
            z: wide.clone(),
            v: wide.clone(),
            u: wide,
            fz: tall.clone(),
            fv: tall.clone(),
            fu: tall,
            rho,
            ratio: T::of(1.0),
            iteration: 0,
        }
    }

    /// Whether every number of the fixed-point variable and its image is finite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        let ok = |x: &[T]| {
            // a sum is NaN or infinite if a term is; one pass without branches
            let total: T = x.iter().map(|v| num_traits::Float::abs(*v)).sum();
            total.wide().is_finite()
        };
        ok(&self.z) && ok(&self.fz) && self.rho.wide().is_finite()
    }
}
