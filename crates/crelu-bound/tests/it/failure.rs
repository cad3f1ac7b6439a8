//! Spoiled certificates, wrong data, odd shapes.

use crelu_bound::{BoundError, BoundPart, Certificate, Proof, Verdict, verify};
use testkit::Stream;

use crate::data::{
    Data, interval, products, sampled_price, teacher, trivial_price, without_a_block,
};
use crate::exact::{exact, tightened, tightened_in};

/// The interior point's own error.
const EXACT: f64 = 1e-7;

/// Every number of a certificate.
pub(crate) fn numbers(certificate: &mut Certificate) -> Vec<&mut f64> {
    let mut all: Vec<&mut f64> = certificate.theta.iter_mut().collect();
    match &mut certificate.proof {
        Proof::Interval(both) => {
            for m in both.iter_mut() {
                all.extend(
                    m.mu.iter_mut()
                        .chain(&mut m.t)
                        .chain(&mut m.g)
                        .chain(&mut m.factor),
                );
            }
        }
        Proof::Products(both) => {
            for m in both.iter_mut() {
                all.push(&mut m.trace);
                for b in &mut m.blocks {
                    all.extend(
                        b.products
                            .iter_mut()
                            .chain(&mut b.bound)
                            .chain(&mut b.direction),
                    );
                }
            }
        }
        _ => {}
    }
    all
}

/// Spoils some numbers: signs, sizes, values that are none.
fn spoil(certificate: &mut Certificate, rng: &mut Stream) {
    let share = [0.02, 0.2, 1.0][rng.below(3)];
    let kind = rng.below(6);
    for value in numbers(certificate) {
        if rng.uniform() < share {
            *value = match kind {
                0 => -*value,
                1 => *value * 10.0_f64.powf(3.0 * rng.normal()),
                2 => f64::NAN,
                3 => [f64::INFINITY, f64::NEG_INFINITY, 0.0, f64::MAX, 5e-324][rng.below(5)],
                4 => rng.normal(),
                _ => *value * 10.0_f64.powf(90.0 * rng.normal()),
            };
        }
    }
}

#[test]
fn verify_of_a_thousand_spoiled_certificates_never_exceeds_the_optimum_of_its_data() {
    let mut bounds = 0;
    for case in 0..50 {
        let rank = 1 + case % 3;
        let data = teacher(
            [10, 9, 6][rank - 1],
            rank,
            0.02 + 0.02 * case as f64,
            40 + case as u64,
        );
        let best = exact(&data);
        let tight = tightened(&data, &best, 160);
        let blocks = tightened_in(&data, &best, 160, Some(3));
        let mut rng = Stream::new(case as u64);
        for trial in 0..24 {
            let mut certificate = match trial % 4 {
                0 => interval(&data, &best.theta, &mut rng),
                1 => tight.clone(),
                2 => without_a_block(&blocks),
                _ => blocks.clone(),
            };
            spoil(&mut certificate, &mut rng);
            // other data, another beta: the bound is that of what is given
            let verdict = verify(&data.problem(), &certificate).unwrap();
            if let Some(bound) = verdict.bound() {
                bounds += usize::from(bound.value > 0.0);
                let size = data.y.iter().map(|y| y * y).sum::<f64>();
                assert!(
                    bound.value <= best.objective + EXACT * size,
                    "case {case}, trial {trial}: {} above {}",
                    bound.value,
                    best.objective
                );
            }
        }
    }
    assert!(bounds > 300, "{bounds} of 1200 prove something");
}

#[test]
fn verify_with_wrong_data_or_beta_bounds_the_data_and_beta_given() {
    for case in 0..60_u64 {
        let made_for = teacher(9, 2, 0.1, case);
        let mut other = teacher(9, 2, 0.1, case);
        let mut rng = Stream::new(case);
        match case % 4 {
            0 => other.beta *= 0.1,
            1 => other.beta *= 30.0,
            2 => other.y.iter_mut().for_each(|y| *y = rng.normal()),
            _ => other = teacher(9, 2, 0.02, case + 1000),
        }
        let (theta, optimum) = (exact(&made_for).theta, exact(&other).objective);
        for certificate in [
            interval(&made_for, &theta, &mut rng),
            products(&made_for, &theta, 2, &mut rng),
        ] {
            let bound = verify(&other.problem(), &certificate)
                .unwrap()
                .bound()
                .unwrap();
            assert!(bound.value <= optimum * (1.0 + EXACT) + EXACT);
        }
    }
}

#[test]
fn verify_of_truncated_vectors_says_which() {
    let data = teacher(8, 2, 0.1, 5);
    let mut rng = Stream::new(5);
    let theta = data.y.clone();
    let shape = |certificate: &Certificate| match verify(&data.problem(), certificate) {
        Err(BoundError::Shape { part, .. }) => part,
        other => panic!("{other:?}"),
    };
    let mut certificate = interval(&data, &theta, &mut rng);
    certificate.theta.pop();
    assert_eq!(shape(&certificate), BoundPart::Theta);
    let spoil: [fn(&mut crelu_bound::IntervalMultipliers); 4] = [
        |m| {
            m.mu.pop();
        },
        |m| {
            m.t.pop();
        },
        |m| {
            m.g.pop();
        },
        |m| m.width = usize::MAX,
    ];
    for (cut, name) in
        spoil
            .iter()
            .zip([BoundPart::Mu, BoundPart::T, BoundPart::G, BoundPart::Factor])
    {
        let mut certificate = interval(&data, &theta, &mut rng);
        if let Proof::Interval(both) = &mut certificate.proof {
            cut(&mut both[1]);
        }
        assert_eq!(shape(&certificate), name);
    }
    let spoil: [fn(&mut crelu_bound::BlockMultipliers); 4] = [
        |m| {
            m.products.pop();
        },
        |m| {
            m.bound.pop();
        },
        |m| {
            m.direction.pop();
        },
        |m| {
            m.rows.pop();
        },
    ];
    for (cut, name) in spoil.iter().zip([
        BoundPart::Products,
        BoundPart::Bound,
        BoundPart::Direction,
        BoundPart::Products,
    ]) {
        let mut certificate = products(&data, &theta, 2, &mut rng);
        if let Proof::Products(both) = &mut certificate.proof {
            cut(&mut both[0].blocks[1]);
        }
        assert_eq!(shape(&certificate), name);
    }
}

#[test]
fn verify_of_blocks_that_overlap_or_hold_other_rows_is_refused() {
    let data = teacher(8, 2, 0.1, 6);
    let mut rng = Stream::new(6);
    let certificate = products(&data, &data.y, 2, &mut rng);
    for row in [0, 8, usize::MAX] {
        let mut certificate = certificate.clone();
        if let Proof::Products(both) = &mut certificate.proof {
            both[1].blocks[1].rows[0] = row;
        }
        let refused = verify(&data.problem(), &certificate);
        assert_eq!(refused, Err(BoundError::Partition { row, n_samples: 8 }));
    }
}

#[test]
fn verify_of_rows_in_no_block_takes_them_for_their_length() {
    let (mut whole, mut part, mut dearer) = (0, 0, 0);
    for case in 0..60_u64 {
        let data = teacher(9, 2, 0.3, case);
        let best = exact(&data);
        let mut rng = Stream::new(case);
        let made = tightened_in(&data, &best, 160, Some(3));
        let less = without_a_block(&made);
        let prices = [&made, &less].map(|certificate| {
            let verdict = verify(&data.problem(), certificate).expect("the shapes fit");
            let bound = verdict.bound().expect("the numbers are in range");
            assert!(bound.value <= best.objective * (1.0 + EXACT) + EXACT);
            let price = sampled_price(&data.x, &certificate.theta, &mut rng);
            assert!(bound.price_bound >= price * (1.0 - 1e-12), "case {case}");
            bound.price_bound
        });
        // what is proven is more than the triangle inequality says, and less without the block
        let trivial = trivial_price(&data.x, &made.theta);
        whole += usize::from(prices[0] < 0.9 * trivial);
        part += usize::from(prices[1] < 0.99 * trivial);
        dearer += usize::from(prices[1] > prices[0] * (1.0 + 1e-9));
    }
    assert!(
        whole > 40 && part > 20 && dearer > 40,
        "{whole}, {part}, {dearer} of 60"
    );
}

fn scaled(data: &Data, of_x: f64, of_y: f64) -> Data {
    let mut out = data.clone();
    out.x = faer::Mat::from_fn(data.x.nrows(), data.x.ncols(), |i, j| data.x[(i, j)] * of_x);
    out.y.iter_mut().for_each(|y| *y *= of_y);
    // beta |u| |a|: the weights grow as y / x, the loss as y^2
    out.beta = data.beta * of_x * of_y;
    out
}

#[test]
fn verify_of_scaled_data_is_the_scaled_bound_or_none() {
    let data = teacher(10, 2, 0.2, 7);
    let theta = exact(&data).theta;
    let certificates = |data: &Data, theta: &[f64]| {
        [
            interval(data, theta, &mut Stream::new(7)),
            products(data, theta, 2, &mut Stream::new(7)),
        ]
    };
    let reference = certificates(&data, &theta)
        .map(|c| verify(&data.problem(), &c).unwrap().bound().unwrap().value);
    assert!(reference[0] > 0.0, "{reference:?}");
    for exponent in [-150, -100, -8, 8, 100, 150] {
        let by = 10.0_f64.powi(exponent);
        for (of_x, of_y) in [(by, 1.0), (1.0, by.powf(0.99)), (by, by.recip()), (by, by)] {
            let other = scaled(&data, of_x, of_y);
            if !(other.beta.is_finite() && other.beta > 0.0) {
                continue;
            }
            let theta: Vec<f64> = theta.iter().map(|t| t * of_y).collect();
            for (k, certificate) in certificates(&data, &theta).iter().enumerate() {
                // the multipliers stay as they are, and are out of scale: still a bound
                let verdict = verify(&other.problem(), certificate).unwrap();
                let best = exact(&data).objective * of_y * of_y;
                if let Verdict::Bound(bound) = verdict {
                    assert!(bound.value <= best * (1.0 + EXACT), "{of_x} {of_y} {k}");
                }
            }
        }
    }
}

#[test]
fn verify_of_data_that_span_all_numbers_says_so() {
    let x = faer::mat![[1e300, 1e-300], [1.0, 2.0]];
    let data = Data {
        x,
        y: vec![1.0, 2.0],
        beta: 0.1,
    };
    let certificate = interval(&data, &data.y, &mut Stream::new(1));
    let verdict = verify(&data.problem(), &certificate).unwrap();
    assert_eq!(verdict, Verdict::None(crelu_bound::NoBound::Range));
}

/// Products of data and multipliers that vanish in the range of `f64` are no zeros.
#[test]
fn verify_of_prices_that_underflow_proves_nothing_false() {
    let two = |exponent: i32| 2.0_f64.powi(exponent);
    let (x, y, beta) = (two(-398), two(-250), two(-658));
    let data = Data {
        x: faer::Mat::from_fn(1, 1, |_, _| x),
        y: vec![y],
        beta,
    };
    // one neuron, one row: f = y - beta / x
    let f = y - beta / x;
    let best = 0.5 * (f - y) * (f - y) + beta * f / x;
    for proof in [Proof::Cones { price: 0.0 }, Proof::Enumeration] {
        let certificate = Certificate::new(vec![two(-720)], proof);
        let verdict = verify(&data.problem(), &certificate).expect("the shapes fit");
        let value = verdict.bound().map_or(0.0, |bound| bound.value);
        assert!(value <= best, "{value} above {best}");
    }
}
