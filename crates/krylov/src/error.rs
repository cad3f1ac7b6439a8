/// What an iteration can refuse or run into.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KrylovError {
    /// Two lengths that must agree do not.
    #[error("{what}: length {got}, expected {want}")]
    Shape {
        /// The argument.
        what: &'static str,
        /// The length it must have.
        want: usize,
        /// The length it has.
        got: usize,
    },
    /// A direction of curvature that is not positive was met.
    #[error(
        "the operator is not positive definite: curvature {curvature:e} at iteration {iteration}"
    )]
    NotPositiveDefinite {
        /// `p'Ap` of the direction.
        curvature: f64,
        /// The iteration that met it.
        iteration: usize,
    },
    /// A residual was met that the preconditioner turns against itself.
    #[error(
        "the preconditioner is not positive definite: r'z = {product:e} at iteration {iteration}"
    )]
    PreconditionerNotPositiveDefinite {
        /// `r'P^-1 r` of the residual.
        product: f64,
        /// The iteration that met it.
        iteration: usize,
    },
    /// A product or the right-hand side holds NaN or an infinity.
    #[error("a value that is not finite at iteration {iteration}")]
    NotFinite {
        /// The iteration that met it.
        iteration: usize,
    },
}
