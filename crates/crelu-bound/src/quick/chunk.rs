use core::ops::Range;

use faer::{Accum, Mat, MatMut, MatRef};
use linalg_core::{dot, product};

use super::smooth::Kink;
use crate::row_losses::RowLoss;

/// The root in a row's largest output is taken of at least this share of the smoothing, times the
/// row: its slope, which becomes a multiplier, stays bounded.
const KEPT: f64 = 0.1;

/// What the moments of one sign are reduced to before the rows are visited.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// `N`, `rank x width`.
    pub(super) factor: Mat<f64>,
    /// `N'N`.
    pub(super) gram: Mat<f64>,
    /// `v_a`.
    pub(super) mass_vector: Vec<f64>,
    /// `|v_a|`
    pub(super) mass_root: f64,
    /// `|N|`
    pub(super) size: f64,
    /// `|v_a| / |N|`
    pub(super) scale: f64,
}

/// What the rows hand back of one sign: sums over a chunk, or over all.
#[derive(Debug, Clone)]
pub(super) struct Slope {
    /// By `N` through `N'x`, and twice the slope by `N'N`.
    pub(super) factor: Mat<f64>,
    pub(super) gram: Mat<f64>,
    /// By `v_a`, `|v_a| / |N|`, `|v_a|` and `|N|`.
    pub(super) mass_vector: Vec<f64>,
    pub(super) scale: f64,
    pub(super) mass_root: f64,
    pub(super) size: f64,
}

impl Slope {
    pub(super) fn zeros(rank: usize, width: usize) -> Self {
        Self {
            factor: Mat::zeros(rank, width),
            gram: Mat::zeros(width, width),
            mass_vector: vec![0.0; width],
            scale: 0.0,
            mass_root: 0.0,
            size: 0.0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.factor.fill(0.0);
        self.gram.fill(0.0);
        self.mass_vector.fill(0.0);
        (self.scale, self.mass_root, self.size) = (0.0, 0.0, 0.0);
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.factor += &other.factor;
        self.gram += &other.gram;
        linalg_core::axpy(1.0, &other.mass_vector, &mut self.mass_vector);
        self.scale += other.scale;
        self.mass_root += other.mass_root;
        self.size += other.size;
    }
}

/// One sign's view of a chunk's rows.
#[derive(Debug, Clone)]
pub(super) struct Side {
    /// `N'x_i`, `N'N N'x_i`: width x rows.
    image: Mat<f64>,
    twice: Mat<f64>,
    back: Mat<f64>,
    /// `|N'x_i|`, `|N'x_i| / |N|` kept from zero, and `|N N'x_i|`.
    reach: Vec<f64>,
    pub(super) soft: Vec<f64>,
    pub(super) turn: Vec<f64>,
    xi: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    /// The kinks' weights at the point evaluated, and those they are drawn to.
    pub(super) kinks: Vec<Kink>,
    pub(super) anchors: Vec<Kink>,
    pub(super) slope: Slope,
}

/// Some rows and all that their evaluation needs: nothing is allocated while it runs.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    pub(super) rows: Range<usize>,
    /// `|x_i|`
    pub(super) norms: Vec<f64>,
    pub(super) sides: [Side; 2],
    /// `(-loss'(H))_+` and `(loss'(L))_+`: `theta = up - down`.
    pub(super) up: Vec<f64>,
    pub(super) down: Vec<f64>,
    pub(super) value: f64,
}

impl Chunk {
    /// **Shapes** `data`: `rank x n_samples`, of all rows.
    pub(super) fn new(
        rows: Range<usize>,
        data: MatRef<'_, f64>,
        width: usize,
        turning: bool,
    ) -> Self {
        let (m, rank) = (rows.len(), data.nrows());
        let norms = rows.clone().map(|i| data.col(i).norm_l2()).collect();
        let side = Side {
            image: Mat::zeros(width, m),
            twice: Mat::zeros(width, m),
            back: Mat::zeros(width, m),
            reach: vec![0.0; m],
            soft: vec![0.0; m],
            turn: vec![0.0; m],
            xi: vec![0.0; m],
            high: vec![0.0; m],
            low: vec![0.0; m],
            kinks: vec![Kink::even(turning); m],
            anchors: vec![Kink::even(turning); m],
            slope: Slope::zeros(rank, width),
        };
        Self {
            rows,
            norms,
            sides: [side.clone(), side],
            up: vec![0.0; m],
            down: vec![0.0; m],
            value: 0.0,
        }
    }

    /// `theta` of a row of the chunk.
    pub(super) fn theta(&self, i: usize) -> f64 {
        self.up[i] - self.down[i]
    }

    /// The loss of the chunk's rows between the smallest and the largest output, and its slope.
    pub(super) fn evaluate(
        &mut self,
        data: MatRef<'_, f64>,
        shapes: &[Shape; 2],
        loss: &dyn RowLoss,
        smoothing: f64,
    ) {
        let data = data.subcols(self.rows.start, self.rows.len());
        for (side, shape) in self.sides.iter_mut().zip(shapes) {
            side.forward(data, &self.norms, shape, smoothing);
        }
        let [plus, minus] = &self.sides;
        self.value = 0.0;
        for (i, row) in self.rows.clone().enumerate() {
            let (high, low) = (plus.high[i] - minus.low[i], plus.low[i] - minus.high[i]);
            let least = loss.least(row);
            let (value, slope) = loss.at(row, high);
            (self.up[i], self.down[i]) = (0.0, 0.0);
            self.value += least;
            if slope < 0.0 {
                self.up[i] = -slope;
                self.value += value - least;
            }
            let (value, slope) = loss.at(row, low);
            if slope > 0.0 {
                self.down[i] = slope;
                self.value += value - least;
            }
        }
        let [plus, minus] = &mut self.sides;
        plus.backward(data, &shapes[0], &self.up, &self.down);
        minus.backward(data, &shapes[1], &self.down, &self.up);
    }
}

/// Below this share of its size `|U x|` is rounding, and so is its direction: another machine finds
/// another one.
const NOISE: f64 = 1e-10;

impl Side {
    /// `1 / |N N'x|` of a row, 0 where that is rounding.
    pub(super) fn per_turn(&self, i: usize, norm: f64, shape: &Shape) -> f64 {
        let is_known = self.turn[i] > NOISE * shape.size * shape.size * norm;
        if is_known { inverse(self.turn[i]) } else { 0.0 }
    }

    fn forward(&mut self, data: MatRef<'_, f64>, norms: &[f64], shape: &Shape, smoothing: f64) {
        let (factor, gram) = (shape.factor.as_ref(), shape.gram.as_ref());
        product(
            self.image.as_mut(),
            Accum::Replace,
            factor.transpose(),
            data,
            1.0,
        );
        product(
            self.twice.as_mut(),
            Accum::Replace,
            gram,
            self.image.as_ref(),
            1.0,
        );
        let (s, a) = (shape.scale, shape.mass_root);
        for (i, norm) in norms.iter().enumerate() {
            let (image, twice) = (column(&self.image, i), column(&self.twice, i));
            self.reach[i] = linalg_core::norm(image);
            let kept = KEPT * smoothing * norm;
            self.soft[i] = (self.reach[i] * inverse(shape.size)).hypot(kept);
            self.turn[i] = dot(image, twice).max(0.0).sqrt();
            let xi = s * dot(image, &shape.mass_vector);
            let largest = self.kinks[i].set(xi, s * s * self.turn[i], self.anchors[i], smoothing);
            self.xi[i] = xi;
            self.high[i] = 0.5 * (xi + a * a * self.soft[i]);
            self.low[i] = 0.5 * (xi + largest);
        }
    }

    /// `up` is minus the slope by `high`, `down` the slope by `low`.
    fn backward(&mut self, data: MatRef<'_, f64>, shape: &Shape, up: &[f64], down: &[f64]) {
        let (s, a) = (shape.scale, shape.mass_root);
        let slope = &mut self.slope;
        slope.mass_vector.fill(0.0);
        (slope.scale, slope.mass_root, slope.size) = (0.0, 0.0, 0.0);
        for i in 0..data.ncols() {
            let kink = self.kinks[i];
            let by_xi = 0.5 * (down[i] - up[i] + down[i] * kink.tilt());
            let by_reach = -0.5 * up[i];
            let by_turn = 0.5 * down[i] * kink.turn;
            let image = column(&self.image, i);
            linalg_core::axpy(by_xi * s, image, &mut slope.mass_vector);
            slope.scale +=
                by_xi * dot(image, &shape.mass_vector) + 2.0 * by_turn * s * self.turn[i];
            slope.mass_root += 2.0 * by_reach * a * self.soft[i];
            let along = by_reach * s * s * inverse(self.soft[i]);
            slope.size -= along * self.reach[i] * self.reach[i] * inverse(shape.size);
            let around = by_turn * s * s * inverse(self.turn[i]);
            let (twice, back) = (column(&self.twice, i), column_mut(self.back.as_mut(), i));
            for (k, out) in back.iter_mut().enumerate() {
                *out = by_xi * s * shape.mass_vector[k] + along * image[k] + around * twice[k];
            }
        }
        let back = self.back.as_ref().transpose();
        product(slope.factor.as_mut(), Accum::Replace, data, back, 1.0);
        // `twice` has served: it takes the images' weights by the Gram matrix
        for (i, down) in down.iter().enumerate() {
            let weight = 0.5 * down * self.kinks[i].turn * s * s * inverse(self.turn[i]);
            for k in 0..self.image.nrows() {
                self.twice[(k, i)] = weight * self.image[(k, i)];
            }
        }
        let image = self.image.as_ref().transpose();
        product(
            slope.gram.as_mut(),
            Accum::Replace,
            self.twice.as_ref(),
            image,
            1.0,
        );
    }
}

/// `1 / v`, and 0 for 0: a row that a factor does not see has no part in its slope.
pub(super) fn inverse(v: f64) -> f64 {
    if v > 0.0 && v.recip().is_finite() {
        v.recip()
    } else {
        0.0
    }
}

fn column(m: &Mat<f64>, j: usize) -> &[f64] {
    m.col_as_slice(j)
}

fn column_mut(m: MatMut<'_, f64>, j: usize) -> &mut [f64] {
    m.col_mut(j)
        .try_as_col_major_mut()
        .expect("columns of an owned matrix are contiguous")
        .as_slice_mut()
}
