use std::sync::Arc;

use crelu_core::{Loss, LossKind};
use crelu_global::{GlobalProblem, GlobalSettings, Neurons, Trained, train};
use crelu_model::programme::ProgrammeSettings;
use crelu_model::{Control, own_programme};
use faer::Mat;
use testkit::regression;

/// The network is inside its own cones: a point of the programme, to rounding.
const ROUNDING: f64 = 1e-9;
/// The gap of the programme's settings, twice: the training stops there, and so does the programme.
const GAP: f64 = 2e-3;

/// Rows of three features and a bias, and a target of the loss.
fn rows(kind: &LossKind, seed: u64) -> (Mat<f64>, Vec<f64>) {
    let (x, y) = regression(seed, 120, 3);
    let data = Mat::from_fn(4, 120, |k, i| if k < 3 { x[(k, i)] } else { 1.0 });
    let target = match kind {
        LossKind::Logistic => y.iter().map(|y| (y - 0.1).signum()).collect(),
        _ => y,
    };
    (data, target)
}

fn trained(problem: &GlobalProblem) -> Trained {
    let mut settings = GlobalSettings::default();
    settings.ascents = Some(200);
    settings.thin = Some(0.0);
    settings.thorough = true;
    let none = Neurons::with_outputs(problem.rank(), problem.outputs());
    train(
        problem,
        none,
        &settings.check().unwrap(),
        &Control::default(),
        &mut (),
    )
}

#[test]
fn own_programme_of_any_loss_brackets_the_network() {
    let settings = ProgrammeSettings::default();
    for (seed, kind) in [
        LossKind::Squared,
        LossKind::Logistic,
        LossKind::Huber { delta: vec![0.4] },
    ]
    .into_iter()
    .enumerate()
    {
        let (data, target) = rows(&kind, seed as u64);
        let weights = (0..120).map(|i| 0.5 + 0.5 * f64::from(i % 3)).collect();
        let loss: Arc<dyn Loss> = kind.of(target, 1, Some(weights)).unwrap();
        let problem = GlobalProblem::with_loss(data, loss, 2.0).unwrap();
        let best = trained(&problem).best;
        let name = kind.name();
        assert!(!best.is_empty(), "{name}");
        let own = own_programme(
            &problem,
            &best,
            &settings.clone().check().unwrap(),
            &Control::default(),
        );
        let own = own.unwrap().unwrap();
        let objective = best.objective(&problem);
        assert!(
            own.point.objective <= objective * (1.0 + ROUNDING),
            "{name}"
        );
        assert!(own.bound <= own.point.objective, "{name}");
        let gap = 1.0 - own.bound / objective;
        assert!(gap < GAP, "{name}: {gap:e}");
    }
}

#[test]
fn own_programme_of_no_neuron_or_several_outputs_is_none() {
    let (data, target) = rows(&LossKind::Squared, 9);
    let control = Control::default();
    let settings = ProgrammeSettings::default();
    let one = GlobalProblem::new(data.clone(), target.clone(), 1.0).unwrap();
    let none = own_programme(
        &one,
        &Neurons::none(4),
        &settings.clone().check().unwrap(),
        &control,
    )
    .unwrap();
    assert!(none.is_none());
    let doubled = target.iter().flat_map(|y| [*y, -*y]).collect();
    let loss = LossKind::Squared.of(doubled, 2, None).unwrap();
    let two = GlobalProblem::with_loss(data, loss, 1.0).unwrap();
    let best = trained(&two).best;
    assert!(!best.is_empty());
    let none = own_programme(&two, &best, &settings.clone().check().unwrap(), &control).unwrap();
    assert!(none.is_none());
}
