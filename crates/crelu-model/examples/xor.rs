//! The exclusive or, which no linear model learns: a network, its certificate and its file.

use crelu_model::{Control, Dataset, FitSettings, Model, Status, TargetColumn, TrainMode, fit};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let features = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
    let labels = ["no", "yes", "yes", "no"].map(String::from).to_vec();
    let data = Dataset::from_rows(&features, 4, 2, TargetColumn::labels(labels))?;

    let settings = FitSettings::default()
        .train(TrainMode::Sampled)
        .n_patterns(50)
        .beta_frac(0.01)
        .tol(1e-4)
        .check()?;
    let result = fit(&data, None, &settings, &Control::default(), &mut ())?;

    let report = &result.report;
    assert_eq!(report.status, Status::Converged);
    assert!(report.dual_bound <= report.objective_network && report.gap <= 1e-4);
    assert_eq!(report.train.accuracy(), Some(1.0));

    let model = Model::from_bytes(&result.model.to_bytes())?;
    assert_eq!(
        model.predict(data.rows())?,
        result.model.predict(data.rows())?
    );
    Ok(())
}
