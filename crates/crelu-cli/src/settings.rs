//! From options to the settings of a fit, and to their place in the report.

use std::path::Path;

use crelu_data::read_matrix_npy;
use crelu_model::{FitSettings, Model, Network, PatternSource, Precision, TrainMode};
use faer::{Mat, MatRef};
use serde_json::{Map, Value, json};

use crate::args::{FitArgs, HeldOutArg};
use crate::devices;
use crate::errors::Failure;
use crate::outputs::Destinations;
use crate::samples::Samples;

/// The settings that the options ask for; reads the gates if they are given.
///
/// # Errors
/// A line that names `--gates` and its file, or `--patterns`.
pub(crate) fn of(args: &FitArgs, samples: &Samples) -> Result<FitSettings, Failure> {
    let mut settings = FitSettings::default();
    settings.task = Some(samples.task);
    settings.activation = args.activation;
    settings.train = Some(args.train());
    settings.patterns = match &args.gates {
        Some(path) => PatternSource::Given(gates(path)?),
        None => PatternSource::Sampled {
            count: args.patterns,
            sampler: args.gate_sampler,
        },
    };
    settings.beta = args.single_beta().unwrap_or(settings.beta);
    settings.loss = args.loss;
    settings.class_weight = args.class_weight.clone().unwrap_or_default();
    settings.huber_delta = args.huber_delta;
    settings.tol = args.tol;
    settings.max_iters = args.max_iters;
    settings.global.ascents = args.ascents;
    settings.global.thin = args.thin;
    settings.global.max_neurons = args.max_neurons;
    settings.global.settle = args.settle;
    settings.global.thorough = args.thorough;
    settings.init = args.init.as_deref().map(start).transpose()?;
    settings.seed = args.seed;
    settings.standardize = !args.no_standardize;
    settings.bias = !args.no_bias;
    settings.center = !args.no_center;
    settings.programme.splitting = args.splitting;
    settings.programme.primal = args.primal;
    settings.programme.form = args.form;
    // sparse rows are not for a device
    let numbers = match samples.train.sparse() {
        Some(_) => 0,
        None => samples.train.n_samples() * samples.train.n_features(),
    };
    let used = devices::choose(args.backend, numbers)?;
    (settings.programme.backend, settings.programme.device) = (used.backend, used.handle());
    settings.programme.backend_reason = match samples.train.sparse() {
        Some(_) => used
            .reason
            .map(|_| "sparse rows are not for a device".to_owned()),
        None => used.reason,
    };
    settings.programme.nystrom_rank = args.nystrom_rank;
    settings.programme.precision = args.precision.unwrap_or(Precision::Auto);
    settings.programme.newton = args.newton;
    settings.programme.working_set = args.working_set;
    settings.programme.memory_limit = args.memory_limit.unwrap_or(settings.programme.memory_limit);
    settings.prove = args.prove();
    settings.programme.check_every = args.check_every.unwrap_or(settings.programme.check_every);

    #[expect(clippy::cast_precision_loss, reason = "compared with a limit")]
    let bytes = samples.train.n_samples() as f64 * args.patterns as f64;
    let sampled = args.train() == TrainMode::Sampled && args.gates.is_none();
    if sampled && bytes > settings.programme.memory_limit {
        let problem = format_args!(
            "{} patterns of {} rows alone are beyond --memory-limit",
            args.patterns,
            samples.train.n_samples()
        );
        return Err(Failure::of("--patterns", problem));
    }
    Ok(settings)
}

/// The network of a model file.
fn start(path: &Path) -> Result<Network, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::at("--init", path, error))?;
    let model = Model::from_bytes(&bytes).map_err(|error| Failure::at("--init", path, error))?;
    Ok(model.network)
}

fn gates(path: &Path) -> Result<Mat<f64>, Failure> {
    let file = read_matrix_npy(path).map_err(|error| Failure::of("--gates", error))?;
    Ok(MatRef::from_column_major_slice(&file.values, file.rows, file.cols).to_owned())
}

/// Adds the program's own settings to those of the fit.
pub(crate) fn extend(
    map: &mut Map<String, Value>,
    args: &FitArgs,
    samples: &Samples,
    destinations: &Destinations,
) {
    let path = |path: Option<&Path>| json!(path.map(|path| path.display().to_string()));
    for (key, value) in [
        ("data", path(Some(&args.data))),
        ("labels", path(args.labels.as_deref())),
        (
            "target",
            match args.target.as_slice() {
                [] => json!(samples.source.target_name),
                [one] => json!(one),
                several => json!(several),
            },
        ),
        ("target_index", json!(samples.target_index)),
        ("drop", json!(args.table.drop())),
        ("weights", json!(args.weights)),
        ("groups", json!(args.search.groups)),
        ("categorical", json!(args.table.categorical_as_given())),
        ("missing", json!(args.missing.name())),
        (
            "header",
            json!(samples.source.layout.text.map(|text| text.header)),
        ),
        ("task_guessed", json!(args.task.is_none())),
        ("test", path(args.test.as_deref())),
        ("test_labels", path(args.test_labels.as_deref())),
        ("test_frac", json!(args.test_frac)),
        (
            "early_stop",
            match &args.early_stop {
                None => json!(null),
                Some(HeldOutArg::File(file)) => path(Some(file)),
                Some(HeldOutArg::Share(share)) => json!(share),
            },
        ),
        ("gates", path(args.gates.as_deref())),
        ("init", path(args.init.as_deref())),
        ("threads", json!(rayon::current_num_threads())),
        ("out", path(Some(&destinations.model))),
        ("report", path(Some(&destinations.report))),
        ("plots", path(destinations.plots.as_deref())),
        ("certificate", path(destinations.certificate.as_deref())),
        ("quiet", json!(args.quiet)),
    ] {
        map.insert(key.to_owned(), value);
    }
}
