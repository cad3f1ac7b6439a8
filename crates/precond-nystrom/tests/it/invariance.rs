use krylov::NormalOperator;
use linalg_core::{Control, DenseOperator, MaskedBlocks, Preconditioner, Real, distance, norm};
use precond_nystrom::{
    AdaptiveRank, BlockDiagonal, BlockNystrom, Jacobi, Nystrom, NystromSettings, TestMatrix,
};
use proptest::prelude::*;
use testkit::Stream;

use crate::data::{dense_inverse, rounded, spectrum};

fn applied<T: Real>(preconditioner: &dyn Preconditioner<T>) -> Vec<T> {
    let n = preconditioner.dim();
    let (r, mut z) = (Stream::new(99).vector::<T>(n), vec![T::of(0.0); n]);
    let mut scratch = vec![T::of(f64::NAN); preconditioner.scratch_len()];
    preconditioner.apply_inverse(&r, &mut z, &mut scratch);
    z
}

#[test]
fn set_shift_equals_a_new_one_bit_by_bit() {
    let mut stream = Stream::new(1);
    let matrix = stream.with_spectrum(&spectrum(1, 40));
    let op = DenseOperator::new(matrix.as_ref());
    let block = BlockDiagonal::diagonal(&[1.0, 2.0, 3.0, 4.0], 10).unwrap();
    let settings = NystromSettings::default().rank(10).check().unwrap();
    let control = Control::default();
    let plain = |shift| Nystrom::new(&op, &settings, shift, &control).unwrap();
    let both = |shift| BlockNystrom::new(&op, block.clone(), &settings, shift, &control).unwrap();
    let jacobi = |shift| Jacobi::new(vec![0.5; 40], shift).unwrap();
    let (mut a, mut b, mut c) = (plain(1.0), both(1.0), jacobi(1.0));
    let (first, with_block, divided) = (applied(&a), applied(&b), applied(&c));
    for shift in [1e-4, 30.0, 1.0] {
        a.set_shift(shift).unwrap();
        b.set_shift(shift).unwrap();
        c.set_shift(shift).unwrap();
        assert_eq!(applied(&a), applied(&plain(shift)), "shift {shift}");
        assert_eq!(applied(&b), applied(&both(shift)), "shift {shift}");
        assert_eq!(applied(&c), applied(&jacobi(shift)), "shift {shift}");
    }
    assert_eq!(
        (applied(&a), applied(&b), applied(&c)),
        (first, with_block, divided)
    );
}

#[test]
fn nystrom_same_seed_same_bits_and_another_seed_other_bits() {
    let matrix = Stream::new(2).with_spectrum(&spectrum(0, 50));
    let op = DenseOperator::new(matrix.as_ref());
    let make = |seed, test_matrix| {
        let settings = NystromSettings::default()
            .rank(9)
            .seed(seed)
            .test_matrix(test_matrix)
            .check()
            .unwrap();
        let made = Nystrom::new(&op, &settings, 0.1, &Control::default()).unwrap();
        (applied(&made), made.eigenvalues().to_vec())
    };
    let kinds = [TestMatrix::Gaussian, TestMatrix::SparseSign { per_row: 3 }];
    for kind in kinds {
        assert_eq!(make(7, kind), make(7, kind));
        assert_ne!(make(7, kind).0, make(8, kind).0);
    }
    assert_ne!(make(7, kinds[0]).0, make(7, kinds[1]).0);
}

#[test]
fn nystrom_scaled_operator_and_shift_give_the_same_preconditioner() {
    let matrix = Stream::new(3).with_spectrum(&spectrum(0, 40));
    let make = |factor: f64| {
        let scaled = faer::Mat::from_fn(40, 40, |i, j| factor * matrix[(i, j)]);
        let op = DenseOperator::new(scaled.as_ref());
        let settings = NystromSettings::default().rank(12).check().unwrap();
        applied(&Nystrom::new(&op, &settings, factor * 1e-2, &Control::default()).unwrap())
    };
    let one = make(1.0);
    for factor in [1e-8, 1024.0, 1e12] {
        let other = make(factor);
        // the condition of the system is 100
        assert!(distance(&one, &other) <= 1e-10 * norm(&one), "{factor}");
    }
}

#[test]
fn nystrom_f32_is_close_to_f64() {
    let wide = Stream::new(4).with_spectrum(&spectrum(0, 60));
    let narrow = rounded::<f32>(wide.as_ref());
    let settings = NystromSettings::default().rank(20).check().unwrap();
    let control = Control::default();
    let a = Nystrom::new(
        &DenseOperator::new(wide.as_ref()),
        &settings,
        1e-2,
        &control,
    )
    .unwrap();
    let b = Nystrom::new(
        &DenseOperator::new(narrow.as_ref()),
        &settings,
        1e-2,
        &control,
    )
    .unwrap();
    for (a, b) in a.eigenvalues().iter().zip(b.eigenvalues()) {
        // roundings of the largest, times the root of the side
        assert!((a - b).abs() <= 60.0 * f64::from(f32::EPSILON), "{a} {b}");
    }
    let gap = &dense_inverse(&a) - &dense_inverse(&b);
    assert!(gap.norm_max() <= 1e-3, "{}", gap.norm_max());
}

#[test]
fn nystrom_adaptive_ends_where_a_given_rank_of_its_seed_starts_over() {
    // what is added to a sketch must not change how good it is: both miss about the same
    let matrix = Stream::new(5).with_spectrum(&spectrum(0, 100));
    let op = DenseOperator::new(matrix.as_ref());
    let control = Control::default();
    let settings = AdaptiveRank::default()
        .start(4)
        .factor(1e-9)
        .max(32)
        .check()
        .unwrap();
    let (grown, report) = Nystrom::adaptive(&op, &settings, 1.0, &control).unwrap();
    assert_eq!(report.width, 32);
    let settings = NystromSettings::default().rank(32).check().unwrap();
    let fresh = Nystrom::new(&op, &settings, 1.0, &control).unwrap();
    for (k, (a, b)) in grown
        .eigenvalues()
        .iter()
        .zip(fresh.eigenvalues())
        .take(16)
        .enumerate()
    {
        assert!((a - b).abs() <= 0.2 * b, "eigenvalue {k}: {a} {b}");
    }
    let u = grown.basis();
    let off = u.transpose() * u - faer::Mat::<f64>::identity(32, 32);
    assert!(off.norm_max() <= 1e-12, "{}", off.norm_max());
}

#[test]
fn nystrom_bits_do_not_depend_on_the_threads() {
    let mut stream = Stream::new(6);
    // products above the size from which they are shared between threads
    let (data, masks) = (stream.matrix::<f32>(20, 800), stream.masks(800, 30));
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let a = MaskedBlocks::new(data.as_ref(), &masks);
            let gram = NormalOperator::new(&a, 1.0, 0.0);
            let settings = AdaptiveRank::default().max(64).check().unwrap();
            let (made, report) =
                Nystrom::adaptive(&gram, &settings, 1.0, &Control::default()).unwrap();
            (applied(&made), made.eigenvalues().to_vec(), report)
        })
    };
    assert_eq!(run(1), run(2));
}

proptest! {
    #![proptest_config(testkit::cases(116, 24))]

    #[test]
    fn nystrom_block_application_equals_its_columns(seed in any::<u64>(), n in 1usize..20, k in 1usize..6, rank in 0usize..12) {
        let mut stream = Stream::new(seed);
        let (data, masks) = (stream.matrix::<f64>(3, 15), stream.masks(15, n));
        let a = MaskedBlocks::new(data.as_ref(), &masks);
        let gram = NormalOperator::new(&a, 1.0, 0.0);
        let settings = NystromSettings::default().rank(rank).seed(seed).check().unwrap();
        let block = BlockDiagonal::diagonal(&[1.0, 0.5, 2.0], n).unwrap();
        let both = BlockNystrom::new(&gram, block, &settings, 0.1, &Control::default()).unwrap();
        let side = both.dim();
        let r: Vec<f64> = stream.vector(k * side);
        let (mut z, mut one) = (vec![0.0; k * side], vec![0.0; side]);
        let mut scratch = vec![f64::NAN; k * both.scratch_len()];
        both.apply_inverse_block(k, &r, &mut z, &mut scratch);
        for j in 0..k {
            let column = j * side..(j + 1) * side;
            both.apply_inverse(&r[column.clone()], &mut one, &mut scratch);
            prop_assert!(distance(&one, &z[column]) <= 1e-13 * (1.0 + norm(&one)));
        }
    }
}
