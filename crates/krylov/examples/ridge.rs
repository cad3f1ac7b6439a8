//! A ridge regression by conjugate gradients: no matrix is formed or factored.

use faer::Mat;
use krylov::{CgSettings, CgStatus, CgWorkspace, NormalOperator, cg};
use linalg_core::{DenseOperator, LinearOperator};

fn main() -> Result<(), krylov::KrylovError> {
    let data = Mat::from_fn(50, 8, |i, j| ((i * 7 + j * 13) % 11) as f64 / 11.0 - 0.4);
    let y: Vec<f64> = (0..50).map(|i| f64::from(i % 5) - 2.0).collect();

    // minimise |X w - y|^2 + 0.1 |w|^2:  (X'X + 0.1 I) w = X'y
    let x = DenseOperator::new(data.as_ref());
    let system = NormalOperator::new(&x, 1.0, 0.1);
    let (mut rhs, mut w) = (vec![0.0; 8], vec![0.0; 8]);
    x.apply_adjoint(&y, &mut rhs, &mut []);
    let mut work = CgWorkspace::new(&system);
    let report = cg(&system, &rhs, &mut w, &CgSettings::default(), &mut work)?;

    assert_eq!(report.status, CgStatus::Converged);
    assert!(report.residual <= 1e-8 && report.iterations <= 50);
    Ok(())
}
