use std::sync::Arc;

use gpu_wgpu::{Ascended, Ascents, Device, GpuError, Motion, Rows};

use crate::near::{Near, Sum};
use crate::numbers::Numbers;

/// Rows, coordinates and columns: no multiple of a quadruple, a tile or a word.
const SHAPE: (usize, usize, usize) = (65, 7, 37);
const MOTION: Motion = Motion {
    momentum: 0.9,
    gain: 0.03,
    least: 0.1,
};
/// Steps before the batch begins anew at its best points, and after; the last one only looks.
const SIZES: [&[f32]; 2] = [&[1.0, 0.7, 0.5, 0.4], &[0.3, 0.2, 0.1, 0.0]];
/// Where the numbers begin, for one output and for two. A pattern that changes, and a point that is
/// hardly better than another, would make an error of any size: from here all ascents keep away from
/// both, as every run checks.
const SEEDS: [u64; 2] = [21, 44];

/// A batch of ascents on the device, against the same in `f64`.
pub(crate) async fn check(device: &Arc<Device>, outputs: usize) -> Result<String, String> {
    let mut batch = Batch::new(SEEDS[outputs - 1], outputs);
    let made = batch.on_device(device).await;
    let made = made.map_err(|error| error.to_string())?;
    let line = batch.compare(&batch.all_in_f64()?, &made)?;
    // what is compared must matter
    batch.theta[0] *= -1.0;
    match batch.compare(&batch.all_in_f64()?, &made) {
        Err(_) => Ok(line),
        Ok(_) => Err("ascents of another slope are taken for these".to_owned()),
    }
}

/// Steps of all.
fn steps() -> usize {
    SIZES.iter().map(|sizes| sizes.len()).sum()
}

/// A number of size `size` after all steps: each adds the roundings of its sums over rows and
/// coordinates, and hands on what it was given.
fn after_steps(value: f64, size: f64) -> Sum {
    let (n, rank, _) = SHAPE;
    let terms = ((n + rank) * steps()) as f64;
    Sum { value, size, terms }
}

/// What a batch is given.
struct Batch {
    outputs: usize,
    rows: Vec<f32>,
    theta: Vec<f32>,
    starts: Vec<f32>,
    signs: Vec<f32>,
}

/// The end of an ascent: the best point and its price.
struct End {
    best: Vec<f64>,
    value: Sum,
}

impl Batch {
    fn new(seed: u64, outputs: usize) -> Self {
        let (n, rank, columns) = SHAPE;
        let mut numbers = Numbers(seed);
        let mut starts = numbers.vector(columns * rank);
        for start in starts.chunks_exact_mut(rank) {
            let length = start.iter().map(|x| x * x).sum::<f32>().sqrt();
            start.iter_mut().for_each(|x| *x /= length);
        }
        Self {
            outputs,
            starts,
            rows: numbers.vector(n * rank),
            theta: numbers.vector(outputs * n),
            signs: (0..columns).map(|j| [1.0, -1.0][j % 2]).collect(),
        }
    }

    async fn on_device(&self, device: &Arc<Device>) -> Result<Ascended, GpuError> {
        let (n, rank, _) = SHAPE;
        let rows = Arc::new(Rows::upload(device, &self.rows, n, rank)?);
        let (starts, signs) = (&self.starts, &self.signs);
        let mut ascents = Ascents::new(device, &rows, &self.theta, starts, signs, MOTION)?;
        for (at, sizes) in SIZES.iter().enumerate() {
            if at > 0 {
                ascents.restart(true)?;
            }
            ascents.climb(sizes, || true).await?;
        }
        ascents.ends().await
    }

    fn compare(&self, ends: &[End], made: &Ascended) -> Result<String, String> {
        let (n, rank, columns) = SHAPE;
        let (mut points, mut prices) = (Near::new("points"), Near::new("prices"));
        for (j, end) in ends.iter().enumerate() {
            prices.hold(made.values[j], &end.value)?;
            for (got, want) in made.points[j * rank..].iter().zip(&end.best) {
                // of a unit vector
                points.hold(*got, &after_steps(*want, 1.0))?;
            }
        }
        let (outputs, steps) = (self.outputs, steps());
        let (points, prices) = (points.line(), prices.line());
        Ok(format!(
            "{columns} ascents on {n} x {rank} x {outputs} in {steps} steps: {points}, {prices}"
        ))
    }

    fn all_in_f64(&self) -> Result<Vec<End>, String> {
        (0..SHAPE.2).map(|j| self.in_f64(j)).collect()
    }

    /// The `j`-th ascent.
    fn in_f64(&self, j: usize) -> Result<End, String> {
        let rank = SHAPE.1;
        let start = self.starts[j * rank..][..rank].iter();
        let mut u: Vec<f64> = start.map(|x| f64::from(*x)).collect();
        let mut best: Option<End> = None;
        for sizes in SIZES {
            if let Some(end) = &best {
                u.clone_from(&end.best);
            }
            let mut velocity = vec![0.0; rank];
            for &size in sizes {
                let (value, gradient) = self.look(j, &u)?;
                let before = best
                    .as_ref()
                    .map_or(f64::NEG_INFINITY, |end| end.value.value);
                let more = value.value - before;
                // at the point that it began anew at it is the same to the bit, there and here
                if more.abs() <= value.room() && more != 0.0 {
                    return Err(format!("ascent {j}: two points of one price, {before}"));
                }
                if more > 0.0 {
                    let best_yet = u.clone();
                    best = Some(End {
                        best: best_yet,
                        value,
                    });
                }
                step(
                    &mut u,
                    &mut velocity,
                    value.value,
                    &gradient,
                    f64::from(size),
                );
            }
        }
        best.ok_or_else(|| format!("ascent {j} saw no point"))
    }

    /// Price and gradient at a point.
    fn look(&self, j: usize, u: &[f64]) -> Result<(Sum, Vec<f64>), String> {
        let (n, rank, _) = SHAPE;
        let row = |i: usize| self.rows[i * rank..][..rank].iter().map(|x| f64::from(*x));
        let mut images = Vec::with_capacity(n);
        for i in 0..n {
            let image: Sum = row(i).zip(u).map(|(x, u)| x * u).collect();
            if image.value.abs() <= after_steps(0.0, image.size).room() {
                return Err(format!("ascent {j} comes too near to the edge of row {i}"));
            }
            images.push(image.value.max(0.0));
        }
        let theta = |k: usize, i: usize| f64::from(self.theta[k * n + i]);
        let along = |k: usize| -> Sum { (0..n).map(|i| theta(k, i) * images[i]).collect() };
        let along: Vec<Sum> = (0..self.outputs).map(along).collect();
        let size = along.iter().map(|c| c.size).sum();
        let (price, a) = match &along[..] {
            [c] => {
                let sign = f64::from(self.signs[j]);
                (sign * c.value, vec![sign])
            }
            all => {
                let price = all.iter().map(|c| c.value * c.value).sum::<f64>().sqrt();
                (price, all.iter().map(|c| c.value / price).collect())
            }
        };
        let mut gradient = vec![0.0; rank];
        for i in (0..n).filter(|&i| images[i] > 0.0) {
            let slope: f64 = a.iter().enumerate().map(|(k, a)| theta(k, i) * a).sum();
            gradient
                .iter_mut()
                .zip(row(i))
                .for_each(|(g, x)| *g += slope * x);
        }
        Ok((after_steps(price, size), gradient))
    }
}

fn length(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// `m = momentum m + gain (g - v u) / max(|v|, least |g|)`, `u = (u + size m) / |u + size m|`.
fn step(u: &mut [f64], velocity: &mut [f64], value: f64, gradient: &[f64], size: f64) {
    let [momentum, gain, least] = [MOTION.momentum, MOTION.gain, MOTION.least].map(f64::from);
    let share = gain / value.abs().max(least * length(gradient));
    for ((u, m), g) in u.iter_mut().zip(velocity).zip(gradient) {
        *m = momentum * *m + share * (g - value * *u);
        *u += size * *m;
    }
    let length = length(u);
    u.iter_mut().for_each(|u| *u /= length);
}
