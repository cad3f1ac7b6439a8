use crate::mirrored::Mirrored;
use crate::operator::LinearOperator;
use crate::real::Real;

/// An operator whose columns fall into blocks of one width, `A x = sum_b A_b x_b`, each of which
/// can be applied without the others: what block descent asks for.
///
/// Several blocks are handed over at once, so that their products are one matrix product.
pub trait BlockColumns<T: Real>: LinearOperator<T> {
    /// How many blocks.
    fn n_blocks(&self) -> usize;
    /// Columns of every block; `n_blocks * block_len` is the operator's width.
    fn block_len(&self) -> usize;
    /// Numbers of scratch that `count` blocks at a time need.
    fn blocks_scratch_len(&self, count: usize) -> usize;
    /// `y += sum_k A_{blocks[k]} x_k`.
    ///
    /// **Shapes** `x`: `block_len * blocks.len()`.
    ///
    /// # Panics
    /// If a length does not fit or a block is out of range.
    fn add_blocks(&self, blocks: &[usize], x: &[T], y: &mut [T], scratch: &mut [T]);
    /// `x_k = A_{blocks[k]}' y`.
    ///
    /// # Panics
    /// As [`add_blocks`](Self::add_blocks).
    fn adjoint_blocks(&self, blocks: &[usize], y: &[T], x: &mut [T], scratch: &mut [T]);
}

/// Asserts the lengths of a call.
pub(crate) fn check<T: Real, O: BlockColumns<T> + ?Sized>(
    op: &O,
    blocks: &[usize],
    x: &[T],
    y: &[T],
) {
    assert_eq!(
        x.len(),
        op.block_len() * blocks.len(),
        "x: one part a block"
    );
    assert_eq!(y.len(), op.rows(), "y: the operator's height");
}

/// Block `b` and block `b + n` of `n` inner blocks are `A_b` and `-A_b`.
///
/// **Cost** that of the inner operator, a block at a time.
impl<T: Real, O: BlockColumns<T>> BlockColumns<T> for Mirrored<O> {
    fn n_blocks(&self) -> usize {
        2 * self.inner().n_blocks()
    }
    fn block_len(&self) -> usize {
        self.inner().block_len()
    }
    fn blocks_scratch_len(&self, _count: usize) -> usize {
        self.block_len() + self.inner().blocks_scratch_len(1)
    }
    fn add_blocks(&self, blocks: &[usize], x: &[T], y: &mut [T], scratch: &mut [T]) {
        check(self, blocks, x, y);
        let (half, width) = (self.inner().n_blocks(), self.block_len());
        let (signed, rest) = scratch.split_at_mut(width);
        for (k, &block) in blocks.iter().enumerate() {
            let x = &x[k * width..(k + 1) * width];
            if block < half {
                self.inner().add_blocks(&[block], x, y, rest);
            } else {
                for (out, x) in signed.iter_mut().zip(x) {
                    *out = -*x;
                }
                self.inner().add_blocks(&[block - half], signed, y, rest);
            }
        }
    }
    fn adjoint_blocks(&self, blocks: &[usize], y: &[T], x: &mut [T], scratch: &mut [T]) {
        check(self, blocks, x, y);
        let (half, width) = (self.inner().n_blocks(), self.block_len());
        for (k, &block) in blocks.iter().enumerate() {
            let x = &mut x[k * width..(k + 1) * width];
            self.inner().adjoint_blocks(&[block % half], y, x, scratch);
            if block >= half {
                for x in x {
                    *x = -*x;
                }
            }
        }
    }
}
