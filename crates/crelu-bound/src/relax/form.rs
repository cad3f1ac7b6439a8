use faer::{Accum, Mat, MatRef};
use linalg_core::product;
use pulp::{Arch, WithSimd};

/// The scales that make the lifting an isometry.
///
/// With rows of length one, `t = (kappa a, z, z', delta u)` is `V w` for
/// `w = (kappa a, Gamma^(1/2) u, v / sqrt 2)`, `Gamma = X'X / 2 + delta^2 I`, and `V'V = I`: the
/// cross terms of `u` and `v` cancel between `z = (v + X u) / 2` and `z' = (v - X u) / 2`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scales {
    pub(super) kappa: f64,
    pub(super) delta: f64,
}

impl Scales {
    /// The slope of the cone `|delta u z| <= tau (kappa a z)`.
    pub(super) fn tau(self) -> f64 {
        self.delta / self.kappa
    }
}

/// A quadratic form of one block and sign in `t = (kappa a, z, z', delta u)`, by its parts: a
/// moment matrix, its multipliers, or the state that holds both.
#[derive(Debug, Clone)]
pub(super) struct Form {
    /// `2m x 2m`: `(z, z')` with itself.
    pub(super) products: Mat<f64>,
    /// `[2m]`: `kappa a` with `(z, z')`.
    pub(super) bound: Vec<f64>,
    /// `rank x 2m`: `delta u` with `(z, z')`.
    pub(super) slope: Mat<f64>,
    /// `(1 + rank) x (1 + rank)`: `(kappa a, delta u)` with itself.
    pub(super) corner: Mat<f64>,
}

impl Form {
    pub(super) fn zeros(m: usize, rank: usize) -> Self {
        Self {
            products: Mat::zeros(2 * m, 2 * m),
            bound: vec![0.0; 2 * m],
            slope: Mat::zeros(rank, 2 * m),
            corner: Mat::zeros(1 + rank, 1 + rank),
        }
    }

    /// Every entry of the symmetric matrix counted: `sum f(entry)`.
    pub(super) fn square_norm(&self) -> f64 {
        let sides = self.bound.iter().map(|v| v * v).sum::<f64>() + self.slope.squared_norm_l2();
        self.products.squared_norm_l2() + 2.0 * sides + self.corner.squared_norm_l2()
    }

    /// `self *= factor`.
    pub(super) fn scale(&mut self, factor: f64) {
        self.products *= faer::Scale(factor);
        self.slope *= faer::Scale(factor);
        self.corner *= faer::Scale(factor);
        self.bound.iter_mut().for_each(|v| *v *= factor);
    }

    /// `self += factor other`.
    pub(super) fn add(&mut self, factor: f64, other: &Self) {
        let pairs = [
            (&mut self.products, &other.products),
            (&mut self.slope, &other.slope),
            (&mut self.corner, &other.corner),
        ];
        for (to, from) in pairs {
            faer::zip!(to, from).for_each(|faer::unzip!(t, f)| *t += factor * *f);
        }
        for (to, from) in self.bound.iter_mut().zip(&other.bound) {
            *to += factor * from;
        }
    }
}

/// A form in the coordinates `(kappa a, u, v / sqrt 2)`.
pub(super) struct Pulled {
    /// `m x m`: `v / sqrt 2` with itself.
    pub(super) square: Mat<f64>,
    /// `m x (1 + rank)`: `v / sqrt 2` with `(kappa a, u)`.
    pub(super) border: Mat<f64>,
    /// `(1 + rank) x (1 + rank)`.
    pub(super) corner: Mat<f64>,
    mixed: Mat<f64>,
    odd: Mat<f64>,
    image: Mat<f64>,
}

impl Pulled {
    pub(super) fn zeros(m: usize, rank: usize) -> Self {
        Self {
            square: Mat::zeros(m, m),
            border: Mat::zeros(m, 1 + rank),
            corner: Mat::zeros(1 + rank, 1 + rank),
            mixed: Mat::zeros(m, m),
            odd: Mat::zeros(m, m),
            image: Mat::zeros(m, rank),
        }
    }

    /// Writes `form` in these coordinates; `x`: rank x m, rows of length one as columns.
    ///
    /// **Cost** `4 m^2 rank` flops and one pass over the form.
    pub(super) fn pull(&mut self, form: &Form, x: MatRef<'_, f64>, scales: Scales) {
        let (rank, m) = (x.nrows(), x.ncols());
        let root_half = 0.5_f64.sqrt();
        let arch = Arch::new();
        for j in 0..m {
            arch.dispatch(Split {
                z: form.products.col_as_slice(j).split_at(m),
                other: form.products.col_as_slice(j + m).split_at(m),
                square: self.square.col_as_slice_mut(j),
                mixed: self.mixed.col_as_slice_mut(j),
                odd: self.odd.col_as_slice_mut(j),
            });
        }
        let xt = x.transpose();
        let (_, mut below) = self.border.as_mut().split_at_col_mut(1);
        product(below.as_mut(), Accum::Replace, self.mixed.as_ref(), xt, 1.0);
        let lean = scales.delta * root_half;
        for k in 0..rank {
            for i in 0..m {
                below[(i, k)] += lean * (form.slope[(k, i)] + form.slope[(k, i + m)]);
            }
        }
        for i in 0..m {
            self.border[(i, 0)] = root_half * (form.bound[i] + form.bound[i + m]);
        }
        // u'X'(odd X + delta slope) u; the mean of both triangles below makes it symmetric
        product(
            self.image.as_mut(),
            Accum::Replace,
            self.odd.as_ref(),
            xt,
            1.0,
        );
        for k in 0..rank {
            for i in 0..m {
                self.image[(i, k)] += scales.delta * (form.slope[(k, i)] - form.slope[(k, i + m)]);
            }
        }
        let mut uu = self.corner.as_mut().submatrix_mut(1, 1, rank, rank);
        product(uu.as_mut(), Accum::Replace, x, self.image.as_ref(), 1.0);
        for k in 0..rank {
            for l in 0..=k {
                let mean = 0.5 * (uu[(k, l)] + uu[(l, k)])
                    + scales.delta * scales.delta * form.corner[(k + 1, l + 1)];
                uu[(k, l)] = mean;
                uu[(l, k)] = mean;
            }
        }
        self.corner[(0, 0)] = form.corner[(0, 0)];
        for k in 0..rank {
            let lever: f64 = (0..m)
                .map(|i| x[(k, i)] * (form.bound[i] - form.bound[i + m]))
                .sum();
            let value = 0.5 * lever + scales.delta * form.corner[(k + 1, 0)];
            self.corner[(k + 1, 0)] = value;
            self.corner[(0, k + 1)] = value;
        }
    }
}

/// One row's columns of products as those of `v / sqrt 2` and `X u`.
struct Split<'a> {
    /// The column of `z_j`: with `z` and with `z'`.
    z: (&'a [f64], &'a [f64]),
    /// That of `z'_j`.
    other: (&'a [f64], &'a [f64]),
    square: &'a mut [f64],
    mixed: &'a mut [f64],
    odd: &'a mut [f64],
}

impl WithSimd for Split<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let half_root = 0.5 * 0.5_f64.sqrt();
        let given = (self.z.0.iter().zip(self.z.1)).zip(self.other.0.iter().zip(self.other.1));
        let made = self.square.iter_mut().zip(self.mixed).zip(self.odd);
        for (((zz, cz), (zc, cc)), ((square, mixed), odd)) in given.zip(made) {
            let (sum, apart) = (zz + cc, zz - cc);
            let (cross, turn) = (zc + cz, cz - zc);
            *square = 0.5 * (sum + cross);
            *mixed = half_root * (apart + turn);
            *odd = 0.25 * (sum - cross);
        }
    }
}
