//! The choice of a proof, and its bytes.

use core::sync::atomic::AtomicBool;

use crelu_bound::Completion;
use crelu_bound::{
    CertificateError, CertificateFile, Control, KnownNetwork, ProofKind, ProofProgress,
    ProofSettings, QuickSettings, TrainedNetwork, prove, prove_trained, quick_bound, verify_bytes,
};
use faer::Mat;

use crate::data::{Data, teacher};
use crate::exact::exact;

/// What the rounds of a completion leave open: the dearest neuron may cost 1e-7 more than the threshold, and
/// the value of a theta that much shorter is less by at most twice that share.
const CLOSED: f64 = 2e-7;
/// Rounding of the exact optimum, which an interior-point solver found.
const EXACT: f64 = 1e-7;

fn bytes_of(data: &Data, settings: ProofSettings) -> (f64, ProofKind, Vec<u8>) {
    let problem = data.problem();
    let settings = settings.check().unwrap();
    let proven = prove(&problem, &settings, &Control::default())
        .unwrap()
        .unwrap();
    let kind = proven.certificate.proof.kind();
    let file = CertificateFile::new(&problem, proven.certificate, &proven.bound);
    (proven.bound.value, kind, file.to_bytes())
}

#[test]
fn prove_in_three_dimensions_finds_the_optimum_from_nothing() {
    for (n, rank, share, seed) in [
        (6, 1, 0.1, 1),
        (7, 2, 0.1, 2),
        (7, 2, 0.01, 3),
        (6, 3, 0.05, 4),
    ] {
        let data = teacher(n, rank, share, seed);
        let optimum = exact(&data).objective;
        let (bound, kind, bytes) = bytes_of(&data, ProofSettings::default());
        let what = format!("{n} x {rank}, {share}: {bound} of {optimum}");
        assert_eq!(kind, ProofKind::Enumeration, "{what}");
        assert!(bound <= optimum * (1.0 + EXACT), "{what}");
        assert!(bound >= optimum * (1.0 - CLOSED - EXACT), "{what}");
        assert_eq!(verify_bytes(&bytes, &data.problem()).unwrap().value, bound);
    }
}

#[test]
fn prove_in_many_dimensions_is_the_quick_bound_unless_it_is_too_dear() {
    let data = teacher(60, 9, 0.1, 5);
    let quick = quick_bound(
        &data.problem(),
        &QuickSettings::default().check().unwrap(),
        None,
        &Control::default(),
    );
    let quick = quick.unwrap().unwrap().verified.value;
    let (bound, kind, _) = bytes_of(&data, ProofSettings::default());
    assert_eq!((bound, kind), (quick, ProofKind::Relaxation));

    let few = ProofSettings::default().flops(1.0);
    let control = Control::default();
    let none = prove(&data.problem(), &few.clone().check().unwrap(), &control).unwrap();
    assert_eq!(none, None);
    let asked = few.seconds(0.0);
    assert_eq!(bytes_of(&data, asked).0, quick);
}

/// A network that is never completed.
struct Fixed;

impl Completion for Fixed {
    fn outputs(&mut self) -> Option<Vec<f64>> {
        None
    }

    fn take_in(&mut self, _: &[f64], _: f64, _: &Control<'_>) {}
}

#[test]
fn prove_tells_of_bounds_that_rise_and_of_what_is_left_out() {
    let data = teacher(40, 8, 0.1, 6);
    let hidden = Mat::<f64>::zeros(8, 1);
    let mut told = Vec::new();
    for flops in [f64::INFINITY, 1.0] {
        let trained = TrainedNetwork {
            network: KnownNetwork {
                hidden: hidden.as_ref(),
                output: &[0.0],
            },
            objective: 1.0,
            completion: &mut Fixed,
        };
        let settings = ProofSettings::default().flops(flops).check().unwrap();
        let mut observer = |progress| {
            told.push(progress);
            true
        };
        let control = Control::default();
        let proven = prove_trained(&data.problem(), trained, &settings, &control, &mut observer);
        let bound = proven.unwrap().map(|proven| proven.bound.value);
        match told.pop().unwrap() {
            ProofProgress::Better(told) => assert_eq!(bound, Some(told)),
            ProofProgress::TooDear { limit, .. } => assert_eq!((bound, limit), (None, 1.0)),
            other => panic!("{other:?}"),
        }
        assert!(told.is_empty(), "{told:?}");
    }
}

#[test]
fn prove_that_is_interrupted_has_nothing_or_a_bound() {
    let flag = AtomicBool::new(true);
    let control = Control::default().interrupt(&flag);
    let settings = ProofSettings::default().seconds(10.0).check().unwrap();
    for data in [teacher(20, 2, 0.1, 7), teacher(20, 8, 0.1, 7)] {
        assert_eq!(prove(&data.problem(), &settings, &control).unwrap(), None);
    }
}

#[test]
fn bytes_of_other_data_or_another_penalty_are_refused() {
    let data = teacher(30, 6, 0.1, 8);
    let (bound, _, bytes) = bytes_of(&data, ProofSettings::default());
    assert_eq!(verify_bytes(&bytes, &data.problem()).unwrap().value, bound);
    let mut other = data.clone();
    other.beta *= 2.0;
    assert!(matches!(
        verify_bytes(&bytes, &other.problem()),
        Err(CertificateError::Beta { .. })
    ));
    let mut other = data.clone();
    other.y[3] += 1e-9;
    assert!(matches!(
        verify_bytes(&bytes, &other.problem()),
        Err(CertificateError::OtherRows { .. })
    ));
    let mut raised = CertificateFile::from_bytes(&bytes).unwrap();
    raised.bound *= 1.0 + 1e-6;
    assert!(matches!(
        verify_bytes(&raised.to_bytes(), &data.problem()),
        Err(CertificateError::TooLow { .. })
    ));
}
