use faer::Mat;
use linalg_core::{ActiveQr, dot, norm};
use proptest::prelude::*;

use crate::data::Stream;

/// Roundings of a few dozen orthogonal transformations in a dozen dimensions.
const ORTHOGONAL: f64 = 1e-13;

/// A change of the set of columns.
#[derive(Debug, Clone)]
enum Change {
    /// A random column times a power of ten.
    Append { seed: u64, power: i32 },
    /// A multiple of a column that stands.
    Dependent { place: usize, factor: f64 },
    /// The first, the last or one between.
    Drop { place: usize },
}

fn changes() -> impl Strategy<Value = (usize, Vec<Change>)> {
    let change = prop_oneof![
        4 => (any::<u64>(), prop_oneof![Just(0), Just(-6), Just(6)])
            .prop_map(|(seed, power)| Change::Append { seed, power }),
        1 => (any::<usize>(), 0.1..10.0).prop_map(|(place, factor)| Change::Dependent { place, factor }),
        2 => prop_oneof![Just(0), Just(usize::MAX), any::<usize>()].prop_map(|place| Change::Drop { place }),
    ];
    (1usize..13, prop::collection::vec(change, 1..40))
}

/// Everything that can be said of the factorisation from the columns that it should hold.
fn assert_holds(qr: &ActiveQr<f64>, columns: &[Vec<f64>], dim: usize) {
    let held = columns.len();
    assert_eq!(
        (qr.len(), qr.is_empty(), qr.basis().len()),
        (held, held == 0, held * dim)
    );
    let q: Vec<&[f64]> = qr.basis().chunks_exact(dim).collect();
    for i in 0..held {
        for j in 0..=i {
            let want = if i == j { 1.0 } else { 0.0 };
            assert!(
                (dot(q[i], q[j]) - want).abs() <= ORTHOGONAL,
                "Q'Q at ({i}, {j})"
            );
        }
    }
    // the condition of the columns brought to norm 1: scaling does not hurt a QR factorisation
    let unit = Mat::from_fn(dim, held, |i, j| columns[j][i] / norm(&columns[j]));
    let (mut condition, mut span) = (1.0, Mat::zeros(dim, dim));
    if held > 0 {
        let svd = unit.thin_svd().unwrap();
        let s = svd.S().column_vector();
        condition = s[0] / s[held - 1];
        span = svd.U() * svd.U().transpose();
    }
    let (mut coefficients, mut rest) = (vec![0.0; held], vec![0.0; dim]);
    for j in 0..held {
        qr.split(&columns[j], &mut coefficients, &mut rest);
        let size = norm(&columns[j]);
        assert!(norm(&rest) <= ORTHOGONAL * size, "rest of column {j}");
        for (k, c) in coefficients.iter().enumerate() {
            let want = if k == j { 1.0 } else { 0.0 };
            let error = (c - want).abs() * norm(&columns[k]) / size;
            assert!(
                error <= ORTHOGONAL * condition,
                "coefficient {k} of column {j}: {c}"
            );
        }
    }
    // a vector outside: the rest is what a dense projection leaves
    let z: Vec<f64> = Stream::new(held as u64).vector(dim);
    qr.split(&z, &mut coefficients, &mut rest);
    for i in 0..dim {
        let projected: f64 = (0..dim).map(|k| span[(i, k)] * z[k]).sum();
        assert!(
            (z[i] - projected - rest[i]).abs() <= ORTHOGONAL * condition,
            "rest at {i}"
        );
        let (mut sum, mut size) = (rest[i], rest[i].abs());
        for (c, column) in coefficients.iter().zip(columns) {
            sum += c * column[i];
            size += (c * norm(column)).abs();
        }
        assert!(
            (sum - z[i]).abs() <= ORTHOGONAL * (1.0 + size),
            "sum of the parts at {i}"
        );
    }
    for column in columns {
        assert!(
            dot(column, &rest).abs() <= ORTHOGONAL * norm(column) * norm(&z),
            "rest not orthogonal"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn active_qr_any_sequence_of_changes_holds_its_columns((dim, changes) in changes()) {
        let (mut qr, mut columns) = (ActiveQr::<f64>::new(dim), Vec::<Vec<f64>>::new());
        for change in changes {
            match change {
                Change::Append { seed, power } => {
                    let mut column: Vec<f64> = Stream::new(seed).vector(dim);
                    linalg_core::scale(10f64.powi(power), &mut column);
                    let taken = qr.append(&column);
                    prop_assert_eq!(taken, columns.len() < dim);
                    if taken {
                        columns.push(column);
                    }
                }
                Change::Dependent { place, factor } if !columns.is_empty() => {
                    let mut column = columns[place % columns.len()].clone();
                    linalg_core::scale(factor, &mut column);
                    prop_assert!(!qr.append(&column), "a dependent column was taken");
                }
                Change::Drop { place } if !columns.is_empty() => {
                    let place = if place == usize::MAX { columns.len() - 1 } else { place % columns.len() };
                    qr.drop_column(place);
                    columns.remove(place);
                }
                _ => {}
            }
            assert_holds(&qr, &columns, dim);
        }
    }
}

#[test]
fn active_qr_drop_first_middle_last_keeps_the_others() {
    let dim = 40;
    let mut columns: Vec<Vec<f64>> = (0..20).map(|k| Stream::new(k).vector(dim)).collect();
    let mut qr = ActiveQr::new(dim);
    assert!(columns.iter().all(|c| qr.append(c)));
    while !columns.is_empty() {
        let place = [0, columns.len() - 1, columns.len() / 2][columns.len() % 3];
        qr.drop_column(place);
        columns.remove(place);
        assert_holds(&qr, &columns, dim);
    }
}

#[test]
fn active_qr_column_that_cannot_be_held_is_refused() {
    let mut qr = ActiveQr::<f64>::new(3);
    assert!(qr.append(&[1.0, 1.0, 0.0]));
    let before = qr.basis().to_vec();
    for bad in [
        [0.0; 3],
        [-2.0, -2.0, 0.0],
        [f64::NAN, 0.0, 1.0],
        [f64::INFINITY, 0.0, 1.0],
    ] {
        assert!(!qr.append(&bad), "{bad:?}");
        assert_eq!((qr.len(), qr.basis()), (1, &before[..]));
    }
    assert!(qr.append(&[1.0, 0.0, 0.0]) && qr.append(&[0.0, 0.0, 1e-6]));
    assert!(
        !qr.append(&[3.0, 1.0, 2.0]),
        "a fourth column of three numbers"
    );
    assert!(!ActiveQr::<f64>::new(0).append(&[]));
}

#[test]
fn active_qr_in_single_precision_projects() {
    let (dim, mut stream) = (24, Stream::new(9));
    let columns: Vec<Vec<f32>> = (0..10).map(|_| stream.vector(dim)).collect();
    let mut qr = ActiveQr::<f32>::new(dim);
    assert!(columns.iter().all(|c| qr.append(c)));
    qr.drop_column(3);
    let z: Vec<f32> = stream.vector(dim);
    let (mut coefficients, mut rest) = (vec![0.0; 9], vec![0.0; dim]);
    qr.split(&z, &mut coefficients, &mut rest);
    for (j, column) in columns.iter().enumerate().filter(|(j, _)| *j != 3) {
        // roundings of nine projections of 24 numbers
        let allowed = 256.0 * f32::EPSILON * norm(column) * norm(&z);
        assert!(dot(column, &rest).abs() <= allowed, "column {j}");
    }
}
