use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par, unzip, zip};
use linalg_core::{SparseRows, for_each_mut};

use crate::activation::Activation;
use crate::power::scaled;

/// A two-layer network of `K` outputs, `f(x) = sum_i a_i act(u_i'x)`; its neurons may be gated.
///
/// **Shapes** `hidden`, `gates`: `width x neurons` for inputs of `width` numbers, the bias (an
/// input of ones) last where there is one; `output`: `K` numbers a neuron, a neuron's together.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Input weights, a neuron's together.
    pub hidden: Mat<f64>,
    /// Output weights.
    pub output: Vec<f64>,
    /// Outputs, `K`.
    pub n_outputs: usize,
    /// Gate vectors of a gated network: neuron `i` is `1[g_i'x >= 0] u_i'x`.
    pub gates: Option<Mat<f64>>,
}

/// Samples that are predicted in one task, and of few samples the tasks that there are: both follow from
/// their number alone.
const BATCH: usize = 512;
const TASKS: usize = 8;

impl Network {
    /// A network without a neuron.
    #[must_use]
    pub fn zero(width: usize, n_outputs: usize, activation: Activation) -> Self {
        Self {
            hidden: Mat::zeros(width, 0),
            output: Vec::new(),
            n_outputs,
            gates: (activation == Activation::Gated).then(|| Mat::zeros(width, 0)),
        }
    }

    /// A balanced network of one output with the outputs and the objective of a convex point: a
    /// block `v` of sign `s` becomes `u = v / sqrt |v|`, `a = s sqrt |v|`; zero blocks are left out.
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
        Self::of_directions(blocks, signs, 1, gates)
    }

    /// The same with `K` outputs: a block `v` with the unit output direction `a` becomes
    /// `u = v / sqrt |v|` with the output weights `a sqrt |v|`.
    ///
    /// **Shapes** `blocks`: `width x k`; `directions`: `K` numbers a block; `gates`: one column a
    /// block.
    ///
    /// # Panics
    /// If the counts do not fit.
    #[must_use]
    pub fn of_directions(
        blocks: MatRef<'_, f64>,
        directions: &[f64],
        n_outputs: usize,
        gates: Option<MatRef<'_, f64>>,
    ) -> Self {
        let (width, count) = (blocks.nrows(), blocks.ncols());
        assert_eq!(directions.len(), n_outputs * count, "directions: K a block");
        let sizes: Vec<f64> = (0..count).map(|b| blocks.col(b).norm_l2()).collect();
        let kept: Vec<usize> = (0..count).filter(|&b| sizes[b].sqrt() > 0.0).collect();
        let scaled = |&b: &usize| {
            let root = sizes[b].sqrt();
            let part = &directions[b * n_outputs..(b + 1) * n_outputs];
            part.iter().map(move |a| a * root)
        };
        Self {
            hidden: Mat::from_fn(width, kept.len(), |k, j| {
                blocks[(k, kept[j])] / sizes[kept[j]].sqrt()
            }),
            output: kept.iter().flat_map(scaled).collect(),
            n_outputs,
            gates: gates.map(|g| Mat::from_fn(width, kept.len(), |k, j| g[(k, kept[j])])),
        }
    }

    /// Neurons, those of weight zero among them.
    #[must_use]
    pub fn n_neurons(&self) -> usize {
        self.hidden.ncols()
    }

    /// The output weights of a neuron.
    #[must_use]
    pub fn output_of(&self, neuron: usize) -> &[f64] {
        &self.output[neuron * self.n_outputs..(neuron + 1) * self.n_outputs]
    }

    /// Neurons that are not zero.
    #[must_use]
    pub fn neurons(&self) -> usize {
        (0..self.n_neurons())
            .filter(|&i| {
                self.output_of(i).iter().any(|a| *a != 0.0)
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

    /// The outputs on preprocessed inputs, `width x n_samples`: `K` numbers a sample, a sample's
    /// together.
    ///
    /// **Cost** `2 n (width + K) neurons` flops, twice that for gated networks.
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
        let (n, m, outputs) = (inputs.ncols(), self.n_neurons(), self.n_outputs);
        let mut out = vec![0.0; n * outputs];
        if outputs == 0 || m == 0 {
            return out;
        }
        let output = MatRef::from_column_major_slice(&self.output, outputs, m);
        let samples = n.div_ceil(TASKS).clamp(1, BATCH);
        let mut parts: Vec<&mut [f64]> = out.chunks_mut(samples * outputs).collect();
        for_each_mut(&mut parts, |part, out| {
            let count = out.len() / outputs;
            let batch = inputs.subcols(part * samples, count);
            let along = |weights: &Mat<f64>| {
                let mut values = Mat::<f64>::zeros(m, count);
                let to = values.as_mut();
                matmul(
                    to,
                    Accum::Replace,
                    weights.transpose(),
                    batch,
                    1.0,
                    Par::Seq,
                );
                values
            };
            let mut values = along(&self.hidden);
            if let Some(gates) = &self.gates {
                zip!(&mut values, &along(gates)).for_each(|unzip!(h, gate)| {
                    if *gate < 0.0 || gate.is_nan() {
                        *h = 0.0;
                    }
                });
            } else {
                zip!(&mut values).for_each(|unzip!(h)| *h = h.max(0.0));
            }
            let out = MatMut::from_column_major_slice_mut(out, outputs, count);
            matmul(out, Accum::Replace, output, values.as_ref(), 1.0, Par::Seq);
        });
        out
    }

    /// The outputs on sparse preprocessed rows, `n_samples x width`: `K` numbers a row, a row's together.
    ///
    /// **Cost** `2 neurons` flops an entry, twice that for gated networks, and a copy of the weights.
    ///
    /// # Panics
    /// If the width differs.
    #[must_use]
    pub fn outputs_sparse(&self, rows: &SparseRows<f64>) -> Vec<f64> {
        assert_eq!(
            rows.n_columns(),
            self.hidden.nrows(),
            "inputs: as wide as the network"
        );
        let (m, outputs) = (self.n_neurons(), self.n_outputs);
        let mut out = vec![0.0; rows.n_rows() * outputs];
        if outputs == 0 || m == 0 {
            return out;
        }
        // an input's weights together: a row adds up those of its entries
        let turned = |weights: &Mat<f64>| -> Vec<f64> {
            let mut turned = vec![0.0; weights.nrows() * m];
            for i in 0..m {
                let column = weights.col(i).iter();
                for (to, w) in turned[i..].iter_mut().step_by(m).zip(column) {
                    *to = *w;
                }
            }
            turned
        };
        let hidden = turned(&self.hidden);
        let gates = self.gates.as_ref().map(turned);
        let samples = rows.n_rows().div_ceil(TASKS).clamp(1, BATCH);
        let mut parts: Vec<&mut [f64]> = out.chunks_mut(samples * outputs).collect();
        for_each_mut(&mut parts, |part, out| {
            let mut values = vec![0.0; m];
            let mut open = vec![0.0; m];
            for (j, out) in out.chunks_exact_mut(outputs).enumerate() {
                let (columns, entries) = rows.all().row(part * samples + j);
                let product = |weights: &[f64], sums: &mut [f64]| {
                    sums.fill(0.0);
                    for (column, x) in columns.iter().zip(entries) {
                        let at = *column as usize * m;
                        linalg_core::axpy(*x, &weights[at..at + m], sums);
                    }
                };
                product(&hidden, &mut values);
                if let Some(gates) = &gates {
                    product(gates, &mut open);
                }
                for (i, h) in values.iter().enumerate() {
                    let on = if gates.is_some() {
                        open[i] >= 0.0
                    } else {
                        *h > 0.0
                    };
                    if on {
                        linalg_core::axpy(*h, self.output_of(i), out);
                    }
                }
            }
        });
        out
    }

    /// The products of the weights times `2^k`: both weights of a neuron by the same factor, so that
    /// what was balanced stays balanced.
    #[must_use]
    pub fn times_power(&self, k: i32) -> Self {
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
            n_outputs: self.n_outputs,
            gates: self.gates.clone(),
        }
    }

    /// `sum_i |u_i| |a_i|`.
    #[must_use]
    pub fn penalty(&self) -> f64 {
        (0..self.n_neurons())
            .map(|i| self.hidden.col(i).norm_l2() * linalg_core::norm(self.output_of(i)))
            .sum()
    }
}
