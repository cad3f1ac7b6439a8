//! What a page calls: numbers in, numbers out, no other code on the way.

#[path = "../../../crates/crelu-global/examples/small_fit.rs"]
#[allow(dead_code, reason = "its main is that of the host")]
mod small_fit;

use std::sync::OnceLock;

use crelu_core::LossKind;
use crelu_global::GlobalProblem;
use crelu_model as _;
use faer::Mat;

/// The objectives of the small fits, by their number; NaN where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn objective(number: usize) -> f64 {
    static ALL: OnceLock<Option<[f64; 2]>> = OnceLock::new();
    let all = ALL.get_or_init(|| small_fit::fit().ok());
    all.and_then(|all| all.get(number).copied())
        .unwrap_or(f64::NAN)
}

/// Flops of one product of 60000 rows of 784 numbers with 200 neurons: more than 32 bits count.
#[unsafe(no_mangle)]
pub extern "C" fn flops() -> f64 {
    let made = || -> Option<u64> {
        let loss = LossKind::Squared.of(vec![1.0], 1, None).ok()?;
        let problem = GlobalProblem::with_loss(Mat::zeros(1, 1), loss, 1.0).ok()?;
        problem.count_products(1, 60_000, 784, 200);
        Some(problem.flops())
    };
    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    made().map_or(f64::NAN, |flops| flops as f64)
}
