use serde::Serialize;

use crelu_convex::{Backend, Form, Method, Precision, Solution, Splitting};

/// The primal step that was used. Where no convex programme was solved there is no method, form,
/// splitting or precision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrimalUsed {
    /// How the linear system was solved.
    pub method: Option<Method>,
    /// The library of the products: where no solve ran, that of the passes over the rows.
    pub backend: Backend,
    /// The precision that the answer was made in.
    pub precision: Option<Precision>,
    /// The system.
    pub form: Option<Form>,
    /// The splitting.
    pub splitting: Option<Splitting>,
    /// Inner iterations of the run, 0 for a direct solve.
    pub inner_iterations: usize,
    /// Why.
    pub reason: String,
}

impl PrimalUsed {
    /// That of a solve.
    pub(crate) fn of(solution: &Solution) -> Self {
        let choice = &solution.choice;
        Self {
            method: Some(choice.method),
            backend: choice.backend,
            precision: Some(solution.precision),
            form: Some(choice.form),
            splitting: Some(choice.splitting),
            inner_iterations: solution.inner_iterations,
            reason: choice.reason.clone(),
        }
    }

    /// No solve ran.
    pub(crate) fn none(reason: &str) -> Self {
        Self {
            method: None,
            backend: Backend::Faer,
            precision: None,
            form: None,
            splitting: None,
            inner_iterations: 0,
            reason: reason.to_owned(),
        }
    }
}
