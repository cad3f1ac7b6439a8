#[cfg(feature = "parallel")]
use faer::{Accum, Mat};
#[cfg(feature = "parallel")]
use linalg_core::{Control, LinearOperator, MaskedBlocks, ShiftedGram, masked_gram, product};

use linalg_core::{for_each_index, for_each_mut};
use testkit::Stream;

#[cfg(feature = "parallel")]
use crate::data::semidefinite;

/// Runs `work` on pools of one and of two threads; the answers must be equal bit by bit.
#[cfg(feature = "parallel")]
fn assert_threads_do_not_show<R: PartialEq + Send>(what: &str, work: impl Fn() -> R + Sync) {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(&work)
    };
    assert!(
        run(1) == run(2),
        "{what}: the bits depend on the number of threads"
    );
}

#[cfg(feature = "parallel")]
fn bits(matrix: &Mat<f64>) -> Vec<u64> {
    matrix
        .col_iter()
        .flat_map(|c| c.iter().map(|v| v.to_bits()).collect::<Vec<_>>())
        .collect()
}

#[cfg(feature = "parallel")]
#[test]
fn product_bits_do_not_depend_on_the_threads() {
    for (m, n, k) in [
        (400, 400, 400),
        (3000, 5, 700),
        (5, 3000, 700),
        (9000, 1, 1000),
    ] {
        assert_threads_do_not_show("product", || {
            let mut stream = Stream::new(1);
            let (lhs, rhs) = (stream.matrix(m, k), stream.matrix(k, n));
            let mut dst = stream.matrix::<f64>(m, n);
            product(dst.as_mut(), Accum::Add, lhs.as_ref(), rhs.as_ref(), 0.5);
            bits(&dst)
        });
    }
}

#[cfg(feature = "parallel")]
#[test]
fn shifted_gram_bits_do_not_depend_on_the_threads() {
    assert_threads_do_not_show("factor and solve", || {
        let mut stream = Stream::new(2);
        let mut gram =
            ShiftedGram::from_dense(semidefinite::<f64>(&mut stream, 1500).as_ref()).unwrap();
        gram.factor(0.1, 1.0, &Control::default()).unwrap();
        let mut x = stream.matrix::<f64>(1500, 2);
        gram.solve_in_place(x.as_mut());
        bits(&x)
    });
}

#[cfg(feature = "parallel")]
#[test]
fn masked_blocks_bits_do_not_depend_on_the_threads() {
    assert_threads_do_not_show("masked blocks", || {
        let mut stream = Stream::new(3);
        let (data, masks) = (stream.matrix::<f64>(6, 9000), stream.masks(9000, 150));
        let op = MaskedBlocks::new(data.as_ref(), &masks);
        let mut scratch = vec![0.0; op.scratch_len()];
        let (mut y, mut x) = (vec![0.0; 9000], vec![0.0; 900]);
        op.apply(&stream.vector(900), &mut y, &mut scratch);
        op.apply_adjoint(&y, &mut x, &mut scratch);
        let trace = masked_gram(&op).trace();
        (y, x, trace)
    });
}

#[test]
fn for_each_visits_every_item_once() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    for count in [0, 1, 2, 100] {
        let mut items = vec![0usize; count];
        for_each_mut(&mut items, |i, item| *item += i + 1);
        assert_eq!(items, (1..=count).collect::<Vec<_>>());
        let hits: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
        for_each_index(count, |i| {
            hits[i].fetch_add(1, Ordering::Relaxed);
        });
        assert!(hits.iter().all(|h| h.load(Ordering::Relaxed) == 1));
    }
}
