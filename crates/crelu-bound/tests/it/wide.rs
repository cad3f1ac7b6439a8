//! Data of many more columns than rows: the verifier works in the coordinates of the rows.

use crelu_bound::{Certificate, Proof, QuickSettings, TightSettings, quick_bound, tighten, verify};
use faer::Mat;
use linalg_core::Control;
use proptest::prelude::*;
use testkit::Stream;

use crate::data::{Data, interval, sampled_price, teacher, trivial_price};
use crate::exact::exact;

/// The interior point's own error.
const EXACT: f64 = 1e-7;
/// What the change of coordinates may cost, relative to the bound: rounding, some 1e-13 a row.
const ROUNDING: f64 = 1e-10;
/// Every column as `copies^2` columns of a `copies`-th: the same norms and products, exactly for
/// powers of two.
fn spread(data: &Data, copies: usize) -> Data {
    let (n, d) = (data.x.nrows(), data.x.ncols());
    let share = 1.0 / copies as f64;
    Data {
        x: Mat::from_fn(n, d * copies * copies, |i, j| share * data.x[(i, j % d)]),
        y: data.y.clone(),
        beta: data.beta,
    }
}

/// The same vectors for data that were spread: columns of `d` numbers each.
fn spread_columns(columns: &[f64], d: usize, copies: usize) -> Vec<f64> {
    let share = 1.0 / copies as f64;
    let spread = |column: &[f64]| -> Vec<f64> {
        let all = 0..d * copies * copies;
        all.map(|j| share * column[j % d]).collect()
    };
    columns.chunks_exact(d).flat_map(spread).collect()
}

/// With a direction that no row has, as wide data have: forms must be nonnegative there too.
fn padded(data: &Data) -> Data {
    let (n, d) = (data.x.nrows(), data.x.ncols());
    let entry = |i: usize, j: usize| if j < d { data.x[(i, j)] } else { 0.0 };
    Data {
        x: Mat::from_fn(n, d + 1, entry),
        ..data.clone()
    }
}

/// The same vectors for data with a column of zeros at the end.
fn padded_certificate(of: &Certificate, d: usize) -> Certificate {
    let pad = |columns: &[f64]| -> Vec<f64> {
        let columns = columns.chunks_exact(d);
        columns
            .flat_map(|c| c.iter().copied().chain([0.0]))
            .collect()
    };
    let mut out = of.clone();
    match &mut out.proof {
        Proof::Interval(both) => both.iter_mut().for_each(|m| m.factor = pad(&m.factor)),
        Proof::Products(both) => {
            let blocks = both.iter_mut().flat_map(|m| &mut m.blocks);
            blocks.for_each(|block| block.direction = pad(&block.direction));
        }
        _ => {}
    }
    out
}

fn spread_certificate(of: &Certificate, d: usize, copies: usize) -> Certificate {
    let mut out = of.clone();
    match &mut out.proof {
        Proof::Interval(both) => {
            for m in both.iter_mut() {
                m.factor = spread_columns(&m.factor, d, copies);
            }
        }
        Proof::Products(both) => {
            for block in both.iter_mut().flat_map(|m| &mut m.blocks) {
                block.direction = spread_columns(&block.direction, d, copies);
            }
        }
        _ => {}
    }
    out
}

/// A certificate of products in blocks, without a network.
fn tight_in_blocks(data: &Data) -> Certificate {
    let settings = TightSettings::default()
        .max_iters(60)
        .block_rows(Some(5))
        .check()
        .expect("in range");
    let (problem, control) = (data.problem(), Control::default());
    let report = tighten(&problem, None, None, &settings, &control, &mut |_| true);
    report.expect("decompositions of finite data").certificate
}

fn proven(data: &Data, certificate: &Certificate) -> f64 {
    let verdict = verify(&data.problem(), certificate).expect("the shapes fit");
    verdict.bound().expect("the numbers are in range").value
}

proptest! {
    #![proptest_config(testkit::cases(106, 64))]
    #[test]
    fn verify_of_wide_data_stays_below_the_exact_optimum_and_above_every_price(
        rank in 1_usize..4, rows in 3_usize..8, share in 0.01_f64..0.9, seed in any::<u64>()
    ) {
        let narrow = teacher(rows, rank, share, seed);
        let best = exact(&narrow);
        let data = spread(&narrow, 4);
        let mut rng = Stream::new(seed ^ 2);
        for certificate in [
            interval(&data, &best.theta, &mut rng),
            tight_in_blocks(&data),
        ] {
            let verdict = verify(&data.problem(), &certificate).expect("the shapes fit");
            let bound = verdict.bound().expect("the numbers are in range");
            let size = data.y.iter().map(|y| y * y).sum::<f64>();
            prop_assert!(bound.value <= best.objective + EXACT * size);
            let price = sampled_price(&data.x, &certificate.theta, &mut rng);
            prop_assert!(bound.price_bound >= price * (1.0 - 1e-12));
        }
    }

    #[test]
    fn verify_of_wide_data_loses_no_more_than_rounding(
        rank in 1_usize..6, rows in 6_usize..24, share in 0.01_f64..0.6, seed in any::<u64>()
    ) {
        let narrow = teacher(rows, rank, share, seed);
        let wide = spread(&narrow, 8);
        let padded = padded(&narrow);
        let mut rng = Stream::new(seed ^ 3);
        for trial in 0..4 {
            let theta: Vec<f64> = narrow.y.iter().map(|y| y + 0.1 * rng.normal()).collect();
            let certificate = match trial % 2 {
                0 => interval(&narrow, &theta, &mut rng),
                _ => tight_in_blocks(&narrow),
            };
            let own = proven(&padded, &padded_certificate(&certificate, rank));
            let other = proven(&wide, &spread_certificate(&certificate, rank, 8));
            prop_assert!((own - other).abs() <= ROUNDING * own, "{own} {other}");
        }
    }

    #[test]
    fn bounds_of_wide_data_are_made_in_the_rows_own_coordinates(
        rank in 2_usize..6, rows in 6_usize..30, share in 0.05_f64..0.5, seed in any::<u64>()
    ) {
        let narrow = teacher(rows, rank, share, seed);
        let wide = spread(&narrow, 8);
        let control = Control::default();
        let bounds = [&padded(&narrow), &wide].map(|data| {
            let made = quick_bound(&data.problem(), &QuickSettings::default().check().unwrap(), None, &control);
            made.map(|made| made.map(|made| (made.verified.value, made.limit, made.certificate)))
        });
        let [Ok(Some(own)), Ok(Some(other))] = bounds else {
            return Err(TestCaseError::fail("a quick bound"));
        };
        // no certificate of these inequalities is above any value of their model
        prop_assert!(own.0 <= other.1 * (1.0 + ROUNDING) && other.0 <= own.1 * (1.0 + ROUNDING), "{} {} {} {}", own.0, own.1, other.0, other.1);
        let settings = TightSettings::default().max_iters(80).check().unwrap();
        let problem = wide.problem();
        let tight = tighten(&problem, None, Some(&other.2), &settings, &control, &mut |_| true);
        let tight = tight.expect("decompositions of finite data");
        prop_assert!(tight.bound.value >= proven(&wide, &other.2));
        // what is recomputed is what was stated
        let again = proven(&wide, &tight.certificate);
        prop_assert!((again - tight.bound.value).abs() <= ROUNDING * again);
    }
}

/// Multipliers of products mean something in the rows' coordinates too.
#[test]
fn verify_of_wide_data_proves_more_than_the_triangle_inequality() {
    let mut proven = 0;
    for seed in 0..20 {
        let data = spread(&teacher(20, 3, 0.1, seed), 8);
        let certificate = tight_in_blocks(&data);
        let verdict = verify(&data.problem(), &certificate).expect("the shapes fit");
        let bound = verdict.bound().expect("the numbers are in range");
        proven += usize::from(bound.price_bound < 0.9 * trivial_price(&data.x, &certificate.theta));
    }
    assert!(proven > 15, "{proven} of 20");
}

/// Directions that are no numbers are none; they cost what they were worth.
#[test]
fn verify_of_wide_data_goes_without_directions_that_are_no_numbers() {
    let narrow = teacher(40, 6, 0.1, 3);
    let control = Control::default();
    let quick = quick_bound(
        &narrow.problem(),
        &QuickSettings::default().check().unwrap(),
        None,
        &control,
    );
    let made = quick
        .expect("decompositions of finite data")
        .expect("numbers in range");
    let wide = spread(&narrow, 8);
    let mut certificate = spread_certificate(&made.certificate, 6, 8);
    let own = proven(&wide, &certificate);
    if let Proof::Interval(both) = &mut certificate.proof {
        both.iter_mut().for_each(|m| m.factor[17] = f64::NAN);
    }
    let without = proven(&wide, &certificate);
    assert!(without < own && without > 0.5 * own, "{own} {without}");
}

/// Rows of very different size, some of them zero, and columns of zeros.
#[test]
fn verify_of_wide_data_of_odd_shape_is_a_valid_bound() {
    let narrow = teacher(6, 2, 0.1, 11);
    let best = exact(&narrow);
    let sizes = [1.0, 0.0, 1e-9, 1e9, 1.0, 1e-200];
    let mut rng = Stream::new(5);
    let mut data = spread(&narrow, 4);
    for (i, size) in sizes.iter().enumerate() {
        for j in 0..data.x.ncols() {
            data.x[(i, j)] *= if j == 3 { 0.0 } else { *size };
        }
    }
    for trial in 0..20 {
        let certificate = match trial % 2 {
            0 => interval(&data, &best.theta, &mut rng),
            _ => tight_in_blocks(&data),
        };
        let verdict = verify(&data.problem(), &certificate).expect("the shapes fit");
        let bound = verdict.bound().expect("the numbers are in range");
        let price = sampled_price(&data.x, &certificate.theta, &mut rng);
        assert!(price > 0.0 && bound.price_bound >= price * (1.0 - 1e-12));
        let most = data.y.iter().map(|y| 0.5 * y * y).sum::<f64>() / 6.0;
        assert!((0.0..=most).contains(&bound.value));
    }
}
