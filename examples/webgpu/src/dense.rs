//! The three-block ADMM in `f64`, its linear step by elimination.

/// The data of a programme: rows, patterns and a target, and the numbers of its ADMM.
pub(crate) struct Programme {
    pub(crate) n: usize,
    pub(crate) rank: usize,
    pub(crate) patterns: usize,
    /// Whether blocks are pairs with cones, or single ones without.
    pub(crate) pairs: bool,
    pub(crate) rows: Vec<f32>,
    /// A pattern's rows together.
    pub(crate) masks: Vec<u8>,
    pub(crate) target: Vec<f32>,
    pub(crate) tau: f64,
    pub(crate) weight: f64,
    pub(crate) relaxation: f64,
}

impl Programme {
    pub(crate) fn blocks(&self) -> usize {
        self.patterns * if self.pairs { 2 } else { 1 }
    }

    pub(crate) fn row(&self, i: usize) -> Vec<f64> {
        let row = &self.rows[i * self.rank..][..self.rank];
        row.iter().map(|x| f64::from(*x)).collect()
    }

    fn open(&self, i: usize, b: usize) -> f64 {
        f64::from(self.masks[b % self.patterns * self.n + i])
    }

    /// What a row of `F` has of the row of the data in block `b`.
    fn smooth(&self, i: usize, b: usize) -> f64 {
        let sign = if b < self.patterns { 1.0 } else { -1.0 };
        sign * self.open(i, b)
    }

    /// As [`smooth`](Self::smooth), of `tau G`.
    fn cone(&self, i: usize, b: usize) -> f64 {
        self.tau * (2.0 * self.open(i, b) - 1.0)
    }

    /// `L^-1` by rows, of `I + tau^2 R'R = L L'`.
    pub(crate) fn inverse(&self) -> Vec<Vec<f64>> {
        let r = self.rank;
        let mut factor = vec![vec![0.0; r]; r];
        for i in 0..self.n {
            let row = self.row(i);
            for (of_row, a) in factor.iter_mut().zip(&row) {
                for (entry, b) in of_row.iter_mut().zip(&row) {
                    *entry += self.tau * self.tau * a * b;
                }
            }
        }
        for j in 0..r {
            factor[j][j] += 1.0;
            for i in j..r {
                let done: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
                let left = factor[i][j] - done;
                factor[i][j] = if i == j {
                    left.sqrt()
                } else {
                    left / factor[j][j]
                };
            }
        }
        let mut inverse: Vec<Vec<f64>> = Vec::new();
        for (i, row) in factor.iter().enumerate() {
            let entry = |j: usize| {
                let done: f64 = inverse.iter().zip(row).map(|(of, x)| x * of[j]).sum();
                (f64::from(u8::from(i == j)) - done) / row[i]
            };
            let next = (0..r).map(entry).collect();
            inverse.push(next);
        }
        inverse
    }
}

/// The iterate: every block's numbers, then the cone copy's, a block's rows together.
pub(crate) struct Iterate {
    pub(crate) z: Vec<f64>,
    pub(crate) v: Vec<f64>,
    pub(crate) fu: Vec<f64>,
    /// Of `u`, of `v`, of `u - v`, of the step of `v`, of `z - v`.
    pub(crate) lengths: [f64; 5],
    rho: f64,
}

impl Iterate {
    /// Zero.
    pub(crate) fn new(of: &Programme, rho: f64) -> Self {
        let cone = if of.pairs { of.blocks() * of.n } else { 0 };
        let len = of.blocks() * of.rank + cone;
        Self {
            z: vec![0.0; len],
            v: vec![0.0; len],
            fu: vec![0.0; of.n],
            lengths: [0.0; 5],
            rho,
        }
    }

    pub(crate) fn advance(&mut self, of: &Programme) {
        let u = self.smooth_step(of);
        for (z, (u, v)) in self.z.iter_mut().zip(u.iter().zip(&self.v)) {
            *z += of.relaxation * (u - v);
        }
        let before = std::mem::take(&mut self.v);
        let (blocks, cone) = self.z.split_at(of.blocks() * of.rank);
        for z in blocks.chunks_exact(of.rank) {
            let share = of.weight / self.rho / length(z.iter().copied());
            self.v.extend(z.iter().map(|z| (1.0 - share).max(0.0) * z));
        }
        self.v.extend(cone.iter().map(|z| z.max(0.0)));
        let apart = |a: &[f64], b: &[f64]| length(a.iter().zip(b).map(|(a, b)| a - b));
        self.lengths = [
            length(u.iter().copied()),
            length(self.v.iter().copied()),
            apart(&u, &self.v),
            apart(&self.v, &before),
            apart(&self.z, &self.v),
        ];
    }

    /// A penalty parameter `factor` times as large, `rho (z - v)` as it was.
    pub(crate) fn rescale(&mut self, factor: f64) {
        self.rho *= factor;
        for (z, v) in self.z.iter_mut().zip(&self.v) {
            *z = v + (*z - v) / factor;
        }
    }

    /// `u` and its images in the cone copy; `F u` is kept.
    fn smooth_step(&mut self, of: &Programme) -> Vec<f64> {
        let (rank, blocks) = (of.rank, of.blocks());
        let dim = blocks * rank;
        let w = self.v.iter().zip(&self.z).map(|(v, z)| 2.0 * v - z);
        let w: Vec<f64> = w.collect();
        let mut system = vec![vec![0.0; dim]; dim];
        let mut side: Vec<f64> = w[..dim].iter().map(|w| self.rho * w).collect();
        for (j, of_row) in system.iter_mut().enumerate() {
            of_row[j] = self.rho;
        }
        let mut add = |row: &[f64], weight: f64, value: f64| {
            let entries = || row.iter().enumerate().filter(|(_, x)| **x != 0.0);
            for (j, x) in entries() {
                side[j] += weight * x * value;
                entries().for_each(|(k, y)| system[j][k] += weight * x * y);
            }
        };
        for i in 0..of.n {
            let data = of.row(i);
            let factors = (0..blocks).map(|b| of.smooth(i, b));
            let row: Vec<f64> = factors
                .flat_map(|f| data.iter().map(move |x| f * x))
                .collect();
            add(&row, 1.0, f64::from(of.target[i]));
            for b in (0..blocks).filter(|_| of.pairs) {
                let mut row = vec![0.0; dim];
                for (to, x) in row[b * rank..].iter_mut().zip(&data) {
                    *to = of.cone(i, b) * x;
                }
                add(&row, self.rho, w[dim + b * of.n + i]);
            }
        }
        let mut u = solved(system, side);
        let image = |i: usize, b: usize| -> f64 {
            let products = of.row(i).into_iter().zip(&u[b * rank..]);
            products.map(|(x, u)| x * u).sum()
        };
        let fu = |i: usize| (0..blocks).map(|b| of.smooth(i, b) * image(i, b)).sum();
        self.fu = (0..of.n).map(fu).collect();
        let cells = (0..blocks).flat_map(|b| (0..of.n).map(move |i| (i, b)));
        let cells = cells.filter(|_| of.pairs);
        let cone: Vec<f64> = cells.map(|(i, b)| of.cone(i, b) * image(i, b)).collect();
        u.extend(cone);
        u
    }
}

/// `A^-1 b` of a positive matrix.
fn solved(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let m = b.len();
    for j in 0..m {
        let (above, below) = a.split_at_mut(j + 1);
        for (i, row) in (j + 1..).zip(below) {
            let share = row[j] / above[j][j];
            for (x, y) in row[j..].iter_mut().zip(&above[j][j..]) {
                *x -= share * y;
            }
            b[i] -= share * b[j];
        }
    }
    for j in (0..m).rev() {
        let rest: f64 = (j + 1..m).map(|k| a[j][k] * b[k]).sum();
        b[j] = (b[j] - rest) / a[j][j];
    }
    b
}

pub(crate) fn length(each: impl Iterator<Item = f64>) -> f64 {
    each.map(|x| x * x).sum::<f64>().sqrt()
}
