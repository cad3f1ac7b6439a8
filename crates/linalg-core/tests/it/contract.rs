use faer::Mat;
use linalg_core::{
    Adjoint, Alone, Collective, DenseBlocks, DenseOperator, FnOperator, LinalgError,
    LinearOperator, MaskedBlocks, Masks, Mirrored, RowSharded, ShiftedOperator, SymmetricFn,
    assert_adjoint_consistent, assert_blocks_consistent,
};
use testkit::Stream;

/// Shapes `(rank, n_samples, n_blocks)`: one, odd, a part chunk of blocks, more than one task of
/// rows, and every dimension empty.
const MASKED: [(usize, usize, usize); 9] = [
    (1, 1, 1),
    (3, 17, 5),
    (2, 9, 128),
    (2, 9, 129),
    (5, 33, 300),
    (3, 5000, 130),
    (0, 7, 4),
    (4, 0, 0),
    (4, 6, 0),
];

#[test]
fn masked_blocks_any_shape_keeps_the_adjoint_contract() {
    for (k, (rank, n, blocks)) in MASKED.into_iter().enumerate() {
        let mut stream = Stream::new(k as u64);
        let masks = stream.masks(n, blocks);
        let (wide, narrow) = (stream.matrix::<f64>(rank, n), stream.matrix::<f32>(rank, n));
        assert_adjoint_consistent(&MaskedBlocks::new(wide.as_ref(), &masks), k as u64);
        assert_adjoint_consistent(&MaskedBlocks::new(narrow.as_ref(), &masks), k as u64);
    }
}

#[test]
fn dense_operator_any_layout_keeps_the_adjoint_contract() {
    for (rows, cols) in [(1, 1), (7, 3), (3, 7), (600, 500), (0, 4), (4, 0)] {
        let a = Stream::new(5).matrix::<f64>(rows, cols);
        assert_adjoint_consistent(&DenseOperator::new(a.as_ref()), 6);
        assert_adjoint_consistent(&DenseOperator::new(a.transpose()), 7);
    }
}

#[test]
fn mirrored_any_inner_keeps_the_adjoint_contract() {
    let mut stream = Stream::new(8);
    let (masks, data) = (stream.masks(40, 6), stream.matrix::<f64>(3, 40));
    let masked = Mirrored::new(MaskedBlocks::new(data.as_ref(), &masks));
    assert_eq!(LinearOperator::<f64>::cols(&masked), 36);
    assert_eq!(LinearOperator::<f64>::cols(masked.inner()), 18);
    assert_adjoint_consistent::<f64>(&masked, 9);
    let empty = Mat::<f64>::zeros(3, 0);
    assert_adjoint_consistent::<f64>(&Mirrored::new(DenseOperator::new(empty.as_ref())), 10);
}

#[test]
fn row_sharded_one_process_keeps_the_adjoint_contract() {
    let a = Stream::new(11).matrix::<f64>(13, 4);
    assert_adjoint_consistent(&RowSharded::new(DenseOperator::new(a.as_ref()), &Alone), 12);
}

#[test]
fn adjoint_swaps_the_products_and_keeps_the_contract() {
    let mut stream = Stream::new(13);
    let (masks, data) = (stream.masks(40, 6), stream.matrix::<f64>(3, 40));
    let op = MaskedBlocks::new(data.as_ref(), &masks);
    let adjoint = Adjoint::new(&op);
    assert_eq!((adjoint.rows(), adjoint.cols()), (18, 40));
    assert_adjoint_consistent(&adjoint, 14);
    let y = stream.vector::<f64>(40);
    let (mut one, mut other) = (vec![0.0; 18], vec![0.0; 18]);
    let mut scratch = vec![f64::NAN; op.scratch_len()];
    adjoint.apply(&y, &mut one, &mut scratch);
    op.apply_adjoint(&y, &mut other, &mut scratch);
    assert_eq!(one, other);
}

#[test]
fn alone_every_exchange_is_the_identity() {
    let mut values = [1.0, -2.0, f64::INFINITY];
    let before = values;
    Alone.sum(&mut values).unwrap();
    Alone.max(&mut values).unwrap();
    Alone.broadcast(&mut values).unwrap();
    assert_eq!((values, Alone.rank(), Alone.size()), (before, 0, 1));
}

#[test]
fn masks_bytes_are_normalised_and_cut_by_rows_and_blocks() {
    let masks = Masks::from_columns(3, vec![0, 7, 1, 255, 0, 0]).unwrap();
    assert_eq!((masks.n_samples(), masks.n_blocks()), (3, 2));
    assert_eq!(
        (masks.column(0), masks.column(1)),
        (&[0, 1, 1][..], &[1, 0, 0][..])
    );
    let picked = masks.select(&[1, 1, 0]);
    assert_eq!((picked.n_blocks(), picked.column(2)), (3, &[0, 1, 1][..]));
    let shard = masks.rows(1, 2);
    assert_eq!(
        (shard.n_samples(), shard.column(0), shard.column(1)),
        (2, &[1, 1][..], &[0, 0][..])
    );
    let nothing = masks.rows(3, 0);
    assert_eq!((nothing.n_samples(), nothing.n_blocks()), (0, 2));
}

#[test]
fn identity_preconditioner_keeps_the_contract() {
    linalg_core::assert_preconditioner_spd::<f64>(&linalg_core::Identity::new(17), 1);
    linalg_core::assert_preconditioner_spd::<f32>(&linalg_core::Identity::new(1), 2);
}

#[test]
fn block_columns_of_every_kind_add_up_to_the_operator() {
    for (k, (rank, n, blocks)) in MASKED.into_iter().enumerate() {
        let mut stream = Stream::new(40 + k as u64);
        let masks = stream.masks(n, blocks);
        let data = stream.matrix::<f64>(rank, n);
        let masked = MaskedBlocks::new(data.as_ref(), &masks);
        assert_blocks_consistent::<f64>(&masked, k as u64);
        assert_blocks_consistent::<f64>(&Mirrored::new(masked), k as u64);
        let narrow = stream.matrix::<f32>(rank, n);
        assert_blocks_consistent::<f32>(&MaskedBlocks::new(narrow.as_ref(), &masks), k as u64);
    }
    for (rows, cols, width) in [(7, 6, 2), (7, 6, 1), (5, 4, 4), (0, 4, 2), (3, 0, 2)] {
        let a = Stream::new(60).matrix::<f64>(rows, cols);
        let blocks = DenseBlocks::new(a.as_ref(), width).unwrap();
        assert_adjoint_consistent(&blocks, 61);
        assert_blocks_consistent(&blocks, 62);
    }
    let a = Stream::new(63).matrix::<f64>(4, 6);
    for width in [0, 4, 5] {
        assert!(matches!(
            DenseBlocks::new(a.as_ref(), width),
            Err(LinalgError::Shape { .. })
        ));
    }
}

/// `y = A x` for a matrix, one entry after the other.
fn multiply(a: faer::MatRef<'_, f64>, x: &[f64], y: &mut [f64]) {
    for (i, y) in y.iter_mut().enumerate() {
        *y = x.iter().enumerate().map(|(j, x)| a[(i, j)] * x).sum();
    }
}

#[test]
fn operators_of_closures_keep_the_adjoint_contract_and_are_their_matrix() {
    for (rows, cols) in [(1, 1), (7, 3), (3, 7), (0, 4), (4, 0)] {
        let a = Stream::new(70).matrix::<f64>(rows, cols);
        let op = FnOperator::new(
            rows,
            cols,
            |x: &[f64], y: &mut [f64]| multiply(a.as_ref(), x, y),
            |y: &[f64], x: &mut [f64]| multiply(a.transpose(), y, x),
        );
        assert_eq!((op.rows(), op.cols()), (rows, cols));
        assert_adjoint_consistent(&op, 71);
        assert_same_products(&op, &DenseOperator::new(a.as_ref()));
    }
    for n in [0, 1, 9] {
        let a = Stream::new(72).matrix::<f64>(n, n);
        let symmetric = Mat::from_fn(n, n, |i, j| a[(i, j)] + a[(j, i)]);
        let op = SymmetricFn::new(n, |x: &[f64], y: &mut [f64]| {
            multiply(symmetric.as_ref(), x, y);
        });
        assert_adjoint_consistent(&op, 73);
        assert_same_products(&op, &DenseOperator::new(symmetric.as_ref()));
    }
}

/// Rounding of sums of a few products of numbers of size one.
const ROUNDING: f64 = 1e-13;

fn assert_same_products(op: &dyn LinearOperator<f64>, other: &dyn LinearOperator<f64>) {
    let x = Stream::new(74).vector::<f64>(op.cols());
    let of = |op: &dyn LinearOperator<f64>| {
        let mut y = vec![f64::NAN; op.rows()];
        op.apply(&x, &mut y, &mut vec![f64::NAN; op.scratch_len()]);
        y
    };
    let (own, others) = (of(op), of(other));
    let size = others.iter().fold(1.0, |most: f64, y| most.max(y.abs()));
    for (a, b) in own.iter().zip(&others) {
        assert!((a - b).abs() <= ROUNDING * size, "{a}, {b}");
    }
}

#[test]
fn shifted_operator_keeps_the_adjoint_contract_and_adds_its_shift() {
    // one that is not symmetric: its adjoint is another
    let a = Stream::new(75).matrix::<f64>(8, 8);
    let inner = DenseOperator::new(a.as_ref());
    let mut op = ShiftedOperator::new(&inner, 0.0);
    for shift in [0.0, 2.5, -1e3, 1e-9] {
        op.set_shift(shift);
        assert_adjoint_consistent(&op, 76);
        let dense = Mat::from_fn(8, 8, |i, j| a[(i, j)] + if i == j { shift } else { 0.0 });
        assert_same_products(&op, &DenseOperator::new(dense.as_ref()));
    }
}
