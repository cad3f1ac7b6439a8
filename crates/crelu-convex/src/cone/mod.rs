mod held;
mod rows;

use admm::{GroupNorm, Proximal};
use faer::{Accum, MatMut, MatRef};
use linalg_core::{ActiveGram, Control, Masks, Real, for_each_mut, norm, product, wide_dot};
use num_traits::Float;

use self::held::{Held, Progress};
use self::rows::Rows;
pub(crate) use self::rows::column;

/// Blocks whose images are computed in one product: the buffer is `n_samples` times this.
const CHUNK: usize = 128;
/// A row counts as violated below minus this times `largest row * largest |z|`: where the rounding
/// of the products ends, in f64 and in f32.
const VIOLATED: (f64, f64) = (1e-9, 1e-5);
/// Rounds of an iteration; exactness inside the iteration saves no iterations.
const ROUNDS: usize = 3;
/// The same where the data have at least [`THIN_RANK`] coordinates.
const ROUNDS_THIN: usize = 2;
/// From this rank on cones are thin and many rows are held.
const THIN_RANK: usize = 300;
/// Rounds after which an exact projection gives up; what is left is repaired by the caller.
const MOST_ROUNDS: usize = 500;

/// The penalty of the ReLU programme: `weight |v_b|_2` on blocks inside their cones
/// `(2 D_b - I) R v_b >= 0`. The proximal step is block soft-thresholding of the exact projection
/// on the cone; multipliers and factors of the held rows are kept from step to step.
///
/// **Shapes** `z`, `v`: `rank x 2 n_patterns`, both signs of a pattern in the same cone.
/// **Cost** most blocks: one combination of held rows that proves them zero. The others: a
/// product with the data a round, at most three rounds a step.
/// **Source** active-set projection (Nocedal & Wright, section 16.5) on an updated Cholesky factor
/// of the held rows; that thresholding may follow the projection: the cone contains every
/// positive multiple.
#[derive(Debug, Clone)]
pub struct ConeGroup<'a, T> {
    rows: Rows<'a, T>,
    masks: &'a Masks,
    weight: T,
    rho: T,
    largest_row: T,
    blocks: Vec<Held<T>>,
    packed: Vec<T>,
    images: Vec<T>,
    /// The last exact projection gave up on some block.
    incomplete: bool,
    control: Control<'a>,
}

impl<'a, T: Real> ConeGroup<'a, T> {
    /// Joins the data (`rank x n_samples`), the patterns and the weight.
    #[must_use]
    pub fn new(data: MatRef<'a, T>, masks: &'a Masks, weight: T) -> Self {
        let rank = data.nrows();
        let largest_row = (0..data.ncols())
            .map(|i| norm(column(data, i)))
            .fold(T::of(0.0), Float::max);
        let held = Held {
            rows: Vec::new(),
            weights: Vec::new(),
            along: Vec::new(),
            gram: ActiveGram::new(),
            point: vec![T::of(0.0); rank],
            coefficients: Vec::new(),
            state: Progress::Zero,
        };
        Self {
            rows: Rows::new(data),
            masks,
            weight,
            rho: T::of(1.0),
            largest_row,
            blocks: vec![held; 2 * masks.n_blocks()],
            packed: Vec::new(),
            images: Vec::new(),
            incomplete: false,
            control: Control::default(),
        }
    }

    /// Has both blocks of every pattern for each of `outputs` outputs.
    #[must_use]
    pub fn outputs(mut self, outputs: usize) -> Self {
        let held = self.blocks.first().cloned();
        let count = 2 * self.masks.n_blocks() * outputs;
        self.blocks = held.map_or_else(Vec::new, |held| vec![held; count]);
        self
    }

    /// Gives up when `control` says stop: blocks that are not done then stay where they are, outside
    /// of their cones, and [`is_complete`](Self::is_complete) says so.
    #[must_use]
    pub fn controlled(mut self, control: Control<'a>) -> Self {
        self.control = control;
        self
    }

    /// Blocks: two a pattern and output.
    #[must_use]
    pub fn n_blocks(&self) -> usize {
        self.blocks.len()
    }

    /// The rows a block leans on and their multipliers `rho a >= 0`, in sum scaling.
    ///
    /// # Panics
    /// If `block` is out of range.
    pub fn multipliers(&self, block: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let held = &self.blocks[block];
        let rho = self.rho.wide();
        held.rows
            .iter()
            .zip(&held.weights)
            .map(move |(&row, a)| (row, rho * a))
    }

    /// Starts the blocks from multipliers of an earlier run (sum scaling), a list of `(row, alpha)` each, the
    /// first as many as the rank; rows that depend on those before them are left out. [`Proximal::set_penalty`] must have been called. After a
    /// halt the rest of the blocks lean on no row.
    ///
    /// **Cost** `s^2 (rank + s / 3)` flops for `s` rows of a block.
    ///
    /// # Panics
    /// If there are more lists than blocks, or a row is out of range.
    pub fn warm_start(&mut self, multipliers: &[Vec<(usize, f64)>]) {
        assert!(
            multipliers.len() <= self.blocks.len(),
            "multipliers: one list a block"
        );
        let (rows, rho, control) = (&self.rows, self.rho.wide(), self.control);
        let blocks = &mut self.blocks[..multipliers.len()];
        for_each_mut(blocks, |b, held| {
            let positive = multipliers[b].iter().filter(|(_, alpha)| *alpha > 0.0);
            let scaled: Vec<(usize, f64)> = match control.halt() {
                None => positive.map(|&(row, alpha)| (row, alpha / rho)).collect(),
                Some(_) => Vec::new(),
            };
            held.take_all(rows, &scaled);
        });
    }

    /// Whether the last [`apply_fully`](Self::apply_fully) ended inside every cone to tolerance.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.incomplete
    }

    /// The proximal step carried to the end: every block inside its cone to rounding.
    ///
    /// # Panics
    /// If a length does not fit.
    pub fn apply_fully(&mut self, z: &[T], v: &mut [T]) {
        self.project(z, v, MOST_ROUNDS);
    }

    fn project(&mut self, z: &[T], v: &mut [T], most: usize) {
        let data = self.rows.data;
        let (rank, n) = (data.nrows(), data.ncols());
        assert_eq!(
            z.len(),
            rank * self.blocks.len(),
            "z: one block a pattern and sign"
        );
        assert_eq!(v.len(), z.len(), "v: as z");
        let (rows, masks, threshold) = (&self.rows, self.masks, self.weight / self.rho);
        let control = self.control;
        let blocks = self.blocks.len();
        let patterns = masks.n_blocks();
        if rank == 0 || patterns == 0 {
            return;
        }
        let part = |b: usize| &z[b * rank..(b + 1) * rank];
        let largest_z = z.chunks_exact(rank).map(norm).fold(T::of(0.0), Float::max);
        let violated = if T::NAME == "f64" {
            VIOLATED.0
        } else {
            VIOLATED.1
        };
        let tolerance = T::of(violated) * self.largest_row * largest_z;
        let share = T::of(if rank > 200 { 0.5 } else { 0.3 });

        for_each_mut(&mut self.blocks, |b, held| {
            held.combine(rows, part(b), masks.column(b % patterns));
            held.state = if norm(&held.point) <= threshold {
                Progress::Zero
            } else {
                Progress::Open
            };
            if held.state == Progress::Open {
                held.along.clear();
                held.along.extend(
                    held.rows
                        .iter()
                        .map(|&row| wide_dot(rows.row(row), part(b))),
                );
            }
        });

        for round in 0..most {
            for_each_mut(&mut self.blocks, |b, held| {
                if held.state == Progress::Open && control.halt().is_none() {
                    held.descend(rows, part(b), masks.column(b % patterns));
                    if norm(&held.point) <= threshold {
                        held.state = Progress::Zero;
                    }
                }
            });
            let last = round + 1 == most;
            let mut open: Vec<(usize, &mut Held<T>)> = self
                .blocks
                .iter_mut()
                .enumerate()
                .filter(|(_, h)| h.state == Progress::Open)
                .collect();
            if open.is_empty() || control.halt().is_some() {
                break;
            }
            for chunk in open.chunks_mut(CHUNK) {
                if control.halt().is_some() {
                    break;
                }
                let count = chunk.len();
                let most = CHUNK.min(blocks);
                self.packed.resize(rank * most, T::of(0.0));
                self.images.resize(n * most, T::of(0.0));
                for ((_, held), out) in chunk.iter().zip(self.packed.chunks_exact_mut(rank)) {
                    out.copy_from_slice(&held.point);
                }
                product(
                    MatMut::from_column_major_slice_mut(&mut self.images[..n * count], n, count),
                    Accum::Replace,
                    data.transpose(),
                    MatRef::from_column_major_slice(&self.packed[..rank * count], rank, count),
                    T::of(1.0),
                );
                let images = &self.images;
                for_each_mut(chunk, |k, (b, held)| {
                    if control.halt().is_some() {
                        return;
                    }
                    let mask = masks.column(*b % patterns);
                    let image = &images[k * n..(k + 1) * n];
                    held.take_violated(rows, part(*b), mask, image, tolerance, share, last);
                });
            }
        }
        self.incomplete = self.blocks.iter().any(|h| h.state == Progress::Open);

        let mut parts: Vec<&mut [T]> = v.chunks_exact_mut(rank).collect();
        let blocks = &self.blocks;
        for_each_mut(&mut parts, |b, v| {
            if blocks[b].state == Progress::Zero {
                v.fill(T::of(0.0));
            } else {
                GroupNorm::shrink(threshold, &blocks[b].point, v);
            }
        });
    }
}

impl<T: Real> Proximal<T> for ConeGroup<'_, T> {
    fn dim(&self) -> usize {
        self.rows.data.nrows() * self.blocks.len()
    }

    fn set_penalty(&mut self, rho: T) {
        let factor = self.rho.wide() / rho.wide();
        for held in &mut self.blocks {
            for a in &mut held.weights {
                *a *= factor;
            }
        }
        self.rho = rho;
    }

    fn apply(&mut self, z: &[T], v: &mut [T]) {
        let rounds = if self.rows.data.nrows() >= THIN_RANK {
            ROUNDS_THIN
        } else {
            ROUNDS
        };
        self.project(z, v, rounds);
    }

    fn value(&self, v: &[T]) -> f64 {
        let sizes = v
            .chunks_exact(self.rows.data.nrows().max(1))
            .map(|b| norm(b).wide());
        self.weight.wide() * sizes.sum::<f64>()
    }

    fn shrinkage(&self, v: &[T]) -> Option<f64> {
        let (mut total, mut count) = (0.0, 0.0);
        for size in v
            .chunks_exact(self.rows.data.nrows().max(1))
            .map(|b| norm(b).wide())
        {
            if size > 0.0 {
                total += size;
                count += 1.0;
            }
        }
        (count > 0.0).then(|| 2.0 * (self.weight / self.rho).wide() * count / total)
    }
}
