//! Ridge regression with a Gaussian kernel, `(K + shift I) alpha = y`, over four shifts with one
//! Nystrom sketch.

use krylov::{CgSettings, CgWorkspace, ShiftedOperator, cg, pcg};
use precond_nystrom::{
    AdaptiveRank, Control, DenseOperator, Nystrom, Preconditioner, RankStatus, faer,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n = 300;
    let at = |i: usize| i as f64 / n as f64;
    let kernel = faer::Mat::from_fn(n, n, |i, j| (-20.0 * (at(i) - at(j)).powi(2)).exp());
    let y: Vec<f64> = (0..n).map(|i| (9.0 * at(i)).sin()).collect();
    let (kernel, control) = (DenseOperator::new(kernel.as_ref()), Control::default());

    // the rank that the smallest shift needs serves the larger ones
    let shifts = [1e-4, 1e-3, 1e-2, 1e-1];
    let rank = AdaptiveRank::default().check()?;
    let (mut nystrom, found) = Nystrom::adaptive(&kernel, &rank, shifts[0], &control)?;
    assert_eq!(found.status, RankStatus::Reached);

    let (settings, mut work) = (CgSettings::default().check()?, CgWorkspace::new());
    let mut alpha = vec![0.0; n];
    for shift in shifts {
        nystrom.set_shift(shift)?;
        let system = ShiftedOperator::new(&kernel, shift);
        // each answer is the start of the next
        let report = pcg(
            &system,
            &nystrom,
            &y,
            &mut alpha,
            &settings,
            &control,
            &mut (),
            &mut work,
        )?;
        assert!(report.status.is_converged() && report.iterations <= 12);
    }

    // without the sketch the smallest shift costs several times as much
    let system = ShiftedOperator::new(&kernel, shifts[0]);
    let mut plain = vec![0.0; n];
    let report = cg(
        &system,
        &y,
        &mut plain,
        &settings,
        &control,
        &mut (),
        &mut work,
    )?;
    assert!(report.iterations > 24);
    Ok(())
}
