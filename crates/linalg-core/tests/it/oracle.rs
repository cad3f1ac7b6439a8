use faer::linalg::solvers::{Llt, Solve};
use faer::{Accum, Mat, MatRef, Side};
use linalg_core::{
    Control, DenseOperator, LinearOperator, MaskedBlocks, Mirrored, Real, ShiftedGram, axpy,
    combine, distance, dot, masked_gram, norm, product, scale, sub_into,
};
use testkit::Stream;

use crate::data::{dense_masked, gap, naive_apply, semidefinite, wide};

/// Roundings of one term of a sum that may show in it: product, addition and the final scaling.
const PER_TERM: f64 = 2.0;
/// Roundings of a solve, times the dimension and the condition number: the usual bounds of
/// Cholesky have a constant of about 10 there and are pessimistic.
const SOLVE: f64 = 2.0;

fn assert_product_is_naive<T: Real>(shape: (usize, usize, usize), beta: Accum, alpha: f64) {
    let (m, n, k) = shape;
    let mut stream = Stream::new((m * 31 + n * 7 + k) as u64);
    let (lhs, rhs) = (stream.matrix::<T>(m, k), stream.matrix::<T>(k, n));
    let start = stream.matrix::<T>(m, n);
    let (mut dst, mut flipped) = (start.clone(), start.clone());
    product(dst.as_mut(), beta, lhs.as_ref(), rhs.as_ref(), T::of(alpha));
    // the same through transposed layouts
    let lhs_rows = lhs.transpose().to_owned();
    product(
        flipped.as_mut(),
        beta,
        lhs_rows.transpose(),
        rhs.as_ref(),
        T::of(alpha),
    );
    for j in 0..n {
        for i in 0..m {
            let (mut sum, mut size) = (0.0, 0.0);
            for l in 0..k {
                let term = lhs[(i, l)].wide() * rhs[(l, j)].wide();
                sum += term;
                size += term.abs();
            }
            let old = if beta == Accum::Add {
                start[(i, j)].wide()
            } else {
                0.0
            };
            let want = alpha * sum + old;
            let terms = k as f64 + 2.0;
            let allowed = PER_TERM * terms * T::EPS * (alpha.abs() * size + old.abs());
            for got in [dst[(i, j)].wide(), flipped[(i, j)].wide()] {
                let error = (got - want).abs();
                assert!(error <= allowed, "{shape:?} ({i}, {j}): {got}, not {want}");
            }
        }
    }
}

#[test]
fn product_any_shape_equals_the_definition() {
    let shapes = [
        (1, 1, 1),
        (0, 3, 4),
        (3, 0, 4),
        (3, 4, 0),
        (1, 300, 1),
        (7, 5, 3),
        (129, 65, 33),
        (300, 300, 300),
        (601, 41, 301),
        (41, 601, 301),
        (2003, 3, 901),
        (3, 2003, 901),
    ];
    for shape in shapes {
        assert_product_is_naive::<f64>(shape, Accum::Replace, 1.0);
        assert_product_is_naive::<f32>(shape, Accum::Add, -0.75);
    }
}

#[test]
fn product_matrix_times_vector_equals_the_definition() {
    // long enough for several tasks: 2 * 5000 * 1200 flops is three of them
    for shape in [(5000, 1, 1200), (1, 5000, 1200)] {
        assert_product_is_naive::<f64>(shape, Accum::Add, 2.0);
        assert_product_is_naive::<f32>(shape, Accum::Replace, 1.0);
    }
}

/// Several shifts in a row on one object, each against a factorisation of a fresh dense matrix.
fn assert_gram_solves<T: Real>(dim: usize, shifts: &[(f64, f64)]) {
    let mut stream = Stream::new(dim as u64);
    let dense = semidefinite::<T>(&mut stream, dim);
    let mut gram = ShiftedGram::from_dense(dense.as_ref()).unwrap();
    for &(shift, scale) in shifts {
        gram.factor(T::of(shift), T::of(scale), &Control::default())
            .unwrap();
        let rhs = stream.matrix::<T>(dim, 3);
        let mut got = rhs.clone();
        gram.solve_in_place(got.as_mut());
        let mut one: Vec<T> = (0..dim).map(|i| rhs[(i, 1)]).collect();
        gram.solve_vector(&mut one);
        let mut half = rhs.clone();
        gram.half_solve_in_place(half.as_mut());

        let matrix = Mat::from_fn(dim, dim, |i, j| {
            let diagonal = if i == j { shift } else { 0.0 };
            diagonal + scale * dense[(i.min(j), i.max(j))].wide()
        });
        let rhs = Mat::from_fn(dim, 3, |i, j| rhs[(i, j)].wide());
        let want = Llt::new(matrix.as_ref(), Side::Lower)
            .unwrap()
            .solve(rhs.as_ref());
        let condition = 1.0 + 4.0 / 3.0 * scale / shift;
        let allowed = SOLVE * dim as f64 * condition * T::EPS * want.norm_max();
        let got = Mat::from_fn(dim, 3, |i, j| got[(i, j)].wide());
        let error = gap(got.as_ref(), want.as_ref());
        assert!(
            error <= allowed,
            "dim {dim}, shift {shift}, scale {scale}: {error} > {allowed}"
        );
        for (i, value) in one.iter().enumerate() {
            assert!(
                (value.wide() - want[(i, 1)]).abs() <= allowed,
                "dim {dim}, row {i}"
            );
        }
        // |L^-1 b|^2 = b' M^-1 b
        for j in 0..3 {
            let square: f64 = (0..dim).map(|i| half[(i, j)].wide().powi(2)).sum();
            let energy: f64 = (0..dim).map(|i| rhs[(i, j)] * want[(i, j)]).sum();
            let allowed = SOLVE * dim as f64 * condition * T::EPS * energy;
            assert!(
                (square - energy).abs() <= allowed,
                "dim {dim}: {square}, not {energy}"
            );
        }
    }
    // H has survived, bit by bit
    for j in 0..dim {
        for i in 0..=j {
            assert!(gram.entry(i, j) == dense[(i, j)] && gram.entry(j, i) == dense[(i, j)]);
        }
    }
    let trace: f64 = (0..dim).map(|i| dense[(i, i)].wide()).sum();
    assert!((gram.trace().wide() - trace).abs() <= dim as f64 * T::EPS * trace);
}

#[test]
fn shifted_gram_many_shifts_agree_with_dense_cholesky() {
    for dim in [1, 2, 127, 128, 129, 300] {
        assert_gram_solves::<f64>(dim, &[(1.0, 1.0), (0.1, 2.0), (30.0, 0.25), (1.0, 1.0)]);
        assert_gram_solves::<f32>(dim, &[(1.0, 1.0), (0.5, 2.0)]);
    }
}

#[test]
fn shifted_gram_large_tiles_agree_with_dense_cholesky() {
    assert_gram_solves::<f64>(2100, &[(0.1, 1.0), (1.0, 3.0)]);
}

#[test]
fn shifted_gram_of_side_zero_solves_nothing() {
    let mut gram = ShiftedGram::<f64>::from_dense(Mat::zeros(0, 0).as_ref()).unwrap();
    gram.factor(1.0, 1.0, &Control::default()).unwrap();
    gram.solve_vector(&mut []);
    assert_eq!((gram.dim(), gram.trace()), (0, 0.0));
}

/// Data, masks and a vector in which every third block is zero.
fn assert_masked_is_dense<T: Real>(rank: usize, n: usize, blocks: usize) {
    let mut stream = Stream::new((rank + 100 * n + blocks) as u64);
    let (data, masks) = (stream.matrix::<T>(rank, n), stream.masks(n, blocks));
    let op = MaskedBlocks::new(data.as_ref(), &masks);
    let mut x = stream.vector::<T>(op.cols());
    for (b, block) in x.chunks_mut(rank.max(1)).enumerate() {
        if b % 3 == 2 {
            block.fill(T::of(0.0));
        }
    }
    let y = stream.vector::<T>(n);
    let dense = dense_masked(data.as_ref(), &masks);
    let dirt = T::of(f64::NAN);
    let mut scratch = vec![dirt; op.scratch_len()];
    let (mut ax, mut aty) = (vec![dirt; n], vec![dirt; op.cols()]);
    op.apply(&x, &mut ax, &mut scratch);
    op.apply_adjoint(&y, &mut aty, &mut scratch);
    let pairs = [
        (
            wide(&ax),
            naive_apply(dense.as_ref(), &wide(&x)),
            dense.ncols(),
        ),
        (
            wide(&aty),
            naive_apply(dense.transpose(), &wide(&y)),
            dense.nrows(),
        ),
    ];
    for (got, (want, size), terms) in pairs {
        for i in 0..got.len() {
            let allowed = PER_TERM * (terms as f64 + 2.0) * T::EPS * size[i];
            let error = (got[i] - want[i]).abs();
            assert!(
                error <= allowed,
                "rank {rank}, n {n}, blocks {blocks}, {i}: {error}"
            );
        }
    }
}

#[test]
fn masked_blocks_any_shape_equal_the_dense_matrix() {
    for (rank, n, blocks) in [
        (1, 1, 1),
        (3, 20, 7),
        (4, 50, 129),
        (2, 40, 260),
        (2, 4100, 20),
        (0, 5, 3),
        (3, 5, 0),
    ] {
        assert_masked_is_dense::<f64>(rank, n, blocks);
        assert_masked_is_dense::<f32>(rank, n, blocks);
    }
}

#[test]
fn masked_blocks_zero_vector_gives_zero() {
    let mut stream = Stream::new(1);
    let (data, masks) = (stream.matrix::<f64>(3, 20), stream.masks(20, 5));
    let op = MaskedBlocks::new(data.as_ref(), &masks);
    let mut y = vec![f64::NAN; 20];
    op.apply(&[0.0; 15], &mut y, &mut vec![0.0; op.scratch_len()]);
    assert_eq!(y, vec![0.0; 20]);
}

#[test]
fn masked_blocks_empty_shard_adds_nothing() {
    let data = Mat::<f64>::zeros(3, 0);
    let masks = Stream::new(1).masks(4, 5).rows(2, 0);
    let op = MaskedBlocks::new(data.as_ref(), &masks);
    let mut x = vec![f64::NAN; 15];
    op.apply_adjoint(&[], &mut x, &mut vec![0.0; op.scratch_len()]);
    assert_eq!(x, vec![0.0; 15]);
    let gram = masked_gram(&op);
    assert_eq!((gram.dim(), gram.trace()), (15, 0.0));
}

fn gram_to_dense<T: Real>(gram: &ShiftedGram<T>) -> Mat<f64> {
    Mat::from_fn(gram.dim(), gram.dim(), |i, j| gram.entry(i, j).wide())
}

fn assert_grams_are_dense<T: Real>(rank: usize, n: usize, blocks: usize) {
    let mut stream = Stream::new((rank + n + blocks) as u64);
    let (data, masks) = (stream.matrix::<T>(rank, n), stream.masks(n, blocks));
    let op = MaskedBlocks::new(data.as_ref(), &masks);
    let a = dense_masked(data.as_ref(), &masks);
    let outer = gram_to_dense(&MaskedBlocks::outer_gram(data.as_ref(), &masks));
    let inner = gram_to_dense(&masked_gram(&op));
    let (want_outer, want_inner) = (&a * a.transpose(), a.transpose() * &a);
    // entries of the data are below 1, so a sum's size is below the number of its terms
    let terms = (a.nrows().max(a.ncols()) + 2) as f64;
    let allowed = PER_TERM * terms * T::EPS * terms;
    let errors = [
        gap(outer.as_ref(), want_outer.as_ref()),
        gap(inner.as_ref(), want_inner.as_ref()),
    ];
    assert!(
        errors.iter().all(|e| *e <= allowed),
        "{rank} {n} {blocks}: {errors:?} > {allowed}"
    );
}

#[test]
fn masked_grams_any_shape_equal_the_dense_products() {
    for (rank, n, blocks) in [
        (1, 1, 1),
        (3, 20, 7),
        (4, 150, 40),
        (2, 1100, 5),
        (0, 4, 2),
        (3, 4, 0),
    ] {
        assert_grams_are_dense::<f64>(rank, n, blocks);
        assert_grams_are_dense::<f32>(rank, n, blocks);
    }
}

#[test]
fn mirrored_pair_acts_through_its_difference() {
    let mut stream = Stream::new(3);
    let a = stream.matrix::<f64>(9, 4);
    let (v, w, y) = (stream.vector(4), stream.vector(4), stream.vector(9));
    let op = Mirrored::new(DenseOperator::new(a.as_ref()));
    let mut scratch = vec![f64::NAN; LinearOperator::<f64>::scratch_len(&op)];
    let (mut image, mut back) = (vec![0.0; 9], vec![0.0; 8]);
    op.apply(&[v.clone(), w.clone()].concat(), &mut image, &mut scratch);
    op.apply_adjoint(&y, &mut back, &mut scratch);
    let gap: Vec<f64> = v.iter().zip(&w).map(|(v, w)| v - w).collect();
    let (want, size) = naive_apply(a.as_ref(), &gap);
    for i in 0..9 {
        assert!((image[i] - want[i]).abs() <= PER_TERM * 6.0 * f64::EPSILON * size[i]);
    }
    for j in 0..4 {
        assert_eq!(back[j], -back[4 + j]);
    }
}

#[test]
fn apply_block_equals_its_columns() {
    let mut stream = Stream::new(4);
    let (data, masks) = (stream.matrix::<f64>(3, 30), stream.masks(30, 4));
    let (dense, x) = (stream.matrix::<f64>(30, 12), stream.vector::<f64>(24));
    let masked = MaskedBlocks::new(data.as_ref(), &masks);
    let plain = DenseOperator::new(dense.as_ref());
    let operators: [&dyn LinearOperator<f64>; 2] = [&masked, &plain];
    for op in operators {
        let mut scratch = vec![0.0; op.block_scratch_len(2)];
        let (mut block, mut column) = (vec![0.0; 60], vec![0.0; 30]);
        op.apply_block(2, &x, &mut block, &mut scratch);
        for k in 0..2 {
            op.apply(&x[12 * k..12 * (k + 1)], &mut column, &mut scratch);
            for (got, want) in block[30 * k..30 * (k + 1)].iter().zip(&column) {
                assert!((got - want).abs() <= PER_TERM * 14.0 * f64::EPSILON * 12.0);
            }
        }
    }
}

fn assert_vectors_are_naive<T: Real>(len: usize) {
    let mut stream = Stream::new(len as u64);
    let (x, y) = (stream.vector::<T>(len), stream.vector::<T>(len));
    let (a, b) = (T::of(0.75), T::of(-1.5));
    let pairs = || x.iter().zip(&y).map(|(x, y)| (x.wide(), y.wide()));
    let allowed = PER_TERM * (len as f64 + 4.0) * T::EPS;
    let inner: f64 = pairs().map(|(x, y)| x * y).sum();
    let size: f64 = pairs().map(|(x, y)| (x * y).abs()).sum();
    assert!(
        (dot(&x, &y).wide() - inner).abs() <= allowed * size,
        "dot, length {len}"
    );
    let length = pairs().map(|(x, _)| x * x).sum::<f64>().sqrt();
    assert!(
        (norm(&x).wide() - length).abs() <= allowed * length,
        "norm, length {len}"
    );
    let apart = pairs().map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
    assert!(
        (distance(&x, &y).wide() - apart).abs() <= allowed * apart,
        "distance, length {len}"
    );

    // elementwise: a product or two and an addition, at most fused
    let close = |got: &[T], want: &dyn Fn(f64, f64) -> f64| {
        for (got, (x, y)) in got.iter().zip(pairs()) {
            let error = (got.wide() - want(x, y)).abs();
            assert!(error <= 4.0 * T::EPS, "length {len}: {got} from {x}, {y}");
        }
    };
    let mut out = y.clone();
    axpy(a, &x, &mut out);
    close(&out, &|x, y| 0.75 * x + y);
    combine(a, &x, b, &y, &mut out);
    close(&out, &|x, y| 0.75 * x - 1.5 * y);
    sub_into(&x, &y, &mut out);
    close(&out, &|x, y| x - y);
    out.copy_from_slice(&x);
    scale(b, &mut out);
    close(&out, &|x, _| -1.5 * x);
}

#[test]
fn vector_functions_any_length_equal_their_definitions() {
    for len in [0, 1, 7, 31, 32, 33, 64, 1000, 4099] {
        assert_vectors_are_naive::<f64>(len);
        assert_vectors_are_naive::<f32>(len);
    }
}

#[test]
fn dense_operator_reads_any_layout() {
    let mut stream = Stream::new(6);
    let (a, x) = (stream.matrix::<f64>(6, 5), stream.vector::<f64>(5));
    let copy = a.transpose().to_owned();
    let strided: MatRef<'_, f64> = copy.transpose();
    let (mut left, mut right) = (vec![0.0; 6], vec![0.0; 6]);
    DenseOperator::new(a.as_ref()).apply(&x, &mut left, &mut []);
    DenseOperator::new(strided).apply(&x, &mut right, &mut []);
    assert!(distance(&left, &right) <= PER_TERM * 7.0 * f64::EPSILON * norm(&left).max(1.0));
}
