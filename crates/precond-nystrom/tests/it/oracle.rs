use faer::Mat;
use krylov::NormalOperator;
use linalg_core::{Adjoint, Control, DenseOperator, LinearOperator, MaskedBlocks, Preconditioner};
use precond_nystrom::{
    BlockDiagonal, BlockNystrom, Jacobi, Nystrom, NystromSettings, TestMatrix, approximation_error,
    dense_gram_diagonal, effective_dimension, masked_gram_diagonal, masked_outer_diagonal,
};
use testkit::Stream;

use crate::data::{dense, dense_inverse, inverse, spectral_norm, spectrum};

/// Sums of at most 60 terms of size 1.
const ROUNDING: f64 = 1e-13;

fn masked(stream: &mut Stream, run: impl Fn(&MaskedBlocks<'_, f64>)) {
    for (rank, n, blocks) in [(3, 40, 5), (1, 1, 1), (4, 25, 140)] {
        let (data, masks) = (stream.matrix::<f64>(rank, n), stream.masks(n, blocks));
        run(&MaskedBlocks::new(data.as_ref(), &masks));
    }
}

#[test]
fn diagonals_equal_those_of_the_dense_matrices() {
    masked(&mut Stream::new(1), |a| {
        let matrix = dense(a);
        let (gram, outer) = (matrix.transpose() * &matrix, &matrix * matrix.transpose());
        let of = |m: &Mat<f64>| (0..m.nrows()).map(|i| m[(i, i)]).collect::<Vec<_>>();
        for (got, want) in [
            (masked_gram_diagonal(a), of(&gram)),
            (masked_outer_diagonal(a), of(&outer)),
            (dense_gram_diagonal(matrix.as_ref()), of(&gram)),
            (dense_gram_diagonal(matrix.transpose()), of(&outer)),
        ] {
            assert_eq!(got.len(), want.len());
            for (got, want) in got.iter().zip(&want) {
                assert!(
                    (got - want).abs() <= ROUNDING * (1.0 + want),
                    "{got} {want}"
                );
            }
        }
    });
}

#[test]
fn jacobi_is_the_inverse_of_the_diagonal_of_data_and_identity() {
    masked(&mut Stream::new(2), |a| {
        let (scale, shift) = (2.0, 0.7);
        let system = dense(&NormalOperator::new(a, scale, shift));
        let diagonal = masked_gram_diagonal(a).iter().map(|d| scale * d).collect();
        let jacobi = Jacobi::new(diagonal, shift).unwrap();
        let got = dense_inverse(&jacobi);
        for i in 0..got.nrows() {
            for j in 0..got.ncols() {
                let want = if i == j { 1.0 / system[(i, i)] } else { 0.0 };
                assert!((got[(i, j)] - want).abs() <= ROUNDING * (1.0 + want));
            }
        }
    });
}

#[test]
fn jacobi_weights_multiply_the_shift() {
    let mut jacobi = Jacobi::weighted(vec![1.0, 2.0], vec![3.0, 0.5], 1.0).unwrap();
    jacobi.set_shift(4.0).unwrap();
    let mut z = [0.0; 2];
    jacobi.apply_inverse(&[1.0, 1.0], &mut z, &mut []);
    assert_eq!(z, [1.0 / 13.0, 1.0 / 4.0]);
}

#[test]
fn block_diagonal_is_the_inverse_of_every_block() {
    let mut stream = Stream::new(3);
    let k = stream.with_spectrum(&spectrum(0, 6));
    let want = inverse(&k, 0.0);
    let got = dense_inverse(&BlockDiagonal::new(k.as_ref(), 4).unwrap());
    let diagonal = [0.25, 4.0, 9.0];
    let other = dense_inverse(&BlockDiagonal::diagonal(&diagonal, 2).unwrap());
    for i in 0..24 {
        for j in 0..24 {
            let inside = if i / 6 == j / 6 {
                want[(i % 6, j % 6)]
            } else {
                0.0
            };
            // entries up to 36, condition 36
            assert!((got[(i, j)] - inside).abs() <= 1e-11, "({i}, {j})");
        }
    }
    for i in 0..6 {
        for j in 0..6 {
            let inside = if i == j { 1.0 / diagonal[i % 3] } else { 0.0 };
            assert!((other[(i, j)] - inside).abs() <= 1e-14);
        }
    }
}

#[test]
fn nystrom_of_full_rank_is_the_inverse_times_a_number() {
    for (kind, test_matrix) in [
        (0, TestMatrix::Gaussian),
        (1, TestMatrix::SparseSign { per_row: 8 }),
    ] {
        let matrix = Stream::new(4).with_spectrum(&spectrum(kind, 30));
        let op = DenseOperator::new(matrix.as_ref());
        let settings = NystromSettings::default()
            .rank(30)
            .test_matrix(test_matrix)
            .check()
            .unwrap();
        let nystrom = Nystrom::new(&op, &settings, 0.01, &Control::default()).unwrap();
        let last = nystrom.eigenvalues()[29];
        let want = inverse(&matrix, 0.01);
        let got = dense_inverse(&nystrom);
        let gap = spectral_norm(&(&got - &want * faer::Scale(last + 0.01)));
        // the norm of both is 1, the condition of the system 100
        assert!(gap <= 1e-11, "spectrum {kind}: {gap}");
    }
}

#[test]
fn nystrom_of_more_than_the_numerical_rank_is_the_inverse_times_the_shift() {
    let mut values = vec![0.0; 50];
    for (k, value) in values.iter_mut().take(7).enumerate() {
        *value = 10f64.powf(3.0 - k as f64);
    }
    let matrix = Stream::new(5).with_spectrum(&values);
    let op = DenseOperator::new(matrix.as_ref());
    let settings = NystromSettings::default().rank(15).check().unwrap();
    let nystrom = Nystrom::new(&op, &settings, 0.02, &Control::default()).unwrap();
    for (got, want) in nystrom.eigenvalues().iter().zip(&values[..7]) {
        // roundings of the largest eigenvalue
        assert!((got - want).abs() <= 1e-10 * 1e3, "{got} {want}");
    }
    let want = inverse(&matrix, 0.02) * faer::Scale(0.02);
    let gap = spectral_norm(&(&dense_inverse(&nystrom) - want));
    // relative to the norm, 1; the condition of the system is 5e4, and the last eigenvalues of
    // the approximation are rounding beside the shift
    assert!(gap <= 1e-8, "{gap}");
}

#[test]
fn nystrom_inverse_is_its_formula() {
    let matrix = Stream::new(6).with_spectrum(&spectrum(0, 40));
    let op = DenseOperator::new(matrix.as_ref());
    let settings = NystromSettings::default().rank(12).seed(3).check().unwrap();
    let mut nystrom = Nystrom::new(&op, &settings, 1.0, &Control::default()).unwrap();
    nystrom.set_shift(1e-3).unwrap();
    assert_eq!((nystrom.rank(), nystrom.shift()), (12, 1e-3));
    let (u, values) = (nystrom.basis(), nystrom.eigenvalues());
    let off = u.transpose() * u - Mat::<f64>::identity(12, 12);
    assert!(off.norm_max() <= 1e-13, "{}", off.norm_max());
    let got = dense_inverse(&nystrom);
    let mut want = Mat::<f64>::identity(40, 40) - u * u.transpose();
    for (k, value) in values.iter().enumerate() {
        let factor = (values[11] + 1e-3) / (value + 1e-3);
        want += u.col(k) * u.col(k).transpose() * faer::Scale(factor);
    }
    assert!((&got - &want).norm_max() <= 1e-13);
    // the approximation is that of the definition, A O (O' A O)^-1 O' A, for O the same subspace:
    // it and what it leaves are both semidefinite
    let mut approximation = Mat::<f64>::zeros(40, 40);
    for (k, value) in values.iter().enumerate() {
        approximation += u.col(k) * u.col(k).transpose() * faer::Scale(*value);
    }
    let left = &matrix - &approximation;
    let least = linalg_core::symmetric_eigenvalues(left.as_ref()).unwrap()[0];
    assert!(least >= -1e-13, "{least}");
    // and of rank 12: what is left vanishes on as many directions
    let rest = linalg_core::symmetric_eigenvalues(left.as_ref()).unwrap();
    let null = rest.iter().filter(|v| v.abs() <= 1e-12).count();
    assert_eq!(null, 12);
}

#[test]
fn block_nystrom_of_full_rank_is_the_inverse_times_a_number() {
    let mut stream = Stream::new(7);
    let (data, masks) = (stream.matrix::<f64>(4, 30), stream.masks(30, 6));
    let a = MaskedBlocks::new(data.as_ref(), &masks);
    let gram = NormalOperator::new(&a, 1.0, 0.0);
    let k = stream.with_spectrum(&[2.0, 1.0, 0.5, 0.3]);
    let block = BlockDiagonal::new(k.as_ref(), 6).unwrap();
    let settings = NystromSettings::default().rank(24).check().unwrap();
    let shift = 0.5;
    let both = BlockNystrom::new(&gram, block, &settings, shift, &Control::default()).unwrap();
    let inside = dense(&gram);
    let system = Mat::from_fn(24, 24, |i, j| {
        let same = if i / 4 == j / 4 {
            k[(i % 4, j % 4)]
        } else {
            0.0
        };
        inside[(i, j)] + shift * same
    });
    let product = dense_inverse(&both) * system;
    let number = product[(0, 0)];
    let off = product - Mat::<f64>::identity(24, 24) * faer::Scale(number);
    // the condition of the system is about 1e3
    assert!(
        off.norm_max() <= 1e-11 * number.max(1.0),
        "{}",
        off.norm_max()
    );
}

#[test]
fn nystrom_serves_both_sides_of_the_system() {
    // I + (c / rho) A A' is A A' + (rho / c) I up to a factor, and its eigenvalues are those of
    // rho I + c A'A up to that factor and ones
    let mut stream = Stream::new(8);
    let (data, masks) = (stream.matrix::<f64>(3, 20), stream.masks(20, 10));
    let a = MaskedBlocks::new(data.as_ref(), &masks);
    let adjoint = Adjoint::new(&a);
    let (rho, c) = (0.4, 2.0);
    let sides: [(&dyn LinearOperator<f64>, usize); 2] = [(&a, 30), (&adjoint, 20)];
    for (side, n) in sides {
        let gram = NormalOperator::new(side, 1.0, 0.0);
        let settings = NystromSettings::default().rank(n).check().unwrap();
        let nystrom = Nystrom::new(&gram, &settings, rho / c, &Control::default()).unwrap();
        let product = dense_inverse(&nystrom) * dense(&NormalOperator::new(side, c / rho, 1.0));
        let number = product[(0, 0)];
        let off = product - Mat::<f64>::identity(n, n) * faer::Scale(number);
        assert!(off.norm_max() <= 1e-10 * number, "{n}: {}", off.norm_max());
    }
}

#[test]
fn approximation_error_is_near_the_truth_and_not_above() {
    for kind in 0..3 {
        let matrix = Stream::new(9).with_spectrum(&spectrum(kind, 60));
        let op = DenseOperator::new(matrix.as_ref());
        for rank in [0, 4, 12] {
            let settings = NystromSettings::default().rank(rank).check().unwrap();
            let control = Control::default();
            let nystrom = Nystrom::new(&op, &settings, 1.0, &control).unwrap();
            let mut left = matrix.clone();
            for (k, value) in nystrom.eigenvalues().iter().enumerate() {
                let u = nystrom.basis().col(k);
                left -= u * u.transpose() * faer::Scale(*value);
            }
            let truth = spectral_norm(&left);
            let got = approximation_error(&op, &nystrom, 1, &control).unwrap();
            assert!(
                got <= truth * (1.0 + 1e-9) && got >= 0.7 * truth,
                "spectrum {kind}, rank {rank}: {got} of {truth}"
            );
        }
    }
}

#[test]
fn effective_dimension_brackets_that_of_the_matrix() {
    for kind in 0..3 {
        let values = spectrum(kind, 60);
        let matrix = Stream::new(10).with_spectrum(&values);
        let op = DenseOperator::new(matrix.as_ref());
        let trace: f64 = values.iter().sum();
        for shift in [1e-1, 1e-3] {
            let truth: f64 = values.iter().map(|v| v / (v + shift)).sum();
            let mut before = 0.0;
            for rank in [5, 20, 60] {
                let settings = NystromSettings::default().rank(rank).check().unwrap();
                let nystrom = Nystrom::new(&op, &settings, 1.0, &Control::default()).unwrap();
                let got = effective_dimension(&nystrom, shift, Some(trace));
                let upper = got.upper.unwrap();
                let rounding = 1e-9 * (1.0 + truth);
                assert!(got.lower <= truth + rounding, "{got:?} {truth}");
                assert!(upper >= truth - rounding, "{got:?} {truth}");
                assert!(got.lower >= before, "{got:?} {before}");
                assert_eq!(effective_dimension(&nystrom, shift, None).upper, None);
                before = got.lower;
            }
            // at full rank both are the truth
            assert!((before - truth).abs() <= 1e-6 * truth, "{before} {truth}");
        }
    }
}
