use crelu_model::path::{Betas, PathProgress, PathSettings, fit_path};
use crelu_model::{
    Clock, Control, Dataset, Fit, FitObserver, FitSettings, Progress, Prove, Task, fit,
};
use serde_json::{Value, json};

use crate::sets;
use crate::stopwatch::{Stopwatch, core_seconds};

/// Penalties of the path, and of the choice.
const PATH: usize = 20;
const CHOICE: usize = 10;
/// The smallest penalty of both, as a share of `beta_max`.
const SMALLEST: f64 = 3e-4;
/// Runs of each, in turn: so many, and more of short ones, until the single fits took a second.
const RUNS: [usize; 2] = [3, 15];

/// What a run took: seconds by the wall and of the cores, and flops.
#[derive(Debug, Clone, Copy)]
struct Cost {
    wall: f64,
    cores: f64,
    flops: f64,
}

/// A single fit at the smallest penalty, the path on all rows, and the choice: by the wall medians of a few
/// runs, of the cores their mean, since the system counts in hundredths of a second.
pub(super) fn row(set: &str, quick: bool) -> Result<Value, String> {
    let (_, raw) = sets::raw(set)?;
    let (data, task) = (&raw.data, raw.task);
    let mut costs: [Vec<Cost>; 3] = Default::default();
    let mut told = None;
    let [least, most] = if quick { [1, 1] } else { RUNS };
    for run in 0..most {
        let spent: f64 = costs[0].iter().map(|cost| cost.wall).sum();
        if run >= least && spent > 1.0 {
            break;
        }
        let (single, one) = timed(|control| single(data, task, control))?;
        let (path, along) = timed(|control| path(data, task, control))?;
        let (choice, chosen) = timed(|control| choice(data, task, control))?;
        for (all, cost) in costs.iter_mut().zip([one, along, chosen]) {
            all.push(cost);
        }
        told = Some(json!({
            "rows": data.n_samples(), "columns": data.n_features(), "loss": single.report.loss,
            "single": { "objective": single.report.objective_network, "neurons": single.report.neurons },
            "path": { "objective": path.report.objective_network, "neurons": path.report.neurons },
            "choice": {
                "beta": choice.report.beta / choice.report.settings["beta_max"].as_f64().unwrap_or(f64::NAN),
                "neurons": choice.report.neurons,
            },
        }));
    }
    let mut out = told.ok_or("no run")?;
    for (name, costs) in ["single", "path", "choice"].into_iter().zip(&costs) {
        let mut walls: Vec<f64> = costs.iter().map(|cost| cost.wall).collect();
        walls.sort_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, reason = "a few")]
        let count = costs.len() as f64;
        out[name]["wall"] = json!(walls[walls.len() / 2]);
        out[name]["cores"] = json!(costs.iter().map(|cost| cost.cores).sum::<f64>() / count);
        // the same in every run
        out[name]["flops"] = json!(costs[0].flops);
    }
    eprintln!("{set}: {out}");
    Ok(out)
}

fn timed(run: impl FnOnce(&Control<'_>) -> Result<Fit, String>) -> Result<(Fit, Cost), String> {
    let clock = Stopwatch::start();
    let cores = core_seconds();
    let fit = run(&Control::with_clock(&clock))?;
    let spent = core_seconds()
        .zip(cores)
        .map(|(after, before)| after - before);
    let cost = Cost {
        wall: clock.seconds(),
        cores: spent.unwrap_or(f64::NAN),
        flops: fit.report.work.as_ref().map_or(f64::NAN, |work| work.flops),
    };
    Ok((fit, cost))
}

/// No proofs: a path has none, and what is compared is training.
fn settings(task: Task) -> FitSettings {
    FitSettings::default().task(task).prove(Prove::Never)
}

fn single(data: &Dataset, task: Task, control: &Control<'_>) -> Result<Fit, String> {
    let settings = settings(task).beta_frac(SMALLEST).check();
    let settings = settings.map_err(|e| e.to_string())?;
    fit(data, None, &settings, control, &mut ()).map_err(|e| e.to_string())
}

/// Ends a search when the path on all rows is whole, before the folds.
struct AllRows;

impl FitObserver for AllRows {
    fn progress(&mut self, progress: Progress<'_>) -> bool {
        !matches!(
            progress,
            Progress::Path(PathProgress::Step { fold: None, step, steps, .. }) if step == steps
        )
    }
}

/// The path on all rows alone; what it returns is its network nearest to 0.02 of `beta_max`, and the
/// objective at its smallest penalty is put in its place.
fn path(data: &Dataset, task: Task, control: &Control<'_>) -> Result<Fit, String> {
    let settings = settings(task).check().map_err(|e| e.to_string())?;
    let plan = PathSettings::default().betas(Betas::of_count(PATH));
    let mut fit =
        fit_path(data, None, &settings, &plan, control, &mut AllRows).map_err(|e| e.to_string())?;
    let last = fit.report.path.as_ref().and_then(|path| path.last());
    let last = last.ok_or("the path is empty")?;
    let (objective, neurons) = (last.objective, last.neurons);
    fit.report.objective_network = objective;
    fit.report.neurons = neurons;
    Ok(fit)
}

fn choice(data: &Dataset, task: Task, control: &Control<'_>) -> Result<Fit, String> {
    let settings = settings(task).check().map_err(|e| e.to_string())?;
    let plan = PathSettings::default().betas(Betas::of_count(CHOICE));
    fit_path(data, None, &settings, &plan, control, &mut ()).map_err(|e| e.to_string())
}
