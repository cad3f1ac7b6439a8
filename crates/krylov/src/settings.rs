/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CgSettings {
    /// Residual norm relative to that of the right-hand side.
    pub tol: f64,
    /// Most products with the operator, the checks of the true residual left out.
    pub max_iters: usize,
}

impl Default for CgSettings {
    /// `tol` 1e-8, `max_iters` 1000.
    fn default() -> Self {
        Self {
            tol: 1e-8,
            max_iters: 1000,
        }
    }
}
