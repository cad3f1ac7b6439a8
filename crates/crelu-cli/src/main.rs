//! crelu
fn main() {}
