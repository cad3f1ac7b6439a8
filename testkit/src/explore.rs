use proptest::test_runner::{Config, RngAlgorithm, RngSeed};

use crate::Stream;

/// The variable by which `cargo xtask explore` hands down a fresh seed; nothing else reads it.
const VARIABLE: &str = "CRELU_EXPLORE_SEED";

/// The fresh seed of an exploration, if this is one.
///
/// # Panics
/// If the variable is set and not a number: an exploration that silently repeats the suite would
/// prove nothing.
fn fresh() -> Option<u64> {
    let text = std::env::var(VARIABLE).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{VARIABLE} is not a whole number: `{text}`")))
}

/// The configuration of a `proptest!` block: `count` cases from `seed`, or from the fresh seed of an
/// exploration. No variable of the environment but that one and no stored regression has a say.
///
/// # Panics
/// If the variable of an exploration is not a number.
#[must_use]
pub fn cases(seed: u64, count: u32) -> Config {
    Config {
        cases: count,
        rng_seed: RngSeed::Fixed(fresh().unwrap_or(seed)),
        rng_algorithm: RngAlgorithm::ChaCha,
        failure_persistence: None,
        // the rest are proptest's own defaults, which it would let the environment change
        max_local_rejects: 65_536,
        max_global_rejects: 1024,
        max_flat_map_regens: 1_000_000,
        max_shrink_time: 0,
        max_shrink_iters: 1024,
        max_default_size_range: 100,
        verbose: 0,
        ..Config::default()
    }
}

/// The seeds of a test that loops over them: those given, or as many fresh ones of 32 bits in an
/// exploration, so that a test may add to a seed or multiply it by a small number.
/// The test calls it in its own body, where `cargo xtask explore` looks for it.
///
/// # Panics
/// If the variable of an exploration is not a number.
pub fn seeds(stored: impl IntoIterator<Item = u64>) -> impl Iterator<Item = u64> {
    let mut fresh = fresh().map(Stream::new);
    stored
        .into_iter()
        .map(move |seed| fresh.as_mut().map_or(seed, |stream| stream.bits() >> 32))
}
