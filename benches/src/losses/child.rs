use std::process::Command;

use crelu_model::path::{PathSettings, fit_path};
use crelu_model::{Clock, Control, FitSettings, LossChoice, Prove, Task, fit};
use serde_json::{Value, json};

use super::cases::parts;
use crate::stopwatch::{Stopwatch, core_seconds, peak_memory};

/// The first argument of a process that makes one fit, so that its peak memory is its own.
pub(crate) const CHILD: &str = "one-fit";

/// One fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneFit {
    pub(crate) set: &'static str,
    pub(crate) loss: &'static str,
    /// Share of `beta_max`; none: chosen from ten by five folds, as the command line does by itself.
    pub(crate) fraction: Option<f64>,
    /// What may be left to win at the end, where it is not the default; the network is not thinned then.
    pub(crate) settle: Option<f64>,
    /// Seconds.
    pub(crate) limit: Option<f64>,
    pub(crate) seed: u64,
}

impl OneFit {
    /// The row of the fit, made in a process of its own.
    pub(crate) fn spawn(self) -> Result<Value, String> {
        let program = std::env::current_exe().map_err(|e| e.to_string())?;
        let request = json!({
            "set": self.set, "loss": self.loss, "fraction": self.fraction, "limit": self.limit,
            "seed": self.seed, "settle": self.settle,
        });
        let mut command = Command::new(program);
        output(command.args(["losses", CHILD, &request.to_string()]))
    }

    /// The row of the fit, made here; its peak memory is that of all that was here before.
    pub(crate) fn here(self) -> Result<Value, String> {
        let parts = parts(self.set, self.seed)?;
        let loss = match self.loss {
            "squared" => LossChoice::Squared,
            "logistic" => LossChoice::Logistic,
            "softmax" => LossChoice::Softmax,
            other => return Err(format!("no loss {other:?}")),
        };
        let settings = FitSettings::default().task(Task::Classify).loss(loss);
        let settings = settings.prove(Prove::Never);
        let settings = match self.fraction {
            Some(fraction) => settings.beta_frac(fraction),
            None => settings,
        };
        let mut settings = settings;
        if let Some(settle) = self.settle {
            settings.global = settings.global.settle(settle).thin(0.0);
        }
        let settings = settings.check().map_err(|e| e.to_string())?;
        let clock = Stopwatch::start();
        let control = Control::with_clock(&clock);
        let control = match self.limit {
            Some(limit) => control.deadline(limit),
            None => control,
        };
        let (train, test) = (&parts.train, Some(&parts.test));
        let before = core_seconds();
        let fitted = match self.fraction {
            Some(_) => fit(train, test, &settings, &control, &mut ()),
            None => {
                let plan = PathSettings::default();
                fit_path(train, test, &settings, &plan, &control, &mut ())
            }
        };
        let spent = core_seconds().zip(before).map(|(now, before)| now - before);
        let report = fitted.map_err(|e| e.to_string())?.report;
        let test = serde_json::to_value(report.test).map_err(|e| e.to_string())?;
        Ok(json!({
            "set": self.set, "loss": self.loss, "fraction": self.fraction, "limit": self.limit,
            "settle": self.settle, "n": report.n, "d": report.d, "outputs": report.outputs, "status": report.status.name(),
            "neurons": report.neurons, "iterations": report.iterations, "beta": report.beta,
            "objective": report.objective_network, "seconds": clock.seconds(), "parts": report.seconds,
            "work": report.work, "memory": peak_memory(), "core_seconds": spent, "accuracy": test["accuracy"],
            "log_loss": test["log_loss"], "brier": test["brier"], "train": report.train,
        }))
    }
}

/// Reads what to fit, fits it and prints the row.
pub(crate) fn child(args: &[String]) -> Result<(), String> {
    let [request] = args else {
        return Err(format!("{CHILD} needs a description of the fit"));
    };
    let request: Value = serde_json::from_str(request).map_err(|e| e.to_string())?;
    let word = |name: &str| -> Result<&'static str, String> {
        let text = request[name]
            .as_str()
            .ok_or_else(|| format!("{name} is missing"))?;
        Ok(String::leak(text.to_owned()))
    };
    let one = OneFit {
        set: word("set")?,
        loss: word("loss")?,
        fraction: request["fraction"].as_f64(),
        limit: request["limit"].as_f64(),
        settle: request["settle"].as_f64(),
        seed: request["seed"].as_u64().unwrap_or(0),
    };
    println!("{}", one.here()?);
    Ok(())
}

/// What a command prints, which is a row.
pub(crate) fn output(command: &mut Command) -> Result<Value, String> {
    let out = command.output().map_err(|e| e.to_string())?;
    match out.status.success() {
        true => serde_json::from_slice(&out.stdout).map_err(|e| e.to_string()),
        false => Err(String::from_utf8_lossy(&out.stderr).trim().to_owned()),
    }
}
