//! Operators over a collective of threads.

use core::sync::atomic::{AtomicBool, Ordering};

use linalg_core::{
    Collective, Control, DenseOperator, ExchangeError, Halt, LinearOperator, MaskedBlocks, Masks,
    RowSharded, assert_adjoint_consistent,
};
use testkit::{MovingClock, Stream, on_ranks};

/// Uneven shards of 20 rows: first row and count. The last holds none.
const SHARDS: [(usize, usize); 3] = [(0, 13), (13, 7), (20, 0)];

#[test]
fn row_sharded_adjoint_is_the_one_sum() {
    let a = Stream::new(1).matrix::<f64>(20, 6);
    let (x, y): (Vec<f64>, Vec<f64>) = (Stream::new(2).vector(6), Stream::new(3).vector(20));
    let (answers, sums) = on_ranks(3, |rank| {
        let (first, count) = SHARDS[rank.rank()];
        let op = RowSharded::new(DenseOperator::new(a.as_ref().subrows(first, count)), rank);
        let (mut image, mut back) = (vec![0.0; count], vec![0.0; 6]);
        for _ in 0..5 {
            op.apply(&x, &mut image, &mut []);
        }
        let before = rank.sums();
        rank.wait().unwrap();
        op.apply_adjoint(&y[first..first + count], &mut back, &mut []);
        (image, back, before)
    });
    assert_eq!(sums, 3, "one sum a rank");
    let whole = DenseOperator::new(a.as_ref());
    let (mut image, mut back) = (vec![0.0; 20], vec![0.0; 6]);
    whole.apply(&x, &mut image, &mut []);
    whole.apply_adjoint(&y, &mut back, &mut []);
    let joined: Vec<f64> = answers
        .iter()
        .flat_map(|(image, ..)| image.clone())
        .collect();
    // sums of 6 and 20 terms below 1, in another order
    assert!(linalg_core::distance(&joined, &image) <= 64.0 * f64::EPSILON);
    for (_, sharded, before) in &answers {
        assert_eq!(
            (sharded, *before),
            (&answers[0].1, 0),
            "the ranks agree, apply sums nothing"
        );
        assert!(linalg_core::distance(sharded, &back) <= 64.0 * f64::EPSILON);
    }
}

#[test]
fn row_sharded_masked_blocks_equal_the_whole() {
    let mut stream = Stream::new(4);
    let (data, masks): (_, Masks) = (stream.matrix::<f32>(3, 20), stream.masks(20, 5));
    let y: Vec<f32> = stream.vector(20);
    let (answers, _) = on_ranks(3, |rank| {
        let (first, count) = SHARDS[rank.rank()];
        let shard = masks.rows(first, count);
        let op = RowSharded::new(
            MaskedBlocks::new(data.as_ref().subcols(first, count), &shard),
            rank,
        );
        let mut x = vec![0.0f32; 15];
        op.apply_adjoint(
            &y[first..first + count],
            &mut x,
            &mut vec![0.0; op.scratch_len()],
        );
        x
    });
    let whole = MaskedBlocks::new(data.as_ref(), &masks);
    let mut x = vec![0.0f32; 15];
    whole.apply_adjoint(&y, &mut x, &mut vec![0.0; whole.scratch_len()]);
    for sharded in &answers {
        assert_eq!(sharded, &answers[0]);
        assert!(linalg_core::distance(sharded, &x) <= 64.0 * f32::EPSILON);
    }
}

#[test]
fn row_sharded_block_adjoint_is_one_sum_for_all_columns() {
    let mut stream = Stream::new(7);
    let (data, masks): (_, Masks) = (stream.matrix::<f64>(3, 20), stream.masks(20, 5));
    let y: Vec<f64> = stream.vector(2 * 20);
    let (answers, sums) = on_ranks(3, |rank| {
        let (first, count) = SHARDS[rank.rank()];
        let shard = masks.rows(first, count);
        let blocks = MaskedBlocks::new(data.as_ref().subcols(first, count), &shard);
        let op = RowSharded::new(blocks, rank);
        let mut own = y[first..first + count].to_vec();
        own.extend_from_slice(&y[20 + first..20 + first + count]);
        let (mut x, mut scratch) = (vec![0.0; 30], vec![0.0; op.block_scratch_len(2)]);
        op.apply_adjoint_block(2, &own, &mut x, &mut scratch);
        x
    });
    assert_eq!(sums, 3, "one sum a rank");
    let whole = MaskedBlocks::new(data.as_ref(), &masks);
    let (mut x, mut scratch) = (vec![0.0; 30], vec![0.0; whole.block_scratch_len(2)]);
    whole.apply_adjoint_block(2, &y, &mut x, &mut scratch);
    for sharded in &answers {
        assert_eq!(sharded, &answers[0]);
        assert!(linalg_core::distance(sharded, &x) <= 64.0 * f64::EPSILON);
    }
}

#[test]
fn row_sharded_exchange_that_fails_is_nan_and_said() {
    let a = Stream::new(8).matrix::<f64>(20, 6);
    let (answers, _) = on_ranks(3, |rank| {
        let (first, count) = SHARDS[rank.rank()];
        let op = RowSharded::new(DenseOperator::new(a.as_ref().subrows(first, count)), rank);
        let (y, mut x) = (vec![1.0; count], vec![0.0; 6]);
        op.apply_adjoint(&y, &mut x, &mut []);
        assert!(x.iter().all(|v| v.is_finite()) && op.failure().is_none());
        if rank.rank() == 1 {
            return (x, None);
        }
        // the other has left; no later product waits for it either
        op.apply_adjoint(&y, &mut x, &mut []);
        op.apply_adjoint(&y, &mut x, &mut []);
        (x, op.failure())
    });
    for rank in [0, 2] {
        assert!(answers[rank].0.iter().all(|v| v.is_nan()));
        assert_eq!(answers[rank].1, Some(ExchangeError::Lost));
    }
}

#[test]
fn control_agreed_halts_everywhere_where_one_does() {
    let (answers, _) = on_ranks(3, |rank| {
        let flag = AtomicBool::new(false);
        let clock = MovingClock::still();
        let control = Control::with_clock(&clock).deadline(10.0);
        let control = control.interrupt(&flag).agreed(rank);
        let mut seen = vec![
            control.halt(),
            Some(Halt::TimeLimit).filter(|_| control.any(false)),
        ];
        // the clock of one has run out, then the flag of another is raised
        if rank.rank() == 2 {
            clock.advance(11.0);
        }
        seen.push(control.halt());
        if rank.rank() == 0 {
            flag.store(true, Ordering::Relaxed);
        }
        seen.push(control.halt());
        assert!(control.any(rank.rank() == 1));
        // one that leaves is an interruption for the others, not a wait
        if rank.rank() > 0 {
            seen.push(control.unlimited().agreed(rank).halt());
        }
        seen
    });
    let (limit, stop) = (Some(Halt::TimeLimit), Some(Halt::Interrupted));
    assert_eq!(answers[0], [None, None, limit, stop]);
    for rank in [1, 2] {
        assert_eq!(answers[rank], [None, None, limit, stop, stop]);
    }
}

#[test]
fn row_sharded_identical_shards_keep_the_contract() {
    // two ranks with the rows twice: <Ax,y> of a rank is half of <x,A'y>, so scale one side
    let a = Stream::new(5).matrix::<f64>(7, 4);
    struct Halved<'a>(RowSharded<'a, DenseOperator<'a, f64>>);
    impl LinearOperator<f64> for Halved<'_> {
        fn rows(&self) -> usize {
            self.0.rows()
        }
        fn cols(&self) -> usize {
            self.0.cols()
        }
        fn apply(&self, x: &[f64], y: &mut [f64], scratch: &mut [f64]) {
            self.0.apply(x, y, scratch);
            linalg_core::scale(2.0, y);
        }
        fn apply_adjoint(&self, y: &[f64], x: &mut [f64], scratch: &mut [f64]) {
            self.0.apply_adjoint(y, x, scratch);
        }
    }
    on_ranks(2, |rank| {
        assert_adjoint_consistent(
            &Halved(RowSharded::new(DenseOperator::new(a.as_ref()), rank)),
            6,
        );
    });
}
