use crate::block_columns::BlockColumns;
use crate::operator::LinearOperator;
use crate::preconditioner::Preconditioner;
use crate::real::Real;
use crate::vector::{dot, norm};

/// Asserts `<A x, y> = <x, A' y>` for pseudo-random `x`, `y` made from `seed`, and that the block
/// products agree with those of their columns: the contract test that every implementation of
/// [`LinearOperator`] calls.
///
/// # Panics
/// If the two sides differ by more than `64 sqrt(m + k)` roundings of `|A x| |y| + |x| |A' y|`
/// (the error of a sum grows with the root of its length for random signs; 64 is a margin), or a
/// block product by as many roundings of its size.
pub fn assert_adjoint_consistent<T: Real>(op: &dyn LinearOperator<T>, seed: u64) {
    let x = noise::<T>(op.cols(), seed);
    let y = noise::<T>(op.rows(), seed ^ 0x9e37_79b9_7f4a_7c15);
    let (mut ax, mut aty) = (vec![T::of(0.0); op.rows()], vec![T::of(0.0); op.cols()]);
    let mut scratch = vec![T::of(f64::NAN); op.scratch_len()];
    op.apply(&x, &mut ax, &mut scratch);
    scratch.fill(T::of(f64::NAN));
    op.apply_adjoint(&y, &mut aty, &mut scratch);
    let (left, right) = (dot(&ax, &y).wide(), dot(&x, &aty).wide());
    #[expect(clippy::cast_precision_loss, reason = "a length far below 2^53")]
    let count = (op.rows() + op.cols()) as f64;
    let size = (norm(&ax) * norm(&y) + norm(&x) * norm(&aty)).wide();
    let allowed = 64.0 * count.sqrt() * T::EPS * size;
    assert!(
        (left - right).abs() <= allowed,
        "seed {seed}: <Ax,y> = {left}, <x,A'y> = {right}, allowed difference {allowed}"
    );
    for k in [0, 1, 3] {
        let (x, y) = (noise::<T>(k * op.cols(), seed), noise(k * op.rows(), seed));
        let block = |product: Product<T>, from: &[T], to: usize| {
            let mut out = vec![T::of(f64::NAN); k * to];
            let mut scratch = vec![T::of(f64::NAN); op.block_scratch_len(k)];
            product(op, k, from, &mut out, &mut scratch);
            out
        };
        let forward = block(|a, k, x, y, s| a.apply_block(k, x, y, s), &x, op.rows());
        let back = block(
            |a, k, y, x, s| a.apply_adjoint_block(k, y, x, s),
            &y,
            op.cols(),
        );
        let (mut images, mut adjoints) = (forward.clone(), back.clone());
        for j in 0..k {
            let rows = j * op.rows()..(j + 1) * op.rows();
            let cols = j * op.cols()..(j + 1) * op.cols();
            op.apply(
                &x[cols.clone()],
                &mut images[rows.clone()],
                &mut vec![T::of(f64::NAN); op.scratch_len()],
            );
            op.apply_adjoint(
                &y[rows],
                &mut adjoints[cols],
                &mut vec![T::of(f64::NAN); op.scratch_len()],
            );
        }
        for (what, got, want) in [("A X", &forward, &images), ("A'Y", &back, &adjoints)] {
            let off = crate::vector::distance(got, want).wide();
            let allowed = 64.0 * count.sqrt() * T::EPS * norm(want).wide();
            assert!(
                off <= allowed,
                "seed {seed}: {what} of {k} columns differs by {off}, allowed {allowed}"
            );
        }
    }
}

/// One of an operator's block products.
type Product<T> = fn(&dyn LinearOperator<T>, usize, &[T], &mut [T], &mut [T]);

/// Asserts that the blocks of an operator add up to it, and that its adjoint is theirs one below
/// the other, whatever their order, on pseudo-random vectors made from `seed`: the contract test
/// that every implementation of [`BlockColumns`] calls, beside that of the operator.
///
/// # Panics
/// If a product differs by more than `64 sqrt(m + k)` roundings of its own size.
pub fn assert_blocks_consistent<T: Real>(op: &dyn BlockColumns<T>, seed: u64) {
    let (n, width, rows) = (op.n_blocks(), op.block_len(), op.rows());
    assert_eq!(n * width, op.cols(), "seed {seed}: the blocks' columns");
    let (x, y) = (noise::<T>(op.cols(), seed), noise::<T>(rows, seed ^ 0xb10c));
    let mut order: Vec<usize> = (0..n).rev().collect();
    order.rotate_left(n / 3);
    let mut scratch = vec![T::of(f64::NAN); op.scratch_len().max(op.blocks_scratch_len(3))];
    let (mut whole, mut price) = (vec![T::of(0.0); rows], vec![T::of(0.0); op.cols()]);
    op.apply(&x, &mut whole, &mut scratch);
    op.apply_adjoint(&y, &mut price, &mut scratch);
    let (mut sum, mut parts) = (vec![T::of(0.0); rows], vec![T::of(0.0); op.cols()]);
    for group in order.chunks(3) {
        let of = |block: usize| block * width..(block + 1) * width;
        let packed: Vec<T> = group.iter().flat_map(|&b| x[of(b)].to_vec()).collect();
        scratch.fill(T::of(f64::NAN));
        op.add_blocks(group, &packed, &mut sum, &mut scratch);
        let mut answer = vec![T::of(f64::NAN); packed.len()];
        scratch.fill(T::of(f64::NAN));
        op.adjoint_blocks(group, &y, &mut answer, &mut scratch);
        for (k, &block) in group.iter().enumerate() {
            parts[of(block)].copy_from_slice(&answer[of(k)]);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a length far below 2^53")]
    let rounding = 64.0 * ((rows + op.cols()) as f64).sqrt() * T::EPS;
    for (what, got, want) in [("sum", &sum, &whole), ("adjoint", &parts, &price)] {
        let off = crate::vector::distance(got, want).wide();
        let allowed = rounding * (norm(want).wide() + norm(&x).wide());
        assert!(
            off <= allowed,
            "seed {seed}: {what} off by {off}, allowed {allowed}"
        );
    }
}

/// Asserts that `P^-1` is symmetric, positive and the same at every call, on pseudo-random vectors
/// made from `seed`, and that its block form agrees with it: the contract test that every
/// implementation of [`Preconditioner`] calls.
///
/// # Panics
/// If `<P^-1 x, y> = <x, P^-1 y>` fails by more than `64 sqrt(n)` roundings of
/// `|P^-1 x| |y| + |x| |P^-1 y|`, if `<P^-1 x, x> <= 0`, if a second call or the block form differs
/// by more than as many roundings.
pub fn assert_preconditioner_spd<T: Real>(preconditioner: &dyn Preconditioner<T>, seed: u64) {
    let n = preconditioner.dim();
    let (x, y) = (
        noise::<T>(n, seed),
        noise::<T>(n, seed ^ 0x5851_f42d_4c95_7f2d),
    );
    let mut scratch = vec![T::of(f64::NAN); 2 * preconditioner.scratch_len()];
    let (mut px, mut py, mut pair) = (
        vec![T::of(0.0); n],
        vec![T::of(0.0); n],
        vec![T::of(0.0); 2 * n],
    );
    preconditioner.apply_inverse(&x, &mut px, &mut scratch);
    scratch.fill(T::of(f64::NAN));
    preconditioner.apply_inverse(&y, &mut py, &mut scratch);
    scratch.fill(T::of(f64::NAN));
    let both: Vec<T> = x.iter().chain(&y).copied().collect();
    preconditioner.apply_inverse_block(2, &both, &mut pair, &mut scratch);
    #[expect(clippy::cast_precision_loss, reason = "a length far below 2^53")]
    let rounding = 64.0 * (n as f64).sqrt() * T::EPS;
    let (left, right) = (dot(&px, &y).wide(), dot(&x, &py).wide());
    let size = (norm(&px) * norm(&y) + norm(&x) * norm(&py)).wide();
    assert!(
        (left - right).abs() <= rounding * size,
        "seed {seed}: <P^-1 x,y> = {left}, <x,P^-1 y> = {right}, allowed difference {}",
        rounding * size
    );
    assert!(
        n == 0 || dot(&px, &x).wide() > 0.0,
        "seed {seed}: <P^-1 x,x> = {} is not positive",
        dot(&px, &x).wide()
    );
    let single: Vec<T> = px.iter().chain(&py).copied().collect();
    let off = crate::vector::distance(&single, &pair).wide();
    let allowed = rounding * norm(&single).wide();
    assert!(
        off <= allowed,
        "seed {seed}: the block form differs by {off}, allowed {allowed}"
    );
}

/// Numbers in [-1, 1) by a SplitMix64 step each.
fn noise<T: Real>(len: usize, seed: u64) -> Vec<T> {
    let mut state = seed;
    (0..len)
        .map(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            #[expect(clippy::cast_precision_loss, reason = "53 bits are kept on purpose")]
            let unit = (z >> 11) as f64 / (1u64 << 53) as f64;
            T::of(2.0 * unit - 1.0)
        })
        .collect()
}
