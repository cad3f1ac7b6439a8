use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatMut, MatRef, Par};
use linalg_core::norm;

use super::packed::{Packed, Room};
use super::problem::GlobalProblem;
use super::rows::sum_over_rows;
use crate::network::Network;

/// Unit directions with signs and weights: neuron `i` adds `s_i c_i (u_i'x)_+` to the output.
///
/// **Shapes** `directions`: `rank` numbers a neuron, one after the other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Neurons {
    rank: usize,
    directions: Vec<f64>,
    signs: Vec<f64>,
    weights: Vec<f64>,
}

impl Neurons {
    /// No neuron.
    #[must_use]
    pub fn none(rank: usize) -> Self {
        Self {
            rank,
            ..Self::default()
        }
    }

    /// The neurons of a network whose inputs are in the coordinates of the problem; their
    /// functions are kept, each with its balanced weight `|u| |a|`.
    #[must_use]
    pub fn from_network(network: &Network) -> Self {
        let mut out = Self::none(network.hidden.nrows());
        for (i, &a) in network.output.iter().enumerate() {
            let u: Vec<f64> = (0..out.rank).map(|k| network.hidden[(k, i)]).collect();
            out.push(&u, a.signum(), norm(&u) * a.abs());
        }
        out
    }

    /// Adds a neuron; `direction` is normalised, and one of length zero or of a weight that is not
    /// positive or zero is left out.
    ///
    /// # Panics
    /// If the direction is not of the rank's length.
    pub fn push(&mut self, direction: &[f64], sign: f64, weight: f64) {
        assert_eq!(
            direction.len(),
            self.rank,
            "direction: one number a coordinate"
        );
        let size = norm(direction);
        if size > 0.0 && size.is_finite() && weight >= 0.0 && weight.is_finite() {
            self.directions.extend(direction.iter().map(|u| u / size));
            self.signs.push(sign);
            self.weights.push(weight);
        }
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.signs.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.signs.is_empty()
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

    /// `+1` or `-1` a neuron.
    #[must_use]
    pub fn signs(&self) -> &[f64] {
        &self.signs
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
        let mut out = Self::none(self.rank);
        for i in (0..self.len()).filter(|&i| keep[i]) {
            out.directions.extend_from_slice(self.direction(i));
            out.signs.push(self.signs[i]);
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
        self.signs.extend_from_slice(&other.signs);
        self.weights.extend_from_slice(&other.weights);
    }

    /// `sum_i c_i`, the penalty without its factor.
    #[must_use]
    pub fn total_weight(&self) -> f64 {
        self.weights.iter().sum()
    }

    /// All directions, one after the other.
    pub(super) fn all_directions(&self) -> &[f64] {
        &self.directions
    }

    /// The outputs on inputs in the coordinates of the problem, `rank x k`.
    #[must_use]
    pub fn outputs(&self, inputs: MatRef<'_, f64>) -> Vec<f64> {
        let packed = Packed::of(self);
        let make = || (packed.room(), Vec::new(), Vec::new());
        let flops = 2 * self.rank * self.len();
        let parts = sum_over_rows(
            inputs.ncols(),
            flops,
            packed.tile_rows(),
            make,
            |(room, rows, out): &mut (Room, Vec<f64>, Vec<f64>), tile| {
                rows.clear();
                for i in tile.clone() {
                    match inputs.col(i).try_as_col_major() {
                        Some(row) => rows.extend_from_slice(row.as_slice()),
                        None => rows.extend((0..self.rank).map(|k| inputs[(k, i)])),
                    }
                }
                out.extend_from_slice(packed.open(rows, tile.len(), room).1);
            },
        );
        let mut all = Vec::with_capacity(inputs.ncols());
        for (_, _, part) in &parts {
            all.extend_from_slice(part);
        }
        all
    }

    /// `R u_i` for some rows, `rows x len`, column-major.
    pub(super) fn images(&self, inputs: MatRef<'_, f64>, images: &mut [f64]) {
        matmul(
            MatMut::from_column_major_slice_mut(images, inputs.ncols(), self.len()),
            Accum::Replace,
            inputs.transpose(),
            self.directions(),
            1.0,
            Par::Seq,
        );
    }

    /// The outputs on the rows of the problem.
    #[must_use]
    pub fn fitted(&self, problem: &GlobalProblem) -> Vec<f64> {
        problem
            .work()
            .add_products(1, problem.n_samples(), self.rank, self.len());
        self.outputs(problem.data())
    }

    /// `J` in sum scaling.
    #[must_use]
    pub fn objective(&self, problem: &GlobalProblem) -> f64 {
        problem.loss(&self.fitted(problem)) + problem.beta_sum() * self.total_weight()
    }

    /// Blocks `c_i u_i` of the convex programme, `rank x len`.
    #[must_use]
    pub fn blocks(&self) -> Mat<f64> {
        Mat::from_fn(self.rank, self.len(), |k, i| {
            self.weights[i] * self.directions[i * self.rank + k]
        })
    }

    /// The Gram matrix of the signed unit outputs `s_i (R u_i)_+`, and their products with
    /// `vector`: all that a lasso over the weights needs.
    ///
    /// **Cost** `2 n rank m + n m^2` flops; one tile of rows and `m^2` numbers a task.
    #[must_use]
    pub fn gram(&self, problem: &GlobalProblem, vector: &[f64]) -> (Mat<f64>, Vec<f64>) {
        let m = self.len();
        let work = problem.work();
        work.add_products(1, problem.n_samples(), self.rank, m);
        work.add_products(1, problem.n_samples(), m, m);
        let packed = Packed::of(self);
        let make = || (Mat::<f64>::zeros(m, m), Mat::zeros(m, 1), packed.room());
        let flops = m * (2 * self.rank + m);
        let sums = sum_over_rows(
            problem.n_samples(),
            flops,
            packed.tile_rows(),
            make,
            |(gram, along, room), rows| {
                let (images, _) = packed.open(problem.rows(rows.clone()), rows.len(), room);
                let vector = MatRef::from_column_major_slice(&vector[rows.clone()], rows.len(), 1);
                matmul(along.as_mut(), Accum::Add, images, vector, 1.0, Par::Seq);
                triangular::matmul(
                    gram.as_mut(),
                    BlockStructure::TriangularLower,
                    Accum::Add,
                    images,
                    BlockStructure::Rectangular,
                    images.transpose(),
                    BlockStructure::Rectangular,
                    1.0,
                    Par::Seq,
                );
            },
        );
        let mut gram = Mat::<f64>::zeros(m, m);
        let mut along = vec![0.0; m];
        for (part, share, _) in &sums {
            gram += part;
            for (i, along) in along.iter_mut().enumerate() {
                *along += share[(i, 0)];
            }
        }
        for j in 0..m {
            along[j] *= self.signs[j];
            for i in j..m {
                gram[(i, j)] *= self.signs[i] * self.signs[j];
            }
        }
        for j in 0..m {
            for i in 0..j {
                gram[(i, j)] = gram[(j, i)];
            }
        }
        (gram, along)
    }
}
