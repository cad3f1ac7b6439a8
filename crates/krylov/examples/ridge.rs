//! A ridge regression on columns of very different size, by conjugate gradients with the
//! system's own diagonal as preconditioner: no matrix is formed or factored.

use faer::Mat;
use krylov::{
    CgSettings, CgWorkspace, Control, LinearOperator, NormalOperator, Preconditioner,
    SettingsError, cg, pcg,
};
use linalg_core::DenseOperator;

/// Division by the diagonal `|X e_j|^2 + shift`.
struct Diagonal {
    squares: Vec<f64>,
    shift: f64,
}

impl Preconditioner<f64> for Diagonal {
    fn dim(&self) -> usize {
        self.squares.len()
    }
    fn apply_inverse(&self, r: &[f64], z: &mut [f64], _scratch: &mut [f64]) {
        for ((z, r), square) in z.iter_mut().zip(r).zip(&self.squares) {
            *z = r / (square + self.shift);
        }
    }
    fn set_shift(&mut self, shift: f64) -> Result<(), SettingsError> {
        self.shift = shift;
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let entry = |i: usize, j: usize| ((i * 7 + j * 13) % 11) as f64 / 11.0 - 0.4;
    let data = Mat::from_fn(50, 8, |i, j| 10f64.powf(j as f64) * entry(i, j));
    let y: Vec<f64> = (0..50).map(|i| f64::from(i % 5) - 2.0).collect();

    // minimise |X w - y|^2 + 0.1 |w|^2:  (X'X + 0.1 I) w = X'y
    let x = DenseOperator::new(data.as_ref());
    let system = NormalOperator::new(&x, 1.0, 0.1);
    let mut rhs = vec![0.0; 8];
    x.apply_adjoint(&y, &mut rhs, &mut []);
    let squares = data.col_iter().map(|c| c.squared_norm_l2()).collect();
    let diagonal = Diagonal {
        squares,
        shift: 0.1,
    };

    let mut w = vec![0.0; 8];
    let mut work = CgWorkspace::new();
    let (settings, control) = (CgSettings::default().check()?, Control::default());
    let mut course = Vec::new();
    let report = pcg(
        &system,
        &diagonal,
        &rhs,
        &mut w,
        &settings,
        &control,
        &mut |progress: &krylov::CgProgress| course.push(progress.residual),
        &mut work,
    )?;
    assert!(report.status.is_converged() && report.residual <= 1e-8);
    assert!(report.iterations <= 20 && course.len() == report.iterations);

    // plain, the spread of the columns costs many times as much
    let mut plain = vec![0.0; 8];
    let without = cg(
        &system,
        &rhs,
        &mut plain,
        &settings,
        &control,
        &mut (),
        &mut work,
    )?;
    assert!(without.iterations > 2 * report.iterations);
    Ok(())
}
