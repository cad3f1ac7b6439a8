/// The first half less the second.
pub(crate) fn run(a: &[f32]) -> Vec<f32> {
    let (first, second) = a.split_at(a.len() / 2);
    first.iter().zip(second).map(|(a, b)| a - b).collect()
}
