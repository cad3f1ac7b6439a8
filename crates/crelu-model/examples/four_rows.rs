//! The worked example of docs/METHOD.md: all patterns of four rows, the convex programme over them, the
//! search over all neurons, and the proven bound, which meet in one number.

use crelu_model::programme::{Activation, Programme, ProgrammeSettings, solve};
use crelu_model::{Control, Dataset, FitSettings, Prove, TargetColumn, fit};
use faer::Mat;
use linalg_core::Masks;

/// The rows, with the bias as second coordinate.
const X: [f64; 4] = [-1.0, 0.0, 1.0, 2.0];
const Y: [f64; 4] = [1.0, 0.0, 1.0, 2.0];
/// All patterns that a half-plane makes of them, and a gate vector inside each one's cone.
const PATTERNS: [([u8; 4], [f64; 2]); 7] = [
    ([0, 0, 0, 1], [2.0, -3.0]),
    ([0, 0, 1, 1], [2.0, -1.0]),
    ([0, 1, 1, 1], [2.0, 1.0]),
    ([1, 1, 1, 1], [0.0, 1.0]),
    ([1, 1, 1, 0], [-2.0, 3.0]),
    ([1, 1, 0, 0], [-2.0, 1.0]),
    ([1, 0, 0, 0], [-2.0, -1.0]),
];
const BETA: f64 = 0.1;
/// J of docs/METHOD.md, to the digits that stand there.
const OPTIMUM: f64 = 0.165_352_5;
const DIGITS: f64 = 1e-7;

#[expect(clippy::print_stdout, reason = "an example shows its result")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    // the programme, in sums over rows
    let rows = Mat::from_fn(2, 4, |k, i| if k == 0 { X[i] } else { 1.0 });
    let masks = Masks::from_columns(4, PATTERNS.iter().flat_map(|p| p.0).collect())?;
    let gates = Mat::from_fn(2, PATTERNS.len(), |k, p| PATTERNS[p].1[k]);
    let (target, beta_sum) = (Y.to_vec(), 4.0 * BETA);
    let programme = Programme::new(rows, masks, gates, target, beta_sum, Activation::Relu)?;
    let settings = ProgrammeSettings::default().tol(1e-8).check()?;
    let solution = solve(&programme, &settings, &Control::default(), None, &mut ())?;
    let convex = solution.point.objective / 4.0;
    assert!((convex - OPTIMUM).abs() < DIGITS, "{convex}");
    for block in 0..programme.n_blocks() {
        let v = solution.point.v.col(block);
        let size = v.norm_l2();
        if size > 1e-6 {
            let pattern = PATTERNS[programme.pattern(block)].0;
            println!("{pattern:?}: {:+.4} {:+.4}, of size {size:.4}", v[0], v[1]);
        }
    }

    // neurons that are generated, and the proof over all of them
    let data = Dataset::from_rows(&X, 4, 1, TargetColumn::numbers(Y.to_vec()))?;
    let settings = FitSettings::default().beta(BETA).standardize(false);
    let settings = settings.center(false).thin(0.0).thorough(true);
    let settings = settings.prove(Prove::Seconds(0.0)).check()?;
    let trained = fit(&data, None, &settings, &Control::default(), &mut ())?;
    let report = trained.report;
    let bound = report.proven_bound.ok_or("a bound")?;
    assert!((report.objective_network - OPTIMUM).abs() < DIGITS);
    assert!(bound <= report.objective_network && (bound - OPTIMUM).abs() < DIGITS);
    println!(
        "all patterns {convex:.7}, global {:.7}, proven {bound:.7}",
        report.objective_network
    );
    Ok(())
}
