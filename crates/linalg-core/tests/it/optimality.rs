use faer::{Mat, MatRef};
use linalg_core::{LinalgError, Reduction, RowSpace};
use testkit::Stream;

use crate::data::gap;

/// Errors of a dense decomposition: a modest multiple of the dimension in roundings.
const DECOMPOSITION: f64 = 16.0;

fn reductions(x: MatRef<'_, f64>) -> Result<[RowSpace; 3], LinalgError> {
    Ok([RowSpace::svd(x)?, RowSpace::qr(x), RowSpace::columns(x)])
}

/// `X = R V'`, `V'` and `V` adjoint, `V` an isometry.
fn assert_row_space(x: MatRef<'_, f64>, space: &RowSpace) {
    let (n, d, rank) = (x.nrows(), x.ncols(), space.rank());
    let how = space.reduction();
    let allowed = DECOMPOSITION * (n.max(d) + 1) as f64 * f64::EPSILON;
    assert_eq!(
        (space.rows().nrows(), space.rows().ncols()),
        (rank, n),
        "{how:?}"
    );
    // V R' = X'
    let back = space.expand(space.rows());
    let error = gap(back.as_ref(), x.transpose());
    assert!(
        error <= allowed * x.norm_l2().max(1.0),
        "{how:?}, {n} x {d}: {error}"
    );
    // R' = V' X'
    let coordinates = space.reduce(x.transpose());
    let error = gap(coordinates.as_ref(), space.rows());
    assert!(
        error <= allowed * x.norm_l2().max(1.0),
        "{how:?}, {n} x {d}: {error}"
    );

    let mut stream = Stream::new((n + d) as u64);
    let (b, g) = (stream.matrix::<f64>(rank, 2), stream.matrix::<f64>(d, 2));
    let (vb, vg) = (space.expand(b.as_ref()), space.reduce(g.as_ref()));
    assert_eq!((vb.nrows(), vg.nrows()), (d, rank));
    let (left, right) = (vb.transpose() * &g, b.transpose() * &vg);
    assert!(
        gap(left.as_ref(), right.as_ref()) <= allowed * (d + 1) as f64,
        "{how:?}"
    );
    assert!(
        gap(
            (vb.transpose() * &vb).as_ref(),
            (b.transpose() * &b).as_ref()
        ) <= allowed * (d + 1) as f64
    );
    // V'V = I: what is expanded comes back
    assert!(gap(space.reduce(vb.as_ref()).as_ref(), b.as_ref()) <= allowed * (d + 1) as f64);
}

#[test]
fn row_space_any_shape_reproduces_the_data() {
    for (n, d) in [
        (1, 1),
        (9, 4),
        (4, 9),
        (30, 30),
        (120, 17),
        (17, 120),
        // several panels and stripes, several blocks of rows and a last one of few
        (170, 300),
        (2057, 9),
        (9300, 3),
        (1, 5),
        (5, 1),
    ] {
        let x = Stream::new((n * d) as u64).matrix::<f64>(n, d);
        for space in reductions(x.as_ref()).unwrap() {
            assert_row_space(x.as_ref(), &space);
        }
        let svd = RowSpace::svd(x.as_ref()).unwrap();
        assert_eq!((svd.rank(), svd.reduction()), (n.min(d), Reduction::Svd));
        let spectrum = svd.spectrum().unwrap();
        assert!(spectrum.windows(2).all(|s| s[0] >= s[1]));
        // the columns of R are orthogonal, their norms the singular values
        let gram = svd.rows() * svd.rows().transpose();
        let want = Mat::from_fn(svd.rank(), svd.rank(), |i, j| {
            if i == j { spectrum[i].powi(2) } else { 0.0 }
        });
        let allowed = DECOMPOSITION * (n.max(d) as f64) * f64::EPSILON * spectrum[0].powi(2);
        assert!(gap(gram.as_ref(), want.as_ref()) <= allowed);
        let qr = RowSpace::qr(x.as_ref());
        let how = if d > n {
            Reduction::Qr
        } else {
            Reduction::Columns
        };
        assert_eq!((qr.reduction(), qr.rank()), (how, n.min(d)));
        assert!(RowSpace::columns(x.as_ref()).spectrum().is_none());
    }
}

#[test]
fn row_space_rank_deficient_data_reveal_their_rank() {
    for (n, d, rank) in [(20, 12, 3), (12, 20, 5), (40, 40, 1)] {
        let mut stream = Stream::new((n + rank) as u64);
        let (left, right) = (stream.matrix::<f64>(n, rank), stream.matrix::<f64>(rank, d));
        let x = &left * &right;
        let [svd, qr, columns] = reductions(x.as_ref()).unwrap();
        assert_eq!(svd.rank(), rank, "{n} x {d}");
        for space in [svd, qr, columns] {
            assert_row_space(x.as_ref(), &space);
        }
    }
}

#[test]
fn row_space_zero_matrix_has_rank_zero() {
    for (n, d) in [(4, 3), (3, 4), (0, 3), (3, 0), (0, 0)] {
        let x = Mat::<f64>::zeros(n, d);
        let [svd, qr, columns] = reductions(x.as_ref()).unwrap();
        assert_eq!((svd.rank(), columns.rank()), (0, 0), "{n} x {d}");
        for space in [svd, qr, columns] {
            assert_row_space(x.as_ref(), &space);
        }
    }
}

#[test]
fn row_space_zero_columns_are_left_out() {
    let mut x = Stream::new(3).matrix::<f64>(8, 5);
    for i in 0..8 {
        (x[(i, 1)], x[(i, 4)]) = (0.0, -0.0);
    }
    let [svd, qr, columns] = reductions(x.as_ref()).unwrap();
    assert_eq!((svd.rank(), columns.rank()), (3, 3));
    let back = columns.expand(Mat::from_fn(3, 1, |_, _| 1.0).as_ref());
    assert_eq!(
        (0..5).map(|i| back[(i, 0)]).collect::<Vec<_>>(),
        [1.0, 0.0, 1.0, 1.0, 0.0]
    );
    for space in [svd, qr, columns] {
        assert_row_space(x.as_ref(), &space);
    }
}
