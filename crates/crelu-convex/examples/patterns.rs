//! The best network over patterns drawn at random, and a bound that says how far from the best it can be.

use crelu_convex::gates::{GateSampler, sample};
use crelu_convex::{Activation, Programme, ProgrammeSettings, solve};
use faer::Mat;
use linalg_core::Control;

#[expect(clippy::print_stdout, reason = "an example shows its result")]
fn main() -> Result<(), crelu_convex::ProgrammeError> {
    // |x| on eleven points; the second coordinate is the bias
    let x = |i: usize| f64::from(u32::try_from(i).unwrap_or(0)) / 5.0 - 1.0;
    let rows = Mat::from_fn(2, 11, |k, i| if k == 0 { x(i) } else { 1.0 });
    let target: Vec<f64> = (0..11).map(|i| x(i).abs()).collect();

    let drawn = sample(rows.as_ref(), &target, true, GateSampler::Gaussian, 8, 0)?;
    let beta_sum = 0.011;
    let (masks, gates) = (drawn.masks, drawn.gates);
    let programme = Programme::new(rows, masks, gates, target, beta_sum, Activation::Relu)?;

    let settings = ProgrammeSettings::default().tol(1e-6).check()?;
    let solution = solve(&programme, &settings, &Control::default(), None, &mut ())?;
    let (best, bound) = (solution.point.objective, solution.certificate.bound);
    assert!(bound <= best && solution.gap() <= 1e-6);
    println!("objective {best:.6}, no network over these patterns is below {bound:.6}");
    Ok(())
}
