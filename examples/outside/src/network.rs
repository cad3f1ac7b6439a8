//! Fit and predict on arrays.

use crelu_model::{
    Control, Dataset, FitSettings, LossChoice, Model, Prediction, Status, TargetColumn, TrainMode,
    faer::MatRef, fit,
};

use crate::expect::{Failed, expect};

pub(crate) fn train() -> Result<(), Failed> {
    // |x| on 41 points: two neurons
    let x: Vec<f64> = (0..41).map(|i| f64::from(i) / 20.0 - 1.0).collect();
    let y = TargetColumn::numbers(x.iter().map(|x| x.abs()).collect());
    let data = Dataset::from_rows(&x, 41, 1, y)?;

    // neurons that are generated, the default; then one convex programme over sampled patterns
    for mode in [TrainMode::Global, TrainMode::Sampled] {
        let settings = FitSettings::default().train(mode).beta_frac(1e-3).check()?;
        let found = fit(&data, None, &settings, &Control::default(), &mut ())?;
        let report = &found.report;
        expect(report.train_mode() == mode, || {
            format!("{:?}", report.training)
        })?;
        expect(
            matches!(report.status, Status::Converged | Status::Settled),
            || format!("{mode}: {}", report.status.name()),
        )?;
        expect(report.dual_bound <= report.objective_network, || {
            format!("{} above {}", report.dual_bound, report.objective_network)
        })?;

        let model = Model::from_bytes(&found.model.to_bytes())?;
        // one sample a row, as they were given
        let rows = MatRef::from_row_major_slice(&[-0.5, 0.25], 2, 1);
        for (prediction, want) in model.predict(rows)?.into_iter().zip([0.5, 0.25]) {
            let Prediction::Value(value) = prediction else {
                return Err("a label, of numbers".into());
            };
            expect((value - want).abs() < 0.05, || {
                format!("{value}, not {want}")
            })?;
        }
    }

    // what a model says in words is read back to the bit, whatever else the program is built with
    let delta = 1.994_096_999_999_999_8;
    let settings = FitSettings::default()
        .loss(LossChoice::Huber)
        .huber_delta(delta);
    let settings = settings.beta_frac(0.1).check()?;
    let found = fit(&data, None, &settings, &Control::default(), &mut ())?;
    let read = Model::from_bytes(&found.model.to_bytes())?;
    expect(read.loss == found.model.loss, || {
        format!("{:?}, not {:?}", read.loss, found.model.loss)
    })
}
