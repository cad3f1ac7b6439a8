use faer::{Accum, Mat, MatRef};
use linalg_core::{for_each_mut, product};

use super::chunk::{Chunk, Shape, Slope, inverse};
use crate::row_losses::{Linear, RowLoss};

/// Fewest rows of a chunk: below it the products' overhead shows.
const CHUNK_ROWS: usize = 128;
/// Most chunks: enough for the load of 16 threads to even out.
const MOST_CHUNKS: usize = 32;

/// The dual of the quick bound: what intervals the outputs of any network with given moments lie
/// in, and the smallest loss within them.
///
/// ```text
///     per sign  mass a^2, m, U (tr U = a^2), xi = x'm
///     high = (xi + a sqrt(x'U x)) / 2,   low = (xi + max(|xi|, |U x|)) / 2
///     H = high+ - low-,  L = low+ - high-
///     min  sum_i min_{L_i <= f <= H_i} w_i loss(f, y_i) + B (a+^2 + a-^2)
/// ```
///
/// convex in the moments; they are factored as `U = V V'`, `m = V v_a`, `V = N |v_a| / |N|`, so
/// that every `(v_a, N)` is feasible. Points are `[v_a, N]` of both signs, one after the other.
///
/// **Cost** of an evaluation `8 n width (rank + width)` flops.
pub(super) struct IntervalModel<'a> {
    data: MatRef<'a, f64>,
    loss: &'a dyn RowLoss,
    price: f64,
    /// The given `theta` of a price alone.
    fixed: Option<Vec<f64>>,
    turning: bool,
    width: usize,
    pub(super) chunks: Vec<Chunk>,
    shapes: [Shape; 2],
    total: Slope,
}

impl<'a> IntervalModel<'a> {
    /// **Shapes** `data`: `rank x n_samples`. Without `turning`, `|U x|` is left out.
    pub(super) fn new(
        data: MatRef<'a, f64>,
        loss: &'a dyn RowLoss,
        price: f64,
        width: usize,
        turning: bool,
    ) -> Self {
        let (rank, n) = (data.nrows(), data.ncols());
        let height = n.div_ceil(MOST_CHUNKS).max(CHUNK_ROWS);
        let chunks = (0..n)
            .step_by(height)
            .map(|first| Chunk::new(first..(first + height).min(n), data, width, turning))
            .collect();
        let shape = Shape {
            factor: Mat::zeros(rank, width),
            gram: Mat::zeros(width, width),
            mass_vector: vec![0.0; width],
            mass_root: 0.0,
            size: 0.0,
            scale: 0.0,
        };
        Self {
            data,
            loss,
            price,
            fixed: None,
            turning,
            width,
            chunks,
            shapes: [shape.clone(), shape],
            total: Slope::zeros(rank, width),
        }
    }

    /// From now on the value is minus the prices of both signs of a given `theta`: masses are 1,
    /// whatever the length of `v_a`, and the loss is linear.
    pub(super) fn price_of(&mut self, theta: &[f64]) {
        self.fixed = Some(theta.to_vec());
    }

    /// Back to the joint problem.
    pub(super) fn price_of_all(&mut self) {
        self.fixed = None;
    }

    /// `rank x n_samples`.
    pub(super) fn data(&self) -> MatRef<'a, f64> {
        self.data
    }

    /// Columns of a factor.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Numbers of a point.
    pub(super) fn dim(&self) -> usize {
        2 * self.width * (self.data.nrows() + 1)
    }

    /// Numbers of one sign's half of a point.
    pub(super) fn half(&self) -> usize {
        self.width * (self.data.nrows() + 1)
    }

    /// `N` of both signs at the point evaluated last.
    pub(super) fn shapes(&self) -> &[Shape; 2] {
        &self.shapes
    }

    /// The value at a point, its kinks smoothed over `smoothing`, and the gradient.
    pub(super) fn evaluate(&mut self, x: &[f64], gradient: &mut [f64], smoothing: f64) -> f64 {
        self.visit(x, smoothing);
        let mut value: f64 = self.chunks.iter().map(|chunk| chunk.value).sum();
        let half = self.half();
        for (sign, (x, out)) in x.chunks(half).zip(gradient.chunks_mut(half)).enumerate() {
            self.total.clear();
            for chunk in &self.chunks {
                self.total.add(&chunk.sides[sign].slope);
            }
            let shape = &self.shapes[sign];
            let total = &mut self.total;
            product(
                total.factor.as_mut(),
                Accum::Add,
                shape.factor.as_ref(),
                total.gram.as_ref(),
                1.0,
            );
            // a = |v_a|, s = a / |N|
            let a = shape.mass_root;
            let size = shape.size;
            let (by_a, by_vector) = if self.fixed.is_none() {
                value += self.price * a * a;
                let by_scale = total.scale * inverse(size);
                (total.mass_root + by_scale + 2.0 * self.price * a, 1.0)
            } else {
                // `v_a` enters through its direction alone
                let length = linalg_core::norm(&x[..self.width]);
                let along = linalg_core::dot(&total.mass_vector, &shape.mass_vector);
                (-along * inverse(length), inverse(length))
            };
            let (by_vectors, by_factor) = out.split_at_mut(self.width);
            for (k, out) in by_vectors.iter_mut().enumerate() {
                let unit = shape.mass_vector[k] * inverse(a);
                *out = by_vector * total.mass_vector[k] + by_a * unit;
            }
            let by_size = total.size - total.scale * shape.scale * inverse(size);
            for (j, column) in by_factor.chunks_mut(self.data.nrows()).enumerate() {
                for (k, out) in column.iter_mut().enumerate() {
                    *out = total.factor[(k, j)] + by_size * shape.factor[(k, j)] * inverse(size);
                }
            }
        }
        value
    }

    /// The value at a point with its kinks as they are.
    pub(super) fn value(&mut self, x: &[f64]) -> f64 {
        self.visit(x, 0.0);
        let loss: f64 = self.chunks.iter().map(|chunk| chunk.value).sum();
        loss + self.price * self.masses().iter().sum::<f64>()
    }

    /// The masses of both signs at the point evaluated last.
    pub(super) fn masses(&self) -> [f64; 2] {
        [0, 1].map(|sign| self.shapes[sign].mass_root.powi(2))
    }

    /// `theta` at the point evaluated last.
    pub(super) fn thetas(&self) -> impl Iterator<Item = f64> {
        self.chunks
            .iter()
            .flat_map(|chunk| (0..chunk.rows.len()).map(|i| chunk.theta(i)))
    }

    /// Draws the kinks to their weights at the point evaluated last.
    pub(super) fn anchor(&mut self) {
        for chunk in &mut self.chunks {
            for side in &mut chunk.sides {
                for (anchor, kink) in side.anchors.iter_mut().zip(&side.kinks) {
                    *anchor = kink.anchored(self.turning);
                }
            }
        }
    }

    fn visit(&mut self, x: &[f64], smoothing: f64) {
        let (width, rank) = (self.width, self.data.nrows());
        let half = self.half();
        for (shape, x) in self.shapes.iter_mut().zip(x.chunks(half)) {
            let (vector, factor) = x.split_at(width);
            let factor = MatRef::from_column_major_slice(factor, rank, width);
            shape.factor.copy_from(factor);
            product(
                shape.gram.as_mut(),
                Accum::Replace,
                factor.transpose(),
                factor,
                1.0,
            );
            shape.mass_vector.copy_from_slice(vector);
            let length = linalg_core::norm(vector);
            shape.mass_root = if self.fixed.is_none() {
                length
            } else {
                linalg_core::scale(inverse(length), &mut shape.mass_vector);
                1.0
            };
            shape.size = factor.norm_l2();
            shape.scale = shape.mass_root * inverse(shape.size);
        }
        let (data, shapes) = (self.data, &self.shapes);
        let linear;
        let loss: &dyn RowLoss = match &self.fixed {
            Some(theta) => {
                linear = Linear(theta);
                &linear
            }
            None => self.loss,
        };
        for_each_mut(&mut self.chunks, |_, chunk| {
            chunk.evaluate(data, shapes, loss, smoothing);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::BoundLoss;
    use crate::problem::BoundProblem;
    use crate::quick::start;
    use crate::row_losses::Losses;

    /// Rounding over the step is 1e-8, the third derivative times its square less.
    const STEP: f64 = 1e-6;
    const CLOSE: f64 = 1e-5;

    #[test]
    fn gradient_is_the_slope_of_the_value() {
        let data = Mat::from_fn(4, 150, |k, i| ((7 * i + 3 * k) as f64).sin() + 0.1);
        let target: Vec<f64> = (0..150).map(|i| (i as f64 * 0.37).cos()).collect();
        let huber = crelu_core::Huber::new(0.4).map(BoundLoss::Huber);
        let kinds = [
            BoundLoss::Squared,
            BoundLoss::Logistic,
            huber.unwrap_or_default(),
        ];
        let weights: Vec<f64> = (0..150).map(|i| 1.5 + (i as f64).sin()).collect();
        let problem = |loss| {
            let all = BoundProblem::new(data.transpose(), &target, 1.0)?;
            all.with_loss(loss)?.with_weights(&weights)
        };
        let losses: Vec<Losses> = (kinds.into_iter())
            .filter_map(|loss| problem(loss).ok())
            .map(|problem| Losses::new(&problem))
            .collect();
        assert_eq!(losses.len(), 3);
        for (losses, turning) in losses.iter().flat_map(|l| [(l, false), (l, true)]) {
            let mut model = IntervalModel::new(data.as_ref(), losses, 9.0, 5, turning);
            let x = start::from_data(data.as_ref(), 5);
            for fixed in [false, true] {
                if fixed {
                    model.price_of(&target);
                }
                let mut gradient = vec![0.0; model.dim()];
                model.evaluate(&x, &mut gradient, 0.2);
                let size = linalg_core::norm(&gradient);
                let mut unused = vec![0.0; model.dim()];
                for k in 0..model.dim() {
                    let mut at = |step: f64| {
                        let mut moved = x.clone();
                        moved[k] += step;
                        model.evaluate(&moved, &mut unused, 0.2)
                    };
                    let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                    let apart = (slope - gradient[k]).abs();
                    assert!(
                        apart <= CLOSE * size,
                        "{k} {fixed}: {slope} {}",
                        gradient[k]
                    );
                }
            }
        }
    }
}
