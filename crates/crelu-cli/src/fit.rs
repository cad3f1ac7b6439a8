//! `crelu fit`

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use crelu_model::path::{fit_early, fit_path};
use crelu_model::{Control, Fit, Status};

use crate::args::{FitArgs, HeldOutArg, Kind};
use crate::clock::ProgramClock;
use crate::errors::Failure;
use crate::outputs::Destinations;
use crate::progress::{Display, Goal};
use crate::samples::{Patience, Samples};
use crate::source::shown;
use crate::summary::{self, Task};
use crate::{interrupt, path_table, printout, settings, threads};

/// Exit code of a run that a limit or the user ended: its model is usable.
const STOPPED_EARLY: u8 = 2;

/// Trains, and writes model, report and plots.
///
/// # Errors
/// A line that names the file or the option; nothing is written then.
pub(crate) fn run(args: &FitArgs, kind: Kind, clock: &ProgramClock) -> Result<ExitCode, Failure> {
    if let Some((option, why)) = args.contradiction(kind) {
        return Err(Failure::of(option, why));
    }
    let destinations = Destinations::of(args);
    let inputs = [
        &args.labels,
        &args.test,
        &args.test_labels,
        &args.gates,
        &args.init,
    ];
    let mut inputs: Vec<&Path> = inputs.into_iter().filter_map(|p| p.as_deref()).collect();
    if let Some(HeldOutArg::File(path)) = &args.early_stop {
        inputs.push(path);
    }
    inputs.push(&args.data);
    destinations.check(&inputs)?;
    threads::start(args.threads)?;

    let interrupted = interrupt::flag(args.quiet)?;
    let control = Control::with_clock(clock)
        .deadline(args.time_limit)
        .interrupt(&*interrupted);
    let reading = format!("reading {}", shown(&args.data));
    let mut display = Display::new(kind.name(), args.quiet, *clock, &reading);
    let patience = Patience {
        clock: *clock,
        limit: args.time_limit,
        interrupted: Arc::clone(&interrupted),
        teller: display.teller(),
    };
    let samples = Samples::read(args, &patience)?;
    if let Some(rows) = samples.read_in_part {
        display.tell(&format!(
            "stopped while reading {}: its first {rows} rows, and the zero network",
            shown(&args.data)
        ));
    }
    let origins = samples.origins(args, args.test_frac.is_some());
    let settings = settings::of(args, &samples)?;
    let settings = settings.check().map_err(|error| origins.failure(&error))?;
    let goal = Goal {
        tol: settings.get().tol_in_force(),
        max_iters: settings.get().max_iters_in_force(),
        time_limit: args.time_limit,
    };
    for note in &samples.notes {
        display.note(&Failure::new(note).to_string());
    }
    display.aim_at(goal);
    let (train, test) = (&samples.train, samples.test.as_ref());
    let plan = args
        .plan(kind)
        .map(|plan| plan.groups(samples.groups.clone()));
    let early = args.early().zip(samples.held_out.as_ref());
    let fitted = match (plan, early) {
        (None, Some((how, held_out))) => {
            let rows = &held_out.data;
            fit_early(train, rows, test, &settings, how, &control, &mut display)
        }
        (Some(plan), _) => fit_path(train, test, &settings, &plan, &control, &mut display),
        (None, None) => crelu_model::fit(train, test, &settings, &control, &mut display),
    };
    let mut fitted = fitted.map_err(|error| {
        let of_part = samples.failure_of_part(args, &error);
        of_part.unwrap_or_else(|| match samples.held_out.is_some() {
            true => samples.held_out_origins(args).failure(&error),
            false => origins.failure(&error),
        })
    })?;

    fitted
        .model
        .target_name
        .clone_from(&samples.source.target_name);
    fitted.model.target_index = samples.target_index;
    fitted
        .model
        .other_targets
        .clone_from(&samples.other_targets);
    fitted.model.weights.clone_from(&samples.weights);
    fitted.model.columns.clone_from(&samples.columns);
    fitted
        .model
        .feature_names
        .clone_from(&samples.feature_names);
    if let Some(certificate) = &mut fitted.certificate {
        for row in &mut certificate.rows {
            *row = samples.rows[*row];
        }
    }
    settings::extend(&mut fitted.report.settings, args, &samples, &destinations);
    display.teller().now("writing");
    destinations.write(&fitted, &samples.train)?;
    drop(display);
    if !args.quiet {
        let task = Task {
            model: &fitted.model,
            guessed: args.task.is_none(),
            target_given: !args.target.is_empty(),
            header: args.table.header(),
            source: &samples.source,
        };
        let table = match kind {
            Kind::Path => path_table::text(&fitted.report),
            Kind::Fit => String::new(),
        };
        let summary = summary::text(&fitted.report, task, &destinations);
        printout::print(&(table + &summary))?;
    }
    Ok(exit_code(&fitted))
}

/// Whether a fit ended by itself, with what was asked for.
pub(crate) fn is_done(status: Status) -> bool {
    matches!(status, Status::Converged | Status::Settled)
}

/// 0 if it converged or settled, 2 if not.
pub(crate) fn exit_code(fit: &Fit) -> ExitCode {
    if is_done(fit.report.status) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(STOPPED_EARLY)
    }
}
