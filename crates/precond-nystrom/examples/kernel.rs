//! Regression with a Gaussian kernel, `(K + 1e-4 I) alpha = y`, by conjugate gradients with a
//! Nystrom preconditioner whose rank is found.

use faer::Mat;
use krylov::{CgSettings, CgStatus, CgWorkspace, cg, pcg};
use linalg_core::{Control, DenseOperator, LinearOperator};
use precond_nystrom::{AdaptiveRank, Nystrom, RankStatus};

/// A kernel matrix and its shift.
struct Shifted<'a>(DenseOperator<'a, f64>, f64);

impl LinearOperator<f64> for Shifted<'_> {
    fn rows(&self) -> usize {
        self.0.rows()
    }
    fn cols(&self) -> usize {
        self.0.cols()
    }
    fn apply(&self, x: &[f64], y: &mut [f64], scratch: &mut [f64]) {
        self.0.apply(x, y, scratch);
        linalg_core::axpy(self.1, x, y);
    }
    fn apply_adjoint(&self, y: &[f64], x: &mut [f64], scratch: &mut [f64]) {
        self.apply(y, x, scratch);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n = 300;
    let at = |i: usize| i as f64 / n as f64;
    let kernel = Mat::from_fn(n, n, |i, j| (-20.0 * (at(i) - at(j)).powi(2)).exp());
    let y: Vec<f64> = (0..n).map(|i| (9.0 * at(i)).sin()).collect();

    let k = DenseOperator::new(kernel.as_ref());
    let (shift, control) = (1e-4, Control::default());
    let (nystrom, rank) = Nystrom::adaptive(&k, &AdaptiveRank::default(), shift, &control)?;
    assert_eq!(rank.status, RankStatus::Reached);

    let system = Shifted(k, shift);
    let settings = CgSettings::default();
    let mut work = CgWorkspace::preconditioned(&system, &nystrom);
    let mut alpha = vec![0.0; n];
    let report = pcg(&system, &nystrom, &y, &mut alpha, &settings, &mut work)?;
    assert_eq!(report.status, CgStatus::Converged);
    assert!(report.iterations <= 12);

    let plain = cg(&system, &y, &mut vec![0.0; n], &settings, &mut work)?;
    assert!(plain.iterations > 2 * report.iterations);
    Ok(())
}
