use crelu_core::Activation;
use faer::{Mat, MatRef};

use crate::choice::{Form, Method};
use crate::power_method::largest_singular_value;
use crate::primal::MOST_RANK;
use crate::programme::Programme;
use crate::settings::{Precision, ProgrammeSettings, Splitting};

// The figures below are those of `cargo xtask bench calibrate`, which prints them anew and checks
// the choices made with them.

/// Iterations a run is costed at: medians of the measured runs, with cones and without.
const ITERATIONS: (f64, f64) = (100.0, 25.0);
/// Factorisations a run is costed at: the penalty rule changes `rho` so often.
const FACTORISATIONS: (f64, f64) = (4.0, 2.0);
/// A flop of a factorisation, or of the kernel matrix, in flops of a product.
const FACTOR_FLOP: f64 = 1.2;
/// A flop of the gram matrix: its masked tiles are made before they are multiplied.
const GRAM_FLOP: f64 = 3.0;
/// A triangular solve moves its factor through memory: its flops cost this many times those of
/// a product (one right-hand side).
const SOLVE_FLOP: f64 = 4.0;
/// What an inner iteration costs beside its flops, in flops of a product: calls and vectors.
const CALL: f64 = 2e4;
/// Inner iterations of a step: measured medians on data without a dominant direction. They hardly
/// follow the condition number of the data, since `rho` is scaled to the mean eigenvalue, but they
/// grow with the root of the largest over the mean where that is above [`USUAL_STRETCH`]: some 80 to
/// 110 on photographs, whose pixels rise and fall together (root 14).
const CG_INNER: f64 = 20.0;
const JACOBI_INNER: f64 = 23.0;
const NYSTROM_INNER: f64 = 6.0;
/// The same where the largest rank does not reach down to the identity term.
const NYSTROM_CAPPED: f64 = 11.0;
/// Root of the largest over the mean eigenvalue up to which the medians hold.
const USUAL_STRETCH: f64 = 3.0;
/// Iterations of the three-block start that the two-block form takes over from.
const START: f64 = 50.0;
/// Sweeps of a block-descent step.
const RBCD_INNER: f64 = 80.0;
/// Columns of the sketch, as a share of the narrower side, up to the largest rank.
const SKETCH_SHARE: f64 = 0.35;
/// A sketch is made with its smaller forerunners and their decompositions.
const SKETCH_COST: f64 = 3.0;
/// Groups of blocks run as thin products: their flops cost more.
const THIN_PRODUCT: f64 = 2.5;

/// Work of a run, in flops of a product, and bytes at its peak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cost {
    pub(crate) flops: f64,
    pub(crate) bytes: f64,
}

/// Sizes of a programme.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    n: f64,
    r: f64,
    p: f64,
    /// Blocks of all outputs.
    blocks: f64,
    outputs: f64,
    cones: bool,
    /// Root of the largest over the mean eigenvalue of the data's Gram matrix.
    stretch: f64,
}

/// Numbers of the rows that the largest eigenvalue is estimated from, evenly spread, and steps of the
/// power method: two digits are enough.
const SAMPLE: usize = 1 << 20;
const STEPS: usize = 8;

/// Root of the largest over the mean eigenvalue of `R'R`, for `R'` of some rows.
#[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
fn stretch(data: MatRef<'_, f64>) -> f64 {
    let (rank, n) = (data.nrows(), data.ncols());
    let some = (SAMPLE / rank.max(1)).clamp(1, n.max(1));
    let apart = n.div_ceil(some).max(1);
    let rows = Mat::from_fn(rank, n.div_ceil(apart), |k, j| data[(k, j * apart)]);
    let mean = rows.squared_norm_l2() / rank.max(1) as f64;
    let largest = largest_singular_value(rows.as_ref(), STEPS).powi(2);
    match mean > 0.0 && largest > mean {
        true => (largest / mean).sqrt(),
        false => 1.0,
    }
}

impl Sizes {
    #[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
    pub(crate) fn of(programme: &Programme) -> Self {
        Self {
            stretch: stretch(programme.data()),
            n: programme.n_samples() as f64,
            r: programme.rank() as f64,
            p: programme.n_patterns() as f64,
            blocks: programme.n_blocks() as f64,
            outputs: programme.outputs() as f64,
            cones: programme.activation() == Activation::Relu,
        }
    }

    /// Inner iterations that a step of a method takes, about.
    fn inner(&self, method: Method, splitting: Splitting, settings: &ProgrammeSettings) -> f64 {
        let side = (self.r * self.p).min(self.n).max(1.0);
        // the three-block system is solved in a basis in which the cones' term flattens the eigenvalues
        let drawn_out = match splitting {
            Splitting::ThreeBlock => 1.0,
            _ => (self.stretch / USUAL_STRETCH).max(1.0),
        };
        match method {
            Method::Cholesky => 0.0,
            // conjugate gradients end after as many steps as there are eigenvalues
            Method::Cg => (drawn_out * CG_INNER).min(side),
            Method::PcgJacobi => (drawn_out * JACOBI_INNER).min(side),
            Method::PcgNystrom if self.sketch(settings) < SKETCH_SHARE * side => {
                NYSTROM_CAPPED.min(side)
            }
            Method::PcgNystrom => NYSTROM_INNER.min(side),
            Method::Rbcd | Method::BlockExact => RBCD_INNER,
        }
    }

    /// Columns of a sketch, about.
    #[expect(clippy::cast_precision_loss, reason = "a small constant")]
    fn sketch(&self, settings: &ProgrammeSettings) -> f64 {
        let side = (self.r * self.p).min(self.n);
        match settings.nystrom_rank {
            Some(rank) => (rank as f64).min(self.r * self.p),
            None => (SKETCH_SHARE * side).clamp(1.0, MOST_RANK as f64),
        }
    }

    /// Bytes of a number of the iteration and of the factor or the sketch.
    fn widths(precision: Precision) -> (f64, f64) {
        match precision {
            Precision::F32 => (4.0, 4.0),
            Precision::Mixed => (8.0, 4.0),
            _ => (8.0, 8.0),
        }
    }

    /// Bytes of all but the primal step's matrices.
    fn common(&self, width: f64, splitting: Splitting) -> f64 {
        let Self {
            n,
            r,
            p,
            blocks,
            outputs,
            cones,
            ..
        } = *self;
        // the data in f64 for the certificate and, if another, in the iteration's precision; masks
        let copy = if width < 8.0 { n * r * width } else { 0.0 };
        let mut bytes = n * r * 8.0 + copy + n * p;
        let chunk = blocks.min(128.0);
        // z, v, u, w, the point before, six pairs of the acceleration, of conjugate gradients five
        let copies = if splitting == Splitting::ThreeBlock {
            10.0
        } else {
            22.0
        };
        bytes += copies * (r * blocks + if outputs > 1.0 { n * outputs } else { 0.0 }) * width;
        bytes += 24.0 * n * outputs * 8.0;
        // masked images of the loop's operator and of the primal step's
        bytes += 2.0 * (n + r) * (p * outputs).min(128.0) * width;
        // of the certificate and the feasible point
        bytes += 2.0 * n * chunk * 8.0;
        if !cones {
            return bytes;
        }
        // the lasso over all gates before the first iteration: features twice; freed afterwards
        let start = 2.0 * n * p * 8.0;
        let during = if splitting == Splitting::ThreeBlock {
            // K, the data in its basis; five vectors with a cone copy; multipliers for the
            // certificate, dense and signed, and as a list
            n * r * width
                + r * r * width
                + 5.0 * n * blocks * width
                + 2.0 * n * blocks * 8.0
                + n * blocks * 8.0
        } else {
            // images of the blocks, inner products of the rows where they are kept
            let table = if r >= 64.0 && n <= 4096.0 {
                n * n * 8.0
            } else {
                0.0
            };
            // factors of the held rows: measured up to half the rank, in every second block, in
            // room that grows by half
            n * chunk * width + table + 0.5 * blocks * (0.75 * r.min(n)).powi(2) * 8.0
        };
        bytes + during.max(start)
    }

    pub(crate) fn cost(
        &self,
        method: Method,
        form: Form,
        precision: Precision,
        splitting: Splitting,
        settings: &ProgrammeSettings,
    ) -> Cost {
        let Self {
            n, r, p, outputs, ..
        } = *self;
        let (width, narrow) = Self::widths(precision);
        let one = 2.0 * n * r * p;
        let doubled = if form == Form::Full { 2.0 } else { 1.0 };
        let side = match form {
            Form::Kernel => n,
            _ => doubled * r * p,
        };
        let common = self.common(width, splitting);
        let start = splitting == Splitting::ThreeBlock && settings.splitting == Splitting::Auto;
        let (iterations, factorisations) = if start {
            (START, FACTORISATIONS.0)
        } else if self.cones {
            (ITERATIONS.0, FACTORISATIONS.0)
        } else {
            (ITERATIONS.1, FACTORISATIONS.1)
        };
        if method == Method::Cholesky {
            let build = match form {
                Form::Kernel => FACTOR_FLOP * n * n * (r + p),
                _ => GRAM_FLOP * n * side * side,
            };
            // a correction of a narrow factor is two products, and two or three are made
            let corrections = if precision == Precision::Mixed {
                5.0
            } else {
                0.0
            };
            let products = match form {
                Form::Kernel => 1.0 + corrections,
                _ => 2.0,
            };
            // two copies while the matrix of both halves is made from that of one
            let copies = if form == Form::Full { 1.25 } else { 1.0 };
            let indicator = if form == Form::Kernel {
                n * p * narrow
            } else {
                0.0
            };
            let rounded = if precision == Precision::Mixed {
                n * r * narrow
            } else {
                0.0
            };
            return Cost {
                flops: build
                    + FACTOR_FLOP * factorisations * side.powi(3) / 3.0
                    + iterations * outputs * (2.0 * side * side * SOLVE_FLOP + products * one),
                bytes: common + copies * side * side * narrow + indicator + rounded,
            };
        }
        let inner = self.inner(method, splitting, settings);
        let mut step = 2.0 * one + CALL + 10.0 * side;
        let (mut setup, mut held) = (0.0, 0.0);
        match method {
            Method::PcgNystrom => {
                let columns = self.sketch(settings);
                step += 4.0 * side * columns * SOLVE_FLOP / 2.0;
                setup = SKETCH_COST * columns * (2.0 * one + 4.0 * side * columns);
                // basis, image and two of their size while it is made
                held = 4.0 * side * columns * 8.0;
                if precision == Precision::Mixed {
                    held += n * r * narrow;
                }
            }
            Method::PcgJacobi => {
                setup = one;
                held = (n * r + n * p) * width;
            }
            Method::Rbcd | Method::BlockExact => {
                step *= THIN_PRODUCT;
                step += p * CALL;
                if method == Method::BlockExact {
                    step += p * 2.0 * r * r * SOLVE_FLOP;
                    setup = n * r * r + factorisations * r.powi(3) / 3.0;
                    held = r * r * width;
                }
            }
            _ => {}
        }
        Cost {
            flops: setup + iterations * outputs * (inner * step + 2.0 * one),
            bytes: common + held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::Stream;

    /// The estimate's digits.
    const NEAR: f64 = 0.02;

    #[test]
    fn stretch_is_that_of_the_eigenvalues() {
        let mut stream = Stream::new(3);
        let (rank, n) = (40, 3000);
        // a direction that all coordinates share, of a deviation `by` times theirs
        for by in [0.0, 2.0, 10.0] {
            let data = Mat::from_fn(n, rank + 1, |_, _| stream.unit());
            let data = Mat::from_fn(rank, n, |k, i| data[(i, k)] + by * data[(i, rank)]);
            let gram = &data * data.transpose();
            let values = linalg_core::symmetric_eigenvalues(gram.as_ref()).expect("finite");
            #[expect(clippy::cast_precision_loss, reason = "a small count")]
            let mean = values.iter().sum::<f64>() / rank as f64;
            let exact = (values.iter().copied().fold(0.0, f64::max) / mean).sqrt();
            let found = stretch(data.as_ref());
            // without a shared direction the power method has not separated the largest yet
            let near = if by == 0.0 { 0.2 } else { NEAR };
            assert!((found / exact - 1.0).abs() < near, "{by}: {found} {exact}");
        }
        assert_eq!(stretch(Mat::<f64>::zeros(3, 5).as_ref()), 1.0);
        assert_eq!(stretch(Mat::<f64>::zeros(0, 5).as_ref()), 1.0);
    }
}
