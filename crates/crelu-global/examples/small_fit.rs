//! A fit of the size that a page in a browser makes while it is looked at: two hundred rows of four numbers.

use crelu_core::LossKind;
use crelu_global::{GlobalError, GlobalProblem, GlobalSettings, Neurons, train};
use faer::Mat;
use linalg_core::Control;

/// Rows and columns; the last column is the bias.
const ROWS: usize = 200;
const COLUMNS: usize = 4;

/// Numbers between -1 and 1 that need no generator: multiples of the golden ratio (Weyl's sequence).
fn entry(index: usize) -> f64 {
    let whole = f64::from(u32::try_from(index).unwrap_or(0)) * 0.618_033_988_749_894_8;
    2.0 * whole.fract() - 1.0
}

/// The objective of a fit with one output by squared loss, and of one with three classes, in sum scaling.
///
/// # Errors
/// None: the data are finite and of one shape.
pub(crate) fn fit() -> Result<[f64; 2], GlobalError> {
    let rows = Mat::from_fn(COLUMNS, ROWS, |k, i| match k + 1 {
        COLUMNS => 1.0,
        _ => entry(i * i + 37 * k * i + k),
    });
    let score = |i: usize| rows[(0, i)].abs() - (rows[(1, i)] + 0.5 * rows[(2, i)]).max(0.0);
    let number = (0..ROWS).map(score).collect();
    let class = |i: usize| usize::from(score(i) > 0.0) + usize::from(score(i) > 0.4);
    let class = (0..3 * ROWS).map(|at| f64::from(u8::from(at % 3 == class(at / 3))));
    let class = class.collect();
    let settings = GlobalSettings::default().tol(1e-4).check()?;
    let one = |kind: LossKind, target, outputs, beta| -> Result<f64, GlobalError> {
        let loss = kind.of(target, outputs, None)?;
        let problem = GlobalProblem::with_loss(rows.clone(), loss, beta)?;
        let none = Neurons::with_outputs(COLUMNS, outputs);
        let trained = train(&problem, none, &settings, &Control::default(), &mut ());
        Ok(trained.best_objective)
    };
    Ok([
        one(LossKind::Squared, number, 1, 1.0)?,
        one(LossKind::Softmax, class, 3, 2.0)?,
    ])
}

#[expect(clippy::print_stdout, reason = "an example shows its result")]
fn main() -> Result<(), GlobalError> {
    let [squared, softmax] = fit()?;
    println!("{squared} {softmax}");
    Ok(())
}
