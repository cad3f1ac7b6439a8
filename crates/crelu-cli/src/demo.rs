//! `crelu demo`: the main job on data that come with the program.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use crelu_model::{
    Activation, Clock, Coding, Control, Dataset, Fit, FitError, FitSettings, LinearModel,
    LossChoice, LossKind, Score, Standardisation, Status, Targets, Task, TrainMode, preprocess,
};

use crate::args::DemoArgs;
use crate::clock::ProgramClock;
use crate::embedded::sandals_and_sneakers;
use crate::errors::Failure;
use crate::figures::{AtMost, Percent};
use crate::fit::{exit_code, is_done};
use crate::outputs::{Destinations, check_folder};
use crate::progress::{Display, Goal};
use crate::{interrupt, printout, threads};

const PATTERNS: usize = 100;
const BETA_FRACTION: f64 = 0.01;
/// Ascents a sign of the last searches of `global`: an eighth of what `fit` makes, to be quick.
const ASCENTS: usize = 100;
/// Rounds of the generated network: about a quarter of those to the end of the search.
const GLOBAL_ROUNDS: usize = 30;

/// Trains a linear model, a ReLU and a gated network over sampled patterns, and a ReLU network whose
/// neurons are generated; prints a table; writes the last, its report and its plots.
///
/// # Errors
/// A line that names the option.
pub(crate) fn run(args: &DemoArgs, clock: &ProgramClock) -> Result<ExitCode, Failure> {
    let folder = &args.out_dir;
    check_folder("--out-dir", folder)?;
    threads::start(args.threads)?;
    let (train, test) = sandals_and_sneakers()?;
    let interrupted = interrupt::flag(args.quiet)?;
    if !args.quiet {
        printout::print(&introduction(&train, &test))?;
    }

    let failed = |error: FitError| Failure::of("demo", error);
    let mut table = Table::new();
    let begun = clock.seconds();
    let accuracy = linear(&train, &test).map_err(failed)?;
    table.linear(accuracy, clock.seconds() - begun);

    let run = Run {
        train: &train,
        test: &test,
        clock,
        interrupted: &interrupted,
        quiet: args.quiet,
    };
    let sampled = TrainMode::Sampled;
    let relu = run.fit("sampled", sampled, Activation::Relu);
    let relu = relu.map_err(failed)?;
    table.network("sampled", &relu);
    let gated = run.fit("gated", sampled, Activation::Gated);
    let gated = gated.map_err(failed)?;
    table.network("gated", &gated);
    let mut global = run
        .fit("global", TrainMode::Global, Activation::Relu)
        .map_err(failed)?;
    table.network("global", &global);

    let destinations = destinations(folder);
    global.fit.report.settings.insert(
        "data".to_owned(),
        "embedded: Fashion-MNIST, Sandal and Sneaker".into(),
    );
    std::fs::create_dir_all(folder).map_err(|error| Failure::at("--out-dir", folder, error))?;
    destinations.write(&global.fit, &train)?;
    let training = global.fit.report.global();
    table.0.push_str(&format!(
        "\ngap: proof; no network of the same kind on the same patterns has a J below the dual bound.\n\
         search gap of `global`, over all networks: evidence; the search found no neuron that would\n\
         lower the J of its best network before thinning ({:.6}) by more than {:.2} %.\n\
         proven gap, over all networks: proof; {}.\n\
         Model, report and plots of `global`: {}\n",
        training.map_or(f64::NAN, |training| training.best_objective),
        100.0 * training.and_then(|training| training.search_gap).unwrap_or(1.0),
        proven(&global.fit),
        folder.display()
    ));
    printout::print(&table.0)?;
    let stopped = [&relu, &gated, &global].map(|run| &run.fit).into_iter();
    // the generated network ends at its rounds on purpose
    let as_planned = |fit: &&Fit| {
        let report = &fit.report;
        is_done(report.status)
            || report.global().is_some() && report.status == Status::IterationLimit
    };
    let mut stopped = stopped.filter(|fit| !as_planned(fit));
    Ok(stopped.next().map_or(ExitCode::SUCCESS, exit_code))
}

/// What is proven of a fit, as half a sentence.
fn proven(fit: &Fit) -> String {
    fit.report.proven_bound.map_or_else(
        || "none was made".to_owned(),
        |bound| {
            format!(
                "no ReLU network of any width has a J below {:.6}. At so\n\
                 weak a penalty the quick bound is loose: `crelu fit --prove SECONDS` raises it",
                AtMost(bound)
            )
        },
    )
}

fn destinations(folder: &Path) -> Destinations {
    Destinations {
        model: folder.join("model.safetensors"),
        report: folder.join("report.json"),
        plots: Some(folder.to_owned()),
        certificate: None,
    }
}

fn introduction(train: &Dataset, test: &Dataset) -> String {
    format!(
        "Fashion-MNIST, Sandal against Sneaker: {} training and {} test images of 14 x 14 pixels.\n\
         A linear model first; then networks with one hidden layer at beta = {BETA_FRACTION} beta_max. Two are\n\
         trained to their certified optimum over {PATTERNS} sampled activation patterns: a ReLU network\n\
         (`sampled`), and one whose gates stay as they were sampled (`gated`). In the third the\n\
         neurons are generated in 30 rounds, and as few are kept as serve (`global`).\n\n",
        train.n_samples(),
        test.n_samples(),
    )
}

/// Least squares on the features that the networks see, too: its test accuracy.
fn linear(train: &Dataset, test: &Dataset) -> Result<f64, FitError> {
    let coding = Coding::of(train.targets(), Task::Classify)?;
    let scale = Standardisation::learn(train.features());
    let inputs = preprocess(train.features(), Some(&scale), true);
    let coded = coding.code(train.targets())?;
    let model = LinearModel::fit(inputs.matrix(), &coded.targets(&LossKind::Squared))?;
    let outputs = model.outputs(preprocess(test.features(), Some(&scale), true).matrix());
    let targets = Targets::new(coding.code(test.targets())?, LossKind::Squared)?;
    let score = Score::of(&outputs, &targets);
    Ok(score.accuracy().unwrap_or_default())
}

/// What the runs of the demonstration share.
struct Run<'a> {
    train: &'a Dataset,
    test: &'a Dataset,
    clock: &'a ProgramClock,
    interrupted: &'a AtomicBool,
    quiet: bool,
}

/// A fit and its own seconds.
struct Timed {
    fit: Fit,
    seconds: f64,
}

impl Run<'_> {
    fn fit(&self, name: &str, mode: TrainMode, activation: Activation) -> Result<Timed, FitError> {
        let settings = FitSettings::default()
            .loss(LossChoice::Squared)
            .task(Task::Classify)
            .activation(activation)
            .train(mode)
            .n_patterns(PATTERNS)
            .beta_frac(BETA_FRACTION);
        // a demonstration ends where the last few per mille would take most of its time
        let settings = match mode {
            TrainMode::Global => settings.ascents(ASCENTS).max_iters(GLOBAL_ROUNDS),
            TrainMode::Sampled => settings,
        }
        .check()?;
        let goal = Goal {
            tol: settings.get().tol_in_force(),
            max_iters: settings.get().max_iters_in_force(),
            time_limit: None,
        };
        let begun = self.clock.seconds();
        let control = Control::with_clock(self.clock).interrupt(self.interrupted);
        let mut display = Display::new(name, self.quiet, *self.clock, "preparing the data");
        display.aim_at(goal);
        let fit = crelu_model::fit(
            self.train,
            Some(self.test),
            &settings,
            &control,
            &mut display,
        )?;
        Ok(Timed {
            fit,
            seconds: self.clock.seconds() - begun,
        })
    }
}

/// The table, a line a model.
struct Table(String);

impl Table {
    fn new() -> Self {
        Self(format!(
            "{:8}  {:19}  {:>7}  {:>11}  {:>10}  {:>7}  {:>10}  {:>7}\n",
            "model", "", "neurons", "objective J", "dual bound", "gap", "proven gap", "seconds"
        ))
    }

    fn row(&mut self, name: &str, accuracy: f64, rest: [String; 5], seconds: f64) {
        let [neurons, objective, bound, gap, proven] = rest;
        // writing to a string does not fail
        writeln!(
            self.0,
            "{name:8}  test accuracy {accuracy:.3}  {neurons:>7}  {objective:>11}  {bound:>10}  {gap:>7}  {proven:>10}  {seconds:>7.2}"
        )
        .ok();
    }

    fn linear(&mut self, accuracy: f64, seconds: f64) {
        let none = || "-".to_owned();
        self.row(
            "linear",
            accuracy,
            [none(), none(), none(), none(), none()],
            seconds,
        );
    }

    fn network(&mut self, name: &str, run: &Timed) {
        let report = &run.fit.report;
        let accuracy = report.test.as_ref().and_then(|test| test.accuracy());
        let rest = [
            report.neurons.to_string(),
            format!("{:.6}", report.objective_network),
            format!("{:.6}", report.dual_bound),
            format!("{:.1e}", report.gap),
            report
                .proven_gap
                .map_or_else(|| "-".to_owned(), |gap| format!("{:.1} %", Percent(gap))),
        ];
        self.row(name, accuracy.unwrap_or_default(), rest, run.seconds);
    }
}
