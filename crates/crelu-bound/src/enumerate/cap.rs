use super::space::{self, ROUND, add, dot, norm};

type Plane = space::Plane<3>;
type Point = space::Point<3>;

/// What angles are enlarged by: more than all roundings of corners and midpoints over the deepest
/// chain of splits, so that the caps of a split cover the cap.
const SLACK: f64 = 1e-13;
/// Passes over the rows of negative weight that choose their lines, and how many rows get all.
pub(super) const PASSES: usize = 24;
pub(super) const FEW: usize = 12;

/// A piece of the sphere in `rank` dimensions: the cone of `rank` unit corners, inside a cap.
#[derive(Debug, Clone)]
pub(super) struct Cap {
    corners: [Point; 3],
    pub(super) centre: Point,
    /// Angle of the cap, its sine and cosine.
    pub(super) angle: f64,
    sine: f64,
    cosine: f64,
}

impl Cap {
    /// **Shapes** the first `rank` corners are read.
    pub(super) fn new(corners: [Point; 3], rank: usize) -> Self {
        let mut sum = [0.0; 3];
        for corner in &corners[..rank] {
            sum = add(sum, *corner, 1.0);
        }
        let centre = unit(sum);
        let angle = corners[..rank]
            .iter()
            .map(|corner| 2.0 * (0.5 * norm(add(*corner, centre, -1.0))).min(1.0).asin())
            .fold(0.0, f64::max)
            * (1.0 + SLACK)
            + SLACK;
        Self {
            corners,
            centre,
            angle,
            sine: angle.sin(),
            cosine: angle.cos(),
        }
    }

    /// The whole sphere.
    pub(super) fn sphere(rank: usize) -> Vec<Self> {
        let signs = |mask: usize, k: usize| if mask >> k & 1 == 0 { 1.0 } else { -1.0 };
        (0..1_usize << rank)
            .map(|mask| {
                let corners = core::array::from_fn(|k| {
                    let mut corner = [0.0; 3];
                    if k < rank {
                        corner[k] = signs(mask, k);
                    }
                    corner
                });
                Self::new(corners, rank)
            })
            .collect()
    }

    /// Halves, or four triangles of one.
    pub(super) fn split(&self, rank: usize) -> Vec<Self> {
        let middle = |a: usize, b: usize| unit(add(self.corners[a], self.corners[b], 1.0));
        let [a, b, c] = self.corners;
        match rank {
            2 => {
                let m = middle(0, 1);
                vec![Self::new([a, m, c], 2), Self::new([m, b, c], 2)]
            }
            3 => {
                let (ab, bc, ca) = (middle(0, 1), middle(1, 2), middle(2, 0));
                [[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]]
                    .into_iter()
                    .map(|corners| Self::new(corners, 3))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Bounds of `z'w` over the cap, `norm = |z|`.
    fn range(&self, z: Point, norm: f64) -> (f64, f64) {
        let middle = dot(z, self.centre) * self.cosine;
        let reach = norm * (self.sine + ROUND);
        let low = (middle - reach).max(-norm);
        let high = (middle + reach).min(norm);
        (low - ROUND * norm, high + ROUND * norm)
    }

    /// A bound of `v'w` over the cap.
    fn most(&self, v: Point) -> f64 {
        let length = norm(v);
        let along = dot(v, self.centre);
        if !length.is_finite() {
            return f64::INFINITY;
        }
        if along >= length * (self.cosine - SLACK) {
            return length;
        }
        // not the root of a difference of squares, which loses half the digits at the antipode
        let across = norm(add(v, self.centre, -along)) + ROUND * length;
        along * self.cosine + across * self.sine
    }

    fn holds(&self, v: Point) -> bool {
        dot(v, self.centre) >= norm(v) * self.cosine
    }
}

/// A cap with the rows that are of one sign on it summed up.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) cap: Cap,
    /// `sum w_i z_i` over the rows that are positive on the whole cap.
    sum: Point,
    /// The rows of either sign.
    pub(super) open: Vec<u32>,
    /// At least the price on the cap, but for rounding.
    pub(super) bound: f64,
    /// The best point met, and its price.
    pub(super) best: (f64, Point),
}

impl Piece {
    /// The part of `parent` inside `cap`; the whole sphere's rows are all open.
    pub(super) fn new(
        plane: &Plane,
        weights: &[f64],
        cap: Cap,
        sum: Point,
        rows: impl Iterator<Item = u32>,
    ) -> Self {
        let mut out = Self {
            cap,
            sum,
            open: Vec::new(),
            bound: f64::INFINITY,
            best: (f64::NEG_INFINITY, [0.0; 3]),
        };
        // the chords of open rows of positive weight: hi (z'w - lo) / (hi - lo)
        let mut chords = [0.0; 3];
        let mut constant = 0.0;
        let mut falling = Vec::new();
        for row in rows {
            let (z, w) = (plane.rows[row as usize], weights[row as usize]);
            let size = plane.norms[row as usize];
            let (low, high) = out.cap.range(z, size);
            if low >= 0.0 {
                out.sum = add(out.sum, z, w);
            } else if high > 0.0 {
                out.open.push(row);
                if w > 0.0 {
                    let slope = high / (high - low);
                    chords = add(chords, z, w * slope);
                    constant -= w * slope * low;
                } else {
                    falling.push(row);
                }
            }
        }
        let direction = out.bounded(plane, weights, add(out.sum, chords, 1.0), &falling);
        out.bound += constant;
        out.try_at(plane, weights, out.cap.centre);
        if out.cap.holds(direction) {
            out.try_at(plane, weights, unit(direction));
        }
        out
    }

    /// Lines `t z'w`, `0 <= t <= 1`, below `(z'w)_+` for open rows of negative weight, so that
    /// what they leave of `v` is short.
    fn bounded(&mut self, plane: &Plane, weights: &[f64], v: Point, falling: &[u32]) -> Point {
        let passes = if falling.len() <= FEW { PASSES } else { 2 };
        let mut lines = vec![0.0; falling.len()];
        let mut v = v;
        self.bound = self.cap.most(v);
        let mut shortest = v;
        for _ in 0..passes {
            let mut moved = false;
            for (line, row) in lines.iter_mut().zip(falling) {
                let (z, w) = (plane.rows[*row as usize], weights[*row as usize]);
                let square = w * dot(z, z);
                if square == 0.0 {
                    continue;
                }
                // v + (t - line) w z is shortest at ...
                let t: f64 = (*line - dot(v, z) / square).clamp(0.0, 1.0);
                if t != *line && t.is_finite() {
                    v = add(v, z, (t - *line) * w);
                    *line = t;
                    moved = true;
                }
            }
            let bound = self.cap.most(v);
            if bound < self.bound {
                (self.bound, shortest) = (bound, v);
            }
            if !moved {
                break;
            }
        }
        shortest
    }

    fn try_at(&mut self, plane: &Plane, weights: &[f64], at: Point) {
        let mut price = dot(self.sum, at);
        for &row in &self.open {
            price += weights[row as usize] * dot(plane.rows[row as usize], at).max(0.0);
        }
        if price > self.best.0 {
            self.best = (price, at);
        }
    }

    /// `sum w_i z_i` over the rows that are positive on the cap.
    pub(super) fn sum(&self) -> Point {
        self.sum
    }
}

fn unit(v: Point) -> Point {
    let size = norm(v);
    core::array::from_fn(|k| v[k] / size)
}
