use crate::neurons::Neurons;
use crate::problem::GlobalProblem;
use crate::rows::sum_over_rows;
use crate::weights::row_curvature;

/// Half of the rows are open to a neuron.
const OPEN: f64 = 0.5;
/// Rows that are looked at together.
const TILE: usize = 1024;

/// The units of a slide's variables: one over the root of the objective's second derivative along each,
/// about, of the balanced neurons where it begins.
///
/// ```text
///     w_ik:  |a_i|^2 l_k / 2 + beta_sum,   l_k = sum_j l''_j R_jk^2
///     a_i:   sum_k w_ik^2 l_k / 2 + beta_sum
/// ```
///
/// A fit's dense rows are in the coordinates of their singular vectors, so that along them the curvature of a
/// neuron is nearly diagonal; without units it ranges as the squares of the singular values do.
///
/// **Cost** one pass over the rows' numbers, that of one neuron.
#[derive(Debug, Clone)]
pub(crate) struct Scales(Vec<f64>);

impl Scales {
    /// At a network of the outputs `fitted`.
    pub(crate) fn of(problem: &GlobalProblem, neurons: &Neurons, fitted: &[f64]) -> Self {
        let (rank, k, beta) = (problem.rank(), problem.outputs(), problem.beta_sum());
        let spread = spread(problem, fitted);
        let x = neurons.balanced();
        let (w, a) = x.split_at(neurons.len() * rank);
        let unit = |curvature: f64| match 1.0 / (OPEN * curvature + beta).sqrt() {
            unit if unit.is_finite() && unit > 0.0 => unit,
            _ => 1.0,
        };
        let mut units = Vec::with_capacity(x.len());
        for a in a.chunks_exact(k) {
            let square: f64 = a.iter().map(|a| a * a).sum();
            units.extend(spread.iter().map(|l| unit(square * l)));
        }
        for w in w.chunks_exact(rank.max(1)) {
            let along = w.iter().zip(&spread).map(|(w, l)| w * w * l).sum();
            units.extend(core::iter::repeat_n(unit(along), k));
        }
        Self(units)
    }

    /// From variables to multiples of their units.
    pub(crate) fn divide(&self, x: &mut [f64]) {
        for (x, unit) in x.iter_mut().zip(&self.0) {
            *x /= unit;
        }
    }

    /// Back; of slopes along the variables it makes those along the multiples.
    pub(crate) fn multiply(&self, x: &mut [f64]) {
        for (x, unit) in x.iter_mut().zip(&self.0) {
            *x *= unit;
        }
    }
}

/// `sum_j l''_j R_jk^2` of every coordinate.
fn spread(problem: &GlobalProblem, fitted: &[f64]) -> Vec<f64> {
    let rank = problem.rank();
    let curvature = row_curvature(problem, fitted);
    let sums = sum_over_rows(
        problem.n_samples(),
        problem.slope_flops(2 * rank),
        TILE,
        || vec![0.0; rank],
        |sum: &mut Vec<f64>, rows| {
            let part = problem.rows(rows.clone());
            for (at, row) in rows.enumerate() {
                let bend = curvature.as_ref().map_or(1.0, |c| c[row]);
                part.add_squares(at, bend, sum);
            }
        },
    );
    let mut spread = vec![0.0; rank];
    for sum in sums {
        linalg_core::axpy(1.0, &sum, &mut spread);
    }
    problem.join(&mut spread);
    spread
}

#[cfg(test)]
mod tests {
    use crelu_core::LossKind;
    use faer::Mat;
    use testkit::Stream;

    use super::*;

    /// Half of the rows stand for those a neuron is open to, and coordinates for ones that do not depend on
    /// each other: a curvature may be off by this factor and its inverse.
    const OFF: f64 = 2.5;

    #[test]
    fn units_are_those_of_the_second_derivatives() {
        let mut stream = Stream::new(4);
        let (rank, n) = (5, 4000);
        // coordinates of very different size, as of singular vectors
        let size = [10.0, 3.0, 1.0, 0.3, 0.1];
        let data = Mat::from_fn(rank, n, |k, _| size[k] * stream.unit());
        for kind in [LossKind::Squared, LossKind::Logistic] {
            let target = (0..n).map(|i| if i % 3 == 0 { 1.0 } else { -1.0 });
            let loss = kind.of(target.collect(), 1, None).unwrap();
            let problem = GlobalProblem::with_loss(data.clone(), loss, 2.0).unwrap();
            let mut neurons = Neurons::with_outputs(rank, 1);
            for sign in [1.0, -1.0, 1.0] {
                let u: Vec<f64> = size.iter().map(|s| stream.unit() / s).collect();
                neurons.push_head(&u, &[sign], 0.2);
            }
            let fitted = neurons.fitted(&problem);
            let scales = Scales::of(&problem, &neurons, &fitted);
            // the Gauss-Newton diagonal, row by row
            let mut bend = vec![0.0; n];
            problem.curvature_into(&fitted, &mut bend);
            let x = neurons.balanced();
            let (w, a) = x.split_at(neurons.len() * rank);
            let mut exact = vec![problem.beta_sum(); x.len()];
            for (i, w) in w.chunks_exact(rank).enumerate() {
                for (row, bend) in bend.iter().enumerate() {
                    let z: f64 = (0..rank).map(|k| data[(k, row)] * w[k]).sum();
                    if z > 0.0 {
                        exact[neurons.len() * rank + i] += bend * z * z;
                        for k in 0..rank {
                            exact[i * rank + k] += bend * (a[i] * data[(k, row)]).powi(2);
                        }
                    }
                }
            }
            for (k, (unit, exact)) in scales.0.iter().zip(&exact).enumerate() {
                let found = exact * unit * unit;
                assert!(found > 1.0 / OFF && found < OFF, "{kind:?} {k}: {found}");
            }
        }
    }

    #[test]
    fn multiples_and_variables_are_one() {
        let scales = Scales(vec![2.0, 0.5]);
        let mut x = vec![3.0, 7.0];
        scales.divide(&mut x);
        assert_eq!(x, [1.5, 14.0]);
        scales.multiply(&mut x);
        assert_eq!(x, [3.0, 7.0]);
    }
}
