//! Poisson's equation on a line, `-u'' = 1` with zero ends, by a closure.

use krylov::{CgSettings, CgWorkspace, Control, SymmetricFn, cg};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n = 100;
    let second_difference = SymmetricFn::new(n, |u: &[f64], f: &mut [f64]| {
        for i in 0..u.len() {
            let left = if i > 0 { u[i - 1] } else { 0.0 };
            f[i] = 2.0 * u[i] - left - u.get(i + 1).unwrap_or(&0.0);
        }
    });
    let (b, mut u) = (vec![1.0; n], vec![0.0; n]);
    let (settings, control) = (CgSettings::default().check()?, Control::default());
    let mut work = CgWorkspace::new();
    let report = cg(
        &second_difference,
        &b,
        &mut u,
        &settings,
        &control,
        &mut (),
        &mut work,
    )?;
    assert!(report.status.is_converged() && (u[0] - 50.0).abs() < 1e-6);
    Ok(())
}
