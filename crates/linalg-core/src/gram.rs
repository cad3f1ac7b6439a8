use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::reborrow::{IntoConst, Reborrow, ReborrowMut};
use faer::{Accum, Mat, MatMut, MatRef, Par};

use crate::control::Control;
use crate::error::LinalgError;
use crate::parallel::for_each_mut;
use crate::real::Real;
use crate::shifted_solve::ShiftedSolve;
use crate::triangular::{solve_lower, solve_lower_adjoint};

/// A symmetric matrix `H`, kept so that `shift I + scale H = L L'` can be factored again and again
/// in the same memory: `H` in the strict upper triangle and a diagonal beside it, `L` below.
///
/// **Cost** one square of `dim^2` numbers in all; a factorisation `dim^3 / 3` flops in tiles that
/// all threads share, a solve `2 dim^2` a right-hand side.
#[derive(Debug, Clone)]
pub struct ShiftedGram<T> {
    square: Mat<T>,
    diagonal: Vec<T>,
    tile: usize,
    factored: bool,
}

impl<T: Real> ShiftedGram<T> {
    /// Builds `H` from `fill(row, col, tile)`, which writes the tile whose upper left entry is
    /// `(row, col)`. It is called, on all threads, for tiles on and above the diagonal.
    pub fn from_tiles(
        dim: usize,
        fill: impl Fn(usize, usize, MatMut<'_, T>) + Sync + Send,
    ) -> Self {
        match Self::from_tiles_within(dim, &Control::default(), fill) {
            Ok(gram) => gram,
            Err(_) => unreachable!("a control without limit and flag never halts"),
        }
    }

    /// [`from_tiles`](Self::from_tiles) within the limit of `control`, which is asked before every
    /// tile.
    ///
    /// # Errors
    /// [`LinalgError::Halted`].
    pub fn from_tiles_within(
        dim: usize,
        control: &Control<'_>,
        fill: impl Fn(usize, usize, MatMut<'_, T>) + Sync + Send,
    ) -> Result<Self, LinalgError> {
        let tile = if dim < 2048 { 128 } else { 256 };
        let mut square = Mat::<T>::zeros(dim, dim);
        let mut diagonal = vec![T::of(0.0); dim];
        let mut tiles = Vec::new();
        let mut rest = square.as_mut();
        let mut col = 0;
        while col < dim {
            let width = tile.min(dim - col);
            let (mut stripe, right) = rest.split_at_col_mut(width);
            rest = right;
            let mut row = 0;
            while row <= col {
                let height = tile.min(dim - row);
                let (part, below) = stripe.split_at_row_mut(height);
                stripe = below;
                tiles.push((row, col, part));
                row += height;
            }
            col += width;
        }
        for_each_mut(&mut tiles, |_, (row, col, part)| {
            if control.halt().is_none() {
                fill(*row, *col, part.rb_mut());
            }
        });
        // a tile that was left out is noticed here at the latest: limits and flags stay
        if control.halt().is_some() {
            return Err(LinalgError::Halted);
        }
        for (row, col, part) in &tiles {
            if row == col {
                for i in 0..part.nrows() {
                    diagonal[row + i] = part[(i, i)];
                }
            }
        }
        Ok(Self {
            square,
            diagonal,
            tile,
            factored: false,
        })
    }

    /// Takes a dense symmetric matrix; its upper triangle is read.
    ///
    /// # Errors
    /// [`LinalgError::Shape`] if it is not square.
    pub fn from_dense(matrix: MatRef<'_, T>) -> Result<Self, LinalgError> {
        if matrix.nrows() != matrix.ncols() {
            return Err(LinalgError::Shape {
                what: "matrix",
                want: matrix.nrows(),
                got: matrix.ncols(),
            });
        }
        Ok(Self::from_tiles(matrix.nrows(), |row, col, mut tile| {
            let (height, width) = (tile.nrows(), tile.ncols());
            tile.copy_from(matrix.submatrix(row, col, height, width));
        }))
    }

    /// Side of the matrix.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.square.nrows()
    }

    /// The trace of `H`.
    #[must_use]
    pub fn trace(&self) -> T {
        self.diagonal.iter().copied().sum()
    }

    /// The entry `H[i, j]`.
    ///
    /// # Panics
    /// If an index is out of range.
    #[must_use]
    pub fn entry(&self, i: usize, j: usize) -> T {
        match i.cmp(&j) {
            core::cmp::Ordering::Less => self.square[(i, j)],
            core::cmp::Ordering::Equal => self.diagonal[i],
            core::cmp::Ordering::Greater => self.square[(j, i)],
        }
    }

    /// Factors `shift I + scale H`. An earlier factor is overwritten; `H` stays.
    ///
    /// **Source** left-looking blocked Cholesky (Golub & Van Loan, section 4.2.6), by tiles.
    ///
    /// # Errors
    /// [`LinalgError::NotPositiveDefinite`] at a pivot that is not positive or not finite,
    /// [`LinalgError::Halted`] when `control` says stop between two tile columns.
    pub fn factor(&mut self, shift: T, scale: T, control: &Control<'_>) -> Result<(), LinalgError> {
        self.factored = false;
        let (dim, tile) = (self.dim(), self.tile);
        let diagonal = &self.diagonal;
        let mut corner = Mat::<T>::zeros(tile.min(dim), tile.min(dim));
        let mut col = 0;
        while col < dim {
            if control.halt().is_some() {
                return Err(LinalgError::Halted);
            }
            let width = tile.min(dim - col);
            let (left, rest) = self.square.as_mut().split_at_col_mut(col);
            let (panel, right) = rest.split_at_col_mut(width);
            let (left, right) = (left.into_const(), right.into_const());
            let (_, panel) = panel.split_at_row_mut(col);
            let (mut head, below) = panel.split_at_row_mut(width);
            let left_head = left.subrows(col, width);

            let mut corner = corner.as_mut().submatrix_mut(0, 0, width, width);
            for j in 0..width {
                corner[(j, j)] = shift + scale * diagonal[col + j];
                for i in j + 1..width {
                    corner[(i, j)] = scale * head[(j, i)];
                }
            }
            faer::linalg::matmul::triangular::matmul(
                corner.rb_mut(),
                faer::linalg::matmul::triangular::BlockStructure::TriangularLower,
                Accum::Add,
                left_head,
                faer::linalg::matmul::triangular::BlockStructure::Rectangular,
                left_head.transpose(),
                faer::linalg::matmul::triangular::BlockStructure::Rectangular,
                T::of(-1.0),
                Par::Seq,
            );
            factor_tile(corner.rb_mut()).map_err(|index| LinalgError::NotPositiveDefinite {
                index: col + index,
                dim,
                precision: T::NAME,
            })?;
            for j in 0..width {
                for i in j..width {
                    head[(i, j)] = corner[(i, j)];
                }
            }

            let corner = corner.into_const();
            let mut tiles = Vec::with_capacity(below.nrows() / tile + 1);
            let mut rest = below;
            let mut row = col + width;
            while row < dim {
                let height = tile.min(dim - row);
                let (part, next) = rest.split_at_row_mut(height);
                tiles.push((row, part));
                rest = next;
                row += height;
            }
            for_each_mut(&mut tiles, |_, (row, part)| {
                if control.halt().is_some() {
                    return;
                }
                let (row, height) = (*row, part.nrows());
                let source = right.submatrix(col, row - col - width, width, height);
                for i in 0..height {
                    for j in 0..width {
                        part[(i, j)] = scale * source[(j, i)];
                    }
                }
                faer::linalg::matmul::matmul(
                    part.rb_mut(),
                    Accum::Add,
                    left.subrows(row, height),
                    left_head.transpose(),
                    T::of(-1.0),
                    Par::Seq,
                );
                solve_lower_triangular_in_place(corner, part.rb_mut().transpose_mut(), Par::Seq);
            });
            col += width;
        }
        if control.halt().is_some() {
            return Err(LinalgError::Halted);
        }
        self.factored = true;
        Ok(())
    }

    /// Whether a factor stands.
    #[must_use]
    pub fn is_factored(&self) -> bool {
        self.factored
    }

    /// Solves `(shift I + scale H) X = B` in place, for the last shift and scale factored.
    ///
    /// **Shapes** `rhs`: `dim x k`.
    ///
    /// # Panics
    /// If nothing is factored or the shape does not fit.
    pub fn solve_in_place(&self, mut rhs: MatMut<'_, T>) {
        assert!(self.factored, "solve: a factor must stand");
        assert_eq!(rhs.nrows(), self.dim(), "rhs: one row a row of the matrix");
        solve_lower(self.square.as_ref(), rhs.rb_mut());
        solve_lower_adjoint(self.square.as_ref(), rhs);
    }

    /// [`solve_in_place`](Self::solve_in_place) for one vector.
    ///
    /// # Panics
    /// As there.
    pub fn solve_vector(&self, rhs: &mut [T]) {
        let dim = rhs.len();
        self.solve_in_place(MatMut::from_column_major_slice_mut(rhs, dim, 1));
    }

    /// Solves `L X = B` in place, `L` the factor, the first half of a solve: `X' X` is then
    /// `B' (shift I + scale H)^-1 B`.
    ///
    /// # Panics
    /// As [`solve_in_place`](Self::solve_in_place).
    pub fn half_solve_in_place(&self, rhs: MatMut<'_, T>) {
        assert!(self.factored, "solve: a factor must stand");
        assert_eq!(rhs.nrows(), self.dim(), "rhs: one row a row of the matrix");
        solve_lower(self.square.as_ref(), rhs);
    }

    /// Solves `L' X = B` in place: the second half of a solve.
    ///
    /// # Panics
    /// As [`solve_in_place`](Self::solve_in_place).
    pub fn half_solve_adjoint_in_place(&self, rhs: MatMut<'_, T>) {
        assert!(self.factored, "solve: a factor must stand");
        assert_eq!(rhs.nrows(), self.dim(), "rhs: one row a row of the matrix");
        solve_lower_adjoint(self.square.as_ref(), rhs);
    }
}

impl<T: Real> ShiftedSolve<T> for ShiftedGram<T> {
    fn dim(&self) -> usize {
        Self::dim(self)
    }

    fn trace(&self) -> T {
        Self::trace(self)
    }

    fn factor(&mut self, shift: T, scale: T, control: &Control<'_>) -> Result<(), LinalgError> {
        Self::factor(self, shift, scale, control)
    }

    fn solve_block(&self, k: usize, rhs: &mut [T]) {
        let dim = Self::dim(self);
        assert_eq!(rhs.len(), k * dim, "rhs: {k} columns of the matrix's side");
        self.solve_in_place(MatMut::from_column_major_slice_mut(rhs, dim, k));
    }
}

/// Cholesky of one tile in place, lower; the index of the first bad pivot on failure.
fn factor_tile<T: Real>(mut tile: MatMut<'_, T>) -> Result<(), usize> {
    use faer::dyn_stack::{MemBuffer, MemStack};
    use faer::linalg::cholesky::llt::factor::{
        LltError, cholesky_in_place, cholesky_in_place_scratch,
    };
    let params = faer::prelude::default();
    let mut buffer = MemBuffer::new(cholesky_in_place_scratch::<T>(
        tile.nrows(),
        Par::Seq,
        params,
    ));
    let stack = MemStack::new(&mut buffer);
    match cholesky_in_place(
        tile.rb_mut(),
        faer::prelude::default(),
        Par::Seq,
        stack,
        params,
    ) {
        Ok(_) => {
            let tile = tile.rb();
            (0..tile.nrows()).try_for_each(|i| {
                let pivot = tile[(i, i)];
                if pivot.wide().is_finite() && pivot.wide() > 0.0 {
                    Ok(())
                } else {
                    Err(i)
                }
            })
        }
        Err(LltError::NonPositivePivot { index }) => Err(index),
    }
}
