use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use linalg_core::{Control, Real, axpy, dot, for_each_mut, in_pool};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::ascent::Ascent;
use super::neurons::Neurons;
use super::packed::Packed;
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
    /// Most rows that the ascents begin on, evenly spread; none: all. The best eighth, a hundred at
    /// least, then climb on over all rows for a few steps, and what they find is priced on all rows.
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
    /// Whether ascents went over all rows, and none was cut short.
    pub is_whole: bool,
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

/// Most columns of a block of ascents, both signs in turn. The cut follows from their number alone
/// and every block draws from its own stream, so the answer does not depend on the number of threads.
const BLOCK: usize = 96;
/// Of ascents on a sample of the rows, one in so many climbs on over all rows ...
const CLIMBERS: usize = 8;
/// ... but no fewer than this.
const LEAST_CLIMBERS: usize = 100;
/// A price found in `f32` is looked at in `f64` from this far below the threshold on.
const NARROW_ERROR: f64 = 1e-3;
/// Ends of ascents with values and directions this near to each other are one.
const SAME_VALUE: f32 = 1e-5;
const SAME_DIRECTION: f32 = 1.0 - 1e-6;
/// The dearest of each sign are looked at in any case.
const LOOK_AT: usize = 16;
/// Power steps `u = g / |g|` in `f64` that refine a find, while they raise a price by this share.
const POWER_STEPS: usize = 3;
const POWER_GAIN: f64 = 1e-5;

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
        let (mut found, products) =
            ascend(problem, theta, neurons, size, threshold, searcher, control);
        // beside a neuron in use there may be a dearer one; searches that only begin on a sample
        // leave that to those of all rows
        if size.rows.is_none() {
            found.extend(neurons);
        }
        let mut priced = refine(problem, theta, found, control);
        if size.rows.is_some() {
            priced.prices.extend(prices(problem, theta, neurons));
            priced.neurons.extend(neurons);
        }
        (priced, products)
    });
    let max_price = priced.prices.iter().fold(0.0_f64, |a, p| a.max(*p));
    priced.choose(problem, threshold, size.keep);
    Search {
        max_price,
        ascents: 2 * size.ascents,
        found: priced.neurons,
        prices: priced.prices,
        is_whole: control.halt().is_none(),
        products,
    }
}

/// How many of so many ascents on a sample climb on over all rows.
pub(super) fn climbers(ascents: usize) -> usize {
    (ascents / CLIMBERS).max(LEAST_CLIMBERS).min(ascents)
}

/// The price of every neuron, `s_i theta'(R u_i)_+`, in units of `beta_sum`.
#[must_use]
pub fn prices(problem: &GlobalProblem, theta: &[f64], neurons: &Neurons) -> Vec<f64> {
    let gradients = gradients(problem, theta, neurons);
    relative_prices(problem, neurons, &gradients)
}

/// The largest price at each of some dual points, in units of `beta_sum`.
pub(super) fn prices_at(problem: &GlobalProblem, thetas: &[&[f64]], neurons: &Neurons) -> Vec<f64> {
    let m = neurons.len();
    let work = problem.work();
    work.add_products(1, problem.n_samples(), problem.rank(), m);
    work.add_products(1, problem.n_samples(), m, thetas.len());
    let packed = Packed::of(neurons);
    let sums = sum_over_rows(
        problem.n_samples(),
        2 * (problem.rank() + thetas.len()) * m,
        packed.tile_rows(),
        || (Mat::<f64>::zeros(m, thetas.len()), packed.room()),
        |(sum, room), rows| {
            let (images, _) = packed.open(problem.rows(rows.clone()), rows.len(), room);
            for (k, theta) in thetas.iter().enumerate() {
                let theta = &theta[rows.clone()];
                matmul(
                    sum.as_mut().subcols_mut(k, 1),
                    Accum::Add,
                    images,
                    MatRef::from_column_major_slice(theta, theta.len(), 1),
                    1.0,
                    Par::Seq,
                );
            }
        },
    );
    (0..thetas.len())
        .map(|k| {
            let price = |i: usize| {
                let along: f64 = sums.iter().map(|(sum, _)| sum[(i, k)]).sum();
                problem.relative(neurons.signs()[i] * along)
            };
            (0..m).map(price).fold(0.0, f64::max)
        })
        .collect()
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
    let theta_all: Vec<f32> = theta.iter().map(|t| f32::of(t / largest)).collect();
    let theta_here: Vec<f32> = looked_at.iter().map(|&i| theta_all[i]).collect();
    let part: Vec<f32>;
    let data = if stride == 1 {
        problem.narrow()
    } else {
        let row = |&i: &usize| &problem.narrow()[i * rank..(i + 1) * rank];
        part = looked_at.iter().flat_map(row).copied().collect();
        &part
    };
    let starts = Starts::new(data, rank, &theta_here, neurons);
    let columns = 2 * size.ascents;
    let block = block_of(columns);
    let mut blocks: Vec<Option<Ascent>> = (0..columns.div_ceil(block)).map(|_| None).collect();
    for_each_mut(&mut blocks, |b, out| {
        if control.halt().is_some() {
            return;
        }
        let first = b * block;
        let count = block.min(columns - first);
        let mut rng = stream(searcher, b);
        let signs = (0..count).map(|j| if j % 2 == 0 { 1.0 } else { -1.0 });
        let mut ascent = Ascent::new(rank, signs.collect());
        for (j, u) in ascent.u.chunks_exact_mut(rank).enumerate() {
            starts.draw((first + j) / 2, j % 2, &mut rng, u);
        }
        ascent.run(data, &theta_here, size.steps, control);
        if stride == 1 {
            ascent.finish(data, &theta_here, size.steps, control);
        }
        *out = Some(ascent);
    });
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    let share = looked_at.len() as f64 / problem.n_samples() as f64;
    let mut products = share * counted(problem, &blocks, looked_at.len());
    if stride > 1 {
        blocks = climb_on(problem, &theta_all, &blocks, columns, size.steps, control);
        products += counted(problem, &blocks, problem.n_samples());
    }
    // (point, value, sign) of each sign, the dearest first
    let line = narrow_value(problem, (threshold - NARROW_ERROR) / largest);
    let all = ends(&blocks);
    for sign in [1.0, -1.0] {
        // a halted search is not used to insert: a look at the dearest must do
        let most = if control.halt().is_some() {
            LOOK_AT
        } else {
            2 * size.keep.max(LOOK_AT)
        };
        let mut taken: Vec<(&[f32], f32)> = Vec::new();
        for &(u, value, _) in all.iter().filter(|end| end.2 == sign) {
            if taken.len() >= most || (taken.len() >= LOOK_AT && f64::from(value) < line) {
                break;
            }
            // many ascents end at one point
            let near = taken.iter().rev();
            let near = near.take_while(|(_, before)| before - value <= SAME_VALUE * before.abs());
            let mut near = near.filter(|(v, _)| linalg_core::dot(u, v) >= SAME_DIRECTION);
            if near.next().is_none() {
                taken.push((u, value));
            }
        }
        for (u, _) in taken {
            let wide: Vec<f64> = u.iter().map(|u| f64::from(*u)).collect();
            candidates.push(&wide, f64::from(sign), 0.0);
        }
    }
    (candidates, products)
}

/// Columns of a block of so many: an even number, for both signs, and an even number of blocks.
fn block_of(columns: usize) -> usize {
    let blocks = columns.div_ceil(BLOCK).next_multiple_of(2).max(2);
    columns.div_ceil(blocks).next_multiple_of(2).max(2)
}

/// The products of ascents over so many rows, which are added to the work of the problem.
fn counted(problem: &GlobalProblem, blocks: &[Option<Ascent>], rows: usize) -> f64 {
    let mut products = 0.0;
    for ascent in blocks.iter().flatten() {
        let columns = ascent.columns_gone_through();
        problem
            .work()
            .add_products(2, rows, problem.rank(), columns);
        products += ascent.products;
    }
    products
}

/// The ends of all ascents, the dearest first.
fn ends(blocks: &[Option<Ascent>]) -> Vec<(&[f32], f32, f32)> {
    let mut all: Vec<(&[f32], f32, f32)> = blocks
        .iter()
        .flatten()
        .flat_map(Ascent::ends)
        .filter(|(_, value, _)| value.is_finite())
        .collect();
    // stable: equal values stay in the order of the blocks
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all
}

/// The best of ascents on a sample of the rows go on over all rows, half of them of each sign.
fn climb_on(
    problem: &GlobalProblem,
    theta: &[f32],
    blocks: &[Option<Ascent>],
    ascents: usize,
    steps: usize,
    control: &Control<'_>,
) -> Vec<Option<Ascent>> {
    let rank = problem.rank();
    let all = ends(blocks);
    let most = climbers(ascents).div_ceil(2);
    let of_sign = |sign: f32| all.iter().filter(move |end| end.2 == sign).take(most);
    let chosen: Vec<&(&[f32], f32, f32)> = of_sign(1.0).chain(of_sign(-1.0)).collect();
    let block = block_of(chosen.len());
    let mut out: Vec<Option<Ascent>> = (0..chosen.len().div_ceil(block)).map(|_| None).collect();
    for_each_mut(&mut out, |b, out| {
        let chosen = &chosen[b * block..chosen.len().min((b + 1) * block)];
        let signs = chosen.iter().map(|end| end.2).collect();
        let mut ascent = Ascent::new(rank, signs);
        for (u, end) in ascent.u.chunks_exact_mut(rank).zip(chosen) {
            u.copy_from_slice(end.0);
        }
        ascent.climb(problem.narrow(), theta, steps, control);
        *out = Some(ascent);
    });
    out
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
        let pays = |i: usize| next_prices[i] > prices[i] * (1.0 + POWER_GAIN);
        let goes_on = (0..next.len()).any(pays);
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
        if !goes_on {
            break;
        }
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
    let packed = Packed::of(neurons);
    let sums = sum_over_rows(
        problem.n_samples(),
        4 * rank * m,
        packed.tile_rows(),
        || vec![0.0; packed.slope_len()],
        |slopes, rows| packed.climb(problem.rows(rows.clone()), &theta[rows], slopes),
    );
    let mut slopes = vec![0.0; packed.slope_len()];
    for sum in &sums {
        axpy(1.0, sum, &mut slopes);
    }
    let slopes = packed.unpack(&slopes);
    Mat::from_fn(rank, m, |k, i| neurons.signs()[i] * slopes[i * rank + k])
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
