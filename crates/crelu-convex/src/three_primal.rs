use admm::{PrimalError, PrimalReport, PrimalSolver, SmoothStep};
use crelu_core::Activation;
use faer::{Accum, Mat, MatMut, MatRef};
use linalg_core::{
    Control, LinearOperator, MaskedBlocks, Masks, Mirrored, Real, ShiftedGram, for_each_mut,
    product,
};

use crate::primal::row_gram;
use crate::source_system::SourceSystem;

/// The coordinates in which the three-block form's linear system is that of the two-block form:
///
/// ```text
///     K = I + tau^2 R'R = L L',   u~_b = L' u_b,   R~ = R L^-T
///     rho (u_b'K u_b) = rho |u~_b|^2,   F u = F~ u~
/// ```
///
/// so that every primal solver of masked data serves, with `K^-1` as its preconditioner for free.
/// Gated programmes have no cone copy: `K = I` and the data stay.
///
/// **Cost** `rank^2 n` flops, a factorisation of side `rank`, and a copy of the data.
pub struct ConeBasis<'a, T> {
    data: MatRef<'a, T>,
    tau: T,
    /// `K`, factored, and `R~'`; none for gated programmes.
    cone: Option<(ShiftedGram<T>, Mat<T>)>,
}

impl<'a, T: Real> ConeBasis<'a, T> {
    /// Factors `K`.
    ///
    /// # Errors
    /// [`PrimalError`] if `I + tau^2 R'R` cannot be factored, or `control` says stop.
    pub fn new(
        data: MatRef<'a, T>,
        activation: Activation,
        tau: T,
        control: &Control<'_>,
    ) -> Result<Self, PrimalError> {
        let cone = if activation == Activation::Relu {
            let mut gram = row_gram(data, control)?;
            gram.factor(T::of(1.0), tau * tau, control)?;
            let mut half = data.to_owned();
            gram.half_solve_in_place(half.as_mut());
            Some((gram, half))
        } else {
            None
        };
        Ok(Self { data, tau, cone })
    }

    /// `L^-1`, where there is a cone copy.
    ///
    /// **Cost** a solve with `L` for every coordinate.
    #[must_use]
    pub fn inverse(&self) -> Option<Mat<T>> {
        let (gram, _) = self.cone.as_ref()?;
        let mut inverse = Mat::identity(gram.dim(), gram.dim());
        gram.half_solve_in_place(inverse.as_mut());
        Some(inverse)
    }

    /// `R~'`, `rank x n_samples`: what the inner primal solver is built for.
    #[must_use]
    pub fn data(&self) -> MatRef<'_, T> {
        match &self.cone {
            Some((_, half)) => half.as_ref(),
            None => self.data,
        }
    }
}

/// What solves the linear system of [`ThreeBlockPrimal`].
pub enum ThreeBlockInner<'a, T: Real> {
    /// A primal solver of the masked data in the [`ConeBasis`], for pairs of blocks.
    Basis(Box<dyn PrimalSolver<T> + 'a>),
    /// The whole system of the source, cone term and all, in the data's own coordinates.
    Source(Box<SourceSystem<'a, T>>),
}

/// The primal step of the three-block form: the variable is `(u, tau G u)`, with
/// `G = (2 D_b - I) R` for every block.
///
/// ```text
///     u = argmin |F u - y|^2 / 2 + rho/2 |u - w|^2 + rho/2 |tau G u - w^s|^2
///     in the basis: w~_b = L^-1 w_b + tau R~'(e_b o w^s_b), then the two-block step at w~
/// ```
///
/// Since `(2 D_b - I)^2 = I`, every block has the same `K`; gated programmes have no cone copy
/// and `K = I`.
///
/// **Cost** `10 n rank n_patterns` flops for ReLU beside those of the inner solver, and two halves
/// of a solve with `K`.
/// **Source** the three-block ADMM for convex ReLU networks, its linear system reduced by rotating
/// each pair of blocks.
pub struct ThreeBlockPrimal<'a, T: Real> {
    basis: &'a ConeBasis<'a, T>,
    masks: &'a Masks,
    target: &'a [T],
    inner: ThreeBlockInner<'a, T>,
    w: Vec<T>,
    fw: Vec<T>,
    scratch: Vec<T>,
}

impl<'a, T: Real> ThreeBlockPrimal<'a, T> {
    /// Joins the basis, the masks, the target and an inner solver built for them.
    #[must_use]
    pub fn new(
        basis: &'a ConeBasis<'a, T>,
        masks: &'a Masks,
        target: &'a [T],
        inner: ThreeBlockInner<'a, T>,
    ) -> Self {
        let (rank, n, patterns) = (basis.data.nrows(), masks.n_samples(), masks.n_blocks());
        let cones = basis.cone.is_some();
        let operator = Mirrored::new(MaskedBlocks::new(basis.data(), masks));
        let zeros = |len: usize| vec![T::of(0.0); len];
        Self {
            basis,
            masks,
            target,
            inner,
            w: zeros(if cones { 2 * rank * patterns } else { 0 }),
            fw: zeros(n),
            scratch: zeros(operator.scratch_len()),
        }
    }

    /// Length of the variable: `(rank + n_samples) 2 n_patterns` for ReLU.
    #[must_use]
    pub fn dim(&self) -> usize {
        let (rank, n, patterns) = (
            self.basis.data.nrows(),
            self.masks.n_samples(),
            self.masks.n_blocks(),
        );
        if self.basis.cone.is_some() {
            2 * patterns * (rank + n)
        } else {
            patterns * rank
        }
    }

    fn solve_relu(
        &mut self,
        gram: &ShiftedGram<T>,
        w: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        let basis = self.basis;
        let (rank, n) = (basis.data.nrows(), self.masks.n_samples());
        let blocks = 2 * self.masks.n_blocks();
        let (masks, tau, one) = (self.masks, basis.tau, T::of(1.0));
        let (w, w_cone) = w.split_at(rank * blocks);
        let (u, u_cone) = u.split_at_mut(rank * blocks);
        let data = match &self.inner {
            ThreeBlockInner::Basis(_) => basis.data(),
            ThreeBlockInner::Source(_) => basis.data,
        };

        // w~ = L^-1 w + tau R~'(e o w_cone), or w + tau R'(e o w_cone) for the source's system
        signed_copy(masks, n, tau, w_cone, u_cone);
        self.w.copy_from_slice(w);
        let mut shifted = MatMut::from_column_major_slice_mut(&mut self.w, rank, blocks);
        if matches!(self.inner, ThreeBlockInner::Basis(_)) {
            gram.half_solve_in_place(shifted.as_mut());
        }
        product(
            shifted,
            Accum::Add,
            data,
            MatRef::from_column_major_slice(u_cone, n, blocks),
            one,
        );
        let report = match &mut self.inner {
            ThreeBlockInner::Basis(inner) => {
                let operator = Mirrored::new(MaskedBlocks::new(data, masks));
                operator.apply(&self.w, &mut self.fw, &mut self.scratch);
                inner.solve(self.target, &self.w, &self.fw, tol, u, fu)?
            }
            ThreeBlockInner::Source(system) => system.solve(&self.w, tol, u, fu)?,
        };
        // tau e o (R u)
        product(
            MatMut::from_column_major_slice_mut(u_cone, n, blocks),
            Accum::Replace,
            data.transpose(),
            MatRef::from_column_major_slice(u, rank, blocks),
            one,
        );
        sign(masks, n, tau, u_cone);
        if matches!(self.inner, ThreeBlockInner::Basis(_)) {
            gram.half_solve_adjoint_in_place(MatMut::from_column_major_slice_mut(u, rank, blocks));
        }
        Ok(report)
    }
}

/// `out = factor e o x` for every block.
fn signed_copy<T: Real>(masks: &Masks, n: usize, factor: T, x: &[T], out: &mut [T]) {
    out.copy_from_slice(x);
    sign(masks, n, factor, out);
}

/// `x = factor e o x` for every block.
fn sign<T: Real>(masks: &Masks, n: usize, factor: T, x: &mut [T]) {
    let patterns = masks.n_blocks();
    let mut columns: Vec<&mut [T]> = x.chunks_exact_mut(n.max(1)).collect();
    for_each_mut(&mut columns, |b, column| {
        for (x, &bit) in column.iter_mut().zip(masks.column(b % patterns)) {
            *x *= if bit == 0 { -factor } else { factor };
        }
    });
}

impl<T: Real> SmoothStep<T> for ThreeBlockPrimal<'_, T> {
    fn set_penalty(
        &mut self,
        rho: T,
        _ratio: T,
        control: &Control<'_>,
    ) -> Result<bool, PrimalError> {
        match &mut self.inner {
            ThreeBlockInner::Basis(inner) => inner.set_penalty(rho, control)?,
            ThreeBlockInner::Source(system) => system.set_penalty(rho)?,
        }
        Ok(true)
    }

    fn step(
        &mut self,
        w: &[T],
        _fw: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        if let Some((gram, _)) = &self.basis.cone {
            return self.solve_relu(gram, w, tol, u, fu);
        }
        let ThreeBlockInner::Basis(inner) = &mut self.inner else {
            return Err(PrimalError::NoPenalty);
        };
        let masked = MaskedBlocks::new(self.basis.data(), self.masks);
        masked.apply(w, &mut self.fw, &mut self.scratch);
        inner.solve(self.target, w, &self.fw, tol, u, fu)
    }
}
