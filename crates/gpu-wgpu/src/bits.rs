use linalg_core::Masks;

/// Patterns as packed bits: a row's words together, block `b` is bit `b % 32` of word `b / 32`.
#[must_use]
pub fn pack(masks: &Masks) -> Vec<u32> {
    let words = masks.n_blocks().div_ceil(32);
    let mut packed = vec![0; masks.n_samples() * words];
    for block in 0..masks.n_blocks() {
        let at = block / 32;
        let bit = 1 << (block % 32);
        for (row, &open) in masks.column(block).iter().enumerate() {
            if open != 0 {
                packed[row * words + at] |= bit;
            }
        }
    }
    packed
}
