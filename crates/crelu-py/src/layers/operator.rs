use std::sync::Mutex;

use faer::Mat;
use krylov::{LinearOperator, Preconditioner, SymmetricOperator};
use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use precond_nystrom::DenseOperator;
use pyo3::prelude::*;

use super::arrays::matrix;

/// A symmetric operator: a matrix, or a function of a vector, with the side.
#[derive(FromPyObject)]
pub(crate) enum Operator<'py> {
    /// A matrix.
    #[pyo3(transparent)]
    Dense(PyReadonlyArray2<'py, f64>),
    /// A function that is handed a vector and returns one.
    #[pyo3(transparent)]
    Function((Bound<'py, PyAny>, usize)),
}

impl Operator<'_> {
    /// Something that does not need the interpreter at hand.
    pub(super) fn detached(self) -> Detached {
        match self {
            Self::Dense(values) => Detached::Dense(matrix(&values)),
            Self::Function((function, side)) => Detached::Function(Function {
                function: function.unbind(),
                side,
                raised: Mutex::new(None),
            }),
        }
    }
}

/// The same, apart from the interpreter.
pub(super) enum Detached {
    Dense(Mat<f64>),
    Function(Function),
}

impl Detached {
    /// Hands the operator to `work`.
    ///
    /// # Errors
    /// What the function raised.
    pub(super) fn with<A>(&self, work: impl FnOnce(&dyn LinearOperator<f64>) -> A) -> PyResult<A> {
        match self {
            Self::Dense(matrix) => Ok(work(&DenseOperator::new(matrix.as_ref()))),
            Self::Function(function) => {
                let answer = work(function);
                match function.raised() {
                    Some(error) => Err(error),
                    None => Ok(answer),
                }
            }
        }
    }
}

/// A function of Python as an operator, or as a preconditioner. Once it has raised it gives NaN, which ends
/// whatever asks it.
pub(super) struct Function {
    pub(super) function: Py<PyAny>,
    pub(super) side: usize,
    pub(super) raised: Mutex<Option<PyErr>>,
}

impl Function {
    /// What it raised, if it did.
    pub(super) fn raised(&self) -> Option<PyErr> {
        let mut raised = self.raised.lock().unwrap_or_else(|it| it.into_inner());
        raised.take()
    }

    fn call(&self, x: &[f64], y: &mut [f64]) {
        let called = Python::attach(|py| -> PyResult<()> {
            let answer = self.function.call1(py, (PyArray1::from_slice(py, x),))?;
            let answer: PyReadonlyArray1<'_, f64> = answer.bind(py).extract()?;
            let answer = answer.as_array();
            if answer.len() != y.len() {
                let problem = format!(
                    "the operator returned {} numbers for {}",
                    answer.len(),
                    y.len()
                );
                return Err(crate::errors::value(problem));
            }
            y.iter_mut().zip(answer).for_each(|(y, value)| *y = *value);
            Ok(())
        });
        if let Err(error) = called {
            y.fill(f64::NAN);
            let mut raised = self.raised.lock().unwrap_or_else(|it| it.into_inner());
            raised.get_or_insert(error);
        }
    }
}

impl SymmetricOperator for Function {
    type Scalar = f64;

    fn dim(&self) -> usize {
        self.side
    }

    fn multiply(&self, x: &[f64], y: &mut [f64], _scratch: &mut [f64]) {
        self.call(x, y);
    }
}

/// The same function as an approximate inverse.
pub(super) struct Inverse(pub(super) Function);

impl Preconditioner<f64> for Inverse {
    fn dim(&self) -> usize {
        self.0.side
    }

    fn apply_inverse(&self, r: &[f64], z: &mut [f64], _scratch: &mut [f64]) {
        self.0.call(r, z);
    }
}
