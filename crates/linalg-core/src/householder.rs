//! The QR decomposition of a tall matrix in panels that all threads share, its orthogonal factor kept
//! as reflections.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch as apply_scratch,
    apply_block_householder_sequence_on_the_left_in_place_with_conj as apply,
    apply_block_householder_sequence_transpose_on_the_left_in_place_scratch as apply_adjoint_scratch,
    apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj as apply_adjoint,
};
use faer::linalg::qr::no_pivoting::factor::{qr_in_place, qr_in_place_scratch};
use faer::prelude::default;
use faer::reborrow::{IntoConst, ReborrowMut};
use faer::{Conj, Mat, MatMut, MatRef, Par};

use crate::control::Control;
use crate::dense_rows::DenseRows;
use crate::error::LinalgError;
use crate::parallel::for_each_mut;

/// Columns of a panel: wide enough for the update behind it to be a matrix product, narrow enough for
/// the panel of 50000 rows, which one thread does, to take a tenth of the time.
const PANEL: usize = 64;
/// Columns of the rest that are one task: fixed, so that the bits do not depend on the threads.
const STRIPE: usize = 96;
/// Rows of a block of [`triangle_of`]: a block of 128 columns stays in the second cache.
const BLOCK: usize = 1024;

/// `A = Q T` for `A` with at least as many rows as columns, `Q` a product of reflections.
///
/// **Cost** `2 cols^2 (rows - cols / 3)` flops on all threads; memory that of `A`.
#[derive(Debug, Clone)]
pub(crate) struct Reflections {
    /// The reflections below the diagonal, `T` on and above it.
    factor: Mat<f64>,
    /// The triangular factors of the panels.
    coefficients: Vec<Mat<f64>>,
}

impl Reflections {
    /// Decomposes `a`, and asks `control` before every panel and stripe.
    ///
    /// # Errors
    /// [`LinalgError::Halted`].
    pub(crate) fn of(a: Mat<f64>, control: &Control<'_>) -> Result<Self, LinalgError> {
        let (rows, cols) = (a.nrows(), a.ncols());
        assert!(rows >= cols, "reflections: of a tall matrix");
        let mut factor = a;
        let mut coefficients = Vec::with_capacity(cols.div_ceil(PANEL));
        for first in (0..cols).step_by(PANEL) {
            if control.halt().is_some() {
                return Err(LinalgError::Halted);
            }
            let width = PANEL.min(cols - first);
            let below = factor
                .as_mut()
                .submatrix_mut(first, first, rows - first, cols - first);
            let (mut panel, rest) = below.split_at_col_mut(width);
            let mut triangle = Mat::zeros(width, width);
            let scratch =
                qr_in_place_scratch::<f64>(rows - first, width, width, Par::Seq, default());
            qr_in_place(
                panel.rb_mut(),
                triangle.as_mut(),
                Par::Seq,
                MemStack::new(&mut MemBuffer::new(scratch)),
                default(),
            );
            let panel = panel.into_const();
            for_each_stripe(rest, |stripe| {
                if control.halt().is_none() {
                    reflect_adjoint(panel, triangle.as_ref(), stripe);
                }
            });
            coefficients.push(triangle);
        }
        // a stripe that was left out is noticed here at the latest: limits and flags stay
        if control.halt().is_some() {
            return Err(LinalgError::Halted);
        }
        Ok(Self {
            factor,
            coefficients,
        })
    }

    /// `T`, its square upper part.
    pub(crate) fn triangle(&self) -> DenseRows<f64> {
        let cols = self.factor.ncols();
        let entry = |i, j| if i <= j { self.factor[(i, j)] } else { 0.0 };
        DenseRows::from_fn(cols, cols, entry)
    }

    /// `Q` of `rows` rows times `b` below the rows of which there are zeros.
    pub(crate) fn expand(&self, b: MatRef<'_, f64>) -> Mat<f64> {
        let mut out = Mat::zeros(self.factor.nrows(), b.ncols());
        out.as_mut().subrows_mut(0, b.nrows()).copy_from(b);
        for_each_stripe(out.as_mut(), |mut stripe| {
            for (at, triangle) in self.coefficients.iter().enumerate().rev() {
                let (panel, first) = self.panel(at);
                let below = stripe.rb_mut().split_at_row_mut(first).1;
                let scratch = apply_scratch::<f64>(panel.nrows(), panel.ncols(), below.ncols());
                apply(
                    panel,
                    triangle.as_ref(),
                    Conj::No,
                    below,
                    Par::Seq,
                    MemStack::new(&mut MemBuffer::new(scratch)),
                );
            }
        });
        out
    }

    /// The first rows, as many as `A` has columns, of `Q'` times `g`.
    pub(crate) fn reduce(&self, mut g: Mat<f64>) -> Mat<f64> {
        for_each_stripe(g.as_mut(), |mut stripe| {
            for (at, triangle) in self.coefficients.iter().enumerate() {
                let (panel, first) = self.panel(at);
                let below = stripe.rb_mut().split_at_row_mut(first).1;
                reflect_adjoint(panel, triangle.as_ref(), below);
            }
        });
        g.as_ref().subrows(0, self.factor.ncols()).to_owned()
    }

    fn panel(&self, at: usize) -> (MatRef<'_, f64>, usize) {
        let (first, width) = (at * PANEL, self.coefficients[at].ncols());
        let rows = self.factor.nrows() - first;
        (
            self.factor.as_ref().submatrix(first, first, rows, width),
            first,
        )
    }
}

fn reflect_adjoint(panel: MatRef<'_, f64>, triangle: MatRef<'_, f64>, on: MatMut<'_, f64>) {
    let scratch = apply_adjoint_scratch::<f64>(panel.nrows(), panel.ncols(), on.ncols());
    apply_adjoint(
        panel,
        triangle,
        Conj::No,
        on,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
    );
}

fn for_each_stripe(matrix: MatMut<'_, f64>, work: impl Fn(MatMut<'_, f64>) + Sync + Send) {
    let mut stripes = Vec::with_capacity(matrix.ncols().div_ceil(STRIPE));
    let mut rest = matrix;
    while rest.ncols() > 0 {
        let width = STRIPE.min(rest.ncols());
        let (stripe, right) = rest.split_at_col_mut(width);
        stripes.push(stripe);
        rest = right;
    }
    for_each_mut(&mut stripes, |_, stripe| work(stripe.rb_mut()));
}

/// The triangle `T` of `A = Q T` alone, of a matrix of many more rows than columns: blocks of rows are
/// decomposed on all threads, their triangles stacked, and so on. None for a matrix that is not taller
/// than two blocks.
///
/// **Cost** about `2 rows cols^2` flops. **Source** Demmel, Grigori, Hoemmen & Langou 2012 (TSQR).
///
/// # Errors
/// [`LinalgError::Halted`].
pub(crate) fn triangle_of(
    a: MatRef<'_, f64>,
    control: &Control<'_>,
) -> Result<Option<Mat<f64>>, LinalgError> {
    let (rows, cols) = (a.nrows(), a.ncols());
    let block = BLOCK.max(4 * cols);
    if rows <= 2 * block {
        return Ok(None);
    }
    let mut triangles: Vec<Option<Mat<f64>>> = vec![None; rows.div_ceil(block)];
    for_each_mut(&mut triangles, |at, triangle| {
        if control.halt().is_none() {
            let first = at * block;
            *triangle = Some(small_triangle(
                a.subrows(first, block.min(rows - first)).to_owned(),
            ));
        }
    });
    let mut stack = Mat::zeros(triangles.len() * cols, cols);
    for (at, triangle) in triangles.into_iter().enumerate() {
        let triangle = triangle.ok_or(LinalgError::Halted)?;
        stack
            .as_mut()
            .subrows_mut(at * cols, triangle.nrows())
            .copy_from(&triangle);
    }
    Ok(Some(match triangle_of(stack.as_ref(), control)? {
        Some(triangle) => triangle,
        None => small_triangle(stack),
    }))
}

/// `min(rows, cols) x cols`.
fn small_triangle(mut a: Mat<f64>) -> Mat<f64> {
    let (rows, cols) = (a.nrows(), a.ncols());
    let size = rows.min(cols);
    let width = PANEL.min(size).max(1);
    let mut coefficients = Mat::zeros(width, size);
    let scratch = qr_in_place_scratch::<f64>(rows, cols, width, Par::Seq, default());
    qr_in_place(
        a.as_mut(),
        coefficients.as_mut(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        default(),
    );
    Mat::from_fn(size, cols, |i, j| if i <= j { a[(i, j)] } else { 0.0 })
}
