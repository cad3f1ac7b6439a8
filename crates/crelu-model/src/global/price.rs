use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use linalg_core::{Control, Real, dot, for_each_mut, in_pool};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::ascent::Ascent;
use super::neurons::Neurons;
use super::pattern::{groups, pattern_hashes};
use super::problem::GlobalProblem;
use super::rows::sum_over_rows;
use super::starts::Starts;

/// How large a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchSize {
    /// Ascents a sign.
    pub ascents: usize,
    /// Steps of an ascent.
    pub steps: usize,
    /// Most neurons a sign that are handed back.
    pub keep: usize,
    /// Most rows that the ascents look at, evenly spread; none: all. What they find is priced on
    /// all rows in any case.
    pub rows: Option<usize>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// The largest price found, in units of `beta_sum`; that of the network's own neurons counts.
    pub max_price: f64,
    /// Ascents made, of both signs together.
    pub ascents: usize,
    /// Neurons priced above the threshold, of distinct patterns, each sign's dearest first; their
    /// weights are 0.
    pub found: Neurons,
    /// Their prices in units of `beta_sum`.
    pub prices: Vec<f64>,
    /// Products `R u` or `R'v` of the ascents; one over a sample of the rows counts for its share.
    pub products: f64,
}

/// The stream of random numbers of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Searcher {
    /// The seed.
    pub seed: u64,
    /// The round: another one draws other starts.
    pub round: u64,
}

/// Columns of a block of ascents, both signs in turn. The cut is fixed and every block draws from
/// its own stream, so the answer does not depend on the number of threads.
const BLOCK: usize = 64;
/// A price found in `f32` is looked at in `f64` from this far below the threshold on.
const NARROW_ERROR: f64 = 1e-3;
/// The dearest of each sign are looked at in any case.
const LOOK_AT: usize = 16;
/// Power steps `u = g / |g|` in `f64` that refine a find.
const POWER_STEPS: usize = 3;

/// Looks for unit neurons of price `|theta'(R u)_+|` above `threshold beta_sum`.
///
/// A halt of `control` ends the ascents early; what was found until then is returned.
///
/// **Cost** `8 ascents steps n rank` flops in `f32`; one tile of rows and five numbers a
/// coordinate and column for each thread.
///
/// # Panics
/// If `theta` has another length than there are samples.
#[must_use]
pub fn search(
    problem: &GlobalProblem,
    theta: &[f64],
    neurons: &Neurons,
    size: SearchSize,
    threshold: f64,
    searcher: Searcher,
    control: &Control<'_>,
) -> Search {
    assert_eq!(
        theta.len(),
        problem.n_samples(),
        "theta: one value a sample"
    );
    let (mut priced, products) = in_pool(|| {
        let (mut candidates, products) =
            ascend(problem, theta, neurons, size, threshold, searcher, control);
        candidates.extend(neurons);
        (refine(problem, theta, candidates, control), products)
    });
    let max_price = priced.prices.iter().fold(0.0_f64, |a, p| a.max(*p));
    priced.choose(problem, threshold, size.keep);
    Search {
        max_price,
        ascents: 2 * size.ascents,
        found: priced.neurons,
        prices: priced.prices,
        products,
    }
}

/// The price of every neuron, `s_i theta'(R u_i)_+`, in units of `beta_sum`.
#[must_use]
pub fn prices(problem: &GlobalProblem, theta: &[f64], neurons: &Neurons) -> Vec<f64> {
    let gradients = gradients(problem, theta, neurons);
    relative_prices(problem, neurons, &gradients)
}

/// The ends of the ascents that are worth a look in `f64`.
fn ascend(
    problem: &GlobalProblem,
    theta: &[f64],
    neurons: &Neurons,
    size: SearchSize,
    threshold: f64,
    searcher: Searcher,
    control: &Control<'_>,
) -> (Neurons, f64) {
    let rank = problem.rank();
    let largest = theta.iter().fold(0.0_f64, |a, t| a.max(t.abs()));
    let mut candidates = Neurons::none(rank);
    if largest <= 0.0 || rank == 0 {
        return (candidates, 0.0);
    }
    let stride = size
        .rows
        .map_or(1, |rows| problem.n_samples().div_ceil(rows.max(1)));
    let offset = usize::try_from(searcher.round % (stride as u64)).unwrap_or(0);
    let looked_at: Vec<usize> = (offset..problem.n_samples()).step_by(stride).collect();
    let theta: Vec<f32> = looked_at
        .iter()
        .map(|&i| f32::of(theta[i] / largest))
        .collect();
    let part: Mat<f32>;
    let data = if stride == 1 {
        problem.narrow()
    } else {
        part = Mat::from_fn(rank, looked_at.len(), |k, i| {
            problem.narrow()[(k, looked_at[i])]
        });
        part.as_ref()
    };
    let starts = Starts::new(data, &theta, neurons);
    let columns = 2 * size.ascents;
    let mut blocks: Vec<Option<Ascent>> = (0..columns.div_ceil(BLOCK)).map(|_| None).collect();
    for_each_mut(&mut blocks, |b, out| {
        if control.halt().is_some() {
            return;
        }
        let first = b * BLOCK;
        let count = BLOCK.min(columns - first);
        let mut rng = stream(searcher, b);
        let signs = (0..count).map(|j| if j % 2 == 0 { 1.0 } else { -1.0 });
        let mut ascent = Ascent::new(rank, data.ncols(), signs.collect());
        for (j, u) in ascent.u.chunks_exact_mut(rank).enumerate() {
            starts.draw((first + j) / 2, j % 2, &mut rng, u);
        }
        ascent.run(data, &theta, size.steps, control);
        *out = Some(ascent);
    });
    for ascent in blocks.iter().flatten() {
        let columns = ascent.columns_gone_through();
        problem
            .work()
            .add_products(2, looked_at.len(), rank, columns);
    }
    // (value, column) of each sign, the dearest first
    let line = if stride == 1 {
        narrow_value(problem, (threshold - NARROW_ERROR) / largest)
    } else {
        0.0
    };
    let all: Vec<(&[f32], f32, f32)> = blocks
        .iter()
        .flatten()
        .flat_map(Ascent::ends)
        .filter(|(_, value, _)| value.is_finite())
        .collect();
    for sign in [1.0, -1.0] {
        let mut order: Vec<usize> = (0..all.len()).filter(|&j| all[j].2 == sign).collect();
        order.sort_by(|&i, &j| all[j].1.total_cmp(&all[i].1).then(i.cmp(&j)));
        // a halted search is not used to insert: a look at the dearest must do
        let most = if control.halt().is_some() {
            LOOK_AT
        } else {
            4 * size.keep.max(LOOK_AT)
        };
        for (k, &j) in order.iter().take(most).enumerate() {
            if k >= LOOK_AT && f64::from(all[j].1) < line {
                break;
            }
            let wide: Vec<f64> = all[j].0.iter().map(|u| f64::from(*u)).collect();
            candidates.push(&wide, f64::from(sign), 0.0);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    let share = looked_at.len() as f64 / problem.n_samples() as f64;
    let products = blocks.iter().flatten().map(|ascent| ascent.products);
    (candidates, share * products.sum::<f64>())
}

/// A price, in units of `beta_sum`, as a value of the ascents: their data are scaled.
fn narrow_value(problem: &GlobalProblem, price: f64) -> f64 {
    price * problem.beta_sum() * problem.narrow_scale()
}

/// A stream for every block: the parts are mixed by odd multipliers.
fn stream(searcher: Searcher, block: usize) -> Xoshiro256PlusPlus {
    let seed = searcher
        .seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(searcher.round.wrapping_mul(0xd1b5_4a32_d192_ed03))
        .wrapping_add((block as u64).wrapping_mul(0x8cb9_2ba7_2f3d_8dd7));
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// Neurons and their prices in units of `beta_sum`.
struct Priced {
    neurons: Neurons,
    prices: Vec<f64>,
}

/// Prices in `f64`, after power steps where they raise the price.
fn refine(
    problem: &GlobalProblem,
    theta: &[f64],
    mut neurons: Neurons,
    control: &Control<'_>,
) -> Priced {
    let mut slopes = gradients(problem, theta, &neurons);
    let mut prices = relative_prices(problem, &neurons, &slopes);
    for _ in 0..POWER_STEPS {
        if control.halt().is_some() {
            break;
        }
        let mut next = Neurons::none(neurons.rank());
        for i in 0..neurons.len() {
            let g: Vec<f64> = slopes.col(i).iter().copied().collect();
            let usable = dot(&g, &g) > 0.0;
            let u = if usable { &g[..] } else { neurons.direction(i) };
            next.push(u, neurons.signs()[i], neurons.weights()[i]);
        }
        if next.len() != neurons.len() {
            break;
        }
        let next_slopes = gradients(problem, theta, &next);
        let next_prices = relative_prices(problem, &next, &next_slopes);
        let better: Vec<bool> = (0..next.len())
            .map(|i| next_prices[i] > prices[i])
            .collect();
        if !better.contains(&true) {
            break;
        }
        let mut mixed = Neurons::none(neurons.rank());
        for (i, &better) in better.iter().enumerate() {
            let from = if better { &next } else { &neurons };
            mixed.push(from.direction(i), from.signs()[i], from.weights()[i]);
            if better {
                prices[i] = next_prices[i];
                slopes.col_mut(i).copy_from(next_slopes.col(i));
            }
        }
        neurons = mixed;
    }
    Priced { neurons, prices }
}

impl Priced {
    /// Keeps the dearest of every pattern above the threshold, at most `keep` a sign.
    fn choose(&mut self, problem: &GlobalProblem, threshold: f64, keep: usize) {
        let above: Vec<bool> = self.prices.iter().map(|p| *p > threshold).collect();
        self.retain(&above);
        let hashes = pattern_hashes(problem, &self.neurons);
        let mut chosen = Vec::new();
        for group in groups(self.neurons.signs(), &hashes) {
            let best = group
                .into_iter()
                .max_by(|&i, &j| self.prices[i].total_cmp(&self.prices[j]).then(j.cmp(&i)));
            chosen.extend(best);
        }
        chosen.sort_by(|&i, &j| self.prices[j].total_cmp(&self.prices[i]).then(i.cmp(&j)));
        let mut out = Neurons::none(self.neurons.rank());
        let mut prices = Vec::new();
        for sign in [1.0, -1.0] {
            let of_sign = chosen
                .iter()
                .filter(|&&i| self.neurons.signs()[i] * sign > 0.0);
            for &i in of_sign.take(keep) {
                out.push(self.neurons.direction(i), sign, 0.0);
                prices.push(self.prices[i]);
            }
        }
        (self.neurons, self.prices) = (out, prices);
    }

    fn retain(&mut self, keep: &[bool]) {
        self.neurons.retain(keep);
        let mut answers = keep.iter();
        self.prices
            .retain(|_| answers.next().copied().unwrap_or(false));
    }
}

/// `g_i = s_i R'(theta * 1[R u_i > 0])`, `rank x m`, in `f64`.
fn gradients(problem: &GlobalProblem, theta: &[f64], neurons: &Neurons) -> Mat<f64> {
    let (rank, m) = (problem.rank(), neurons.len());
    problem.work().add_products(2, problem.n_samples(), rank, m);
    let sums = sum_over_rows(
        problem.n_samples(),
        4 * rank * m,
        || (Mat::<f64>::zeros(rank, m), Vec::new()),
        |(sum, images): &mut (Mat<f64>, Vec<f64>), rows| {
            let count = rows.len();
            images.resize(count * m, 0.0);
            let part = problem.data().subcols(rows.start, count);
            neurons.images(part, images);
            for column in images.chunks_exact_mut(count) {
                for (h, t) in column.iter_mut().zip(&theta[rows.clone()]) {
                    *h = if *h > 0.0 { *t } else { 0.0 };
                }
            }
            matmul(
                sum.as_mut(),
                Accum::Add,
                part,
                MatRef::from_column_major_slice(images, count, m),
                1.0,
                Par::Seq,
            );
            images.clear();
        },
    );
    let mut out = Mat::<f64>::zeros(rank, m);
    for (sum, _) in &sums {
        out += sum;
    }
    for (i, sign) in neurons.signs().iter().enumerate() {
        let column: MatMut<'_, f64> = out.as_mut().subcols_mut(i, 1);
        scale_column(column, *sign);
    }
    out
}

fn scale_column(mut column: MatMut<'_, f64>, factor: f64) {
    for k in 0..column.nrows() {
        column[(k, 0)] *= factor;
    }
}

fn relative_prices(problem: &GlobalProblem, neurons: &Neurons, gradients: &Mat<f64>) -> Vec<f64> {
    (0..neurons.len())
        .map(|i| {
            let u = neurons.direction(i);
            let price: f64 = (0..u.len()).map(|k| u[k] * gradients[(k, i)]).sum();
            problem.relative(price)
        })
        .collect()
}
