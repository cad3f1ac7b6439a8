//! A least-squares problem with every primal step that solves it.

use admm::{
    AdmmError, AdmmSettings, AdmmSolution, AdmmState, BlockExactPrimal, CgPrimal, Factor,
    InnerPrimal, LeastSquaresStep, Lift, OuterPrimal, PcgPrimal, PenaltyRule, PrimalSolver,
    Proximal, RbcdPrimal, ResidualMonitor, Space, Splitting, solve,
};
use faer::{Mat, MatRef};
use linalg_core::{
    BlockColumns, Control, DenseBlocks, LinearOperator, Mirrored, Preconditioner, Real,
    SettingsError, ShiftedGram,
};

use crate::data::rounded;

/// Which primal step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Outer,
    Refined,
    Inner,
    Cg,
    PcgColumns,
    PcgRows,
    Rbcd,
    BlockExact,
}

impl Kind {
    /// Whether it iterates.
    pub(crate) fn is_inexact(self) -> bool {
        !matches!(self, Self::Outer | Self::Refined | Self::Inner)
    }
}

pub(crate) const KINDS: [Kind; 8] = [
    Kind::Outer,
    Kind::Refined,
    Kind::Inner,
    Kind::Cg,
    Kind::PcgColumns,
    Kind::PcgRows,
    Kind::Rbcd,
    Kind::BlockExact,
];
pub(crate) const LIFTS: [Lift; 2] = [Lift::Single, Lift::Mirrored];

/// Most inner iterations of a step: far above the dimension of any problem here.
const INNER_ITERS: usize = 500;
/// Most sweeps: gradient descent at condition numbers of a thousand.
const SWEEPS: usize = 20_000;

/// `diag(H) + shift`.
struct Diagonal<T> {
    diagonal: Vec<T>,
    shift: T,
}

impl<T: Real> Preconditioner<T> for Diagonal<T> {
    fn dim(&self) -> usize {
        self.diagonal.len()
    }
    fn apply_inverse(&self, r: &[T], z: &mut [T], _scratch: &mut [T]) {
        for ((z, r), d) in z.iter_mut().zip(r).zip(&self.diagonal) {
            *z = *r / (*d + self.shift);
        }
    }
    fn set_shift(&mut self, shift: T) -> Result<(), SettingsError> {
        self.shift = shift;
        Ok(())
    }
}

/// The matrix in blocks of two columns, or of one if their number is odd.
pub(crate) fn blocks<T: Real>(a: MatRef<'_, T>) -> DenseBlocks<'_, T> {
    DenseBlocks::new(a, if a.ncols().is_multiple_of(2) { 2 } else { 1 }).unwrap()
}

pub(crate) fn primal<'a, T: Real>(
    kind: Kind,
    lift: Lift,
    op: &'a DenseBlocks<'a, T>,
    a: MatRef<'_, f64>,
) -> Box<dyn PrimalSolver<T> + 'a> {
    let (outer, inner) = (a * a.transpose(), a.transpose() * a);
    let diagonal = |m: &Mat<f64>| -> Box<dyn Preconditioner<T>> {
        let (diagonal, shift) = ((0..m.nrows()).map(|i| T::of(m[(i, i)])), T::of(1.0));
        let diagonal = diagonal.collect();
        Box::new(Diagonal { diagonal, shift })
    };
    match kind {
        Kind::Outer => {
            let gram = ShiftedGram::from_dense(rounded::<T>(outer.as_ref()).as_ref()).unwrap();
            Box::new(OuterPrimal::new(op, Factor::Same(Box::new(gram)), lift).unwrap())
        }
        Kind::Refined => {
            let gram = ShiftedGram::from_dense(rounded::<f32>(outer.as_ref()).as_ref()).unwrap();
            Box::new(OuterPrimal::new(op, Factor::Refined(Box::new(gram)), lift).unwrap())
        }
        Kind::Inner => {
            let gram = ShiftedGram::from_dense(rounded::<T>(inner.as_ref()).as_ref()).unwrap();
            Box::new(InnerPrimal::new(op, gram, lift).unwrap())
        }
        Kind::Cg => Box::new(CgPrimal::new(op, lift, INNER_ITERS).unwrap()),
        Kind::PcgColumns => {
            let jacobi = diagonal(&inner);
            Box::new(PcgPrimal::new(op, lift, Space::Columns, jacobi, INNER_ITERS).unwrap())
        }
        Kind::PcgRows => {
            let jacobi = diagonal(&outer);
            Box::new(PcgPrimal::new(op, lift, Space::Rows, jacobi, INNER_ITERS).unwrap())
        }
        Kind::Rbcd => Box::new(RbcdPrimal::new(op, lift, SWEEPS, 7)),
        Kind::BlockExact => {
            // the sum of all blocks' matrices is at least each of them
            let width = op.block_len();
            let sum = Mat::from_fn(width, width, |i, j| {
                let terms = (0..op.n_blocks()).map(|b| inner[(b * width + i, b * width + j)]);
                T::of(terms.sum::<f64>())
            });
            let gram = ShiftedGram::from_dense(sum.as_ref()).unwrap();
            Box::new(BlockExactPrimal::new(op, gram, lift, SWEEPS).unwrap())
        }
    }
}

/// A run on `|F u - y|^2 / 2 + penalty`, to a tolerance of the residuals.
pub(crate) struct Run<'a> {
    pub(crate) a: &'a Mat<f64>,
    pub(crate) y: &'a [f64],
    pub(crate) kind: Kind,
    pub(crate) lift: Lift,
    pub(crate) settings: AdmmSettings,
    pub(crate) tol: f64,
}

/// Settings that reach the tolerances of the tests whatever the penalty.
pub(crate) fn patient() -> AdmmSettings {
    AdmmSettings::default()
        .max_iters(20_000)
        .penalty_rule(PenaltyRule::Balance)
}

impl<'a> Run<'a> {
    /// To 1e-11, by the dual side, unlifted.
    pub(crate) fn new(a: &'a Mat<f64>, y: &'a [f64]) -> Self {
        let (kind, lift) = (Kind::Outer, Lift::Single);
        Self {
            a,
            y,
            kind,
            lift,
            settings: patient(),
            tol: 1e-11,
        }
    }

    pub(crate) fn state<T: Real>(&self, rho: f64) -> AdmmState<T> {
        AdmmState::zero(self.a.nrows(), self.lift.dim(self.a.ncols()), T::of(rho))
    }

    pub(crate) fn go<T: Real>(
        &self,
        prox: &mut dyn Proximal<T>,
        state: &mut AdmmState<T>,
    ) -> Result<AdmmSolution, AdmmError> {
        let a = rounded::<T>(self.a.as_ref());
        let y: Vec<T> = self.y.iter().map(|v| T::of(*v)).collect();
        let op = blocks(a.as_ref());
        let mirrored = Mirrored::new(op);
        let operator: &dyn LinearOperator<T> = match self.lift {
            Lift::Single => &op,
            Lift::Mirrored => &mirrored,
        };
        let primal = primal(self.kind, self.lift, &op, self.a.as_ref());
        let mut step = LeastSquaresStep::new(primal, &y);
        let mut problem = Splitting {
            operator,
            primal: &mut step,
            prox,
        };
        let settings = self.settings.clone().check().unwrap();
        let mut monitor = ResidualMonitor::new(self.tol).unwrap();
        solve(
            &mut problem,
            &settings,
            &Control::default(),
            state,
            &mut monitor,
        )
    }

    /// The penalised copy at convergence, in terms of `A`'s variable.
    pub(crate) fn optimum<T: Real>(&self, prox: &mut dyn Proximal<T>) -> Vec<f64> {
        let mut state = self.state::<T>(1.0);
        let solution = self.go(prox, &mut state).unwrap();
        let (kind, lift) = (self.kind, self.lift);
        assert!(
            solution.status.is_converged(),
            "{kind:?}, {lift:?}: {solution:?}"
        );
        self.folded(&state.v)
    }

    /// `x`, or `v - w` of a pair.
    pub(crate) fn folded<T: Real>(&self, v: &[T]) -> Vec<f64> {
        let n = self.a.ncols();
        match self.lift {
            Lift::Single => v.iter().map(|x| x.wide()).collect(),
            Lift::Mirrored => (0..n).map(|j| v[j].wide() - v[n + j].wide()).collect(),
        }
    }
}

/// Largest difference of two vectors' entries.
pub(crate) fn gap(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "two vectors of one length");
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max)
}
