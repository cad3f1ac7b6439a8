use crelu_model::global::{GlobalSettings, Neurons, train};
use crelu_model::{Clock, Control, FitSettings, LossChoice, Network, TrainMode, fit};
use serde_json::{Map, Value, json};

use super::adam::{STEPS, adam, kept};
use super::case::{beta_max, problem, row_space};
use super::folds::{Split, folds};
use super::options::Options;
use super::ridge;
use super::sets::SETS;
use crate::sets;
use crate::stopwatch::Stopwatch;
use crate::store::Store;

/// Folds, and the parts of the training rows of which one chooses the penalty.
pub(crate) const FOLDS: usize = 5;
const INNER: usize = 5;
/// Penalties of the networks as shares of `beta_max` of the rows trained on, the largest first, and
/// of the linear model as multiples of the number of rows.
const FRACTIONS: [f64; 5] = [0.3, 0.1, 0.03, 0.01, 0.003];
const RIDGES: [f64; 8] = [3.0, 1.0, 0.3, 0.1, 0.03, 1e-2, 1e-3, 1e-4];
/// While the penalty is chosen, Adam makes fewer steps and searches are smaller.
const INNER_STEPS: usize = 1000;
const INNER_ASCENTS: usize = 100;
/// Seed of the folds, and of everything else.
const SEED: u64 = 0;

/// The kinds of model, in the order of the table.
pub(crate) const METHODS: [&str; 4] = ["global", "Adam", "linear", "sampled"];

/// A model's outputs on the test rows, and its neurons.
struct Answer {
    outputs: Vec<f64>,
    neurons: usize,
}

/// Scores on rows that were not trained on, the penalty chosen without them.
pub(crate) fn measure(store: &mut Store, options: &Options) -> Result<(), String> {
    for set in SETS.into_iter().filter(|set| options.wants(set)) {
        let (_, raw) = sets::raw(set)?;
        let all = folds(raw.data.n_samples(), FOLDS, SEED);
        for (fold, (train, test)) in all.iter().enumerate() {
            let row = store.row(&key(set, fold), || {
                let outer = Split::new(&raw.data, raw.task, train, test)?;
                let choosing = &folds(train.len(), INNER, SEED + 1)[0];
                let pick = |part: &[usize]| part.iter().map(|&i| train[i]).collect::<Vec<usize>>();
                let (keep, judge) = (pick(&choosing.0), pick(&choosing.1));
                let inner = Split::new(&raw.data, raw.task, &keep, &judge)?;
                one_fold(&inner, &outer)
            })?;
            let scores: Vec<String> = METHODS
                .iter()
                .map(|name| format!("{name} {:.4}", row[*name]["score"].as_f64().unwrap_or(0.0)))
                .collect();
            eprintln!("{set} fold {fold}: {}", scores.join(", "));
        }
    }
    Ok(())
}

pub(crate) fn key(set: &str, fold: usize) -> String {
    format!("heldout|{set}|{fold}")
}

fn one_fold(inner: &Split, outer: &Split) -> Result<Value, String> {
    let mut row = Map::new();
    for method in METHODS {
        let clock = Stopwatch::start();
        let grid: &[f64] = if method == "linear" {
            &RIDGES
        } else {
            &FRACTIONS
        };
        let fraction = choose(method, inner, grid)?;
        let chosen = clock.seconds();
        let answer = answer(method, outer, fraction)?;
        let (loss, score) = outer.score(&answer.outputs);
        row.insert(
            method.to_owned(),
            json!({
                "score": score, "loss": loss, "fraction": fraction, "neurons": answer.neurons,
                "rows": outer.test_target.len(), "choosing": chosen, "seconds": clock.seconds() - chosen,
            }),
        );
    }
    row.insert("task".to_owned(), json!(outer.task.name()));
    Ok(Value::Object(row))
}

/// The penalty of least mean squared loss on the rows set aside; the larger one of equals.
fn choose(method: &str, inner: &Split, grid: &[f64]) -> Result<f64, String> {
    let mut best = (f64::INFINITY, grid[0]);
    let mut start: Option<Neurons> = None;
    for &fraction in grid {
        let outputs = match method {
            "global" => {
                let settings = GlobalSettings::default().ascents(INNER_ASCENTS);
                let (answer, neurons) = generated(inner, fraction, &settings, start.take())?;
                start = Some(neurons);
                answer.outputs
            }
            "Adam" => ordinary(inner, fraction, INNER_STEPS)?.outputs,
            other => answer(other, inner, fraction)?.outputs,
        };
        let (loss, _) = inner.score(&outputs);
        if loss < best.0 {
            best = (loss, fraction);
        }
    }
    Ok(best.1)
}

fn answer(method: &str, split: &Split, fraction: f64) -> Result<Answer, String> {
    match method {
        "global" => {
            generated(split, fraction, &GlobalSettings::default(), None).map(|(answer, _)| answer)
        }
        "Adam" => ordinary(split, fraction, STEPS),
        "linear" => linear(split, fraction),
        _ => sampled(split, fraction),
    }
}

/// A generated network as `fit` returns it without options; and the best one, to start the next
/// penalty from.
fn generated(
    split: &Split,
    fraction: f64,
    settings: &GlobalSettings,
    start: Option<Neurons>,
) -> Result<(Answer, Neurons), String> {
    let beta = fraction * beta_max(&split.inputs, &split.target)?;
    let space = row_space(&split.inputs)?;
    let problem = problem(&space, &split.target, beta)?;
    let start = start.unwrap_or_else(|| Neurons::none(problem.rank()));
    let settings = settings.clone().check().map_err(|e| e.to_string())?;
    let trained = train(&problem, start, &settings, &Control::default(), &mut ());
    let blocks = space.expand(trained.neurons.blocks().as_ref());
    let network = Network::from_blocks(blocks.as_ref(), trained.neurons.signs(), None);
    let answer = Answer {
        outputs: network.outputs(split.test_inputs.as_ref()),
        neurons: network.neurons(),
    };
    Ok((answer, trained.best))
}

fn ordinary(split: &Split, fraction: f64, steps: usize) -> Result<Answer, String> {
    let beta = fraction * beta_max(&split.inputs, &split.target)?;
    let run = adam(&split.inputs, &split.target, beta, steps, SEED);
    Ok(Answer {
        outputs: run.network.outputs(split.test_inputs.as_ref()),
        neurons: kept(&run.network).output.len(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
fn linear(split: &Split, multiple: f64) -> Result<Answer, String> {
    let lambda = multiple * split.target.len() as f64;
    let weights = ridge::ridge(split.inputs.as_ref(), &split.target, lambda)?;
    Ok(Answer {
        outputs: ridge::outputs(split.test_inputs.as_ref(), &weights),
        neurons: 0,
    })
}

fn sampled(split: &Split, fraction: f64) -> Result<Answer, String> {
    let beta = fraction * beta_max(&split.inputs, &split.target)?;
    let settings = FitSettings::default()
        .loss(LossChoice::Squared)
        .train(TrainMode::Sampled)
        .task(split.task)
        .beta(beta)
        .seed(SEED);
    let settings = settings.check().map_err(|e| e.to_string())?;
    let fit = fit(&split.train, None, &settings, &Control::default(), &mut ());
    let network = fit.map_err(|e| e.to_string())?.model.network;
    Ok(Answer {
        outputs: network.outputs(split.test_inputs.as_ref()),
        neurons: network.neurons(),
    })
}
