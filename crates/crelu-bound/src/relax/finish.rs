use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::prelude::default;
use faer::{Accum, Mat, Par};
use linalg_core::{for_each_mut, product};

use super::block::Block;
use super::form::{Form, Pulled, Scales};
use super::units::Reduced;
use crate::certificate::{BlockMultipliers, Certificate, ProductMultipliers, Proof, SIGNS};
use crate::problem::BoundProblem;
use crate::verify::{best_shift, factor};

/// The multipliers of an iterate, and what it takes to make a certificate of them.
pub(super) struct Finish<'a> {
    pub(super) problem: &'a BoundProblem<'a>,
    pub(super) data: &'a Reduced,
    pub(super) blocks: &'a [Block],
    /// `Lambda` of every block and sign.
    pub(super) duals: &'a [[Form; 2]],
    pub(super) scales: Scales,
}

impl Finish<'_> {
    /// `theta` as near to that of the zero network, which has the largest dual value, as both signs allow, every multiplier in its cone, and the products
    /// `z_i z'_i` lowered until every block is negative definite, by as much as makes the proven
    /// price least.
    ///
    /// **Cost** about `10 m^3` flops a block of `m` rows and sign.
    pub(super) fn certificate(&self) -> Certificate {
        let mut theta = vec![0.0; self.data.n_rows()];
        for (block, duals) in self.blocks.iter().zip(self.duals) {
            for (i, &row) in block.rows.iter().enumerate() {
                theta[row] = row_theta(self.data, block, duals, i, self.scales);
            }
        }
        let mut both = [None, None];
        for_each_mut(&mut both, |s, out| *out = Some(self.one_sign(&theta, s)));
        // what is left out has no price: its theta is that of the zero network once the price is scaled
        // to the threshold
        let price = both.iter().flatten().fold(0.0, |most, one| one.1.max(most));
        let scale = match price.is_finite() {
            true => (price / self.data.threshold).max(1.0),
            false => 1.0,
        };
        let mut user: Vec<f64> = self.problem.theta_of_zero();
        user.iter_mut().for_each(|t| *t *= scale);
        for (row, t) in self.data.rows.iter().zip(&theta) {
            user[*row] = t * self.data.losses.theta_unit;
        }
        let empty = || ProductMultipliers {
            blocks: Vec::new(),
            trace: 0.0,
        };
        let both = both.map(|one| one.map_or_else(empty, |one| one.0));
        Certificate::new(user, Proof::Products(Box::new(both)))
    }

    /// The multipliers of a sign and about the price that they prove, at size one.
    fn one_sign(&self, theta: &[f64], s: usize) -> (ProductMultipliers, f64) {
        let (data, blocks) = (self.data, self.blocks);
        let signed: Vec<f64> = theta.iter().map(|t| SIGNS[s] * t).collect();
        let mut parts: Vec<Option<Part>> = blocks.iter().map(|_| None).collect();
        for_each_mut(&mut parts, |k, part| {
            *part = Some(prepare(&blocks[k], &self.duals[k][s], &signed, self.scales));
        });
        let mut parts: Vec<Part> = parts.into_iter().flatten().collect();
        // golden section on the logarithm of the shift
        let mut price = |log: f64| schur_price(&mut parts, data.rank(), log.exp());
        let (mut low, mut high) = SHIFTS;
        let mut inner = [low + GOLDEN * (high - low), high - GOLDEN * (high - low)];
        let mut values = inner.map(|log| price(log).0);
        for _ in 0..TRIALS {
            if values[0] <= values[1] {
                high = inner[1];
                inner = [low + GOLDEN * (high - low), inner[0]];
                values = [price(inner[0]).0, values[0]];
            } else {
                low = inner[0];
                inner = [inner[1], high - GOLDEN * (high - low)];
                values = [values[1], price(inner[1]).0];
            }
        }
        let best = match values[0] <= values[1] {
            true => inner[0],
            false => inner[1],
        };
        let (proven, trace) = price(best);
        let out = (blocks.iter().zip(&parts))
            .map(|(block, part)| export(data, block, part, &signed, self.scales, best.exp()));
        let made = ProductMultipliers {
            blocks: out.collect(),
            trace: trace * data.x_unit * data.losses.theta_unit,
        };
        (made, proven)
    }
}

/// `theta` of the zero network, moved between what the two signs' multipliers of `(a, z_i)` pay for.
fn row_theta(data: &Reduced, block: &Block, duals: &[Form; 2], i: usize, scales: Scales) -> f64 {
    let paid = |s: usize| {
        let dual = &duals[s];
        let lean = dual.slope.col(i).norm_l2();
        2.0 * (dual.bound[i] - scales.tau() * lean) / block.outputs[i]
    };
    let (high, low) = (paid(0), -paid(1));
    let row = block.rows[i];
    let theta = match low < high {
        true => data.first[row].clamp(low, high),
        false => 0.5 * (low + high),
    };
    data.losses.inside(row, theta)
}

/// One block's multipliers inside their cones, and their form.
struct Part {
    form: Form,
    pulled: Pulled,
    /// `X'X` of the block.
    gram: Mat<f64>,
    /// Largest eigenvalue and mean absolute diagonal of the square.
    top: f64,
    mean: f64,
    /// Of one trial: what the block adds to the Schur complement.
    schur: Option<Mat<f64>>,
}

/// Range of the logarithm of the shift, relative to the mean diagonal of a block.
const SHIFTS: (f64, f64) = (-16.0, 1.0);
const GOLDEN: f64 = 0.381_966_011_250_105_1;
/// Steps of the search: the shift to a few per cent.
const TRIALS: usize = 10;

/// `q`: `s theta`.
fn prepare(block: &Block, dual: &Form, q: &[f64], scales: Scales) -> Part {
    let (rank, m) = (block.x.nrows(), block.rows.len());
    let mut form = Form::zeros(m, rank);
    for j in 0..2 * m {
        for i in 0..2 * m {
            let value = dual.products[(i, j)];
            let is_pair = (i + m) % (2 * m) == j;
            form.products[(i, j)] = if is_pair { value } else { value.max(0.0) };
        }
    }
    for i in 0..2 * m {
        for k in 0..rank {
            form.slope[(k, i)] = dual.slope[(k, i)];
        }
        // (a, z): half of c (s theta + p), (a, z'): half of c p'
        let (c, price) = match i < m {
            true => (block.outputs[i], q[block.rows[i]]),
            false => (block.outputs[i - m], 0.0),
        };
        let least = 0.5 * c * price + scales.tau() * form.slope.col(i).norm_l2();
        form.bound[i] = dual.bound[i].max(least);
    }
    let mut pulled = Pulled::zeros(m, rank);
    pulled.pull(&form, block.x.as_ref(), scales);
    for j in 0..rank {
        pulled.corner[(j + 1, 0)] *= scales.kappa;
        pulled.corner[(0, j + 1)] *= scales.kappa;
    }
    for i in 0..m {
        pulled.border[(i, 0)] *= scales.kappa;
    }
    let mut gram = Mat::zeros(rank, rank);
    product(
        gram.as_mut(),
        Accum::Replace,
        block.x.as_ref(),
        block.x.transpose(),
        1.0,
    );
    #[expect(clippy::cast_precision_loss, reason = "a row count far below 2^53")]
    let mean = (0..m).map(|i| pulled.square[(i, i)].abs()).sum::<f64>() / m as f64;
    Part {
        top: largest_eigenvalue(&pulled.square),
        mean,
        gram,
        form,
        pulled,
        schur: None,
    }
}

fn largest_eigenvalue(a: &Mat<f64>) -> f64 {
    let side = a.nrows();
    let mut values = Diag::<f64>::zeros(side);
    let scratch =
        self_adjoint_evd_scratch::<f64>(side, ComputeEigenvectors::No, Par::Seq, default());
    let done = self_adjoint_evd(
        a.as_ref(),
        values.as_mut(),
        None,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        default(),
    );
    match done {
        Ok(()) => values.column_vector()[side - 1],
        Err(_) => a.norm_l2(),
    }
}

impl Part {
    /// By how much `(z_i, z'_i)` is lowered.
    fn shift(&self, relative: f64) -> f64 {
        self.top + relative * self.mean
    }
}

/// The price that a shift proves and the multiplier of `a^2 - |u|^2`.
fn schur_price(parts: &mut [Part], rank: usize, relative: f64) -> (f64, f64) {
    for_each_mut(parts, |_, part| {
        let shift = part.shift(relative);
        let m = part.pulled.square.nrows();
        let mut l = Mat::from_fn(m, m, |i, j| -part.pulled.square[(i, j)]);
        for i in 0..m {
            l[(i, i)] += shift;
        }
        part.schur = factor(l.as_mut()).then(|| {
            let mut w = part.pulled.border.clone();
            solve_lower_triangular_in_place(l.as_ref(), w.as_mut(), Par::Seq);
            let mut schur = part.pulled.corner.clone();
            product(schur.as_mut(), Accum::Add, w.transpose(), w.as_ref(), 1.0);
            let mut uu = schur.as_mut().submatrix_mut(1, 1, rank, rank);
            faer::zip!(uu.as_mut(), part.gram.as_ref())
                .for_each(|faer::unzip!(u, g)| *u += 0.5 * shift * *g);
            schur
        });
    });
    let mut sum = Mat::<f64>::zeros(1 + rank, 1 + rank);
    for part in parts.iter() {
        match &part.schur {
            Some(schur) => sum += schur,
            None => return (f64::INFINITY, 0.0),
        }
    }
    let a = sum.as_ref().submatrix(1, 1, rank, rank).to_owned();
    let b = Mat::from_fn(rank, 1, |k, _| 2.0 * sum[(k + 1, 0)]);
    match best_shift(&a, &b) {
        Some((lambda, value)) => {
            let price = sum[(0, 0)] + value;
            (price, lambda - 0.5 * price.max(0.0))
        }
        None => (f64::INFINITY, 0.0),
    }
}

/// A block in the units of the user.
fn export(
    data: &Reduced,
    block: &Block,
    part: &Part,
    q: &[f64],
    scales: Scales,
    relative: f64,
) -> BlockMultipliers {
    let (rank, m) = (block.x.nrows(), block.rows.len());
    let length = |i: usize| data.lengths[block.rows[i % m]];
    let unit = data.losses.theta_unit / data.x_unit;
    let shift = part.shift(relative);
    let mut products = Vec::with_capacity(4 * m * m);
    for j in 0..2 * m {
        for i in 0..2 * m {
            let is_pair = (i + m) % (2 * m) == j;
            let value = part.form.products[(i, j)] - if is_pair { shift } else { 0.0 };
            products.push(value / (length(i) * length(j)) * unit);
        }
    }
    let bound = (0..2 * m)
        .map(|i| {
            let price = if i < m { q[block.rows[i]] } else { 0.0 };
            (2.0 * part.form.bound[i] / block.outputs[i % m] - price) * data.losses.theta_unit
        })
        .collect();
    let slopes = Mat::from_fn(rank, 2 * m, |k, i| {
        -2.0 * scales.delta / length(i) * part.form.slope[(k, i)] * data.losses.theta_unit
    });
    let directions = data.space.expand(slopes.as_ref());
    BlockMultipliers {
        rows: block.rows.iter().map(|&i| data.rows[i]).collect(),
        products,
        bound,
        direction: (0..2 * m)
            .flat_map(|i| directions.col_as_slice(i).to_vec())
            .collect(),
    }
}
