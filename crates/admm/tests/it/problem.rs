//! A least-squares problem with every primal step that solves it.

use admm::{
    AdmmError, AdmmSettings, AdmmSolution, AdmmState, CgPrimal, Factor, InnerPrimal, Lift,
    OuterPrimal, PenaltyRule, PrimalSolver, Proximal, ResidualMonitor, Splitting, solve,
};
use faer::{Mat, MatRef};
use linalg_core::{Control, DenseOperator, LinearOperator, Mirrored, Real, ShiftedGram};

use crate::data::rounded;

/// Which primal step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Outer,
    Refined,
    Inner,
    Cg,
}

pub(crate) const KINDS: [Kind; 4] = [Kind::Outer, Kind::Refined, Kind::Inner, Kind::Cg];
pub(crate) const LIFTS: [Lift; 2] = [Lift::Single, Lift::Mirrored];

/// Most inner iterations of a step: far above the dimension of any problem here.
const INNER_ITERS: usize = 500;

pub(crate) fn primal<'a, T: Real>(
    kind: Kind,
    lift: Lift,
    op: &'a DenseOperator<'a, T>,
    a: MatRef<'_, f64>,
    y: &'a [T],
) -> Box<dyn PrimalSolver<T> + 'a> {
    let outer = a * a.transpose();
    match kind {
        Kind::Outer => {
            let gram = ShiftedGram::from_dense(rounded::<T>(outer.as_ref()).as_ref()).unwrap();
            Box::new(OuterPrimal::new(op, y, Factor::Same(gram), lift).unwrap())
        }
        Kind::Refined => {
            let gram = ShiftedGram::from_dense(rounded::<f32>(outer.as_ref()).as_ref()).unwrap();
            Box::new(OuterPrimal::new(op, y, Factor::Refined(gram), lift).unwrap())
        }
        Kind::Inner => {
            let inner = a.transpose() * a;
            let gram = ShiftedGram::from_dense(rounded::<T>(inner.as_ref()).as_ref()).unwrap();
            Box::new(InnerPrimal::new(op, y, gram, lift).unwrap())
        }
        Kind::Cg => Box::new(CgPrimal::new(op, y, lift, INNER_ITERS).unwrap()),
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
        AdmmState::zero(self.lift.dim(self.a.ncols()), self.a.nrows(), T::of(rho))
    }

    pub(crate) fn go<T: Real>(
        &self,
        prox: &mut dyn Proximal<T>,
        state: &mut AdmmState<T>,
    ) -> Result<AdmmSolution, AdmmError> {
        let a = rounded::<T>(self.a.as_ref());
        let y: Vec<T> = self.y.iter().map(|v| T::of(*v)).collect();
        let op = DenseOperator::new(a.as_ref());
        let mirrored = Mirrored::new(op);
        let operator: &dyn LinearOperator<T> = match self.lift {
            Lift::Single => &op,
            Lift::Mirrored => &mirrored,
        };
        let mut primal = primal(self.kind, self.lift, &op, self.a.as_ref(), &y);
        let mut problem = Splitting {
            operator,
            primal: &mut *primal,
            prox,
        };
        let settings = self.settings.clone().check().unwrap();
        let mut monitor = ResidualMonitor { tol: self.tol };
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
