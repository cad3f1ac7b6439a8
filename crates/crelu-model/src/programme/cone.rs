use admm::{GroupNorm, Proximal};
use faer::{Accum, MatMut, MatRef};
use linalg_core::{ActiveQr, Masks, Real, axpy, for_each_mut, norm, product};
use num_traits::Float;

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

/// The rows that one block's projection leans on.
#[derive(Debug, Clone)]
struct Held<T> {
    rows: Vec<usize>,
    /// Multipliers of those rows, positive but for rows just added (zero).
    weights: Vec<T>,
    qr: ActiveQr<T>,
    /// The current point of the projection.
    point: Vec<T>,
    coefficients: Vec<T>,
    state: Progress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// The threshold covers it: the block of `v` is zero.
    Zero,
    /// More rounds are needed.
    Open,
    /// Inside the cone to tolerance.
    Done,
}

/// The penalty of the ReLU programme: `weight |v_b|_2` on blocks inside their cones
/// `(2 D_b - I) R v_b >= 0`. The proximal step is block soft-thresholding of the exact projection
/// on the cone; multipliers and factors of the held rows are kept from step to step.
///
/// **Shapes** `z`, `v`: `rank x 2 n_patterns`, both signs of a pattern in the same cone.
/// **Cost** most blocks: one combination of held rows that proves them zero. The others: a
/// product with the data a round, at most three rounds a step.
/// **Source** active-set projection (Nocedal & Wright, section 16.5) on an updated QR; that
/// thresholding may follow the projection: the cone contains every positive multiple.
#[derive(Debug, Clone)]
pub struct ConeGroup<'a, T> {
    data: MatRef<'a, T>,
    masks: &'a Masks,
    weight: T,
    rho: T,
    largest_row: T,
    blocks: Vec<Held<T>>,
    packed: Vec<T>,
    images: Vec<T>,
    /// The last exact projection gave up on some block.
    incomplete: bool,
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
            qr: ActiveQr::new(rank),
            point: vec![T::of(0.0); rank],
            coefficients: Vec::new(),
            state: Progress::Zero,
        };
        Self {
            data,
            masks,
            weight,
            rho: T::of(1.0),
            largest_row,
            blocks: vec![held; 2 * masks.n_blocks()],
            packed: Vec::new(),
            images: Vec::new(),
            incomplete: false,
        }
    }

    /// Blocks: two a pattern.
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
            .map(move |(&row, a)| (row, rho * a.wide()))
    }

    /// Starts a block from multipliers of an earlier run (sum scaling); rows that depend on
    /// those before them are left out. [`Proximal::set_penalty`] must have been called.
    ///
    /// # Panics
    /// If `block` or a row is out of range.
    pub fn warm_start(&mut self, block: usize, multipliers: impl Iterator<Item = (usize, f64)>) {
        let (data, rho) = (self.data, self.rho);
        let held = &mut self.blocks[block];
        held.rows.clear();
        held.weights.clear();
        held.qr.clear();
        for (row, alpha) in multipliers {
            if alpha > 0.0 && held.qr.append(column(data, row)) {
                held.rows.push(row);
                held.weights.push(T::of(alpha) / rho);
            }
        }
    }

    /// Whether the last [`finish`](Self::finish) ended inside every cone to tolerance.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.incomplete
    }

    /// The proximal step carried to the end: every block inside its cone to rounding.
    ///
    /// # Panics
    /// If a length does not fit.
    pub fn finish(&mut self, z: &[T], v: &mut [T]) {
        self.project(z, v, MOST_ROUNDS);
    }

    fn project(&mut self, z: &[T], v: &mut [T], rounds: usize) {
        let (rank, n) = (self.data.nrows(), self.data.ncols());
        assert_eq!(
            z.len(),
            rank * self.blocks.len(),
            "z: one block a pattern and sign"
        );
        assert_eq!(v.len(), z.len(), "v: as z");
        let (data, masks, threshold) = (self.data, self.masks, self.weight / self.rho);
        let patterns = masks.n_blocks();
        if rank == 0 || patterns == 0 {
            return;
        }
        let largest_z = z.chunks_exact(rank).map(norm).fold(T::of(0.0), Float::max);
        let tolerance = T::of(if T::NAME == "f64" {
            VIOLATED.0
        } else {
            VIOLATED.1
        }) * self.largest_row
            * largest_z;
        let share = T::of(if rank > 200 { 0.5 } else { 0.3 });

        for_each_mut(&mut self.blocks, |b, held| {
            let z = &z[b * rank..(b + 1) * rank];
            let mask = masks.column(b % patterns);
            held.point.copy_from_slice(z);
            for (&row, &a) in held.rows.iter().zip(&held.weights) {
                axpy(signed(mask[row], a), column(data, row), &mut held.point);
            }
            held.state = if norm(&held.point) <= threshold {
                Progress::Zero
            } else {
                Progress::Open
            };
        });

        for round in 0..rounds {
            for_each_mut(&mut self.blocks, |b, held| {
                if held.state == Progress::Open {
                    held.descend(&z[b * rank..(b + 1) * rank], masks.column(b % patterns));
                    if norm(&held.point) <= threshold {
                        held.state = Progress::Zero;
                    }
                }
            });
            let last = round + 1 == rounds;
            let mut open: Vec<(usize, &mut Held<T>)> = self
                .blocks
                .iter_mut()
                .enumerate()
                .filter(|(_, h)| h.state == Progress::Open)
                .collect();
            if open.is_empty() {
                break;
            }
            for chunk in open.chunks_mut(CHUNK) {
                let count = chunk.len();
                self.packed
                    .resize(rank * CHUNK.min(2 * patterns), T::of(0.0));
                self.images.resize(n * CHUNK.min(2 * patterns), T::of(0.0));
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
                    let mask = masks.column(*b % patterns);
                    held.take_violated(
                        data,
                        mask,
                        &images[k * n..(k + 1) * n],
                        tolerance,
                        share,
                        last,
                    );
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

impl<T: Real> Held<T> {
    /// The projection on the face of the held rows, dropping those whose multiplier is not
    /// positive: from the old multipliers towards the new ones up to the first zero.
    fn descend(&mut self, z: &[T], mask: &[u8]) {
        let zero = T::of(0.0);
        loop {
            self.coefficients.resize(self.rows.len(), zero);
            self.qr.split(z, &mut self.coefficients, &mut self.point);
            // p = z + sum_k e_k a_k x_k  with  z = sum_k c_k x_k + p:  a = -e c
            for (c, &row) in self.coefficients.iter_mut().zip(&self.rows) {
                *c = signed(mask[row], -*c);
            }
            let fresh = |k: usize| self.weights[k] <= zero && self.coefficients[k] <= zero;
            let refused: Vec<usize> = (0..self.rows.len()).rev().filter(|&k| fresh(k)).collect();
            if !refused.is_empty() {
                for k in refused {
                    self.drop_row(k);
                }
                continue;
            }
            let mut step = T::of(1.0);
            let mut blocking = None;
            for (k, (&old, &new)) in self.weights.iter().zip(&self.coefficients).enumerate() {
                if new <= zero {
                    let reach = old / (old - new);
                    if blocking.is_none() || reach < step {
                        step = reach;
                        blocking = Some(k);
                    }
                }
            }
            for (old, &new) in self.weights.iter_mut().zip(&self.coefficients) {
                *old = Float::max(*old + step * (new - *old), zero);
            }
            match blocking {
                None => {
                    self.weights.copy_from_slice(&self.coefficients);
                    return;
                }
                Some(k) => self.drop_row(k),
            }
        }
    }

    fn drop_row(&mut self, k: usize) {
        self.qr.drop_column(k);
        self.rows.remove(k);
        self.weights.remove(k);
        self.coefficients.remove(k);
    }

    /// Adds the rows that `point` violates by at least `share` of the worst; done if there is
    /// none, or none that is independent of those held.
    fn take_violated(
        &mut self,
        data: MatRef<'_, T>,
        mask: &[u8],
        image: &[T],
        tolerance: T,
        share: T,
        last: bool,
    ) {
        let worst = image
            .iter()
            .zip(mask)
            .map(|(&h, &bit)| signed(bit, h))
            .fold(T::of(0.0), Float::min);
        if worst >= -tolerance {
            self.state = Progress::Done;
            return;
        }
        let line = Float::min(share * worst, -tolerance);
        let mut violated: Vec<(T, usize)> = image
            .iter()
            .zip(mask)
            .enumerate()
            .filter_map(|(i, (&h, &bit))| {
                let h = signed(bit, h);
                (h <= line).then_some((h, i))
            })
            .collect();
        violated.sort_by(|a, b| {
            a.0.partial_cmp(&b.0)
                .unwrap_or(core::cmp::Ordering::Equal)
                .then(a.1.cmp(&b.1))
        });
        let mut taken = false;
        for (_, row) in violated {
            if !self.rows.contains(&row) && self.qr.append(column(data, row)) {
                self.rows.push(row);
                self.weights.push(T::of(0.0));
                taken = true;
            }
        }
        if !taken && !last {
            self.state = Progress::Done;
        }
    }
}

impl<T: Real> Proximal<T> for ConeGroup<'_, T> {
    fn dim(&self) -> usize {
        self.data.nrows() * self.blocks.len()
    }

    fn set_penalty(&mut self, rho: T) {
        let factor = self.rho / rho;
        for held in &mut self.blocks {
            for a in &mut held.weights {
                *a = factor * *a;
            }
        }
        self.rho = rho;
    }

    fn apply(&mut self, z: &[T], v: &mut [T]) {
        let rounds = if self.data.nrows() >= THIN_RANK {
            ROUNDS_THIN
        } else {
            ROUNDS
        };
        self.project(z, v, rounds);
    }

    fn value(&self, v: &[T]) -> f64 {
        let sizes = v
            .chunks_exact(self.data.nrows().max(1))
            .map(|b| norm(b).wide());
        self.weight.wide() * sizes.sum::<f64>()
    }

    fn shrinkage(&self, v: &[T]) -> Option<f64> {
        let (mut total, mut count) = (0.0, 0.0);
        for size in v
            .chunks_exact(self.data.nrows().max(1))
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

/// `value` where the mask is set, `-value` where it is not.
#[inline(always)]
fn signed<T: Real>(bit: u8, value: T) -> T {
    if bit == 0 { -value } else { value }
}

/// A sample's coordinates.
pub(super) fn column<'a, T: Real>(data: MatRef<'a, T>, i: usize) -> &'a [T] {
    data.col(i)
        .try_as_col_major()
        .map_or(&[], |col| col.as_slice())
}
