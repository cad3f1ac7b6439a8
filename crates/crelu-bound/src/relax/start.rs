use faer::{Accum, Mat};
use linalg_core::product;

use super::block::Block;
use super::form::{Form, Scales};
use super::units::Reduced;
use crate::certificate::{Certificate, Proof, SIGNS};
use crate::network::KnownNetwork;
use crate::row_losses::RowLoss;

/// A network as unit directions in the row space and a signed mass each, at size one.
pub(super) struct Start {
    /// `rank x k`.
    directions: Mat<f64>,
    /// `[k]`, signed.
    mass: Vec<f64>,
    /// `m x k`: `x_i'u_j` for rows of length one.
    images: Mat<f64>,
    /// `[m]`: minus the slope of the loss.
    pub(super) theta: Vec<f64>,
    /// The loss and `B sum |mass|`.
    pub(super) objective: f64,
}

impl Start {
    pub(super) fn new(data: &Reduced, network: Option<KnownNetwork<'_>>) -> Self {
        let (rank, m) = (data.rank(), data.n_rows());
        let mut directions = Mat::zeros(rank, 0);
        let mut mass = Vec::new();
        if let Some(network) = network {
            directions = data.space.reduce(network.hidden);
            for (j, a) in network.output.iter().enumerate() {
                let norm = directions.col(j).norm_l2();
                let weight = a * norm * data.x_unit / data.losses.f_unit;
                let is_usable = norm > 0.0 && weight.is_finite() && norm.is_finite();
                mass.push(if is_usable { weight } else { 0.0 });
                for k in 0..rank {
                    directions[(k, j)] = if is_usable {
                        directions[(k, j)] / norm
                    } else {
                        0.0
                    };
                }
            }
        }
        let mut images = Mat::zeros(m, mass.len());
        let x = data.directions.as_ref();
        product(
            images.as_mut(),
            Accum::Replace,
            x.transpose(),
            directions.as_ref(),
            1.0,
        );
        let output = |i: usize| -> f64 {
            let terms = mass
                .iter()
                .enumerate()
                .map(|(j, w)| w * images[(i, j)].max(0.0));
            data.lengths[i] * terms.sum::<f64>()
        };
        let rows: Vec<(f64, f64)> = (0..m).map(|i| data.losses.at(i, output(i))).collect();
        let theta: Vec<f64> = rows.iter().map(|(_, slope)| -slope).collect();
        let loss: f64 = rows.iter().map(|(value, _)| value).sum();
        let objective = loss + data.threshold * mass.iter().map(|w| w.abs()).sum::<f64>();
        Self {
            directions,
            mass,
            images,
            theta,
            objective,
        }
    }

    /// `kappa^2` is `MOMENT` times the mean square of the rows' outputs, so that the parts of `t` are of
    /// one size.
    pub(super) fn scales(&self, data: &Reduced, n_blocks: usize) -> Scales {
        let (m, rank) = (data.n_rows(), data.rank());
        let total: f64 = self.mass.iter().map(|w| w.abs()).sum();
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
        let (rows, rank, blocks) = (m as f64, rank as f64, n_blocks as f64);
        let squares: f64 = (0..self.mass.len())
            .map(|j| {
                let column = (0..m).map(|i| self.images[(i, j)].max(0.0).powi(2));
                self.mass[j].abs() * column.sum::<f64>()
            })
            .sum();
        let mean = if total > 0.0 { squares / total } else { 0.0 };
        let mean = mean.max(0.1 * rows / rank); // a uniform direction has half a row / rank
        let kappa = (MOMENT * mean / blocks).sqrt();
        Scales {
            kappa,
            delta: 0.5 * kappa,
        }
    }

    /// Writes the state `P + Lambda / rho` of all blocks; returns `rho = |Lambda| / |P|`.
    pub(super) fn fill(
        &self,
        data: &Reduced,
        certificate: Option<&Certificate>,
        blocks: &mut [Block],
        scales: Scales,
    ) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
        let count = blocks.len() as f64;
        let multipliers = [0, 1].map(|s| self.multipliers(data, certificate, s));
        let mut duals = Vec::with_capacity(2 * blocks.len());
        let (mut primal_norm, mut dual_norm) = (0.0, 0.0);
        for block in blocks.iter_mut() {
            for (s, quick) in multipliers.iter().enumerate() {
                self.fill_moments(block, s, scales);
                let mut dual = Form::zeros(block.rows.len(), data.rank());
                fill_multipliers(data, block, quick, &mut dual, scales);
                let half = 0.5 * data.threshold / count;
                for k in 0..=data.rank() {
                    let unit = if k == 0 { scales.kappa } else { scales.delta };
                    dual.corner[(k, k)] = -half / (unit * unit);
                }
                primal_norm += block.signs[s].state.square_norm();
                dual_norm += dual.square_norm();
                duals.push(dual);
            }
        }
        let rho = (dual_norm / primal_norm).sqrt();
        let rho = if rho > 0.0 && rho.is_finite() {
            rho
        } else {
            1.0
        };
        let states = blocks.iter_mut().flat_map(|b| &mut b.signs);
        for (moments, dual) in states.zip(&duals) {
            moments.state.add(1.0 / rho, dual);
            moments.lifted.add(1.0, &moments.state);
        }
        rho
    }

    /// Writes the network's moments `P` of one sign.
    pub(super) fn fill_moments(&self, block: &mut Block, s: usize, scales: Scales) {
        let (rank, m) = (self.directions.nrows(), block.rows.len());
        let own: Vec<usize> = (0..self.mass.len())
            .filter(|&j| self.mass[j] * SIGNS[s] > 0.0)
            .collect();
        let root = |k: usize| self.mass[own[k]].abs().sqrt();
        let pairs = Mat::from_fn(2 * m, own.len(), |i, k| {
            let image = self.images[(block.rows[i % m], own[k])];
            root(k)
                * if i < m {
                    image.max(0.0)
                } else {
                    (-image).max(0.0)
                }
        });
        let corner = Mat::from_fn(1 + rank, own.len(), |i, k| match i {
            0 => root(k) * scales.kappa,
            _ => root(k) * scales.delta * self.directions[(i - 1, own[k])],
        });
        let to = &mut block.signs[s].state;
        let (pairs, corner) = (pairs.as_ref(), corner.as_ref());
        product(
            to.products.as_mut(),
            Accum::Replace,
            pairs,
            pairs.transpose(),
            1.0,
        );
        product(
            to.corner.as_mut(),
            Accum::Replace,
            corner,
            corner.transpose(),
            1.0,
        );
        let slope = corner.subrows(1, rank);
        product(
            to.slope.as_mut(),
            Accum::Replace,
            slope,
            pairs.transpose(),
            1.0,
        );
        for i in 0..2 * m {
            to.bound[i] = (0..own.len()).map(|k| pairs[(i, k)] * corner[(0, k)]).sum();
        }
    }

    /// Multipliers of the quick bound's kind: guessed from the network, or of the certificate.
    fn multipliers(&self, data: &Reduced, certificate: Option<&Certificate>, s: usize) -> Quick {
        // a network's own residual is the better start, where there is one
        let has_network = self.mass.iter().any(|w| *w != 0.0);
        let certificate = certificate.filter(|_| !has_network);
        let given = certificate.and_then(|c| match &c.proof {
            Proof::Interval(both) => Some((&c.theta, &both[s])),
            _ => None,
        });
        let (m, rank) = (data.n_rows(), data.rank());
        let Some((theta, given)) = given else {
            return self.guess(data, s);
        };
        let unit = data.losses.theta_unit;
        let d = given.factor.len() / given.width.max(1);
        let mut directions = Mat::zeros(rank, m);
        if given.width > 0 && d > 0 {
            let factor = Mat::from_fn(d, given.width, |i, k| given.factor[k * d + i]);
            let factor = data.space.reduce(factor.as_ref()); // rank x width
            let mut along = Mat::zeros(given.width, m);
            let x = data.directions.as_ref();
            product(along.as_mut(), Accum::Replace, factor.transpose(), x, 1.0);
            product(
                directions.as_mut(),
                Accum::Replace,
                factor.as_ref(),
                along.as_ref(),
                1.0,
            );
        }
        for i in 0..m {
            let scale = given.g[data.rows[i]] * data.lengths[i] * (data.x_unit / unit);
            for k in 0..rank {
                directions[(k, i)] *= scale;
            }
        }
        let pick = |values: &[f64], unit: f64| -> Vec<f64> {
            data.rows.iter().map(|&i| values[i] * unit).collect()
        };
        Quick {
            q: pick(theta, SIGNS[s] / unit),
            mu: pick(&given.mu, data.x_unit / unit),
            t: pick(&given.t, 1.0 / unit),
            directions,
        }
    }

    /// `mu = q alpha / sqrt(x'U x)` and `t = |q|` or 0 by the sign of `x'm`, from the moments of the
    /// network's neurons of this sign, a little blurred.
    fn guess(&self, data: &Reduced, s: usize) -> Quick {
        let (m, rank) = (data.n_rows(), data.rank());
        #[expect(clippy::cast_precision_loss, reason = "a rank far below 2^53")]
        let blur = BLUR / rank as f64;
        let mut quick = Quick {
            q: self.theta.iter().map(|t| SIGNS[s] * t).collect(),
            mu: vec![0.0; m],
            t: vec![0.0; m],
            directions: Mat::zeros(rank, m),
        };
        for i in 0..m {
            let (mut mass, mut mean, mut square) = (0.0, 0.0, 0.0);
            for (j, w) in self.mass.iter().enumerate() {
                if w * SIGNS[s] > 0.0 {
                    let image = self.images[(i, j)];
                    mass += w.abs();
                    mean += w.abs() * image;
                    square += w.abs() * image * image;
                }
            }
            let spread = if mass > 0.0 { square / mass } else { 0.0 } + blur;
            let length = data.lengths[i];
            quick.mu[i] = quick.q[i].max(0.0) / (length * spread.sqrt());
            let lean = if mass > 0.0 {
                mean / (mean * mean + blur * mass * mass).sqrt()
            } else {
                0.0
            };
            quick.t[i] = (-quick.q[i]).max(0.0) * 0.5 * (1.0 + lean);
        }
        quick
    }
}

/// Share of the rows' mean square output that `kappa^2` takes (0.09 to 1 do as well).
const MOMENT: f64 = 0.3;
/// Share of a uniform direction that blurs the network's moments.
const BLUR: f64 = 0.1;

/// Multipliers of the quick bound for one sign, at size one.
struct Quick {
    q: Vec<f64>,
    mu: Vec<f64>,
    t: Vec<f64>,
    /// `rank x m`: the `D_i`.
    directions: Mat<f64>,
}

/// The quick bound as multipliers of products (`-mu z z' / 2`), bounds and directions.
fn fill_multipliers(data: &Reduced, block: &Block, quick: &Quick, to: &mut Form, scales: Scales) {
    let m = block.rows.len();
    for (i, &row) in block.rows.iter().enumerate() {
        let (q, length, c) = (quick.q[row], data.lengths[row], block.outputs[i]);
        if q > 0.0 {
            let value = -0.5 * quick.mu[row] * length * length;
            to.products[(i, i + m)] = value;
            to.products[(i + m, i)] = value;
            to.bound[i] = 0.5 * c * q;
        } else {
            let t = quick.t[row];
            to.bound[i] = -0.5 * c * t;
            to.bound[i + m] = 0.5 * c * t;
            for k in 0..to.slope.nrows() {
                let value = 0.5 * quick.directions[(k, row)] * length / scales.delta;
                to.slope[(k, i)] = -value;
                to.slope[(k, i + m)] = value;
            }
        }
    }
}
