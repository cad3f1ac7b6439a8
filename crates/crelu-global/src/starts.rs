use linalg_core::{Control, Real, for_each_mut};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::fused::Part;
use crate::neurons::Neurons;
use crate::sharded::Sharded;

/// Where ascents begin: four kinds in turn. Each found neurons that the others missed.
pub(crate) struct Starts<'a> {
    data: Part<'a, f32>,
    /// One number a row; with several outputs the length of `theta`.
    theta: &'a [f32],
    /// Running sums of the positive and of the negative part of `theta`.
    reach: [Vec<f64>; 2],
    neurons: &'a Neurons,
    /// The neurons of each sign; with several outputs all, twice.
    of_sign: [Vec<usize>; 2],
}

/// The kinds by the number of a start, modulo 4; 0: Gaussian.
const MIXED: usize = 1;
const ROW: usize = 2;
const NEAR: usize = 3;
/// Sizes of the noise around neurons of the network, in turn.
const NOISE: [f32; 4] = [0.1, 0.3, 0.6, 1.2];
/// Noise around a row of the data: rows are few, ascents many.
const ROW_NOISE: f32 = 0.3;

impl<'a> Starts<'a> {
    pub(crate) fn new(data: Part<'a, f32>, theta: &'a [f32], neurons: &'a Neurons) -> Self {
        let one = neurons.n_outputs() == 1;
        let reach = [1.0, -1.0].map(|sign| {
            let sign = if one { sign } else { 1.0 };
            let mut sum = 0.0;
            let add = |t: &f32| {
                sum += (sign * f64::from(*t)).max(0.0);
                sum
            };
            theta.iter().map(add).collect()
        });
        let of_sign = [1.0, -1.0].map(|sign: f64| {
            (0..neurons.len())
                .filter(|&i| !one || neurons.signs()[i] * sign > 0.0)
                .collect()
        });
        Self {
            data,
            theta,
            reach,
            neurons,
            of_sign,
        }
    }

    /// The unit starts of so many columns, signs in turn, with a random stream for each block of columns.
    ///
    /// Where rows are divided, each process makes its part of what is made of rows: these sums are exchanged
    /// once, and all get the same starts.
    pub(crate) fn draw(
        &self,
        columns: usize,
        block: usize,
        stream: impl Fn(usize) -> Xoshiro256PlusPlus + Sync + Send,
        place: &Place<'_>,
    ) -> Vec<f32> {
        let rank = self.neurons.rank();
        let mut drawn = vec![0.0; columns * rank];
        let Some(shards) = place.shards else {
            let mut parts: Vec<&mut [f32]> = drawn.chunks_mut(block * rank).collect();
            let reach = self.reach.each_ref().map(|sums| (0.0, last(sums)));
            for_each_mut(&mut parts, |b, part| {
                let mut rng = stream(b);
                let mut of_rows = vec![0.0; rank];
                for (j, u) in part.chunks_exact_mut(rank).enumerate() {
                    let mut index = (b * block + j) / 2;
                    if index % 4 == MIXED && place.control.halt().is_some() {
                        index -= MIXED;
                    }
                    of_rows.fill(0.0);
                    let add = &mut |row: usize, factor: f32| {
                        self.data.add_row(row, factor, &mut of_rows);
                    };
                    self.one(index, j % 2, place, &reach, &mut rng, add, u);
                    finish(index, &mut of_rows, u, &mut rng);
                }
            });
            return drawn;
        };
        let reach = self.reach.each_ref().map(|sums| shards.before(last(sums)));
        let mut of_rows = vec![0.0; columns * rank];
        let parts = drawn.chunks_mut(block * rank);
        let mut parts: Vec<_> = parts.zip(of_rows.chunks_mut(block * rank)).collect();
        for_each_mut(&mut parts, |b, (part, of_rows)| {
            let mut rng = stream(b);
            let each = part.chunks_exact_mut(rank);
            let each = each.zip(of_rows.chunks_exact_mut(rank));
            for (j, (u, of_rows)) in each.enumerate() {
                let index = (b * block + j) / 2;
                let add = &mut |row: usize, factor: f32| {
                    self.data.add_row(row, f64::from(factor), of_rows);
                };
                self.one(index, j % 2, place, &reach, &mut rng, add, u);
            }
        });
        shards.join(&mut of_rows);
        let mut narrow = vec![0.0; rank];
        let each = drawn.chunks_exact_mut(rank);
        for (j, (u, of_rows)) in each.zip(of_rows.chunks_exact(rank)).enumerate() {
            for (to, sum) in narrow.iter_mut().zip(of_rows) {
                *to = f32::of(*sum);
            }
            // another stream than those of the blocks: they are used up
            finish(j / 2, &mut narrow, u, &mut stream(columns + j));
        }
        drawn
    }

    /// Start number `index` of a sign (0: positive, 1: negative): what it has of rows goes to `add`, the rest
    /// into `u`.
    #[expect(clippy::too_many_arguments, reason = "the parts of one start")]
    fn one(
        &self,
        index: usize,
        sign: usize,
        place: &Place<'_>,
        reach: &[(f64, f64); 2],
        rng: &mut Xoshiro256PlusPlus,
        add: &mut dyn FnMut(usize, f32),
        u: &mut [f32],
    ) {
        match index % 4 {
            MIXED => self.mixed(place, rng, add),
            ROW => {
                self.row(sign, reach[sign], rng, add);
                add_noise(ROW_NOISE, rng, u);
            }
            NEAR => self.near_neuron(sign, NOISE[(index / 4) % NOISE.len()], rng, u),
            _ => add_noise(1.0, rng, u),
        }
    }

    /// `R'(random |theta|)`, the random numbers those of all rows.
    fn mixed(
        &self,
        place: &Place<'_>,
        rng: &mut Xoshiro256PlusPlus,
        add: &mut dyn FnMut(usize, f32),
    ) {
        for row in 0..place.count {
            let normal: f32 = StandardNormal.sample(rng);
            let here = row.checked_sub(place.before);
            if let Some((row, t)) = here.and_then(|row| Some((row, self.theta.get(row)?))) {
                add(row, normal * t.abs());
            }
        }
    }

    /// A row drawn by the part of `theta` that has the sign; `before` of the sums are with other
    /// processes, `total` is that of all.
    fn row(
        &self,
        sign: usize,
        (before, total): (f64, f64),
        rng: &mut Xoshiro256PlusPlus,
        add: &mut dyn FnMut(usize, f32),
    ) {
        if total > 0.0 {
            let at = rng.random::<f64>() * total - before;
            let reach = &self.reach[sign];
            let i = reach.partition_point(|sum| *sum <= at);
            if at >= 0.0 && i < reach.len() {
                add(i, 1.0);
            }
        }
    }

    /// A neuron of the sign, and noise.
    fn near_neuron(&self, sign: usize, noise: f32, rng: &mut Xoshiro256PlusPlus, u: &mut [f32]) {
        let list = &self.of_sign[sign];
        if list.is_empty() {
            return add_noise(1.0, rng, u);
        }
        let i = list[rng.random_range(0..list.len())];
        for (u, v) in u.iter_mut().zip(self.neurons.direction(i)) {
            *u = f32::of(*v);
        }
        add_noise(noise, rng, u);
    }
}

/// Which of the rows that ascents go over are here.
pub(crate) struct Place<'a> {
    /// Those of the ranks before, and all.
    pub(crate) before: usize,
    pub(crate) count: usize,
    pub(crate) shards: Option<&'a Sharded>,
    /// A halt leaves starts without what they have of rows; not so where rows are divided, since all
    /// processes draw the same.
    pub(crate) control: &'a Control<'a>,
}

fn last(sums: &[f64]) -> f64 {
    sums.last().copied().unwrap_or(0.0)
}

/// Adds what a start has of rows, and makes it a unit.
fn finish(index: usize, of_rows: &mut [f32], u: &mut [f32], rng: &mut Xoshiro256PlusPlus) {
    let size = linalg_core::norm(of_rows);
    if index % 4 == ROW && size > 0.0 {
        linalg_core::scale(1.0 / size, of_rows);
    }
    for (u, of_rows) in u.iter_mut().zip(&*of_rows) {
        *u += *of_rows;
    }
    let size = linalg_core::norm(u);
    if size > 0.0 && size.is_finite() {
        linalg_core::scale(1.0 / size, u);
    } else {
        u.fill(0.0);
        add_noise(1.0, rng, u);
        let size = linalg_core::norm(u).max(f32::MIN_POSITIVE);
        linalg_core::scale(1.0 / size, u);
    }
}

/// Adds Gaussian noise of about the length `size`.
fn add_noise(size: f32, rng: &mut Xoshiro256PlusPlus, u: &mut [f32]) {
    #[expect(clippy::cast_precision_loss, reason = "a length far below 2^24")]
    let each = size / (u.len().max(1) as f32).sqrt();
    for u in u {
        let normal: f32 = StandardNormal.sample(rng);
        *u += each * normal;
    }
}
