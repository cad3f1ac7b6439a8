//! `min |A x - b|^2 / 2 + 0.5 |x|_1`, in one call.

use admm::{
    AdmmSettings, Control, DenseOperator, L1Norm, LinearOperator, faer::Mat, least_squares,
};

use crate::expect::{Failed, expect};

/// A matrix and a target that two of its columns explain.
pub(crate) fn data() -> (Mat<f64>, Vec<f64>) {
    let entry = |i: usize, j: usize| ((i * 5 + j * 11 + i * j) % 17) as f64 / 8.0 - 1.0;
    let a = Mat::from_fn(40, 12, entry);
    let noise = |i: usize| 0.1 * (i % 3) as f64;
    let b = (0..40).map(|i| a[(i, 2)] - 2.0 * a[(i, 7)] + noise(i));
    let b = b.collect();
    (a, b)
}

pub(crate) fn solve() -> Result<(), Failed> {
    let (a, b) = data();
    let a = DenseOperator::new(a.as_ref());
    let settings = AdmmSettings::default().tol(1e-10).check()?;
    let mut penalty = L1Norm::new(12, 0.5)?;
    let lasso = least_squares(&a, &b, &mut penalty, &settings, &Control::default())?;
    expect(lasso.run.status.is_converged(), || {
        format!("{:?}", lasso.run)
    })?;

    // |A'(b - A x)| <= 0.5, with equality and the sign of x where x is not zero
    let residual: Vec<f64> = b.iter().zip(&lasso.fitted).map(|(b, p)| b - p).collect();
    let mut price = [0.0; 12];
    a.apply_adjoint(&residual, &mut price, &mut []);
    for (x, p) in lasso.x.iter().zip(price) {
        let wanted = match *x == 0.0 {
            true => p.clamp(-0.5, 0.5),
            false => 0.5 * x.signum(),
        };
        expect((p - wanted).abs() < 1e-6, || format!("x = {x}: price {p}"))?;
    }
    Ok(())
}
