//! A lasso: `min |A x - b|^2 / 2 + 0.5 |x|_1`, with its optimality conditions checked.

use admm::{AdmmSettings, AdmmState, InnerPrimal, L1Norm, Lift, ResidualMonitor, Splitting, solve};
use faer::Mat;
use linalg_core::{Control, DenseOperator, LinearOperator, ShiftedGram};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let a = Mat::from_fn(40, 12, |i, j| {
        ((i * 5 + j * 11 + i * j) % 17) as f64 / 8.0 - 1.0
    });
    let b: Vec<f64> = (0..40)
        .map(|i| a[(i, 2)] - 2.0 * a[(i, 7)] + 0.1 * ((i % 3) as f64))
        .collect();

    let op = DenseOperator::new(a.as_ref());
    let gram = ShiftedGram::from_dense((a.transpose() * &a).as_ref())?;
    let mut primal = InnerPrimal::new(&op, &b, gram, Lift::Single)?;
    let mut prox = L1Norm::new(12, 0.5);
    let mut state = AdmmState::zero(12, 40, 1.0);
    let settings = AdmmSettings::default().check()?;
    let mut problem = Splitting {
        operator: &op,
        primal: &mut primal,
        prox: &mut prox,
    };
    let mut monitor = ResidualMonitor { tol: 1e-10 };
    let solution = solve(
        &mut problem,
        &settings,
        &Control::default(),
        &mut state,
        &mut monitor,
    )?;
    assert!(solution.status.is_converged());

    // |A'(b - A x)| <= 0.5, with equality and the sign of x where x is not zero
    let residual: Vec<f64> = b.iter().zip(&state.fv).map(|(b, p)| b - p).collect();
    let mut price = vec![0.0; 12];
    op.apply_adjoint(&residual, &mut price, &mut []);
    for (x, p) in state.v.iter().zip(&price) {
        let expected = if *x == 0.0 {
            p.clamp(-0.5, 0.5)
        } else {
            0.5 * x.signum()
        };
        assert!((p - expected).abs() < 1e-6);
    }
    Ok(())
}
