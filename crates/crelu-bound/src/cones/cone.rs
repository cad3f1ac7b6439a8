use super::nearest::nearest;
use crate::enumerate::space::{Point, ROUND, add, dot, norm};

/// Passes over the open rows of negative weight, which choose their lines.
const PASSES: usize = 4;
/// A pass that shortens the vector by less than this share is the last.
const STALL: f64 = 1e-4;

/// The rows times the sizes of their weights: the price is `sum_up (z'u)_+ - sum_down (z'u)_+`.
#[derive(Debug)]
pub(super) struct Signed<const R: usize> {
    pub(super) up: Vec<Point<R>>,
    pub(super) down: Vec<Point<R>>,
}

/// All `u = sum lambda_k v_k`, `lambda >= 0`, of unit corners `v_k`, with the rows that are of one
/// sign on it summed up.
#[derive(Debug, Clone)]
pub(super) struct Cone<const R: usize> {
    corners: [Point<R>; R],
    /// Of the rows that are positive on the whole cone: those of `up` less those of `down`.
    sum: Point<R>,
    /// The rows of either sign.
    up: Vec<u32>,
    down: Vec<u32>,
    /// At least the price at unit vectors of the cone, but for rounding.
    pub(super) bound: f64,
    /// The best point met, and its price.
    pub(super) best: (f64, Point<R>),
    /// Splits from the orthant to here.
    pub(super) depth: usize,
}

impl<const R: usize> Cone<R> {
    /// The orthants, which cover the sphere. `trivial`: a bound of every price.
    pub(super) fn orthants(rows: &Signed<R>, trivial: f64) -> Option<Vec<Self>> {
        let all = |n: usize| Some((0..u32::try_from(n).ok()?).collect::<Vec<u32>>());
        let (up, down) = (all(rows.up.len())?, all(rows.down.len())?);
        let orthant = |mask: usize| {
            let corners = core::array::from_fn(|k| {
                let mut corner = [0.0; R];
                corner[k] = if mask >> k & 1 == 0 { 1.0 } else { -1.0 };
                corner
            });
            let whole = Self {
                corners,
                sum: [0.0; R],
                up: up.clone(),
                down: down.clone(),
                bound: trivial,
                best: (0.0, corners[0]),
                depth: 0,
            };
            whole.part(rows, corners, 0.0)
        };
        Some((0..1_usize << R).map(orthant).collect())
    }

    /// Visits of a row that one more cone inside of this one costs.
    pub(super) fn open(&self) -> usize {
        self.up.len() + self.down.len()
    }

    /// Memory.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + size_of::<u32>() * (self.up.capacity() + self.down.capacity())
    }

    /// Both halves of the longest edge.
    pub(super) fn halves(&self, rows: &Signed<R>, floor: f64) -> [Self; 2] {
        let (mut a, mut b, mut longest) = (0, 1, -1.0);
        for i in 0..R {
            for j in 0..i {
                let apart = norm(add(self.corners[i], self.corners[j], -1.0));
                if apart > longest {
                    (a, b, longest) = (i, j, apart);
                }
            }
        }
        let middle = unit(add(self.corners[a], self.corners[b], 1.0));
        [a, b].map(|replaced| {
            let mut corners = self.corners;
            corners[replaced] = middle;
            let mut half = self.part(rows, corners, floor);
            half.depth += 1;
            half
        })
    }

    /// The part of this cone between `corners`. Work on its bound ends once that is at most `floor`.
    fn part(&self, rows: &Signed<R>, corners: [Point<R>; R], floor: f64) -> Self {
        let mut out = Self {
            corners,
            sum: self.sum,
            up: Vec::new(),
            down: Vec::new(),
            bound: self.bound,
            best: (0.0, corners[0]),
            depth: self.depth,
        };
        let centre = unit(corners.iter().fold([0.0; R], |sum, v| add(sum, *v, 1.0)));
        // (z'u)_+ is at most what it is at the corners, joined linearly
        let mut chords = [0.0; R];
        for &row in &self.up {
            let z = rows.up[row as usize];
            let at: Point<R> = core::array::from_fn(|k| dot(z, corners[k]));
            if at.iter().all(|v| *v >= 0.0) {
                out.sum = add(out.sum, z, 1.0);
            } else if at.iter().any(|v| *v > 0.0) {
                out.up.push(row);
                for (chord, v) in chords.iter_mut().zip(at) {
                    *chord += v.max(0.0);
                }
            }
        }
        for &row in &self.down {
            let z = rows.down[row as usize];
            let at: Point<R> = core::array::from_fn(|k| dot(z, corners[k]));
            if at.iter().all(|v| *v >= 0.0) {
                out.sum = add(out.sum, z, -1.0);
            } else if at.iter().any(|v| *v > 0.0) {
                out.down.push(row);
            }
        }
        out.bind(rows, &chords, centre, floor);
        out
    }

    /// With `-(z'u)_+ <= -t z'u`, `0 <= t <= 1`, for the open rows of `down`, all is a linear `g'u` on
    /// the cone: at most `v'u + max_k (g - v)'v_k sum lambda` for any `v`. The best `v` is the nearest
    /// of the cone to `g`; the lines are chosen by descent over `t`.
    fn bind(&mut self, rows: &Signed<R>, chords: &Point<R>, centre: Point<R>, floor: f64) {
        self.best = (self.price(rows, centre), centre);
        let Some(inverse) = inverse(&self.corners) else {
            return;
        };
        let mut g = self.sum;
        for (w, chord) in inverse.iter().zip(chords) {
            g = add(g, *w, *chord);
        }
        let mut lines = Vec::with_capacity(self.down.len());
        for row in &self.down {
            let z = rows.down[*row as usize];
            let t = if dot(z, centre) > 0.0 { 1.0 } else { 0.0 };
            g = add(g, z, -t);
            lines.push(t);
        }
        let mut v = nearest(&self.corners, g);
        let top = unit(v);
        let price = self.price(rows, top);
        if price > self.best.0 {
            self.best = (price, top);
        }
        let mut before = norm(v);
        for _ in 0..PASSES {
            if before <= floor {
                break;
            }
            for (t, row) in lines.iter_mut().zip(&self.down) {
                let z = rows.down[*row as usize];
                let next: f64 = (*t + dot(v, z) / dot(z, z)).clamp(0.0, 1.0);
                if next != *t && next.is_finite() {
                    v = add(v, z, *t - next);
                    g = add(g, z, *t - next);
                    *t = next;
                }
            }
            v = nearest(&self.corners, g);
            let size = norm(v);
            if size > before * (1.0 - STALL) {
                break;
            }
            before = size;
        }
        // nothing of the above is believed
        let mut line = self.sum;
        for (t, row) in lines.iter().zip(&self.down) {
            line = add(line, rows.down[*row as usize], -t);
        }
        let mut excess = 0.0_f64;
        for (corner, chord) in self.corners.iter().zip(chords) {
            excess = excess.max(chord + dot(line, *corner) - dot(v, *corner));
        }
        let bound = norm(v) * (1.0 + 4.0 * ROUND) + excess * Self::sum_of_parts();
        if bound < self.bound {
            self.bound = bound;
        }
    }

    /// At least `sum lambda_k` of a unit vector: on an orthant the sum of its entries, and splits do
    /// not raise it, as `|v_a + v_b| <= 2`.
    pub(super) fn sum_of_parts() -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a rank of at most six")]
        let rank = R as f64;
        rank.sqrt() * (1.0 + ROUND)
    }

    /// At a point of the cone.
    fn price(&self, rows: &Signed<R>, at: Point<R>) -> f64 {
        let total = |of: &[Point<R>], open: &[u32]| -> f64 {
            let parts = open.iter().map(|row| dot(of[*row as usize], at).max(0.0));
            parts.sum()
        };
        dot(self.sum, at) + total(&rows.up, &self.up) - total(&rows.down, &self.down)
    }
}

fn unit<const R: usize>(v: Point<R>) -> Point<R> {
    let size = norm(v);
    v.map(|v| v / size)
}

/// The `w_k` with `w_k'v_k = 1` and `w_k'v_j = 0` else, by Gauss-Jordan elimination; None where a
/// pivot vanishes.
fn inverse<const R: usize>(corners: &[Point<R>; R]) -> Option<[Point<R>; R]> {
    let mut left = *corners;
    let mut right = [[0.0; R]; R];
    for (k, row) in right.iter_mut().enumerate() {
        row[k] = 1.0;
    }
    for c in 0..R {
        let pivot = (c..R).max_by(|a, b| left[*a][c].abs().total_cmp(&left[*b][c].abs()))?;
        left.swap(c, pivot);
        right.swap(c, pivot);
        let inverse = 1.0 / left[c][c];
        if !inverse.is_finite() {
            return None;
        }
        left[c] = left[c].map(|v| v * inverse);
        right[c] = right[c].map(|v| v * inverse);
        let (own_left, own_right) = (left[c], right[c]);
        for row in (0..R).filter(|row| *row != c) {
            let factor = left[row][c];
            left[row] = add(left[row], own_left, -factor);
            right[row] = add(right[row], own_right, -factor);
        }
    }
    Some(core::array::from_fn(|k| right.map(|row| row[k])))
}
