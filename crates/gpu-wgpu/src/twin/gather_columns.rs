/// Some columns of `wide` numbers.
pub(crate) fn run(from: &[f32], wide: usize, index: &[u32]) -> Vec<f32> {
    let column = |&j: &u32| &from[j as usize * wide..(j as usize + 1) * wide];
    index.iter().flat_map(column).copied().collect()
}
