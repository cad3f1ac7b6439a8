use faer::Mat;

use crate::Stream;

/// `d x n` features whose scales spread over a decade, and the outputs of three ReLU neurons on
/// them with some noise.
#[must_use]
pub fn regression(seed: u64, n: usize, d: usize) -> (Mat<f64>, Vec<f64>) {
    let mut stream = Stream::new(seed);
    let scales: Vec<f64> = (0..d).map(|_| 10f64.powf(0.5 * stream.unit())).collect();
    let mut x = stream.matrix::<f64>(d, n);
    for j in 0..n {
        for k in 0..d {
            x[(k, j)] *= scales[k];
        }
    }
    let teachers = stream.matrix::<f64>(d, 3);
    let y = (0..n)
        .map(|j| {
            let neuron = |t: usize| {
                let h: f64 = (0..d).map(|k| teachers[(k, t)] * x[(k, j)]).sum();
                h.max(0.0)
            };
            neuron(0) - 2.0 * neuron(1) + neuron(2) + 0.2 * stream.unit()
        })
        .collect();
    (x, y)
}
