//! `-u'' = f` on the unit interval with zero ends, `f` so that `u = sin(pi x)`.

use core::f64::consts::PI;

use krylov::{CgSettings, CgWorkspace, Control, SymmetricFn, cg};

use crate::expect::{Failed, expect};

pub(crate) fn solve() -> Result<(), Failed> {
    let n = 200;
    let h = 1.0 / (n + 1) as f64;
    let at = |i: usize| (i + 1) as f64 * h;
    let second_difference = SymmetricFn::new(n, |u: &[f64], f: &mut [f64]| {
        for i in 0..u.len() {
            let left = if i > 0 { u[i - 1] } else { 0.0 };
            let right = u.get(i + 1).copied().unwrap_or(0.0);
            f[i] = (2.0 * u[i] - left - right) / (h * h);
        }
    });
    let force: Vec<f64> = (0..n).map(|i| PI * PI * (PI * at(i)).sin()).collect();
    let mut u = vec![0.0; n];
    let report = cg(
        &second_difference,
        &force,
        &mut u,
        &CgSettings::default().check()?,
        &Control::default(),
        &mut (),
        &mut CgWorkspace::new(),
    )?;
    expect(report.status.is_converged(), || format!("{report:?}"))?;
    let apart = (0..n).map(|i| (u[i] - (PI * at(i)).sin()).abs());
    let worst = apart.fold(0.0, f64::max);
    // the differences are exact to pi^2 h^2 / 12
    expect(worst < PI * PI * h * h / 12.0 * 1.1, || {
        format!("{worst} apart")
    })
}
