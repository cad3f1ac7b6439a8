use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use pulp::{Arch, WithSimd};

/// The quadratic term `tr(A' H'H A) / 2` of output weights `A`, `K` numbers a neuron, and the point it is at:
/// by the Gram matrix `H'H`, or by the rows of `H` themselves where there are few beside the neurons.
pub(crate) enum Bend {
    /// `H'H`, `m x m`.
    Gram(Mat<f64>),
    /// `H`, `n x m`.
    Rows(Mat<f64>),
}

/// Of one neuron after the other, by rows a visit takes `4 n K` flops and by the Gram matrix a change
/// `2 m K`, and that matrix has to be made.
pub(crate) fn is_by_rows(rows: usize, neurons: usize) -> bool {
    2 * rows <= neurons
}

impl Bend {
    pub(crate) fn neurons(&self) -> usize {
        match self {
            Self::Gram(matrix) | Self::Rows(matrix) => matrix.ncols(),
        }
    }

    /// `H'H A`, `K` numbers a neuron.
    pub(crate) fn times(&self, a: &[f64], outputs: usize) -> Vec<f64> {
        let m = self.neurons();
        let a = MatRef::from_column_major_slice(a, outputs, m);
        let mut out = vec![0.0; outputs * m];
        let to = MatMut::from_column_major_slice_mut(&mut out, outputs, m);
        match self {
            Self::Gram(gram) => product(to, a, gram.as_ref()),
            Self::Rows(rows) => {
                let mut there = Mat::zeros(outputs, rows.nrows());
                product(there.as_mut(), a, rows.transpose());
                product(to, there.as_ref(), rows.as_ref());
            }
        }
        out
    }

    /// What is left of `along` at output weights that are not 0 only where they are used.
    ///
    /// **Shapes** `along`, `a`: `K` numbers a neuron.
    pub(crate) fn rest<'a>(&'a self, along: &'a [f64], outputs: usize, a: &[f64]) -> Rest<'a> {
        let m = self.neurons();
        let (matrix, squares, held) = match self {
            Self::Gram(gram) => {
                let squares = (0..m).map(|i| gram[(i, i)]).collect();
                let held = (0..m * outputs).map(|at| along[at % m * outputs + at / m]);
                (gram, squares, held.collect())
            }
            Self::Rows(rows) => {
                let squares = (0..m).map(|i| rows.col(i).squared_norm_l2()).collect();
                (rows, squares, vec![0.0; rows.nrows() * outputs])
            }
        };
        let mut out = Rest {
            matrix: matrix.as_ref(),
            along: match self {
                Self::Gram(_) => None,
                Self::Rows(_) => Some(along),
            },
            outputs,
            squares,
            held,
            flops: 0,
        };
        for (i, row) in a.chunks_exact(outputs).enumerate() {
            if row.iter().any(|a| *a != 0.0) {
                out.take(i, row);
            }
        }
        out
    }
}

fn product(to: MatMut<'_, f64>, left: MatRef<'_, f64>, right: MatRef<'_, f64>) {
    matmul(to, Accum::Replace, left, right, 1.0, Par::Seq);
}

/// `along - H'H A` while `A` changes, one neuron's numbers at a time.
pub(crate) struct Rest<'a> {
    matrix: MatRef<'a, f64>,
    /// By rows: what `- H'H A` is added to.
    along: Option<&'a [f64]>,
    outputs: usize,
    squares: Vec<f64>,
    /// By the Gram matrix all of it; by rows `-H A`. An output's numbers together.
    held: Vec<f64>,
    flops: usize,
}

impl Rest<'_> {
    /// `|h_i|^2`
    pub(crate) fn square(&self, i: usize) -> f64 {
        self.squares[i]
    }

    /// Flops of all calls, and since the last time it was asked.
    pub(crate) fn take_flops(&mut self) -> usize {
        core::mem::take(&mut self.flops)
    }

    /// Neuron `i`'s `K` numbers.
    pub(crate) fn of(&mut self, i: usize, out: &mut [f64]) {
        let length = self.matrix.nrows();
        let Some(along) = self.along else {
            for (out, rest) in out.iter_mut().zip(self.held.chunks_exact(length)) {
                *out = rest[i];
            }
            return;
        };
        let Some(column) = self.matrix.col(i).try_as_col_major() else {
            return;
        };
        self.flops += 2 * self.held.len();
        let along = &along[i * self.outputs..];
        Arch::new().dispatch(Along {
            column: column.as_slice(),
            held: &self.held,
            along,
            out,
        });
    }

    /// Adds `step` to the output weights of neuron `i`.
    pub(crate) fn take(&mut self, i: usize, step: &[f64]) {
        if let Some(column) = self.matrix.col(i).try_as_col_major() {
            self.flops += 2 * self.held.len();
            Arch::new().dispatch(Take {
                column: column.as_slice(),
                step,
                held: &mut self.held,
            });
        }
    }
}

/// Takes a column times each step off the numbers of each output: the column once for all of them.
struct Take<'a> {
    column: &'a [f64],
    step: &'a [f64],
    held: &'a mut [f64],
}

impl WithSimd for Take<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let outputs = self.held.chunks_exact_mut(self.column.len());
        for (held, step) in outputs.zip(self.step) {
            for (held, entry) in held.iter_mut().zip(self.column) {
                *held -= step * entry;
            }
        }
    }
}

/// Sums of a column times the numbers of each output, eight at a time in a fixed order.
struct Along<'a> {
    column: &'a [f64],
    held: &'a [f64],
    along: &'a [f64],
    out: &'a mut [f64],
}

impl WithSimd for Along<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let (columns, left) = self.column.as_chunks::<8>();
        let outputs = self.held.chunks_exact(self.column.len());
        for ((out, held), along) in self.out.iter_mut().zip(outputs).zip(self.along) {
            let mut sums = [0.0; 8];
            let (parts, last) = held.as_chunks::<8>();
            for (part, column) in parts.iter().zip(columns) {
                for ((sum, held), entry) in sums.iter_mut().zip(part).zip(column) {
                    *sum += held * entry;
                }
            }
            let last: f64 = last
                .iter()
                .zip(left)
                .map(|(held, entry)| held * entry)
                .sum();
            *out = along + sums.iter().sum::<f64>() + last;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::Stream;

    /// Sums of tens of products of numbers of about one.
    const EXACT: f64 = 1e-12;

    #[test]
    fn bend_by_rows_is_that_of_the_gram_matrix() {
        let mut stream = Stream::new(3);
        for (n, m, k) in [(1, 3, 2), (13, 40, 3), (16, 7, 1)] {
            let rows = Mat::from_fn(n, m, |_, _| stream.unit());
            let gram = Bend::Gram(rows.transpose() * &rows);
            let rows = Bend::Rows(rows);
            let mut draw =
                |count: usize| -> Vec<f64> { (0..count).map(|_| stream.unit()).collect() };
            let (along, mut a) = (draw(m * k), draw(m * k));
            a[..k].fill(0.0);
            let direct = gram.times(&a, k);
            let other = rows.times(&a, k);
            assert!(linalg_core::distance(&direct, &other) <= EXACT * (n * m) as f64);
            let step = draw(k);
            let mut rests = [gram.rest(&along, k, &a), rows.rest(&along, k, &a)];
            for rest in &mut rests {
                rest.take(m - 1, &step);
            }
            a[(m - 1) * k..]
                .iter_mut()
                .zip(&step)
                .for_each(|(a, s)| *a += s);
            let bent = gram.times(&a, k);
            for rest in &mut rests {
                for i in 0..m {
                    let mut found = vec![0.0; k];
                    rest.of(i, &mut found);
                    for (j, found) in found.iter().enumerate() {
                        let want = along[i * k + j] - bent[i * k + j];
                        assert!(
                            (found - want).abs() <= EXACT * (n * m) as f64,
                            "{n} {m} {k}"
                        );
                    }
                }
                assert!(rest.take_flops() > 0 && rest.take_flops() == 0);
            }
        }
    }
}
