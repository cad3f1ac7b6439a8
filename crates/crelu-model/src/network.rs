use faer::{Accum, Mat, MatRef};
use linalg_core::product;

use crate::power::scaled;
use crate::programme::Activation;

/// A two-layer network of one output, `f(x) = sum_i a_i act(u_i'x)`; its neurons may be gated.
///
/// **Shapes** `hidden`, `gates`: `width x neurons` for inputs of `width` numbers, the bias (an
/// input of ones) last where there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Input weights, a neuron's together.
    pub hidden: Mat<f64>,
    /// Output weights.
    pub output: Vec<f64>,
    /// Gate vectors of a gated network: neuron `i` is `1[g_i'x >= 0] u_i'x`.
    pub gates: Option<Mat<f64>>,
}

/// Samples that are predicted in one product.
const BATCH: usize = 2048;

impl Network {
    /// A balanced network with the outputs and the objective of a convex point: a block `v` of
    /// sign `s` becomes `u = v / sqrt |v|`, `a = s sqrt |v|`; zero blocks are left out.
    ///
    /// **Shapes** `blocks`: `width x k`; `gates`: one column a block.
    ///
    /// # Panics
    /// If the counts do not fit.
    #[must_use]
    pub fn from_blocks(
        blocks: MatRef<'_, f64>,
        signs: &[f64],
        gates: Option<MatRef<'_, f64>>,
    ) -> Self {
        assert_eq!(signs.len(), blocks.ncols(), "signs: one a block");
        let width = blocks.nrows();
        let sizes: Vec<f64> = (0..blocks.ncols())
            .map(|b| blocks.col(b).norm_l2())
            .collect();
        let kept: Vec<usize> = (0..sizes.len())
            .filter(|&b| sizes[b].sqrt() > 0.0)
            .collect();
        Self {
            hidden: Mat::from_fn(width, kept.len(), |k, j| {
                blocks[(k, kept[j])] / sizes[kept[j]].sqrt()
            }),
            output: kept.iter().map(|&b| signs[b] * sizes[b].sqrt()).collect(),
            gates: gates.map(|g| Mat::from_fn(width, kept.len(), |k, j| g[(k, kept[j])])),
        }
    }

    /// Neurons that are not zero.
    #[must_use]
    pub fn neurons(&self) -> usize {
        (0..self.output.len())
            .filter(|&i| {
                self.output[i] != 0.0
                    && (0..self.hidden.nrows()).any(|k| self.hidden[(k, i)] != 0.0)
            })
            .count()
    }

    /// What a neuron computes.
    #[must_use]
    pub fn activation(&self) -> Activation {
        if self.gates.is_some() {
            Activation::Gated
        } else {
            Activation::Relu
        }
    }

    /// The outputs on preprocessed inputs, `width x n_samples`.
    ///
    /// **Cost** `2 n width neurons` flops, twice that for gated networks.
    ///
    /// # Panics
    /// If the width differs.
    #[must_use]
    pub fn outputs(&self, inputs: MatRef<'_, f64>) -> Vec<f64> {
        assert_eq!(
            inputs.nrows(),
            self.hidden.nrows(),
            "inputs: as wide as the network"
        );
        let (n, m) = (inputs.ncols(), self.output.len());
        let mut out = Vec::with_capacity(n);
        let mut values = Mat::<f64>::zeros(m, BATCH.min(n));
        let mut open = Mat::<f64>::zeros(if self.gates.is_some() { m } else { 0 }, BATCH.min(n));
        let mut first = 0;
        while first < n {
            let count = BATCH.min(n - first);
            let batch = inputs.subcols(first, count);
            product(
                values.as_mut().subcols_mut(0, count),
                Accum::Replace,
                self.hidden.transpose(),
                batch,
                1.0,
            );
            if let Some(gates) = &self.gates {
                product(
                    open.as_mut().subcols_mut(0, count),
                    Accum::Replace,
                    gates.transpose(),
                    batch,
                    1.0,
                );
            }
            for j in 0..count {
                let mut sum = 0.0;
                for i in 0..m {
                    let h = values[(i, j)];
                    let on = if self.gates.is_some() {
                        open[(i, j)] >= 0.0
                    } else {
                        h > 0.0
                    };
                    if on {
                        sum += self.output[i] * h;
                    }
                }
                out.push(sum);
            }
            first += count;
        }
        out
    }

    /// The products of the weights times `2^k`: both weights of a neuron by the same factor, so that
    /// what was balanced stays balanced.
    pub(crate) fn times_power(&self, k: i32) -> Self {
        if k == 0 {
            return self.clone();
        }
        let odd = match k % 2 {
            0 => 1.0,
            _ => std::f64::consts::SQRT_2,
        };
        let root = |x: f64| scaled(x * odd, k.div_euclid(2));
        let (width, m) = (self.hidden.nrows(), self.hidden.ncols());
        Self {
            hidden: Mat::from_fn(width, m, |i, j| root(self.hidden[(i, j)])),
            output: self.output.iter().map(|&a| root(a)).collect(),
            gates: self.gates.clone(),
        }
    }

    /// `sum_i |u_i| |a_i|`.
    #[must_use]
    pub fn penalty(&self) -> f64 {
        self.output
            .iter()
            .enumerate()
            .map(|(i, a)| self.hidden.col(i).norm_l2() * a.abs())
            .sum()
    }
}
