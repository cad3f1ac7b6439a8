//! Long work asks its control: it ends early as an error, and never with half an answer.

use core::sync::atomic::{AtomicUsize, Ordering};

use faer::Mat;
use linalg_core::{Clock, Control, LinalgError, MaskedBlocks, Masks, RowSpace, ShiftedGram};

use testkit::Stream;

/// A second later at every look.
#[derive(Default)]
struct Steps(AtomicUsize);

impl Steps {
    fn looks(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clock for Steps {
    #[expect(clippy::cast_precision_loss, reason = "a count of looks")]
    fn seconds(&self) -> f64 {
        self.0.fetch_add(1, Ordering::Relaxed) as f64
    }
}

/// Runs `work` with deadlines from the first look to the last: each of them is an error, and an
/// answer in time is `whole`.
fn assert_halts<A: PartialEq>(
    name: &str,
    least_looks: usize,
    whole: &A,
    work: impl Fn(&Control<'_>) -> Result<A, LinalgError>,
) {
    let clock = Steps::default();
    let in_time = work(&Control::with_clock(&clock).deadline(f64::MAX)).unwrap();
    assert!(in_time == *whole, "{name}: another answer under a control");
    let looks = clock.looks();
    assert!(looks >= least_looks, "{name}: {looks} looks");
    for deadline in 0..looks {
        let clock = Steps::default();
        #[expect(clippy::cast_precision_loss, reason = "a count of looks")]
        let control = Control::with_clock(&clock).deadline(deadline as f64);
        let error = work(&control).err();
        assert_eq!(error, Some(LinalgError::Halted), "{name}, look {deadline}");
    }
}

fn entries(matrix: faer::MatRef<'_, f64>) -> Vec<f64> {
    (0..matrix.ncols())
        .flat_map(|j| (0..matrix.nrows()).map(move |i| matrix[(i, j)]))
        .collect()
}

#[test]
fn row_space_of_wide_data_asks_before_every_panel_and_stripe() {
    let x = Stream::new(61).matrix::<f64>(300, 520);
    let whole = entries(RowSpace::qr(x.as_ref()).rows());
    // five panels of 64 columns, up to three stripes of 96 behind each
    assert_halts("qr", 10, &whole, |control| {
        Ok(entries(RowSpace::qr_within(x.as_ref(), control)?.rows()))
    });
}

#[test]
fn row_space_of_tall_data_asks_before_every_block() {
    let x = Stream::new(62).matrix::<f64>(20_000, 3);
    let whole = entries(RowSpace::svd(x.as_ref()).unwrap().rows());
    // twenty blocks of rows, two chunks of images
    assert_halts("svd", 20, &whole, |control| {
        Ok(entries(RowSpace::svd_within(x.as_ref(), control)?.rows()))
    });
}

#[test]
fn gram_builders_ask_before_every_tile_and_fill_none_after_the_limit() {
    let (rank, n, blocks) = (5, 300, 60);
    let data = Stream::new(63).matrix::<f64>(rank, n);
    let bytes = (0..n * blocks).map(|k| u8::from(k * k % 7 < 3)).collect();
    let masks = Masks::from_columns(n, bytes).unwrap();
    let dense = |gram: &ShiftedGram<f64>| {
        entries(Mat::from_fn(gram.dim(), gram.dim(), |i, j| gram.entry(i, j)).as_ref())
    };
    let whole = dense(&MaskedBlocks::outer_gram(data.as_ref(), &masks));
    assert_halts("outer", 6, &whole, |control| {
        let gram = MaskedBlocks::outer_gram_within(data.as_ref(), &masks, control)?;
        Ok(dense(&gram))
    });
    let operator = MaskedBlocks::new(data.as_ref(), &masks);
    let whole = dense(&linalg_core::masked_gram(&operator));
    assert_halts("inner", 6, &whole, |control| {
        Ok(dense(&linalg_core::masked_gram_within(&operator, control)?))
    });

    let (clock, fills) = (Steps::default(), AtomicUsize::new(0));
    let control = Control::with_clock(&clock).deadline(3.0);
    let halted = ShiftedGram::<f64>::from_tiles_within(1000, &control, |_, _, _| {
        fills.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(halted.err(), Some(LinalgError::Halted));
    // three looks before the limit, a tile each
    assert_eq!(fills.load(Ordering::Relaxed), 3);
}

#[test]
fn factor_asks_before_every_tile() {
    let x = Stream::new(64).matrix::<f64>(400, 400);
    let gram = ShiftedGram::from_dense((x.transpose() * &x).as_ref()).unwrap();
    let solved = |control: &Control<'_>| {
        let mut gram = gram.clone();
        gram.factor(1.0, 1.0, control)?;
        let mut rhs = vec![1.0; 400];
        gram.solve_vector(&mut rhs);
        Ok(rhs)
    };
    let whole = solved(&Control::default()).unwrap();
    assert_halts("factor", 8, &whole, solved);
}

/// Wide data of condition 1e12 and more, with a column of zeros and a row twice: the coordinates
/// reproduce the data to rounding, and the basis keeps lengths, whatever the condition.
#[test]
fn row_space_of_ill_conditioned_wide_data_keeps_its_digits() {
    let (n, d) = (150, 400);
    let mut x = Stream::new(65).matrix::<f64>(n, d);
    for i in 0..n {
        #[expect(clippy::cast_precision_loss, reason = "a row index")]
        let size = 10.0_f64.powf(-12.0 * i as f64 / n as f64);
        for j in 0..d {
            x[(i, j)] *= size;
        }
        x[(i, 7)] = 0.0;
    }
    for j in 0..d {
        x[(1, j)] = x[(0, j)];
    }
    let space = RowSpace::qr(x.as_ref());
    let back = space.expand(space.rows());
    for i in 0..n {
        let error = (0..d)
            .map(|j| (back[(j, i)] - x[(i, j)]).powi(2))
            .sum::<f64>()
            .sqrt();
        // each row to its own size: a row is a column of the matrix that is decomposed
        let allowed = ROUNDINGS * f64::EPSILON * x.row(i).norm_l2();
        assert!(error <= allowed, "row {i}: {error} of {allowed}");
    }
    let b = Stream::new(66).matrix::<f64>(space.rank(), 3);
    let expanded = space.expand(b.as_ref());
    for k in 0..3 {
        let (have, want) = (expanded.col(k).norm_l2(), b.col(k).norm_l2());
        assert!((have / want - 1.0).abs() <= ROUNDINGS * f64::EPSILON);
        assert_eq!(expanded[(7, k)], 0.0);
    }
}

/// Householder QR is backward stable column by column: a modest multiple of the dimension.
const ROUNDINGS: f64 = 500.0;
