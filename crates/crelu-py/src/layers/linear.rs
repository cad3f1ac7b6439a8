use std::sync::Mutex;

use krylov::{
    CgProgress, CgSettings, CgStatus, CgWorkspace, Control, Identity, Preconditioner, pcg as solve,
};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1};
use precond_nystrom::NystromSettings;
use pyo3::prelude::*;

use super::arrays::rows_of;
use super::operator::{Function, Inverse, Operator};
use super::running;
use crate::errors;

/// The randomised Nystrom preconditioner of `A + shift I`.
#[pyclass(frozen, module = "crelu._core")]
pub(crate) struct Nystrom(precond_nystrom::Nystrom<f64>);

#[pymethods]
impl Nystrom {
    /// Sketches an operator.
    #[new]
    fn new(
        py: Python<'_>,
        operator: Operator<'_>,
        rank: usize,
        shift: f64,
        seed: u64,
    ) -> PyResult<Self> {
        let settings = NystromSettings::default().rank(rank).seed(seed);
        let settings = settings.check().map_err(errors::value)?;
        let operator = operator.detached();
        let made = running::run(py, |stop| {
            let control = Control::default().interrupt(stop);
            operator.with(|op| precond_nystrom::Nystrom::new(op, &settings, shift, &control))
        })?;
        Ok(Self(made?.map_err(errors::value)?))
    }

    /// The basis, an eigenvector a column.
    #[getter]
    fn basis<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        rows_of(self.0.basis().transpose()).into_pyarray(py)
    }

    /// The eigenvalues, descending.
    #[getter]
    fn eigenvalues<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, self.0.eigenvalues())
    }

    /// The shift of the system.
    #[getter]
    fn shift(&self) -> f64 {
        self.0.shift()
    }

    /// The same sketch for another shift.
    fn with_shift(&self, shift: f64) -> PyResult<Self> {
        let mut other = self.0.clone();
        other.set_shift(shift).map_err(errors::value)?;
        Ok(Self(other))
    }

    /// `P^-1 r`
    fn solve<'py>(
        &self,
        py: Python<'py>,
        r: PyReadonlyArray1<'py, f64>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let r = r.as_array().to_vec();
        if r.len() != self.0.dim() {
            let (got, want) = (r.len(), self.0.dim());
            return Err(errors::value(format_args!(
                "r: length {got}, expected {want}"
            )));
        }
        let mut z = vec![0.0; r.len()];
        let mut scratch = vec![0.0; self.0.scratch_len()];
        py.detach(|| self.0.apply_inverse(&r, &mut z, &mut scratch));
        Ok(PyArray1::from_vec(py, z))
    }
}

/// An approximate inverse.
#[derive(FromPyObject)]
pub(crate) enum Inverses<'py> {
    /// One of ours.
    #[pyo3(transparent)]
    Nystrom(Bound<'py, Nystrom>),
    /// A function that is handed a vector and returns one.
    #[pyo3(transparent)]
    Function(Bound<'py, PyAny>),
}

type Solved<'py> = (
    Bound<'py, PyArray1<f64>>,
    &'static str,
    usize,
    f64,
    Vec<f64>,
);

/// Conjugate gradients: the answer, how it ended, iterations, the residual, and those on the way.
#[pyfunction]
pub(crate) fn pcg<'py>(
    py: Python<'py>,
    operator: Operator<'py>,
    b: PyReadonlyArray1<'py, f64>,
    start: PyReadonlyArray1<'py, f64>,
    preconditioner: Option<Inverses<'py>>,
    tol: f64,
    max_iter: usize,
) -> PyResult<Solved<'py>> {
    let settings = CgSettings::default().tol(tol).max_iters(max_iter);
    let settings = settings.check().map_err(errors::value)?;
    let operator = operator.detached();
    let (b, mut x) = (b.as_array().to_vec(), start.as_array().to_vec());
    let (identity, function, sketched);
    let preconditioner: &dyn Preconditioner<f64> = match preconditioner {
        None => {
            identity = Identity::new(b.len());
            &identity
        }
        Some(Inverses::Nystrom(nystrom)) => {
            sketched = nystrom.unbind();
            &sketched.get().0
        }
        Some(Inverses::Function(called)) => {
            function = Inverse(Function {
                function: called.unbind(),
                side: b.len(),
                raised: Mutex::new(None),
            });
            let solved = run(py, &operator, &function, &b, &mut x, &settings);
            return match function.0.raised() {
                Some(error) => Err(error),
                None => solved,
            };
        }
    };
    run(py, &operator, preconditioner, &b, &mut x, &settings)
}

fn run<'py>(
    py: Python<'py>,
    operator: &super::operator::Detached,
    preconditioner: &dyn Preconditioner<f64>,
    b: &[f64],
    x: &mut [f64],
    settings: &krylov::CheckedCgSettings,
) -> PyResult<Solved<'py>> {
    let mut residuals = Vec::new();
    let solved = running::run(py, |stop| {
        let control = Control::default().interrupt(stop);
        let mut observer = |progress: &CgProgress| residuals.push(progress.residual);
        let mut work = CgWorkspace::new();
        operator.with(|op| {
            solve(
                op,
                preconditioner,
                b,
                x,
                settings,
                &control,
                &mut observer,
                &mut work,
            )
        })
    })?;
    let report = solved?.map_err(errors::value)?;
    let status = match report.status {
        CgStatus::Converged => "converged",
        CgStatus::IterationLimit => "iteration_limit",
        CgStatus::Stagnated => "stagnated",
        _ => "interrupted",
    };
    let x = PyArray1::from_slice(py, x);
    Ok((x, status, report.iterations, report.residual, residuals))
}
