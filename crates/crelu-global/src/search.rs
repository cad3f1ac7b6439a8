use linalg_core::{Control, Real, dot, norm};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::engine::{Batch, Course, Ends};
use crate::host_rows::block_of;
use crate::neurons::Neurons;
use crate::pattern::{groups, pattern_hashes};
use crate::prices::{Slopes, prices, slopes};
use crate::problem::GlobalProblem;
use crate::starts::{Place, Starts};

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
    /// A few large steps over all rows, whatever `rows` says, no ascent given up and none finished: many neurons of fair prices,
    /// which a slide then moves on.
    pub broad: bool,
}

impl SearchSize {
    /// One row in so many of `n` is what ascents begin on.
    pub(crate) fn stride(&self, n: usize) -> usize {
        match self.rows {
            Some(rows) if !self.broad => n.div_ceil(rows.max(1)),
            _ => 1,
        }
    }

    /// The course of ascents over `n` rows.
    pub(crate) fn course(&self, n: usize) -> Course {
        match (self.broad, self.stride(n) > 1) {
            (true, _) => Course::Broad,
            (false, true) => Course::Sample,
            (false, false) => Course::Whole,
        }
    }
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
    /// Whether no ascent was cut short; prices are those of all rows in any case.
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

/// Looks for unit neurons of price `|theta'(R u)_+|` above `threshold beta_sum`. With several outputs
/// `2 ascents` are made, and each neuron found has the output direction `theta'(R u)_+`.
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
        problem.n_samples() * problem.outputs(),
        "theta: K values a sample"
    );
    let control = &problem.agreed(control);
    let (mut priced, products) = problem.chained(|| {
        let (mut found, products) =
            ascend(problem, theta, neurons, size, threshold, searcher, control);
        // beside a neuron in use there may be a dearer one; searches that only begin on a sample, or are
        // broad, leave that to those of all rows
        let is_small = size.rows.is_some() || size.broad;
        if !is_small {
            found.extend(neurons);
        }
        let mut priced = refine(problem, theta, found, control);
        if is_small {
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
pub(crate) fn climbers(ascents: usize) -> usize {
    (ascents / CLIMBERS).max(LEAST_CLIMBERS).min(ascents)
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
    let largest = problem.join_largest(largest);
    let outputs = problem.outputs();
    let mut candidates = Neurons::with_outputs(rank, outputs);
    if largest <= 0.0 || rank == 0 {
        return (candidates, 0.0);
    }
    let n = problem.n_all();
    let stride = size.stride(n);
    let offset = usize::try_from(searcher.round % (stride as u64)).unwrap_or(0);
    let every = (offset..n).step_by(stride);
    let count = every.len();
    let own = problem.span();
    let before = every.clone().take_while(|i| *i < own.start).count();
    let looked_at: Vec<usize> = every
        .skip(before)
        .take_while(|i| *i < own.end)
        .map(|i| i - own.start)
        .collect();
    let theta_all: Vec<f32> = theta.iter().map(|t| f32::of(t / largest)).collect();
    let of_row = |&i: &usize| &theta_all[i * outputs..(i + 1) * outputs];
    let theta_here: Vec<f32> = looked_at.iter().flat_map(of_row).copied().collect();
    // what draws rows: theta, or its length
    let reach: Vec<f32> = match outputs {
        1 => theta_here.clone(),
        _ => theta_here.chunks_exact(outputs).map(norm).collect(),
    };
    let part = (stride > 1).then(|| problem.gather(&looked_at));
    let data = match &part {
        None => problem.narrow(),
        Some(part) => part.part(),
    };
    let starts = Starts::new(data, &reach, neurons);
    let columns = 2 * size.ascents;
    let block = block_of(columns);
    let place = Place {
        before,
        count,
        shards: problem.shards(),
        control: &control.alone(),
    };
    let drawn = starts.draw(columns, block, |b| stream(searcher, b), &place);
    let sign = |j: usize| {
        if outputs > 1 || j.is_multiple_of(2) {
            1.0
        } else {
            -1.0
        }
    };
    let signs: Vec<f32> = (0..columns).map(sign).collect();
    let batch = Batch {
        sample: (stride > 1).then_some(data),
        theta: &theta_here,
        columns: &drawn,
        signs: &signs,
        steps: size.steps,
        course: size.course(n),
    };
    let mut ends = problem.engine().ascend(problem, &batch, control);
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    let share = count as f64 / n as f64;
    let mut products = share * counted(problem, &ends, count);
    if stride > 1 {
        ends = climb_on(problem, &theta_all, &ends, columns, size.steps, control);
        products += counted(problem, &ends, n);
    }
    // (point, value, sign) of each sign, the dearest first
    let line = narrow_value(problem, (threshold - NARROW_ERROR) / largest);
    let all = ends.sorted(rank);
    for sign in [1.0, -1.0] {
        // a halted search is not used to insert: a look at the dearest must do
        let both = if outputs > 1 { 2 } else { 1 };
        let most = if control.halt().is_some() {
            both * LOOK_AT
        } else {
            both * 2 * size.keep.max(LOOK_AT)
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
            let mut head = vec![0.0; outputs];
            head[0] = f64::from(sign);
            candidates.push_head(&wide, &head, 0.0);
        }
    }
    (candidates, products)
}

/// The products of ascents over so many rows, which are added to the work of the problem.
fn counted(problem: &GlobalProblem, ends: &Ends, rows: usize) -> f64 {
    let (work, columns) = (problem.work(), ends.gone_through);
    work.add_products(2, rows, problem.entries(), columns);
    if problem.outputs() > 1 {
        work.add_products(2, rows, problem.outputs(), columns);
    }
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let products = 2.0 * columns as f64;
    products
}

/// The best of ascents on a sample of the rows go on over all rows, half of them of each sign.
fn climb_on(
    problem: &GlobalProblem,
    theta: &[f32],
    ends: &Ends,
    ascents: usize,
    steps: usize,
    control: &Control<'_>,
) -> Ends {
    let all = ends.sorted(problem.rank());
    let most = climbers(ascents).div_ceil(2);
    let of_sign = |sign: f32| all.iter().filter(move |end| end.2 == sign).take(most);
    let chosen: Vec<&(&[f32], f32, f32)> = of_sign(1.0).chain(of_sign(-1.0)).collect();
    let columns: Vec<f32> = chosen.iter().flat_map(|end| end.0).copied().collect();
    let signs: Vec<f32> = chosen.iter().map(|end| end.2).collect();
    let batch = Batch {
        sample: None,
        theta,
        columns: &columns,
        signs: &signs,
        steps,
        course: Course::Climb,
    };
    problem.engine().ascend(problem, &batch, control)
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
    let Slopes {
        mut gradients,
        mut prices,
    } = slopes(problem, theta, &mut neurons);
    for _ in 0..POWER_STEPS {
        if control.halt().is_some() {
            break;
        }
        let mut next = Neurons::with_outputs(neurons.rank(), neurons.n_outputs());
        for i in 0..neurons.len() {
            let g: Vec<f64> = gradients.col(i).iter().copied().collect();
            let usable = dot(&g, &g) > 0.0;
            let u = if usable { &g[..] } else { neurons.direction(i) };
            next.push_head(u, neurons.head(i), neurons.weights()[i]);
        }
        if next.len() != neurons.len() {
            break;
        }
        let Slopes {
            gradients: next_gradients,
            prices: next_prices,
        } = slopes(problem, theta, &mut next);
        let better: Vec<bool> = (0..next.len())
            .map(|i| next_prices[i] > prices[i])
            .collect();
        let pays = |i: usize| next_prices[i] > prices[i] * (1.0 + POWER_GAIN);
        let goes_on = (0..next.len()).any(pays);
        let mut mixed = Neurons::with_outputs(neurons.rank(), neurons.n_outputs());
        for (i, &better) in better.iter().enumerate() {
            let from = if better { &next } else { &neurons };
            mixed.push_head(from.direction(i), from.head(i), from.weights()[i]);
            if better {
                prices[i] = next_prices[i];
                gradients.col_mut(i).copy_from(next_gradients.col(i));
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
        let one = self.neurons.n_outputs() == 1;
        let is_plus = |i: usize| !one || self.neurons.signs()[i] > 0.0;
        for group in groups(&hashes, is_plus) {
            let best = group
                .into_iter()
                .max_by(|&i, &j| self.prices[i].total_cmp(&self.prices[j]).then(j.cmp(&i)));
            chosen.extend(best);
        }
        chosen.sort_by(|&i, &j| self.prices[j].total_cmp(&self.prices[i]).then(i.cmp(&j)));
        let mut out = Neurons::with_outputs(self.neurons.rank(), self.neurons.n_outputs());
        let mut prices = Vec::new();
        for plus in [true, false] {
            let alike = chosen.iter().filter(|&&i| is_plus(i) == plus);
            for &i in alike.take(if one { keep } else { 2 * keep }) {
                out.push_head(self.neurons.direction(i), self.neurons.head(i), 0.0);
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
