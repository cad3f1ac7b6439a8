use crelu_core::Network;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use linalg_core::{SparseRows, norm};

use crate::fused::Part;
use crate::packed::{Packed, Room};
use crate::row_problem::RowProblem;
use crate::rows::sum_over_rows;

/// Unit directions with unit output directions and weights: neuron `i` adds `c_i (u_i'x)_+ a_i` to
/// the outputs. With one output, `a_i` is a sign.
///
/// **Shapes** `directions`: `rank` numbers a neuron, one after the other; `heads`: `K`.
#[derive(Debug, Clone, PartialEq)]
pub struct Neurons {
    rank: usize,
    outputs: usize,
    directions: Vec<f64>,
    heads: Vec<f64>,
    weights: Vec<f64>,
}

/// Inputs of a network.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// `rank x k`.
    Matrix(MatRef<'a, f64>),
    /// Rows, and the numbers of one.
    Part(Part<'a, f64>, usize),
}

impl Neurons {
    /// No neuron, of one output.
    #[must_use]
    pub fn none(rank: usize) -> Self {
        Self::with_outputs(rank, 1)
    }

    /// No neuron, of `K` outputs.
    #[must_use]
    pub fn with_outputs(rank: usize, outputs: usize) -> Self {
        Self {
            rank,
            outputs,
            directions: Vec::new(),
            heads: Vec::new(),
            weights: Vec::new(),
        }
    }

    /// The neurons of a network whose inputs are in the coordinates of the problem; their
    /// functions are kept, each with its balanced weight `|u| |a|`.
    #[must_use]
    pub fn from_network(network: &Network) -> Self {
        let mut out = Self::with_outputs(network.hidden.nrows(), network.n_outputs);
        for i in 0..network.n_neurons() {
            let u: Vec<f64> = (0..out.rank).map(|k| network.hidden[(k, i)]).collect();
            let a = network.output_of(i);
            out.push_head(&u, a, norm(&u) * norm(a));
        }
        out
    }

    /// Adds a neuron of one output; `direction` is normalised, and one of length zero or of a weight
    /// that is not positive or zero is left out.
    ///
    /// # Panics
    /// If the direction is not of the rank's length.
    pub fn push(&mut self, direction: &[f64], sign: f64, weight: f64) {
        self.push_head(direction, &[sign], weight);
    }

    /// Adds a neuron with its output direction, which is normalised, too; one of length zero is that
    /// of the first output.
    ///
    /// # Panics
    /// If a length does not fit.
    pub fn push_head(&mut self, direction: &[f64], head: &[f64], weight: f64) {
        assert_eq!(
            direction.len(),
            self.rank,
            "direction: one number a coordinate"
        );
        assert_eq!(head.len(), self.outputs, "head: one number an output");
        let size = norm(direction);
        if size > 0.0 && size.is_finite() && weight >= 0.0 && weight.is_finite() {
            self.directions.extend(direction.iter().map(|u| u / size));
            let length = norm(head);
            if length > 0.0 && length.is_finite() {
                self.heads.extend(head.iter().map(|a| a / length));
            } else {
                let first = |k| if k == 0 { 1.0 } else { 0.0 };
                self.heads.extend((0..self.outputs).map(first));
            }
            self.weights.push(weight);
        }
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// Coordinates of a direction.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The unit direction of a neuron.
    #[must_use]
    pub fn direction(&self, i: usize) -> &[f64] {
        &self.directions[i * self.rank..(i + 1) * self.rank]
    }

    /// `rank x len`.
    #[must_use]
    pub fn directions(&self) -> MatRef<'_, f64> {
        MatRef::from_column_major_slice(&self.directions, self.rank, self.len())
    }

    /// Outputs, `K`.
    #[must_use]
    pub fn n_outputs(&self) -> usize {
        self.outputs
    }

    /// The unit output direction of a neuron.
    #[must_use]
    pub fn head(&self, i: usize) -> &[f64] {
        &self.heads[i * self.outputs..(i + 1) * self.outputs]
    }

    /// The unit output directions, `K` numbers a neuron; with one output, `+1` or `-1`.
    #[must_use]
    pub fn signs(&self) -> &[f64] {
        &self.heads
    }

    /// The output weights `c_i a_i` of unit directions, `K` numbers a neuron.
    #[must_use]
    pub fn output_weights(&self) -> Vec<f64> {
        let each = self.heads.chunks_exact(self.outputs).zip(&self.weights);
        each.flat_map(|(head, c)| head.iter().map(move |a| c * a))
            .collect()
    }

    /// Replaces output directions and weights by output weights `c_i a_i`; a neuron of which nothing
    /// is left keeps its direction.
    ///
    /// # Panics
    /// If there are not `K` a neuron.
    pub fn set_output_weights(&mut self, outer: &[f64]) {
        assert_eq!(outer.len(), self.heads.len(), "outer: K a neuron");
        let each = self.heads.chunks_exact_mut(self.outputs);
        let each = each.zip(outer.chunks_exact(self.outputs));
        for ((head, outer), weight) in each.zip(&mut self.weights) {
            *weight = norm(outer);
            if *weight > 0.0 {
                for (head, a) in head.iter_mut().zip(outer) {
                    *head = a / *weight;
                }
            }
        }
    }

    /// The weights, at least 0.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Replaces the weights.
    ///
    /// # Panics
    /// If there is not one a neuron.
    pub fn set_weights(&mut self, weights: &[f64]) {
        self.weights.copy_from_slice(weights);
    }

    /// Keeps the neurons of which `keep` is true.
    ///
    /// # Panics
    /// If there is not one answer a neuron.
    pub fn retain(&mut self, keep: &[bool]) {
        assert_eq!(keep.len(), self.len(), "keep: one answer a neuron");
        let mut out = Self::with_outputs(self.rank, self.outputs);
        for i in (0..self.len()).filter(|&i| keep[i]) {
            out.directions.extend_from_slice(self.direction(i));
            out.heads.extend_from_slice(self.head(i));
            out.weights.push(self.weights[i]);
        }
        *self = out;
    }

    /// Drops the neurons of weight zero.
    pub fn drop_zeros(&mut self) {
        let keep: Vec<bool> = self.weights.iter().map(|w| *w > 0.0).collect();
        self.retain(&keep);
    }

    /// Appends the neurons of another list.
    pub fn extend(&mut self, other: &Self) {
        self.directions.extend_from_slice(&other.directions);
        self.heads.extend_from_slice(&other.heads);
        self.weights.extend_from_slice(&other.weights);
    }

    /// `sum_i c_i`, the penalty without its factor.
    #[must_use]
    pub fn total_weight(&self) -> f64 {
        self.weights.iter().sum()
    }

    /// All directions, one after the other.
    pub(crate) fn all_directions(&self) -> &[f64] {
        &self.directions
    }

    /// The outputs on inputs in the coordinates of the problem, `rank x k`: `K` numbers a sample.
    #[must_use]
    pub fn outputs(&self, inputs: MatRef<'_, f64>) -> Vec<f64> {
        self.outputs_of(Source::Matrix(inputs))
    }

    /// The same on sparse rows.
    ///
    /// # Panics
    /// If they have another number of columns than a direction has coordinates.
    #[must_use]
    pub fn outputs_sparse(&self, inputs: &SparseRows<f64>) -> Vec<f64> {
        assert_eq!(
            inputs.n_columns(),
            self.rank,
            "inputs: as wide as a direction"
        );
        let entries = inputs.n_entries().div_ceil(inputs.n_rows().max(1));
        self.outputs_of(Source::Part(Part::Sparse(inputs.all()), entries))
    }

    /// The neurons laid out for the passes over rows.
    pub(crate) fn packed(&self) -> Packed {
        let output = (self.outputs == 1).then(|| self.output_weights());
        Packed::new(
            self.rank,
            self.all_directions(),
            output.as_deref(),
            self.len(),
        )
    }

    fn outputs_of(&self, source: Source<'_>) -> Vec<f64> {
        let packed = self.packed();
        let outer = self.output_weights();
        let outer = MatRef::from_column_major_slice(&outer, self.outputs, self.len());
        let make = || (packed.room(), Vec::new(), Vec::new());
        let (n, entries) = match source {
            Source::Matrix(inputs) => (inputs.ncols(), self.rank),
            Source::Part(part, entries) => (part.len(), entries),
        };
        let flops = 2 * (entries + self.outputs) * self.len();
        let parts = sum_over_rows(
            n,
            flops,
            packed.tile_rows(),
            make,
            |(room, rows, out): &mut (Room, Vec<f64>, Vec<f64>), tile| {
                let part = match source {
                    Source::Matrix(inputs) => {
                        rows.clear();
                        for i in tile.clone() {
                            match inputs.col(i).try_as_col_major() {
                                Some(row) => rows.extend_from_slice(row.as_slice()),
                                None => rows.extend((0..self.rank).map(|k| inputs[(k, i)])),
                            }
                        }
                        Part::dense(rows, self.rank, tile.len())
                    }
                    Source::Part(all, _) => all.part(tile.clone()),
                };
                let (images, fitted) = packed.open(part, room);
                if self.outputs == 1 {
                    out.extend_from_slice(fitted);
                    return;
                }
                let first = out.len();
                out.resize(first + tile.len() * self.outputs, 0.0);
                let part = &mut out[first..];
                matmul(
                    MatMut::from_column_major_slice_mut(part, self.outputs, tile.len()),
                    Accum::Replace,
                    outer,
                    images,
                    1.0,
                    Par::Seq,
                );
            },
        );
        let mut all = Vec::with_capacity(n * self.outputs);
        for (_, _, part) in &parts {
            all.extend_from_slice(part);
        }
        all
    }

    /// `R u_i` for some rows, `rows x len`, column-major.
    ///
    /// # Panics
    /// If a size differs.
    pub fn images(&self, inputs: MatRef<'_, f64>, images: &mut [f64]) {
        matmul(
            MatMut::from_column_major_slice_mut(images, inputs.ncols(), self.len()),
            Accum::Replace,
            inputs.transpose(),
            self.directions(),
            1.0,
            Par::Seq,
        );
    }

    /// The outputs on the rows of the problem, those of this process.
    #[must_use]
    pub fn fitted(&self, problem: &RowProblem) -> Vec<f64> {
        problem
            .work()
            .add_products(1, problem.n_all(), problem.entries(), self.len());
        if self.outputs > 1 {
            let work = problem.work();
            work.add_products(1, problem.n_all(), self.outputs, self.len());
        }
        let rows = problem.rows(0..problem.n_samples());
        self.outputs_of(Source::Part(rows, problem.entries()))
    }

    /// The balanced variables: `w_i = sqrt(c_i) u_i` of all neurons, then `sqrt(c_i) a_i`.
    pub(crate) fn balanced(&self) -> Vec<f64> {
        let (rank, k, m) = (self.rank(), self.n_outputs(), self.len());
        let mut x = vec![0.0; m * (rank + k)];
        for i in 0..m {
            let root = self.weights()[i].sqrt();
            for (x, u) in x[i * rank..].iter_mut().zip(self.direction(i)) {
                *x = root * u;
            }
            for (x, a) in x[m * rank + i * k..].iter_mut().zip(self.head(i)) {
                *x = root * a;
            }
        }
        x
    }

    /// `J` in sum scaling.
    #[must_use]
    pub fn objective(&self, problem: &RowProblem) -> f64 {
        self.objective_at(problem, &self.fitted(problem))
    }

    /// The same where the outputs are known.
    pub(crate) fn objective_at(&self, problem: &RowProblem, fitted: &[f64]) -> f64 {
        problem.loss(fitted) + problem.beta_sum() * self.total_weight()
    }

    /// Blocks `c_i u_i` of the convex programme, `rank x len`.
    #[must_use]
    pub fn blocks(&self) -> Mat<f64> {
        Mat::from_fn(self.rank, self.len(), |k, i| {
            self.weights[i] * self.directions[i * self.rank + k]
        })
    }
}
