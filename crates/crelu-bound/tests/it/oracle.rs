//! No verified bound above the exact optimum, and no price bound below a price.

use crelu_bound::{Certificate, verify};
use proptest::prelude::*;
use testkit::Stream;

use crate::data::{Data, interval, products, sampled_price, teacher, without_a_block};
use crate::exact::{exact, objective, tightened, tightened_in};
use crate::failure::numbers;

/// The interior point's own error.
const EXACT: f64 = 1e-7;

fn check(data: &Data, certificate: &Certificate, optimum: f64, rng: &mut Stream) {
    let bound = verify(&data.problem(), certificate)
        .unwrap()
        .bound()
        .unwrap();
    let size = data.y.iter().map(|y| y * y).sum::<f64>() / data.y.len() as f64;
    assert!(
        bound.value <= optimum + EXACT * size,
        "{} above {optimum}",
        bound.value
    );
    let price = sampled_price(&data.x, &certificate.theta, rng);
    assert!(
        bound.price_bound >= price * (1.0 - 1e-12),
        "price bound {} below {price}",
        bound.price_bound
    );
}

/// Every number off by a per cent, which a good certificate survives with a worse bound.
fn nudged(mut certificate: Certificate, rng: &mut Stream) -> Certificate {
    for value in numbers(&mut certificate) {
        *value *= 1.0 + 0.01 * rng.normal();
    }
    certificate
}

proptest! {
    #![proptest_config(testkit::cases(104, 320))]
    #[test]
    fn verify_of_random_certificates_stays_below_the_exact_optimum(
        rank in 1_usize..4, rows in 1_usize..13, share in 0.005_f64..1.1, seed in any::<u64>()
    ) {
        let rows = if rank == 3 { rows.clamp(3, 7) } else { rows };
        let data = teacher(rows, rank, share, seed);
        let best = exact(&data);
        prop_assert!(objective(&data, &best.neurons) <= best.objective * (1.0 + 1e-3) + 1e-9);
        let mut rng = Stream::new(seed ^ 1);
        for trial in 0..4 {
            let blend = [0.0, 0.0, 0.3, 1.0][trial];
            let theta: Vec<f64> = (0..rows)
                .map(|i| (1.0 - blend) * best.theta[i] + blend * data.y[i] + if trial == 2 { 0.1 * rng.normal() } else { 0.0 })
                .collect();
            let certificate = interval(&data, &theta, &mut rng);
            check(&data, &certificate, best.objective, &mut rng);
            let blocks = 1 + rng.below(3);
            let certificate = products(&data, &theta, blocks, &mut rng);
            check(&data, &certificate, best.objective, &mut rng);
        }
        let certificate = tightened(&data, &best, 90);
        check(&data, &certificate, best.objective, &mut rng);
        let certificate = tightened_in(&data, &best, 90, Some(2));
        check(&data, &certificate, best.objective, &mut rng);
        check(&data, &without_a_block(&certificate), best.objective, &mut rng);
        check(&data, &nudged(certificate, &mut rng), best.objective, &mut rng);
    }
}
