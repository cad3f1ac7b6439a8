use admm::{PrimalError, PrimalReport};
use faer::{Accum, Mat, MatMut, MatRef};
use krylov::{CgSettings, CgStatus, CgWorkspace, NormalOperator, pcg};
use linalg_core::{
    Control, Identity, LinalgError, LinearOperator, MaskedBlocks, Mirrored, Preconditioner, Real,
    axpy, distance, norm, product,
};
use precond_nystrom::{BlockDiagonal, BlockNystrom, Jacobi, masked_gram_diagonal};

use crate::choice::Method;
use crate::error::ProgrammeError;
use crate::primal::{INNER_LIMIT, adaptive, said, sketched, unpreconditioned};
use crate::settings::ProgrammeSettings;

/// The linear system of the three-block form as its source has it, over both halves of every pair
/// and with the cone term:
///
/// ```text
///     (F'F + rho (I (x) K)) u = F'y + rho r,   K = I + tau^2 R'R      (2 rank P wide)
/// ```
///
/// It is here for comparison: [`ThreeBlockPrimal`](crate::ThreeBlockPrimal) otherwise solves a
/// system of half the width in which `K` is the identity.
///
/// **Cost** an inner iteration: six products of the size `n rank P`.
/// **Source** the ADMM for convex ReLU networks with its conjugate-gradient steps; the diagonal
/// holds the data and the identity term in their true proportion, and the sketch leaves the
/// identity out.
pub struct SourceSystem<'a, T: Real> {
    operator: ConeOperator<'a, T>,
    target: &'a [T],
    preconditioner: Box<dyn Preconditioner<T> + 'a>,
    control: Control<'a>,
    rho: Option<T>,
    work: CgWorkspace<T>,
    /// The last answer.
    last: Vec<T>,
    rhs: Vec<T>,
    price: Vec<T>,
}

impl<'a, T: Real> SourceSystem<'a, T> {
    /// The system with the preconditioner that `method` names, and what was found on the way, in
    /// words; `rho` is the first penalty parameter.
    ///
    /// # Errors
    /// [`ProgrammeError`] when a sketch or a factorisation fails, or `control` says stop.
    pub(crate) fn new(
        blocks: MaskedBlocks<'a, T>,
        target: &'a [T],
        tau: T,
        method: Method,
        settings: &ProgrammeSettings,
        rho: f64,
        control: Control<'a>,
    ) -> Result<(Self, Option<String>), ProgrammeError> {
        let (data, masks) = (blocks.data(), blocks.masks());
        let operator = ConeOperator {
            blocks: Mirrored::new(blocks),
            tau,
            rho: T::of(rho),
        };
        let width = operator.cols();
        let n_blocks = 2 * masks.n_blocks();
        let shift = T::of(rho);
        let mut note = None;
        let preconditioner: Box<dyn Preconditioner<T> + 'a> = match method {
            Method::PcgJacobi => {
                let mut diagonal = masked_gram_diagonal(&blocks);
                diagonal.extend_from_within(..);
                let squares: Vec<T> = (0..data.nrows())
                    .map(|k| {
                        let square: T = data.row(k).iter().map(|x| *x * *x).sum();
                        T::of(1.0) + tau * tau * square
                    })
                    .collect();
                let weights = squares.repeat(n_blocks);
                Box::new(Jacobi::weighted(diagonal, weights, shift).map_err(unpreconditioned)?)
            }
            Method::PcgNystrom => {
                let rank = data.nrows();
                let mut k = Mat::<T>::identity(rank, rank);
                product(k.as_mut(), Accum::Add, data, data.transpose(), tau * tau);
                let block = BlockDiagonal::new(k.as_ref(), n_blocks).map_err(unpreconditioned)?;
                let matrix = NormalOperator::new(&operator.blocks, T::of(1.0), T::of(0.0));
                let (found, report) = match settings.nystrom_rank {
                    Some(rank) => {
                        let how = sketched(rank, settings.seed)?;
                        let found = BlockNystrom::new(&matrix, block, &how, shift, &control);
                        (found.map_err(unpreconditioned)?, None)
                    }
                    None => {
                        let how = adaptive(settings.seed)?;
                        let found = BlockNystrom::adaptive(&matrix, block, &how, shift, &control);
                        let (found, report) = found.map_err(unpreconditioned)?;
                        (found, Some(report))
                    }
                };
                note = Some(said(found.middle().rank(), report));
                Box::new(found)
            }
            _ => Box::new(Identity::new(width)),
        };
        let system = Self {
            target,
            preconditioner,
            control,
            rho: None,
            work: CgWorkspace::new(),
            last: vec![T::of(0.0); width],
            rhs: vec![T::of(0.0); width],
            price: vec![T::of(0.0); operator.scratch_len()],
            operator,
        };
        Ok((system, note))
    }

    pub(crate) fn set_penalty(&mut self, rho: T) -> Result<(), PrimalError> {
        let wide = rho.wide();
        if !(wide.is_finite() && wide > 0.0) {
            return Err(LinalgError::NotFinite { what: "rho" }.into());
        }
        self.operator.rho = rho;
        self.preconditioner.set_shift(rho)?;
        self.rho = Some(rho);
        Ok(())
    }

    /// `u` for `r`, from the last answer, and `F u`.
    pub(crate) fn solve(
        &mut self,
        r: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        let rho = self.rho.ok_or(PrimalError::NoPenalty)?;
        self.operator
            .blocks
            .apply_adjoint(self.target, &mut self.rhs, &mut self.price);
        axpy(rho, r, &mut self.rhs);
        // the system is at least rho I: |error| <= |residual| / rho, relative to the step
        let (length, size) = (distance(&self.last, r).wide(), norm(&self.rhs).wide());
        let share = if length > 0.0 && size > 0.0 {
            (rho.wide() * length / size).min(1.0)
        } else {
            1.0
        };
        let settings = CgSettings::default()
            .tol((tol * share).max(8.0 * T::EPS))
            .max_iters(INNER_LIMIT)
            .check()?;
        let report = pcg(
            &self.operator,
            self.preconditioner.as_ref(),
            &self.rhs,
            &mut self.last,
            &settings,
            &self.control,
            &mut (),
            &mut self.work,
        )?;
        u.copy_from_slice(&self.last);
        self.operator.blocks.apply(u, fu, &mut self.price);
        Ok(PrimalReport {
            inner_iterations: report.iterations,
            residual: report.residual,
            short: report.status != CgStatus::Converged,
            halted: report.status == CgStatus::Halted,
        })
    }
}

/// `F'F + rho (I (x) (I + tau^2 R'R))`.
struct ConeOperator<'a, T> {
    blocks: Mirrored<MaskedBlocks<'a, T>>,
    tau: T,
    rho: T,
}

impl<T: Real> ConeOperator<'_, T> {
    fn n_blocks(&self) -> usize {
        2 * self.blocks.inner().masks().n_blocks()
    }
}

impl<T: Real> LinearOperator<T> for ConeOperator<'_, T> {
    fn rows(&self) -> usize {
        self.blocks.cols()
    }

    fn cols(&self) -> usize {
        self.blocks.cols()
    }

    fn scratch_len(&self) -> usize {
        let n = self.blocks.rows();
        (n * self.n_blocks()).max(n + self.blocks.scratch_len())
    }

    fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        let (n, blocks) = (self.blocks.rows(), self.n_blocks());
        let data = self.blocks.inner().data();
        let rank = data.nrows();
        let (image, rest) = scratch.split_at_mut(n);
        self.blocks.apply(x, image, rest);
        self.blocks.apply_adjoint(image, y, rest);
        axpy(self.rho, x, y);
        let images = &mut scratch[..n * blocks];
        product(
            MatMut::from_column_major_slice_mut(images, n, blocks),
            Accum::Replace,
            data.transpose(),
            MatRef::from_column_major_slice(x, rank, blocks),
            T::of(1.0),
        );
        product(
            MatMut::from_column_major_slice_mut(y, rank, blocks),
            Accum::Add,
            data,
            MatRef::from_column_major_slice(images, n, blocks),
            self.rho * self.tau * self.tau,
        );
    }

    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
        self.apply(y, x, scratch);
    }
}
