//! The numerical crates.

use crate::tree::Source;

/// The crates that compile for wasm32 without their default features: no operating system, no
/// clock, no threads of their own.
pub(crate) const NUMERICAL: [&str; 10] = [
    "linalg-core",
    "krylov",
    "precond-nystrom",
    "admm",
    "gpu-wgpu",
    "crelu-core",
    "crelu-convex",
    "crelu-global",
    "crelu-bound",
    "crelu-model",
];

/// Whether the file is shipped code of a numerical crate.
pub(super) fn is_numerical(source: &Source) -> bool {
    NUMERICAL
        .iter()
        .any(|name| source.is_shipped_by(&format!("crates/{name}")))
}
