//! Solves `min |A x - y|^2 + |x|^2` for data seen through two row masks, by the small system
//! `(I + A A') theta = y`, `x = A' theta`.

use faer::Mat;
use linalg_core::{Control, LinearOperator, MaskedBlocks, Masks};

fn main() -> Result<(), linalg_core::LinalgError> {
    let data = Mat::from_fn(2, 4, |k, i| {
        [[1.0, 2.0, 0.5, -1.0], [0.0, 1.0, 1.0, 3.0]][k][i]
    });
    let masks = Masks::from_columns(4, vec![1, 1, 0, 0, 0, 1, 1, 1])?;
    let y = [1.0_f64, -2.0, 0.5, 1.5];

    let op = MaskedBlocks::new(data.as_ref(), &masks);
    let mut gram = MaskedBlocks::outer_gram(data.as_ref(), &masks);
    gram.factor(1.0, 1.0, &Control::default())?;
    let mut theta = y.to_vec();
    gram.solve_vector(&mut theta);

    let mut scratch = vec![0.0; op.scratch_len()];
    let (mut x, mut ax) = (vec![0.0; op.cols()], vec![0.0; op.rows()]);
    op.apply_adjoint(&theta, &mut x, &mut scratch);
    op.apply(&x, &mut ax, &mut scratch);
    // optimality: x = A'(y - A x), that is theta = y - A x
    for i in 0..4 {
        assert!((theta[i] - (y[i] - ax[i])).abs() < 1e-12);
    }
    Ok(())
}
