use faer::{Accum, Mat, MatMut, MatRef};
use linalg_core::{
    Control, LinalgError, LinearOperator, Preconditioner, Real, SettingsError, ShiftedGram,
    orthogonal, product, symmetric_eigenvalues, thin_svd,
};

use crate::error::{PrecondError, positive};
use crate::nystrom::settings::CheckedNystromSettings;
use crate::nystrom::sketch::Sketch;

/// How often the stabilising shift grows, and by how much, before the operator counts as
/// indefinite: rounding in its products can exceed the first shift, hardly the third.
const SHIFTS: usize = 3;
const SHIFT_GROWTH: f64 = 100.0;

/// Smallest eigenvalue of `P^-1`, in roundings, beside the root of the side: it is `1 + w` with `w`
/// near `-1`, and below the rounding of the two products its sign would be that of chance. That
/// rounding is a few units, and grows with the root of the length of the sums.
const FLOOR: f64 = 32.0;

/// The randomised Nystrom preconditioner of `A + shift I`, for a positive semidefinite `A` given
/// by its products.
///
/// ```text
///     A ~ U diag(lambda) U',   U: n x l, orthonormal
///     P^-1 = (lambda_l + shift) U (diag(lambda) + shift)^-1 U' + (I - U U')
/// ```
///
/// `A` is the operator without its identity term: the term is known, so it is not sketched, and
/// the shift is the system's own. A system `scale A + I` is that of `A + I / scale` up to a
/// factor, which conjugate gradients do not see.
///
/// **Shapes** `A`: `n x n`. **Cost** `l` products with `A` once, in blocks, and `O(n l^2)`; then
/// `4 n l` flops a vector, as two thin products for a block of them. Memory `n l` numbers, while it
/// is made about four times that.
/// **Source** Frangella, Tropp & Udell, "Randomized Nystrom preconditioning", SIAM J. Matrix Anal.
/// Appl. 44 (2023), algorithm 2.1 (sketch, stable shift) and their preconditioner, inverted.
#[derive(Debug, Clone)]
pub struct Nystrom<T> {
    basis: Mat<T>,
    eigenvalues: Vec<f64>,
    /// `lambda_l`: 0 where the sketch has found the whole range.
    last: f64,
    shift: f64,
    /// `(lambda_l + shift) / (lambda_i + shift) - 1`.
    weights: Vec<T>,
    /// The rounding to which the basis is orthonormal.
    rounding: f64,
}

impl<T: Real> Nystrom<T> {
    /// Sketches `A` and joins the shift of the system.
    ///
    /// # Errors
    /// [`PrecondError::Shape`] for an operator that is not square, [`PrecondError::Setting`] for a
    /// shift that is not above 0, [`PrecondError::NotFinite`], [`PrecondError::NotPositive`] for an
    /// operator that is not semidefinite, [`PrecondError::Linalg`] when `control` says stop.
    pub fn new(
        op: &dyn LinearOperator<T>,
        settings: &CheckedNystromSettings,
        shift: T,
        control: &Control<'_>,
    ) -> Result<Self, PrecondError> {
        positive("shift", shift.wide())?;
        let settings = settings.get();
        let mut sketch = Sketch::new(op, settings.test_matrix, settings.seed)?;
        sketch.widen(op, settings.rank, control)?;
        Self::of_sketch(&sketch, shift, control)
    }

    /// The approximation that a sketch determines, `Y (Omega'Y)^-1 Y'`, in its eigenbasis.
    ///
    /// The matrix `A + nu I` is decomposed in place of `A`, `nu` of the size of the products'
    /// rounding, and `nu` is taken off the eigenvalues (algorithm 2.1, lines 4 to 9).
    pub(crate) fn of_sketch(
        sketch: &Sketch<T>,
        shift: T,
        control: &Control<'_>,
    ) -> Result<Self, PrecondError> {
        let (n, width) = (sketch.basis.nrows(), sketch.width());
        let size = sketch.image.norm_l2().wide();
        if !size.is_finite() {
            return Err(PrecondError::NotFinite);
        }
        if width == 0 || size == 0.0 {
            return Ok(Self::joined(
                Mat::zeros(n, 0),
                Vec::new(),
                0.0,
                shift.wide(),
            ));
        }
        let mut core = Mat::<T>::zeros(width, width);
        product(
            core.as_mut(),
            Accum::Replace,
            sketch.basis.transpose(),
            sketch.image.as_ref(),
            T::of(1.0),
        );
        let core = Mat::from_fn(width, width, |i, j| {
            0.5 * (core[(i, j)].wide() + core[(j, i)].wide())
        });
        #[expect(clippy::cast_precision_loss, reason = "a length far below 2^53")]
        let mut nu = (n as f64).sqrt() * T::EPS * size;
        let mut gram = ShiftedGram::from_dense(core.as_ref())?;
        for attempt in 1.. {
            match gram.factor(nu, 1.0, control) {
                Ok(()) => break,
                Err(LinalgError::NotPositiveDefinite { .. }) if attempt < SHIFTS => {
                    nu *= SHIFT_GROWTH;
                }
                Err(LinalgError::NotPositiveDefinite { .. }) => {
                    let value = symmetric_eigenvalues(core.as_ref())?[0];
                    return Err(PrecondError::NotPositive { value });
                }
                Err(other) => return Err(other.into()),
            }
        }
        // B = (Y + nu Omega) L^-T, so that B B' is the approximation of A + nu I
        let mut b = Mat::from_fn(n, width, |i, j| {
            sketch.image[(i, j)].wide() + nu * sketch.basis[(i, j)].wide()
        });
        gram.half_solve_in_place(b.as_mut().transpose_mut());
        if control.halt().is_some() {
            return Err(LinalgError::Halted.into());
        }
        let (q, triangle) = orthogonal(b.as_ref(), width);
        drop(b);
        let (left, values, _) = thin_svd(triangle.as_ref())?;
        let eigenvalues: Vec<f64> = values.iter().map(|s| (s * s - nu).max(0.0)).collect();
        let kept = eigenvalues.iter().take_while(|&&v| v > 0.0).count();
        let mut wide = Mat::<f64>::zeros(n, kept);
        product(
            wide.as_mut(),
            Accum::Replace,
            q.as_ref(),
            left.as_ref().subcols(0, kept),
            1.0,
        );
        drop(q);
        let basis = Mat::from_fn(n, kept, |i, j| T::of(wide[(i, j)]));
        let last = eigenvalues[width - 1];
        Ok(Self::joined(
            basis,
            eigenvalues[..kept].to_vec(),
            last,
            shift.wide(),
        ))
    }

    fn joined(basis: Mat<T>, eigenvalues: Vec<f64>, last: f64, shift: f64) -> Self {
        let mut joined = Self {
            weights: vec![T::of(0.0); eigenvalues.len()],
            basis,
            eigenvalues,
            last,
            shift,
            rounding: T::EPS,
        };
        joined.weigh();
        joined
    }

    /// The same preconditioner for vectors of another precision: a sketch made in `f32` serves an
    /// iteration in `f64`, whose residuals then correct it.
    #[must_use]
    pub fn in_precision<S: Real>(&self) -> Nystrom<S> {
        let (n, rank) = (self.basis.nrows(), self.rank());
        let basis = Mat::from_fn(n, rank, |i, j| S::of(self.basis[(i, j)].wide()));
        let values = self.eigenvalues.clone();
        let mut other = Nystrom::joined(basis, values, self.last, self.shift);
        other.rounding = self.rounding.max(S::EPS);
        other.weigh();
        other
    }

    /// The weights for the shift.
    fn weigh(&mut self) {
        #[expect(clippy::cast_precision_loss, reason = "a length far below 2^53")]
        let floor = (FLOOR + (self.basis.nrows() as f64).sqrt()) * self.rounding;
        for (weight, lambda) in self.weights.iter_mut().zip(&self.eigenvalues) {
            let ratio = (self.last + self.shift) / (lambda + self.shift);
            *weight = T::of(ratio.max(floor) - 1.0);
        }
    }

    /// How many eigenvalues of the approximation are not zero.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.eigenvalues.len()
    }

    /// The eigenvalues of the approximation that are not zero, descending; each is at most that
    /// of `A`, up to rounding.
    #[must_use]
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// The eigenvalue that stands for those that were not found; 0 where the whole range was.
    #[must_use]
    pub fn last(&self) -> f64 {
        self.last
    }

    /// Their eigenvectors, `n x rank`.
    #[must_use]
    pub fn basis(&self) -> MatRef<'_, T> {
        self.basis.as_ref()
    }

    /// The shift of the system.
    #[must_use]
    pub fn shift(&self) -> f64 {
        self.shift
    }

    /// `Y = U diag(f) U' X + beta Y` with `f` a number an eigenvector, for `k` columns.
    fn through_basis(
        &self,
        k: usize,
        f: impl Fn(usize) -> T,
        x: &[T],
        y: &mut [T],
        core: &mut [T],
    ) {
        let (n, rank) = (self.basis.nrows(), self.rank());
        if rank == 0 || k == 0 {
            return;
        }
        let core = &mut core[..k * rank];
        product(
            MatMut::from_column_major_slice_mut(core, rank, k),
            Accum::Replace,
            self.basis.transpose(),
            MatRef::from_column_major_slice(x, n, k),
            T::of(1.0),
        );
        for column in core.chunks_mut(rank) {
            for (i, value) in column.iter_mut().enumerate() {
                *value *= f(i);
            }
        }
        product(
            MatMut::from_column_major_slice_mut(y, n, k),
            Accum::Add,
            self.basis.as_ref(),
            MatRef::from_column_major_slice(core, rank, k),
            T::of(1.0),
        );
    }

    /// `Y -= U diag(lambda) U' X` for `k` columns: what the approximation explains is taken off.
    /// `scratch`: `k rank` numbers.
    pub(crate) fn subtract_approximation(&self, k: usize, x: &[T], y: &mut [T], scratch: &mut [T]) {
        self.through_basis(k, |i| T::of(-self.eigenvalues[i]), x, y, scratch);
    }
}

impl<T: Real> Preconditioner<T> for Nystrom<T> {
    fn dim(&self) -> usize {
        self.basis.nrows()
    }

    fn scratch_len(&self) -> usize {
        self.rank()
    }

    fn apply_inverse(&self, r: &[T], z: &mut [T], scratch: &mut [T]) {
        self.apply_inverse_block(1, r, z, scratch);
    }

    fn apply_inverse_block(&self, k: usize, r: &[T], z: &mut [T], scratch: &mut [T]) {
        let n = k * self.dim();
        assert_eq!(r.len(), n, "r: {k} columns of the preconditioner's side");
        z.copy_from_slice(r);
        self.through_basis(k, |i| self.weights[i], r, z, scratch);
    }

    /// # Errors
    /// [`SettingsError`] for a shift that is not a finite number above 0.
    fn set_shift(&mut self, shift: T) -> Result<(), SettingsError> {
        let shift = shift.wide();
        positive("shift", shift)?;
        self.shift = shift;
        self.weigh();
        Ok(())
    }
}
