//! The file of a proven bound: what it keeps, and what it refuses.

use std::sync::OnceLock;

use crelu_model::bound::{
    BlockMultipliers, BoundLoss, Certificate, CertificateUnits, IntervalMultipliers,
    ProductMultipliers, Proof,
};
use crelu_model::{
    CertificateError, CertificateFile, ClassWeight, Dataset, Fit, FitSettings, LossChoice,
    ProofKind, Prove, TrainMode, VerifyError,
};
use proptest::prelude::*;

use crate::data::{class_set, on_patterns, regression_set};
use crate::invariance::run;

fn interval(n: usize, d: usize, width: usize) -> IntervalMultipliers {
    let values = |shift: f64| (0..n).map(|i| shift + i as f64 / 7.0).collect();
    IntervalMultipliers {
        mu: values(0.1),
        t: values(-0.3),
        g: values(0.0),
        factor: (0..d * width).map(|i| (i as f64).sin()).collect(),
        width,
    }
}

fn products(d: usize, parts: &[&[usize]]) -> ProductMultipliers {
    let block = |rows: &&[usize]| {
        let side = 2 * rows.len();
        let values = |len: usize| (0..len).map(|i| (i as f64).cos()).collect();
        BlockMultipliers {
            rows: rows.to_vec(),
            products: values(side * side),
            bound: values(side),
            direction: values(side * d),
        }
    };
    ProductMultipliers {
        blocks: parts.iter().map(block).collect(),
        trace: -0.25,
    }
}

/// Files of all kinds.
pub(crate) fn files() -> Vec<CertificateFile> {
    let file = |proof| CertificateFile {
        bound: 0.1 + 0.2,
        beta: 1e-300,
        loss: BoundLoss::Squared,
        class_weight: Some("balanced".to_owned()),
        units: CertificateUnits {
            centre: -1e5 / 3.0,
            target: -450,
            feature: 17,
        },
        rows: vec![0, 7, 3, 12, 9],
        hash: u128::MAX / 3,
        certificate: Certificate::new(vec![0.1, -0.0, 5e-324, f64::MAX, -1.0 / 3.0], proof),
    };
    vec![
        file(Proof::Enumeration),
        file(Proof::Cones { price: 0.1 + 0.7 }),
        file(Proof::Interval(Box::new([
            interval(5, 3, 2),
            interval(5, 3, 4),
        ]))),
        file(Proof::Interval(Box::new([
            interval(5, 3, 0),
            interval(5, 3, 1),
        ]))),
        file(Proof::Products(Box::new([
            products(3, &[&[0, 2], &[1, 3, 4]]),
            products(3, &[&[0, 1, 2, 3, 4]]),
        ]))),
    ]
}

#[test]
fn certificate_round_trip_keeps_every_bit() {
    for file in files() {
        let bytes = file.to_bytes();
        let back = CertificateFile::from_bytes(&bytes).unwrap();
        assert_eq!(back, file);
        assert_eq!(back.to_bytes(), bytes);
    }
}

/// The sizes that docs/PROOF.md states.
#[test]
fn certificate_size_is_that_of_its_tensors() {
    let n = 5;
    for (file, numbers) in files().iter().zip([
        2 * n,
        // cones: the price stands in the header
        2 * n,
        // widths 2 and 4, three features
        2 * n + 2 * 3 * n + (2 + 4) * 3,
        2 * n + 2 * 3 * n + 3,
        // blocks of 2 and 3 rows, and one of 5
        2 * n
            + 2
            + [2, 3, 5]
                .map(|m| 4 * m * m + (3 + 2 * 3) * m)
                .iter()
                .sum::<usize>(),
    ]) {
        let bytes = file.to_bytes();
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap());
        let data = bytes.len() - 8 - usize::try_from(header).unwrap();
        assert_eq!(data, 8 * numbers);
        assert!(header < 1024 + 330 * 4, "{header}");
    }
}

fn proven() -> &'static (Dataset, Fit) {
    static FIT: OnceLock<(Dataset, Fit)> = OnceLock::new();
    FIT.get_or_init(|| {
        let data = regression_set(3, 60, 8);
        let settings = crate::data::squared()
            .train(TrainMode::Global)
            .beta_frac(0.1);
        let fit = run(&data, settings);
        (data, fit)
    })
}

proptest! {
    #![proptest_config(testkit::cases(110, 300))]

    #[test]
    fn certificate_with_changed_bytes_is_refused_or_proves_no_more_than_it_says(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let (data, fit) = proven();
        let mut bytes = fit.certificate.as_ref().unwrap().to_bytes();
        for (at, value) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        if let Ok(file) = CertificateFile::from_bytes(&bytes)
            && let Ok(checked) = fit.model.verify(&file, data)
        {
            prop_assert!(checked.bound <= checked.objective);
            prop_assert!(checked.bound >= file.bound * (1.0 - 1e-8));
        }
    }
}

#[test]
fn certificate_of_a_fit_checks_out_on_its_data_alone() {
    let (data, fit) = proven();
    let file = fit.certificate.as_ref().unwrap();
    let checked = fit.model.verify(file, data).unwrap();
    assert_eq!(Some(checked.bound), fit.report.proven_bound);
    assert_eq!(Some(checked.proof), fit.report.proof);
    assert!(checked.bound > 0.0 && checked.bound <= fit.report.objective_network);
    let apart = (checked.objective - fit.report.objective_network).abs();
    assert!(apart <= 1e-12 * checked.objective);

    let other = regression_set(4, 60, 8);
    let refused = fit.model.verify(file, &other);
    assert!(
        matches!(
            refused,
            Err(VerifyError::Certificate(CertificateError::OtherRows { .. }))
        ),
        "{refused:?}"
    );
    let short = data.select(&(0..59).collect::<Vec<_>>());
    let refused = fit.model.verify(file, &short);
    assert!(matches!(
        refused,
        Err(VerifyError::Certificate(CertificateError::Rows {
            row: 59,
            rows: 59
        }))
    ));
    let mut raised = file.clone();
    raised.bound *= 1.0 + 1e-7;
    let refused = fit.model.verify(&raised, data);
    assert!(
        matches!(
            refused,
            Err(VerifyError::Certificate(CertificateError::TooLow { .. }))
        ),
        "{refused:?}"
    );
    let mut model = fit.model.clone();
    model.beta *= 2.0;
    assert!(matches!(
        model.verify(file, data),
        Err(VerifyError::Certificate(CertificateError::Beta { .. }))
    ));
}

#[test]
fn fit_of_any_loss_with_weights_is_proven_and_checks_out() {
    let n = 60;
    let weights = |data: Dataset| {
        let weights = (0..n)
            .map(|j| f64::from(u8::try_from(j % 4).unwrap()))
            .collect();
        data.with_weights(Some(weights)).unwrap()
    };
    let labels = ClassWeight::Labels(vec![("in".to_owned(), 0.3)]);
    for (data, loss, class_weight) in [
        (class_set(3, n, 4), LossChoice::Logistic, ClassWeight::Equal),
        (weights(class_set(4, n, 4)), LossChoice::Logistic, labels),
        (
            weights(class_set(5, n, 4)),
            LossChoice::Squared,
            ClassWeight::Balanced,
        ),
        (
            weights(regression_set(6, n, 4)),
            LossChoice::Huber,
            ClassWeight::Equal,
        ),
    ] {
        let settings = FitSettings::default()
            .train(TrainMode::Global)
            .loss(loss)
            .class_weight(class_weight)
            .beta_frac(0.2);
        let fit = run(&data, settings);
        let bound = fit.report.proven_bound.unwrap();
        let objective = fit.report.objective_network;
        assert!(
            bound <= objective && bound >= 0.7 * objective,
            "{bound} {objective}"
        );
        let file = fit.certificate.as_ref().unwrap();
        let file = CertificateFile::from_bytes(&file.to_bytes()).unwrap();
        let checked = fit.model.verify(&file, &data).unwrap();
        assert_eq!(checked.bound, bound);
        let apart = (checked.objective - objective).abs();
        assert!(
            apart <= 1e-9 * objective,
            "{} {objective}",
            checked.objective
        );
        // a row without weight is not there
        assert_eq!(
            file.rows.len(),
            if data.weights().is_some() { 45 } else { n }
        );
        let even = data.clone().with_weights(None).unwrap();
        if data.weights().is_some() {
            let refused = fit.model.verify(&file, &even);
            assert!(matches!(
                refused,
                Err(VerifyError::Certificate(CertificateError::OtherRows { .. }))
            ));
        }
    }
}

#[test]
fn fit_proves_only_what_it_is_asked_to() {
    let data = class_set(5, 60, 8);
    let proof = |settings: FitSettings| run(&data, settings).report.proof;
    let global = || {
        crate::data::squared()
            .train(TrainMode::Global)
            .beta_frac(0.1)
    };
    assert_eq!(proof(global()), Some(ProofKind::Relaxation));
    assert_eq!(proof(global().prove(Prove::Never)), None);
    let sampled = || on_patterns().n_patterns(10).beta_frac(0.1);
    assert_eq!(proof(sampled()), None);
    assert_eq!(
        proof(sampled().prove(Prove::Seconds(0.0))),
        Some(ProofKind::Relaxation)
    );
    assert_eq!(proof(global().beta(0.0).max_iters(2)), None);
    for seconds in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(global().prove(Prove::Seconds(seconds)).check().is_err());
    }
}

#[test]
fn fit_in_one_or_two_dimensions_is_proven_by_enumeration() {
    for (d, share) in [(1, 0.3), (1, 0.02), (2, 0.3), (2, 0.02)] {
        let data = regression_set(6, 80, d);
        let settings = crate::data::squared()
            .train(TrainMode::Global)
            .beta_frac(share);
        let report = run(&data, settings.thin(0.0)).report;
        assert_eq!(report.proof, Some(ProofKind::Enumeration));
        let gap = report.proven_gap.unwrap();
        assert!(gap <= 1e-3, "{d} {share}: {gap}");
    }
}

#[test]
fn fit_in_four_to_six_dimensions_is_proven_by_cones() {
    for (d, share, most) in [
        (3, 0.1, 2e-3),
        (3, 0.02, 2e-3),
        (4, 0.1, 2e-3),
        (5, 0.1, 1e-2),
    ] {
        let data = regression_set(6, 80, d);
        let settings = crate::data::squared()
            .train(TrainMode::Global)
            .beta_frac(share)
            .thin(0.0);
        let fit = run(&data, settings.prove(Prove::Seconds(60.0)));
        assert_eq!(fit.report.proof, Some(ProofKind::Enumeration));
        let gap = fit.report.proven_gap.unwrap();
        assert!(gap <= most, "{d} {share}: {gap}");
        let file = fit.certificate.as_ref().unwrap();
        let file = CertificateFile::from_bytes(&file.to_bytes()).unwrap();
        let checked = fit.model.verify(&file, &data).unwrap();
        assert_eq!(Some(checked.bound), fit.report.proven_bound);
        let Proof::Cones { price } = file.certificate.proof else {
            panic!("another proof");
        };
        // no bound rests on the word of the file
        let mut lower = file.clone();
        lower.certificate.proof = Proof::Cones {
            price: 0.99 * price,
        };
        let refused = fit.model.verify(&lower, &data);
        assert!(
            matches!(
                refused,
                Err(VerifyError::Certificate(CertificateError::Nothing))
            ),
            "{refused:?}"
        );
        let mut higher = file.clone();
        higher.certificate.proof = Proof::Cones {
            price: 1.01 * price,
        };
        let refused = fit.model.verify(&higher, &data);
        assert!(
            matches!(
                refused,
                Err(VerifyError::Certificate(CertificateError::TooLow { .. }))
            ),
            "{refused:?}"
        );
    }
}

#[test]
fn fit_above_the_threshold_is_proven_to_be_zero() {
    let data = regression_set(7, 60, 6);
    let settings = crate::data::squared()
        .train(TrainMode::Global)
        .beta_frac(3.0);
    let report = run(&data, settings).report;
    assert_eq!(report.neurons, 0);
    assert!(
        report.proven_gap.unwrap() <= 1e-12,
        "{:?}",
        report.proven_gap
    );
}
