use core::ops::Range;

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatMut, MatRef, Par};
use linalg_core::{Control, for_each_mut};

use crate::bend::{Bend, is_by_rows};
use crate::local_halt::{Cut, LocalHalt};
use crate::neurons::Neurons;
use crate::packed::{Packed, Room};
use crate::problem::GlobalProblem;
use crate::rows::{row_tasks, sum_over_rows, tiles};

/// The unit outputs of all rows are kept where they take no more than so many bytes.
const MOST_BYTES: usize = 512 << 20;

/// The outputs `H = (R U)_+` of unit neurons on the rows of a problem, for several passes over them: made
/// once where they fit into memory, else in every pass, a tile of rows at a time.
pub(crate) struct Images<'a> {
    problem: &'a GlobalProblem,
    packed: Packed,
    m: usize,
    /// `m` numbers a row.
    kept: Option<Vec<f64>>,
    control: Control<'a>,
}

impl<'a> Images<'a> {
    /// For one pass.
    pub(crate) fn passing(
        problem: &'a GlobalProblem,
        neurons: &Neurons,
        control: &Control<'a>,
    ) -> Self {
        Self {
            problem,
            packed: neurons.packed(),
            m: neurons.len(),
            kept: None,
            control: *control,
        }
    }

    /// For several.
    ///
    /// **Cost** `2 n rank m` flops; `n m` numbers.
    ///
    /// # Errors
    /// [`Cut`] where `control` halts.
    pub(crate) fn kept(
        problem: &'a GlobalProblem,
        neurons: &Neurons,
        control: &Control<'a>,
    ) -> Result<Self, Cut> {
        let mut out = Self::passing(problem, neurons, control);
        let (n, m) = (problem.n_samples(), out.m);
        // by a process's share of the rows, so that all of them keep alike and count the same work
        if problem.rows_a_process().saturating_mul(m) > MOST_BYTES / size_of::<f64>() {
            return Ok(out);
        }
        out.count_images();
        let halt = LocalHalt::of(control);
        let mut all = vec![0.0; n * m];
        let mut rest = all.as_mut_slice();
        let mut parts: Vec<(Range<usize>, &mut [f64], Room)> = Vec::new();
        for rows in row_tasks(n, 2 * problem.entries() * m) {
            let (part, after) = rest.split_at_mut(rows.len() * m);
            rest = after;
            parts.push((rows, part, out.packed.room()));
        }
        for_each_mut(&mut parts, |_, (rows, part, room)| {
            let mut to = part.chunks_exact_mut(m.max(1));
            for tile in tiles(rows.clone(), out.packed.tile_rows()) {
                if halt.is_raised() {
                    return;
                }
                let (images, _) = out.packed.open(problem.rows(tile), room);
                for (i, to) in (0..images.ncols()).zip(&mut to) {
                    if let Some(row) = images.col(i).try_as_col_major() {
                        to.copy_from_slice(row.as_slice());
                    }
                }
            }
        });
        halt.agreed(problem)?;
        out.kept = Some(all);
        Ok(out)
    }

    fn count_images(&self) {
        let problem = self.problem;
        let work = problem.work();
        work.add_products(1, problem.n_all(), problem.entries(), self.m);
    }

    /// Works through the images of all rows, `m x rows` a tile, by tasks with sums of their own. A halt is
    /// seen between two tiles.
    fn pass<S: Send>(
        &self,
        flops_a_row: usize,
        make: impl Fn() -> S,
        work: impl Fn(&mut S, MatRef<'_, f64>, Range<usize>) + Sync + Send,
    ) -> Result<Vec<S>, Cut> {
        let (problem, m, halt) = (self.problem, self.m, LocalHalt::of(&self.control));
        let n = problem.n_samples();
        let tile = self.packed.tile_rows();
        if let Some(kept) = &self.kept {
            let sums = sum_over_rows(n, flops_a_row, tile, make, |sum, rows| {
                if !halt.is_raised() {
                    let images = &kept[rows.start * m..rows.end * m];
                    let images = MatRef::from_column_major_slice(images, m, rows.len());
                    work(sum, images, rows);
                }
            });
            halt.agreed(problem)?;
            return Ok(sums);
        }
        self.count_images();
        let flops = flops_a_row + 2 * problem.entries() * m;
        let make = || (make(), self.packed.room());
        let sums = sum_over_rows(n, flops, tile, make, |(sum, room), rows| {
            if !halt.is_raised() {
                let (images, _) = self.packed.open(problem.rows(rows.clone()), room);
                work(sum, images, rows);
            }
        });
        halt.agreed(problem)?;
        Ok(sums.into_iter().map(|(sum, _)| sum).collect())
    }

    /// The outputs by output weights, `K` numbers a neuron: `K` numbers a row of this process.
    ///
    /// **Cost** `2 n K m` flops.
    pub(crate) fn fitted(&self, outer: &[f64]) -> Result<Vec<f64>, Cut> {
        let (problem, k) = (self.problem, self.problem.outputs());
        problem.work().add_products(1, problem.n_all(), k, self.m);
        let outer = MatRef::from_column_major_slice(outer, k, self.m);
        let parts = self.pass(
            2 * k * self.m,
            Vec::new,
            |out: &mut Vec<f64>, images, rows| {
                let first = out.len();
                out.resize(first + rows.len() * k, 0.0);
                matmul(
                    MatMut::from_column_major_slice_mut(&mut out[first..], k, rows.len()),
                    Accum::Replace,
                    outer,
                    images,
                    1.0,
                    Par::Seq,
                );
            },
        )?;
        Ok(parts.concat())
    }

    /// `theta' H` over the rows of all processes, `K` numbers a neuron.
    ///
    /// **Shapes** `theta`: `K` numbers a row. **Cost** `2 n K m` flops, which are not counted.
    pub(crate) fn along(&self, theta: &[f64]) -> Result<Vec<f64>, Cut> {
        let (k, m) = (self.problem.outputs(), self.m);
        let parts = self.pass(
            2 * k * m,
            || Mat::zeros(k, m),
            |sum, images, rows| add_along(sum, images, theta, rows),
        )?;
        Ok(self.joined(&parts))
    }

    /// `H' diag(curvature) H` of some of the neurons (none: of all), each row with its curvature (none: 1).
    ///
    /// **Cost** `n m^2` flops for the `m` of them.
    pub(crate) fn gram(
        &self,
        members: Option<&[usize]>,
        curvature: Option<&[f64]>,
    ) -> Result<Mat<f64>, Cut> {
        let m = members.map_or(self.m, <[usize]>::len);
        self.count_gram(m);
        let parts = self.pass(
            m * m,
            || GramPart::new(m),
            |part, images, rows| part.add(images, rows, members, curvature),
        )?;
        Ok(self.symmetric(&parts.into_iter().map(|part| part.sum).collect::<Vec<_>>()))
    }

    /// Both in one pass, of all neurons: [`Images::gram`] and [`Images::along`].
    pub(crate) fn gram_along(
        &self,
        curvature: Option<&[f64]>,
        theta: &[f64],
    ) -> Result<(Mat<f64>, Vec<f64>), Cut> {
        let (k, m) = (self.problem.outputs(), self.m);
        self.count_gram(m);
        let parts = self.pass(
            m * (m + 2 * k),
            || (GramPart::new(m), Mat::zeros(k, m)),
            |(part, sum), images, rows| {
                part.add(images, rows.clone(), None, curvature);
                add_along(sum, images, theta, rows);
            },
        )?;
        let (grams, sums): (Vec<_>, Vec<_>) =
            parts.into_iter().map(|(part, sum)| (part.sum, sum)).unzip();
        Ok((self.symmetric(&grams), self.joined(&sums)))
    }

    /// `H'H` or `H` of some of the neurons (none: of all), each row by the root of its curvature (none: 1):
    /// what takes less in a descent over one neuron after the other, where all rows are here.
    pub(crate) fn bend(
        &self,
        members: Option<&[usize]>,
        curvature: Option<&[f64]>,
    ) -> Result<Bend, Cut> {
        if !self.is_by_rows(members.map_or(self.m, <[usize]>::len)) {
            return self.gram(members, curvature).map(Bend::Gram);
        }
        self.matrix(members, curvature).map(Bend::Rows)
    }

    /// [`Images::bend`] and [`Images::along`] of all neurons: the images are made once where there are many rows.
    pub(crate) fn bend_along(
        &self,
        curvature: Option<&[f64]>,
        theta: &[f64],
    ) -> Result<(Bend, Vec<f64>), Cut> {
        if self.is_by_rows(self.m) {
            return Ok((self.bend(None, curvature)?, self.along(theta)?));
        }
        let (gram, along) = self.gram_along(curvature, theta)?;
        Ok((Bend::Gram(gram), along))
    }

    fn is_by_rows(&self, neurons: usize) -> bool {
        self.problem.is_whole() && is_by_rows(self.problem.n_samples(), neurons)
    }

    /// `H` of some of the neurons (none: of all) on the rows that are here, each by the root of its curvature
    /// (none: 1), `n x m`.
    pub(crate) fn matrix(
        &self,
        members: Option<&[usize]>,
        curvature: Option<&[f64]>,
    ) -> Result<Mat<f64>, Cut> {
        let m = members.map_or(self.m, <[usize]>::len);
        let parts = self.pass(m, Vec::new, |part: &mut Vec<f64>, images, rows| {
            add_scaled(part, images, rows, members, curvature);
        })?;
        let all = parts.concat();
        let by_row = MatRef::from_column_major_slice(&all, m, self.problem.n_samples());
        Ok(by_row.transpose().to_owned())
    }

    fn count_gram(&self, m: usize) {
        let problem = self.problem;
        problem.work().add_products(1, problem.n_all(), m, m);
    }

    /// The sum of `K x m` parts of all processes, `K` numbers a neuron.
    fn joined(&self, parts: &[Mat<f64>]) -> Vec<f64> {
        let (problem, k, m) = (self.problem, self.problem.outputs(), self.m);
        let mut along = vec![0.0; k * m];
        for part in parts {
            for i in 0..m {
                for (to, from) in along[i * k..].iter_mut().zip(part.col(i).iter()) {
                    *to += from;
                }
            }
        }
        problem.join(&mut along);
        along
    }

    /// The sum of lower triangles of all processes, whole.
    fn symmetric(&self, parts: &[Mat<f64>]) -> Mat<f64> {
        let problem = self.problem;
        let m = parts.first().map_or(0, Mat::nrows);
        let mut gram = Mat::<f64>::zeros(m, m);
        for part in parts {
            gram += part;
        }
        if !problem.is_whole() {
            let lower = (0..m).flat_map(|j| (j..m).map(move |i| (i, j)));
            let mut all: Vec<f64> = lower.clone().map(|at| gram[at]).collect();
            problem.join(&mut all);
            for (at, sum) in lower.zip(&all) {
                gram[at] = *sum;
            }
        }
        for j in 0..m {
            for i in 0..j {
                gram[(i, j)] = gram[(j, i)];
            }
        }
        gram
    }
}

/// A task's part of a Gram matrix, its lower triangle.
struct GramPart {
    sum: Mat<f64>,
    scaled: Vec<f64>,
}

impl GramPart {
    fn new(m: usize) -> Self {
        Self {
            sum: Mat::zeros(m, m),
            scaled: Vec::new(),
        }
    }

    fn add(
        &mut self,
        images: MatRef<'_, f64>,
        rows: Range<usize>,
        members: Option<&[usize]>,
        curvature: Option<&[f64]>,
    ) {
        let count = rows.len();
        let images = if members.is_none() && curvature.is_none() {
            images
        } else {
            self.scaled.clear();
            add_scaled(&mut self.scaled, images, rows, members, curvature);
            MatRef::from_column_major_slice(&self.scaled, self.sum.nrows(), count)
        };
        triangular::matmul(
            self.sum.as_mut(),
            BlockStructure::TriangularLower,
            Accum::Add,
            images,
            BlockStructure::Rectangular,
            images.transpose(),
            BlockStructure::Rectangular,
            1.0,
            Par::Seq,
        );
    }
}

/// The images of some neurons (none: of all) by the roots of their rows' curvatures (none: 1), a row's together.
fn add_scaled(
    to: &mut Vec<f64>,
    images: MatRef<'_, f64>,
    rows: Range<usize>,
    members: Option<&[usize]>,
    curvature: Option<&[f64]>,
) {
    for (i, row) in rows.enumerate() {
        let root = curvature.map_or(1.0, |curvature| curvature[row].sqrt());
        let column = images.col(i);
        match members {
            None => to.extend(column.iter().map(|h| root * h)),
            Some(members) => to.extend(members.iter().map(|&j| root * column[j])),
        }
    }
}

/// `sum += theta' images'` of some rows, `K x m`.
fn add_along(sum: &mut Mat<f64>, images: MatRef<'_, f64>, theta: &[f64], rows: Range<usize>) {
    let k = sum.nrows();
    let theta = &theta[rows.start * k..rows.end * k];
    let theta = MatRef::from_column_major_slice(theta, k, rows.len());
    matmul(
        sum.as_mut(),
        Accum::Add,
        theta,
        images.transpose(),
        1.0,
        Par::Seq,
    );
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicBool, Ordering};

    use crelu_core::LossKind;
    use testkit::Stream;

    use super::*;

    /// Sums of a few hundred products in another order.
    const ROUNDING: f64 = 1e-12;

    fn softmax([n, rank, m, k]: [usize; 4], stream: &mut Stream) -> (GlobalProblem, Neurons) {
        let data = Mat::from_fn(rank, n, |_, _| stream.unit());
        let target = (0..n * k).map(|at| f64::from(u8::from(at % k == (at / k) % k)));
        let loss = LossKind::Softmax.of(target.collect(), k, None).unwrap();
        let problem = GlobalProblem::with_loss(data, loss, 1.0).unwrap();
        let mut neurons = Neurons::with_outputs(rank, k);
        for _ in 0..m {
            let mut draw =
                |count: usize| -> Vec<f64> { (0..count).map(|_| stream.unit()).collect() };
            neurons.push_head(&draw(rank), &draw(k), 0.5);
        }
        (problem, neurons)
    }

    #[test]
    fn images_halted_are_cut() {
        let (problem, neurons) = softmax([700, 5, 9, 3], &mut Stream::new(8));
        let flag = AtomicBool::new(false);
        let control = Control::default().interrupt(&flag);
        let kept = Images::kept(&problem, &neurons, &control).unwrap();
        let passing = Images::passing(&problem, &neurons, &control);
        assert!(kept.gram(None, None).is_ok() && passing.gram(None, None).is_ok());
        flag.store(true, Ordering::Relaxed);
        let outer = neurons.output_weights();
        for images in [&kept, &passing] {
            assert_eq!(images.gram(None, None), Err(Cut));
            assert_eq!(images.fitted(&outer), Err(Cut));
        }
        assert!(Images::kept(&problem, &neurons, &control).is_err());
    }

    #[test]
    fn images_kept_and_passing_are_one() {
        let mut stream = Stream::new(7);
        let (n, m) = (700, 9);
        let (problem, neurons) = softmax([n, 5, m, 3], &mut stream);
        let control = Control::default();
        let kept = Images::kept(&problem, &neurons, &control).unwrap();
        let passing = Images::passing(&problem, &neurons, &control);
        assert!(kept.kept.is_some());
        let near =
            |a: &[f64], b: &[f64]| linalg_core::distance(a, b) <= ROUNDING * linalg_core::norm(a);
        let outer = neurons.output_weights();
        let fitted = kept.fitted(&outer).unwrap();
        assert!(
            near(&fitted, &passing.fitted(&outer).unwrap())
                && near(&fitted, &neurons.fitted(&problem))
        );
        let theta = problem.theta(&fitted);
        assert!(near(
            &kept.along(&theta).unwrap(),
            &passing.along(&theta).unwrap()
        ));
        let curvature: Vec<f64> = (0..n).map(|i| 0.25 + (i % 3) as f64).collect();
        let whole = passing.gram(None, Some(&curvature)).unwrap();
        for images in [&kept, &passing] {
            let (gram, along) = images.gram_along(Some(&curvature), &theta).unwrap();
            assert!((gram - &whole).norm_l2() <= ROUNDING * whole.norm_l2());
            assert!(near(&along, &passing.along(&theta).unwrap()));
        }
        let members = [7, 2, 3];
        let part = kept.gram(Some(&members), Some(&curvature)).unwrap();
        for (i, &a) in members.iter().enumerate() {
            for (j, &b) in members.iter().enumerate() {
                assert!((part[(i, j)] - whole[(a, b)]).abs() <= ROUNDING * whole[(a, a)]);
            }
        }
    }
}
