//! `(K + shift I) alpha = y` over four shifts with one sketch of `K`.

use krylov::{CgSettings, CgWorkspace, ShiftedOperator, pcg};
use precond_nystrom::{
    AdaptiveRank, Control, DenseOperator, LinearOperator, Nystrom, Preconditioner, faer::Mat,
};

use crate::expect::{Failed, expect};

pub(crate) fn solve() -> Result<(), Failed> {
    let n = 200;
    let at = |i: usize| i as f64 / n as f64;
    let kernel = Mat::from_fn(n, n, |i, j| (-20.0 * (at(i) - at(j)).powi(2)).exp());
    let kernel = DenseOperator::new(kernel.as_ref());
    let y: Vec<f64> = (0..n).map(|i| (9.0 * at(i)).sin()).collect();

    let control = Control::default();
    let shifts = [1e-4, 1e-3, 1e-2, 1e-1];
    let rank = AdaptiveRank::default().check()?;
    let (mut sketch, _) = Nystrom::adaptive(&kernel, &rank, shifts[0], &control)?;
    let settings = CgSettings::default().check()?;
    let (mut alpha, mut work) = (vec![0.0; n], CgWorkspace::new());
    for shift in shifts {
        sketch.set_shift(shift)?;
        let system = ShiftedOperator::new(&kernel, shift);
        let report = pcg(
            &system,
            &sketch,
            &y,
            &mut alpha,
            &settings,
            &control,
            &mut (),
            &mut work,
        )?;
        expect(report.status.is_converged(), || {
            format!("{shift}: {report:?}")
        })?;
        // the equation itself, from the answer alone
        let mut image = vec![0.0; n];
        let mut scratch = vec![0.0; kernel.scratch_len()];
        kernel.apply(&alpha, &mut image, &mut scratch);
        let squares = (0..n).map(|i| (image[i] + shift * alpha[i] - y[i]).powi(2));
        let residual = squares.sum::<f64>().sqrt();
        expect(residual < 1e-5, || format!("{shift}: residual {residual}"))?;
    }
    Ok(())
}
