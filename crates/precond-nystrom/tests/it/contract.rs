use faer::Mat;
use krylov::NormalOperator;
use linalg_core::{
    Control, DenseOperator, LinearOperator, MaskedBlocks, Preconditioner, Real,
    assert_preconditioner_spd,
};
use precond_nystrom::{BlockDiagonal, BlockNystrom, Jacobi, Nystrom, NystromSettings, TestMatrix};
use testkit::Stream;

use crate::data::{Grid, rounded, spectrum};

const SPARSE: TestMatrix = TestMatrix::SparseSign { per_row: 8 };

#[test]
fn jacobi_any_shift_keeps_the_contract() {
    let mut jacobi = Jacobi::new(vec![0.0, 1e-6, 3.0, 1e8], 1.0).unwrap();
    for shift in [1.0, 1e-9, 1e9] {
        jacobi.set_shift(shift).unwrap();
        assert_preconditioner_spd::<f64>(&jacobi, 1);
    }
    let weighted = Jacobi::weighted(vec![0.0f32, 2.0], vec![1.0, 5.0], 0.1).unwrap();
    assert_preconditioner_spd::<f32>(&weighted, 2);
}

#[test]
fn block_diagonal_dense_and_diagonal_keep_the_contract() {
    let mut stream = Stream::new(3);
    let k = stream.with_spectrum(&spectrum(0, 9));
    let dense = BlockDiagonal::new(k.as_ref(), 5).unwrap();
    assert_eq!(dense.dim(), 45);
    assert_preconditioner_spd::<f64>(&dense, 4);
    let narrow = BlockDiagonal::new(rounded::<f32>(k.as_ref()).as_ref(), 2).unwrap();
    assert_preconditioner_spd::<f32>(&narrow, 5);
    let diagonal = BlockDiagonal::diagonal(&[1.0, 10.0, 1e-3], 4).unwrap();
    assert_preconditioner_spd::<f64>(&diagonal, 6);
    let nothing = BlockDiagonal::<f64>::diagonal(&[], 4).unwrap();
    assert_preconditioner_spd::<f64>(&nothing, 7);
}

fn assert_nystrom_keeps_the_contract<T: Real>(test_matrix: TestMatrix) {
    for kind in 0..3 {
        let matrix = Stream::new(kind as u64).with_spectrum(&spectrum(kind, 70));
        let matrix = rounded::<T>(matrix.as_ref());
        let op = DenseOperator::new(matrix.as_ref());
        for rank in [0, 1, 10, 70, 100] {
            let settings = NystromSettings::default()
                .rank(rank)
                .test_matrix(test_matrix)
                .seed(5)
                .check()
                .unwrap();
            let control = Control::default();
            let mut nystrom = Nystrom::new(&op, &settings, T::of(1e-3), &control).unwrap();
            for (k, shift) in [1e-3, 1e-12, 1.0, 1e6].into_iter().enumerate() {
                nystrom.set_shift(T::of(shift)).unwrap();
                assert_preconditioner_spd(&nystrom, k as u64);
            }
        }
    }
}

#[test]
fn nystrom_any_rank_and_shift_keeps_the_contract() {
    for test_matrix in [TestMatrix::Gaussian, SPARSE] {
        assert_nystrom_keeps_the_contract::<f64>(test_matrix);
        assert_nystrom_keeps_the_contract::<f32>(test_matrix);
    }
}

#[test]
fn block_nystrom_over_masked_data_keeps_the_contract() {
    let mut stream = Stream::new(9);
    let (data, masks) = (stream.matrix::<f64>(6, 50), stream.masks(50, 7));
    let a = MaskedBlocks::new(data.as_ref(), &masks);
    let gram = NormalOperator::new(&a, 2.0, 0.0);
    let k = stream.with_spectrum(&[3.0, 2.0, 1.0, 0.5, 0.2, 0.1]);
    for rank in [0, 5, 42] {
        let settings = NystromSettings::default().rank(rank).check().unwrap();
        let block = BlockDiagonal::new(k.as_ref(), 7).unwrap();
        let mut both =
            BlockNystrom::new(&gram, block, &settings, 0.3, &Control::default()).unwrap();
        for shift in [0.3, 1e-4, 100.0] {
            both.set_shift(shift).unwrap();
            assert_preconditioner_spd::<f64>(&both, 10);
        }
        assert!(both.middle().rank() <= rank);
    }
}

#[test]
fn nystrom_operator_of_the_tests_own_keeps_the_contract() {
    let grid = Grid(9);
    let settings = NystromSettings::default().rank(20).check().unwrap();
    let op: &dyn LinearOperator<f64> = &grid;
    let nystrom = Nystrom::new(op, &settings, 0.1, &Control::default()).unwrap();
    assert_preconditioner_spd::<f64>(&nystrom, 11);
    let empty = Mat::<f64>::zeros(0, 0);
    let op = DenseOperator::new(empty.as_ref());
    let nystrom = Nystrom::new(&op, &settings, 0.1, &Control::default()).unwrap();
    assert_preconditioner_spd::<f64>(&nystrom, 12);
}
