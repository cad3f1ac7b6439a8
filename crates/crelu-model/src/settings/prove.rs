/// How much is done for a proven bound over all networks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Prove {
    /// Nothing.
    Never,
    /// Global mode: the quick bound where it is cheap, and the prices of all neurons where the
    /// data lie in up to six dimensions. Sampled mode: nothing.
    #[default]
    Quick,
    /// The quick bound whatever it costs, in sampled mode too, and so many seconds for a tighter
    /// one.
    Seconds(f64),
}
