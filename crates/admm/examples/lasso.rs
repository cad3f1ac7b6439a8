//! A lasso, `min |A x - b|^2 / 2 + 0.5 |x|_1`, in one call, its optimality conditions checked.

use admm::{
    AdmmSettings, Control, DenseOperator, L1Norm, LinearOperator, faer::Mat, least_squares,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let entry = |i: usize, j: usize| ((i * 5 + j * 11 + i * j) % 17) as f64 / 8.0 - 1.0;
    let a = Mat::from_fn(40, 12, entry);
    let b: Vec<f64> = (0..40)
        .map(|i| a[(i, 2)] - 2.0 * a[(i, 7)] + 0.1 * ((i % 3) as f64))
        .collect();

    let a = DenseOperator::new(a.as_ref());
    let settings = AdmmSettings::default().tol(1e-10).check()?;
    let mut penalty = L1Norm::new(12, 0.5)?;
    let lasso = least_squares(&a, &b, &mut penalty, &settings, &Control::default())?;
    assert!(lasso.run.status.is_converged());

    // |A'(b - A x)| <= 0.5, with equality and the sign of x where x is not zero
    let residual: Vec<f64> = b.iter().zip(&lasso.fitted).map(|(b, p)| b - p).collect();
    let mut price = [0.0; 12];
    a.apply_adjoint(&residual, &mut price, &mut []);
    for (x, p) in lasso.x.iter().zip(price) {
        let expected = match *x == 0.0 {
            true => p.clamp(-0.5, 0.5),
            false => 0.5 * x.signum(),
        };
        assert!((p - expected).abs() < 1e-6);
    }
    Ok(())
}
