//! Neurons are generated where the price says, until no neuron would lower the objective.

use crelu_global::{GlobalProblem, GlobalSettings, Neurons, train};
use faer::Mat;
use linalg_core::Control;

#[expect(clippy::print_stdout, reason = "an example shows its result")]
fn main() -> Result<(), crelu_global::GlobalError> {
    // a teacher of two neurons, |x|, on eleven points; the second coordinate is the bias
    let x = |i: usize| f64::from(u32::try_from(i).unwrap_or(0)) / 5.0 - 1.0;
    let rows = Mat::from_fn(2, 11, |k, i| if k == 0 { x(i) } else { 1.0 });
    let target: Vec<f64> = (0..11).map(|i| x(i).abs()).collect();
    let problem = GlobalProblem::new(rows, target, 0.011)?;

    let settings = GlobalSettings::default().check()?;
    let none = Neurons::none(problem.rank());
    let trained = train(&problem, none, &settings, &Control::default(), &mut ());
    assert!(trained.neurons.len() >= 2 && trained.neurons.len() <= 4);
    // the two of the teacher fit all rows: an objective of the penalty times their size
    assert!(trained.best_objective <= 0.011 * 2.0);
    println!(
        "{} neurons, objective {:.6}",
        trained.neurons.len(),
        trained.best_objective
    );
    Ok(())
}
