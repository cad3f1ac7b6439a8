use std::sync::Arc;

use admm::{
    BlockExactPrimal, Factor, InnerPrimal, Lift, OuterPrimal, PcgPrimal, PrimalError, PrimalSolver,
    RbcdPrimal, Space,
};
use crelu_core::{Backend, DeviceHandle};
use faer::{Accum, Mat, MatRef};
use krylov::NormalOperator;
use linalg_core::{
    Adjoint, BlockColumns, Control, FaerLibrary, Identity, LinalgError, LinearOperator,
    MaskedBlocks, Masks, MatrixLibrary, Mirrored, Preconditioner, Real, ShiftedGram,
    masked_gram_within,
};
use precond_nystrom::{
    AdaptiveRank, CheckedAdaptiveRank, CheckedNystromSettings, Jacobi, Nystrom, NystromSettings,
    PrecondError, RankReport, RankStatus, masked_gram_diagonal, masked_outer_diagonal,
};

use crate::choice::{Choice, Form, Method};
use crate::device::{
    ConeRequest, DeviceIteration, DeviceRequest, InPrecision, IterationRequest, PrimalDevice,
};
use crate::error::{ProgrammeError, ProgrammeSetting};
use crate::settings::{Precision, ProgrammeSettings};

/// Most inner iterations of a conjugate-gradient step.
pub const INNER_LIMIT: usize = 500;
/// Most sweeps of a block-descent step: where they are not enough, the next step goes on from
/// where this one stopped.
pub const SWEEP_LIMIT: usize = 300;

/// What a primal step is built for: masked data in the coordinates of the iteration, and how blocks
/// pair up.
pub(crate) struct System<'a, T> {
    backend: Backend,
    /// For what only this operator has: blocks of columns, diagonals.
    blocks: MaskedBlocks<'a, T>,
    mirrored: Mirrored<MaskedBlocks<'a, T>>,
    /// The same products by the chosen library.
    single: Operator<'a, T>,
    pair: Mirrored<Operator<'a, T>>,
    lift: Lift,
}

type Operator<'a, T> = Box<dyn LinearOperator<T> + Send + 'a>;

/// The products and the factors of a library.
fn library<T: Real>(backend: Backend) -> &'static dyn MatrixLibrary<T> {
    match backend {
        #[cfg(feature = "nalgebra")]
        Backend::Nalgebra => linalg_core::reference::reference().unwrap_or(&FaerLibrary),
        _ => &FaerLibrary,
    }
}

/// A primal step, and what is to be said about it in the report.
pub(crate) struct Built<'a, T: Real> {
    pub(crate) primal: Box<dyn PrimalSolver<T> + 'a>,
    pub(crate) note: Option<String>,
}

impl<'a, T: Real> System<'a, T> {
    pub(crate) fn new(data: MatRef<'a, T>, masks: &'a Masks, lift: Lift, backend: Backend) -> Self {
        let blocks = MaskedBlocks::new(data, masks);
        let operator = || library::<T>(backend).blocks(data, masks);
        Self {
            backend,
            blocks,
            mirrored: Mirrored::new(blocks),
            single: operator(),
            pair: Mirrored::new(operator()),
            lift,
        }
    }

    /// `F` of one output, as the loop applies it.
    pub(crate) fn operator(&self) -> &dyn LinearOperator<T> {
        match self.lift {
            Lift::Mirrored => &self.pair,
            Lift::Single => &self.single,
        }
    }

    /// The step of a choice on the device of the settings.
    fn build_on_device(
        &'a self,
        choice: &Choice,
        settings: &ProgrammeSettings,
        rho: f64,
        control: Control<'a>,
    ) -> Result<Built<'a, T>, ProgrammeError> {
        let device = opened(settings)?;
        let rows = by_columns(self.blocks.data());
        let made = device.primal(&self.request(&rows, choice, settings, rho, control))?;
        Ok(Built {
            primal: Box::new(InPrecision::new(made.primal)),
            note: made.note,
        })
    }

    /// What a device is asked for; `rows` are those of the system, in `f32`.
    fn request<'s>(
        &self,
        rows: &'s [f32],
        choice: &Choice,
        settings: &'s ProgrammeSettings,
        rho: f64,
        control: Control<'a>,
    ) -> DeviceRequest<'a, 's> {
        DeviceRequest {
            rows,
            rank: self.blocks.data().nrows(),
            masks: self.blocks.masks(),
            lift: self.lift,
            method: choice.method,
            settings,
            rho,
            control,
        }
    }

    /// Whole iterations of the three-block form on the device of the settings, in the coordinates of
    /// `basis`.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub(crate) fn iteration_on_device(
        &self,
        choice: &Choice,
        settings: &ProgrammeSettings,
        (rho, control): (f64, Control<'a>),
        of: &OnDevice<'_>,
    ) -> Result<DeviceIteration<'a>, ProgrammeError> {
        let device = opened(settings)?;
        let rows = by_columns(self.blocks.data());
        device.iteration(&IterationRequest {
            linear: self.request(&rows, choice, settings, rho, control),
            target: of.target,
            cone: of.inverse.map(|inverse| ConeRequest {
                inverse,
                tau: of.tau,
            }),
            weight: of.weight,
            relaxation: of.relaxation,
        })
    }

    /// Builds the primal step of a choice; `rho` is the first penalty parameter.
    ///
    /// # Errors
    /// [`ProgrammeError`] when a sketch or a diagonal fails; [`linalg_core::LinalgError::Halted`] inside
    /// it when `control` says stop.
    pub(crate) fn build(
        &'a self,
        choice: &Choice,
        settings: &ProgrammeSettings,
        rho: f64,
        control: Control<'a>,
    ) -> Result<Built<'a, T>, ProgrammeError> {
        if choice.backend == Backend::Wgpu {
            return self.build_on_device(choice, settings, rho, control);
        }
        let full = choice.form == Form::Full && self.lift == Lift::Mirrored;
        let lift = if full { Lift::Single } else { self.lift };
        let op: &dyn LinearOperator<T> = if full { &self.pair } else { &self.single };
        let columns: &dyn BlockColumns<T> = if full { &self.mirrored } else { &self.blocks };
        let mixed = choice.precision == Precision::Mixed;
        let mut note = None;
        let primal: Box<dyn PrimalSolver<T> + 'a> = match (choice.method, choice.form) {
            (Method::Cholesky, Form::Kernel) => {
                let (data, masks) = (self.blocks.data(), self.blocks.masks());
                let factor = if mixed {
                    let narrow = narrow(data);
                    let library = library::<f32>(self.backend);
                    Factor::Refined(library.outer_gram(narrow.as_ref(), masks, &control)?)
                } else {
                    Factor::Same(library::<T>(self.backend).outer_gram(data, masks, &control)?)
                };
                Box::new(OuterPrimal::new(op, factor, lift).map_err(failed)?)
            }
            (Method::Cholesky, Form::Full) if full => {
                let gram = mirrored_gram(&masked_gram_within(&self.blocks, &control)?);
                Box::new(InnerPrimal::new(op, gram, lift).map_err(failed)?)
            }
            (Method::Cholesky, _) => {
                let (data, masks) = (self.blocks.data(), self.blocks.masks());
                let gram = library::<T>(self.backend).inner_gram(data, masks, &control)?;
                Box::new(InnerPrimal::new(op, gram, lift).map_err(failed)?)
            }
            (Method::Cg | Method::PcgJacobi | Method::PcgNystrom, form) => {
                let space = if form == Form::Kernel {
                    Space::Rows
                } else {
                    Space::Columns
                };
                let shift = rho / lift.factor();
                let preconditioner: Box<dyn Preconditioner<T> + 'a> = match choice.method {
                    Method::PcgJacobi => Box::new(self.jacobi(space, full, shift)?),
                    Method::PcgNystrom => {
                        let (found, said) =
                            self.nystrom(op, space, settings, mixed, shift, &control)?;
                        note = Some(said);
                        found
                    }
                    _ => Box::new(Identity::new(match space {
                        Space::Rows => op.rows(),
                        Space::Columns => op.cols(),
                    })),
                };
                let pcg = PcgPrimal::new(op, lift, space, preconditioner, INNER_LIMIT);
                Box::new(pcg.map_err(failed)?.controlled(control))
            }
            (Method::Rbcd, _) => {
                let seed = settings.seed;
                let rbcd = RbcdPrimal::new(columns, lift, SWEEP_LIMIT, seed);
                Box::new(rbcd.controlled(control))
            }
            (Method::BlockExact, _) => {
                let gram = row_gram(self.blocks.data(), &control)?;
                let exact = BlockExactPrimal::new(columns, gram, lift, SWEEP_LIMIT);
                Box::new(exact.map_err(failed)?.controlled(control))
            }
        };
        Ok(Built { primal, note })
    }

    fn jacobi(&self, space: Space, full: bool, shift: f64) -> Result<Jacobi<T>, ProgrammeError> {
        let mut diagonal = match space {
            Space::Rows => masked_outer_diagonal(&self.blocks),
            Space::Columns => masked_gram_diagonal(&self.blocks),
        };
        if full {
            let factor = if space == Space::Rows { 2.0 } else { 1.0 };
            linalg_core::scale(T::of(factor), &mut diagonal);
            if space == Space::Columns {
                diagonal.extend_from_within(..);
            }
        }
        Jacobi::new(diagonal, T::of(shift)).map_err(unpreconditioned)
    }

    /// Nystrom on `A'A` or `A A'`, sketched in `f32` if `mixed`.
    fn nystrom(
        &self,
        op: &dyn LinearOperator<T>,
        space: Space,
        settings: &ProgrammeSettings,
        mixed: bool,
        shift: f64,
        control: &Control<'_>,
    ) -> Result<(Box<dyn Preconditioner<T> + 'a>, String), ProgrammeError> {
        if mixed {
            let data = narrow(self.blocks.data());
            let narrow = || library::<f32>(self.backend).blocks(data.as_ref(), self.blocks.masks());
            let (single, pair) = (narrow(), Mirrored::new(narrow()));
            let op: &dyn LinearOperator<f32> = if op.cols() == single.cols() {
                &single
            } else {
                &pair
            };
            let (found, note) = sketch(op, space, settings, shift, control)?;
            return Ok((Box::new(found.in_precision::<T>()), note));
        }
        let (found, note) = sketch(op, space, settings, shift, control)?;
        Ok((Box::new(found), note))
    }
}

/// What the iterations of a device take beside the linear step.
pub(crate) struct OnDevice<'s> {
    pub(crate) target: &'s [f32],
    /// `L^-1` by rows, where there is a cone copy.
    pub(crate) inverse: Option<&'s [f32]>,
    pub(crate) tau: f64,
    pub(crate) weight: f64,
    pub(crate) relaxation: f64,
}

/// The device of the settings.
fn opened(settings: &ProgrammeSettings) -> Result<Arc<Box<dyn PrimalDevice>>, ProgrammeError> {
    let handle = settings.device.as_ref();
    let device = handle.and_then(DeviceHandle::device::<Box<dyn PrimalDevice>>);
    device.ok_or(ProgrammeError::Setting {
        setting: ProgrammeSetting::Backend,
        problem: "wgpu needs an opened device",
    })
}

/// The numbers of a matrix in `f32`, column after column.
pub(crate) fn by_columns<T: Real>(matrix: MatRef<'_, T>) -> Vec<f32> {
    let mut out = Vec::with_capacity(matrix.nrows() * matrix.ncols());
    for j in 0..matrix.ncols() {
        out.extend((0..matrix.nrows()).map(|k| f32::of(matrix[(k, j)].wide())));
    }
    out
}

/// A sketch of `A'A` or `A A'` and what it found, in words.
///
/// # Errors
/// [`ProgrammeError`] when it cannot be made.
pub fn sketch<T: Real>(
    op: &dyn LinearOperator<T>,
    space: Space,
    settings: &ProgrammeSettings,
    shift: f64,
    control: &Control<'_>,
) -> Result<(Nystrom<T>, String), ProgrammeError> {
    let flipped = Adjoint::new(op);
    let matrix = match space {
        Space::Columns => NormalOperator::new(op, T::of(1.0), T::of(0.0)),
        Space::Rows => NormalOperator::new(&flipped, T::of(1.0), T::of(0.0)),
    };
    let shift = T::of(shift);
    let outcome = match settings.nystrom_rank {
        Some(rank) => {
            let how = sketched(rank, settings.seed)?;
            Nystrom::new(&matrix, &how, shift, control).map(|found| (found, None))
        }
        None => {
            let how = adaptive(settings.seed)?;
            Nystrom::adaptive(&matrix, &how, shift, control).map(|(f, report)| (f, Some(report)))
        }
    };
    let (found, report) = outcome.map_err(unpreconditioned)?;
    let note = said(found.rank(), report);
    Ok((found, note))
}

/// The rank is sought up to this: a sketch costs as many products.
pub(crate) const MOST_RANK: usize = 256;

/// How a rank is sought.
pub(crate) fn adaptive(seed: u64) -> Result<CheckedAdaptiveRank, ProgrammeError> {
    let how = AdaptiveRank::default().max(MOST_RANK).seed(seed);
    how.check().map_err(|error| unpreconditioned(error.into()))
}

/// How a sketch of a given rank is made.
pub(crate) fn sketched(rank: usize, seed: u64) -> Result<CheckedNystromSettings, ProgrammeError> {
    let how = NystromSettings::default().rank(rank).seed(seed);
    how.check().map_err(|error| unpreconditioned(error.into()))
}

/// The rank in words.
pub(crate) fn said(rank: usize, report: Option<RankReport>) -> String {
    match report {
        None => format!("Nystrom rank {rank} as asked"),
        Some(report) => {
            let end = if report.status == RankStatus::Reached {
                "within ten times the identity term"
            } else {
                "at the largest rank"
            };
            format!(
                "Nystrom rank {rank} found by its error {:.1e}, {end}",
                report.error
            )
        }
    }
}

pub(crate) fn failed(error: PrimalError) -> ProgrammeError {
    ProgrammeError::Admm(error.into())
}

pub(crate) fn unpreconditioned(error: PrecondError) -> ProgrammeError {
    match error {
        PrecondError::Linalg(error) => ProgrammeError::Linalg(error),
        other => ProgrammeError::Preconditioner(other),
    }
}

/// Data rounded to `f32`.
fn narrow<T: Real>(data: MatRef<'_, T>) -> Mat<f32> {
    Mat::from_fn(data.nrows(), data.ncols(), |k, i| {
        f32::of(data[(k, i)].wide())
    })
}

/// `R'R` of the data, at least every block's `R'D_bR`.
pub(crate) fn row_gram<T: Real>(
    data: MatRef<'_, T>,
    control: &Control<'_>,
) -> Result<ShiftedGram<T>, LinalgError> {
    ShiftedGram::from_tiles_within(data.nrows(), control, |row, col, tile| {
        let (height, width) = (tile.nrows(), tile.ncols());
        faer::linalg::matmul::matmul(
            tile,
            Accum::Replace,
            data.subrows(row, height),
            data.subrows(col, width).transpose(),
            T::of(1.0),
            faer::Par::Seq,
        );
    })
}

/// `[G, -G; -G, G]`: the matrix of pairs that act through their difference.
fn mirrored_gram<T: Real>(gram: &ShiftedGram<T>) -> ShiftedGram<T> {
    let m = gram.dim();
    ShiftedGram::from_tiles(2 * m, |row, col, mut tile| {
        for j in 0..tile.ncols() {
            for i in 0..tile.nrows() {
                let (a, b) = (row + i, col + j);
                let value = gram.entry(a % m, b % m);
                tile[(i, j)] = if (a < m) == (b < m) { value } else { -value };
            }
        }
    })
}
