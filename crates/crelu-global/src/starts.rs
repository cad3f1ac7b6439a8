use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::fused::Part;
use crate::neurons::Neurons;

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

    /// Writes the unit start number `index` of a sign (0: positive, 1: negative).
    pub(crate) fn draw(
        &self,
        index: usize,
        sign: usize,
        rng: &mut Xoshiro256PlusPlus,
        u: &mut [f32],
    ) {
        let noise = NOISE[(index / 4) % NOISE.len()];
        match index % 4 {
            1 => self.mixed(rng, u),
            2 => self.row(sign, rng, u),
            3 => self.near_neuron(sign, noise, rng, u),
            _ => gaussian(1.0, rng, u),
        }
        let size = linalg_core::norm(u);
        if size > 0.0 && size.is_finite() {
            linalg_core::scale(1.0 / size, u);
        } else {
            gaussian(1.0, rng, u);
            let size = linalg_core::norm(u).max(f32::MIN_POSITIVE);
            linalg_core::scale(1.0 / size, u);
        }
    }

    /// `R'(random |theta|)`.
    fn mixed(&self, rng: &mut Xoshiro256PlusPlus, u: &mut [f32]) {
        u.fill(0.0);
        for (row, t) in self.theta.iter().enumerate() {
            let normal: f32 = StandardNormal.sample(rng);
            self.data.add_row(row, normal * t.abs(), u);
        }
    }

    /// A row drawn by the part of `theta` that has the sign, and noise.
    fn row(&self, sign: usize, rng: &mut Xoshiro256PlusPlus, u: &mut [f32]) {
        u.fill(0.0);
        let reach = &self.reach[sign];
        let total = reach.last().copied().unwrap_or(0.0);
        if total > 0.0 {
            let at = rng.random::<f64>() * total;
            let i = reach.partition_point(|sum| *sum <= at).min(reach.len() - 1);
            self.data.add_row(i, 1.0, u);
            let size = linalg_core::norm(u);
            if size > 0.0 {
                linalg_core::scale(1.0 / size, u);
            }
        }
        add_noise(ROW_NOISE, rng, u);
    }

    /// A neuron of the sign, and noise.
    fn near_neuron(&self, sign: usize, noise: f32, rng: &mut Xoshiro256PlusPlus, u: &mut [f32]) {
        let list = &self.of_sign[sign];
        if list.is_empty() {
            return gaussian(1.0, rng, u);
        }
        let i = list[rng.random_range(0..list.len())];
        for (u, v) in u.iter_mut().zip(self.neurons.direction(i)) {
            *u = linalg_core::Real::of(*v);
        }
        add_noise(noise, rng, u);
    }
}

fn gaussian(scale: f32, rng: &mut Xoshiro256PlusPlus, u: &mut [f32]) {
    u.fill(0.0);
    add_noise(scale, rng, u);
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
