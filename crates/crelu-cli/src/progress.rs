//! How a run is going, on standard error: a bar on a terminal, a line a second otherwise.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crelu_model::bound::ProofProgress;
use crelu_model::path::PathProgress;
use crelu_model::{Clock, FitObserver, HistoryEntry, Progress};
use indicatif::{ProgressBar, ProgressStyle};

use crate::clock::ProgramClock;
use crate::errors::Failure;
use crate::figures::{AtMost, Percent, Short};

/// Seconds between two lines where there is no terminal.
const LINE_EVERY: f64 = 1.0;
/// Seconds to the first.
const FIRST_LINE: f64 = 0.5;
/// How often the thread that speaks during long steps looks up.
const LOOK_UP: Duration = Duration::from_millis(100);
const BAR_LENGTH: u64 = 1000;
/// What a path takes of the bar; the rest is for the fit at the chosen penalty.
const BEFORE_REFIT: f64 = 0.9;

/// What ends a run: the bar is full when the nearest of them is reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal {
    /// The gap.
    pub(crate) tol: f64,
    /// The iterations.
    pub(crate) max_iters: usize,
    /// The seconds on the clock.
    pub(crate) time_limit: Option<f64>,
}

/// The display of one run.
pub(crate) struct Display {
    form: Form,
    clock: ProgramClock,
    goal: Option<Goal>,
    iteration: usize,
    last: Option<HistoryEntry>,
    done: f64,
    /// Legs of a path: all rows and the folds; and their steps so far.
    legs: usize,
    steps: usize,
}

enum Form {
    Nothing,
    Lines(Lines),
    Bar(ProgressBar),
}

/// Tells what is going on from wherever it is known.
#[derive(Clone)]
pub(crate) struct Teller(Option<Told>);

#[derive(Clone)]
enum Told {
    Line(Arc<Shared>),
    Bar(ProgressBar),
}

impl Teller {
    /// The message that the next line, or the bar, shows.
    pub(crate) fn now(&self, message: &str) {
        match &self.0 {
            None => {}
            Some(Told::Line(shared)) => message.clone_into(&mut shared.lock().doing),
            Some(Told::Bar(bar)) => bar.set_message(message.to_owned()),
        }
    }
}

/// Lines, and the thread that writes one when a step takes longer than the time between two.
struct Lines {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    prefix: String,
    clock: ProgramClock,
    state: Mutex<Speech>,
    over: Condvar,
}

struct Speech {
    doing: String,
    next: f64,
    is_over: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Speech> {
        // a message that was half written elsewhere is a message still
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, speech: &mut Speech, message: &str) {
        speech.next = self.clock.seconds() + LINE_EVERY;
        // nobody may be reading: the run goes on
        writeln!(std::io::stderr(), "{}: {message}", self.prefix).ok();
    }

    fn speak_while_nobody_does(&self) {
        let mut speech = self.lock();
        while !speech.is_over {
            let seconds = self.clock.seconds();
            if seconds >= speech.next {
                let message = format!("{seconds:.1} s, {}", speech.doing);
                self.write(&mut speech, &message);
            }
            speech = self
                .over
                .wait_timeout(speech, LOOK_UP)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

impl Lines {
    fn new(name: &str, clock: ProgramClock, doing: &str) -> Self {
        let shared = Arc::new(Shared {
            prefix: name.to_owned(),
            clock,
            state: Mutex::new(Speech {
                doing: doing.to_owned(),
                next: clock.seconds() + FIRST_LINE,
                is_over: false,
            }),
            over: Condvar::new(),
        });
        let own = Arc::clone(&shared);
        // without the thread there are the lines of the steps
        let thread = std::thread::Builder::new()
            .spawn(move || own.speak_while_nobody_does())
            .ok();
        Self { shared, thread }
    }

    /// A step that is over: told if a line is due, or at once.
    fn step(&self, seconds: f64, message: &str, at_once: bool) {
        let mut speech = self.shared.lock();
        if at_once || seconds >= speech.next {
            self.shared
                .write(&mut speech, &format!("{seconds:.1} s, {message}"));
        }
        speech.doing = after(message);
    }
}

/// What the thread says, should the step after this one take long.
fn after(message: &str) -> String {
    format!("after {message}")
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.over.notify_all();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl Display {
    /// A display for a run called `name`, which begins by `doing` something, or none.
    pub(crate) fn new(name: &str, quiet: bool, clock: ProgramClock, doing: &str) -> Self {
        let form = if quiet {
            Form::Nothing
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(BAR_LENGTH);
            let style = ProgressStyle::with_template("{prefix} [{bar:20}] {elapsed} {wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style.progress_chars("=> "));
            bar.set_prefix(name.to_owned());
            bar.set_message(doing.to_owned());
            bar.enable_steady_tick(Duration::from_millis(250));
            Form::Bar(bar)
        } else {
            Form::Lines(Lines::new(name, clock, doing))
        };
        Self {
            form,
            clock,
            goal: None,
            iteration: 0,
            last: None,
            done: 0.0,
            legs: 1,
            steps: 0,
        }
    }

    /// Says what ends the run, so that the bar can fill.
    pub(crate) fn aim_at(&mut self, goal: Goal) {
        self.goal = Some(goal);
    }

    /// For those who know what is going on and do not have the display.
    pub(crate) fn teller(&self) -> Teller {
        Teller(match &self.form {
            Form::Nothing => None,
            Form::Lines(lines) => Some(Told::Line(Arc::clone(&lines.shared))),
            Form::Bar(bar) => Some(Told::Bar(bar.clone())),
        })
    }

    /// Says what stays to be read.
    pub(crate) fn note(&mut self, message: &str) {
        match &self.form {
            Form::Bar(bar) => bar.println(format!("{}: {message}", bar.prefix())),
            Form::Nothing | Form::Lines(_) => self.tell(message),
        }
    }

    /// Shows a message at once.
    pub(crate) fn tell(&mut self, message: &str) {
        match &mut self.form {
            Form::Nothing => {}
            Form::Lines(lines) => {
                let mut speech = lines.shared.lock();
                lines.shared.write(&mut speech, message);
            }
            Form::Bar(bar) => bar.set_message(message.to_owned()),
        }
    }

    fn path(&mut self, progress: PathProgress<'_>) {
        match progress {
            PathProgress::Folds { count: 0, why } => {
                let why = why.map_or(String::new(), |why| format!(", since {why}"));
                self.note(&Failure::new(format_args!("no folds{why}: --beta-frac 0.02 is taken")).to_string());
            }
            PathProgress::Folds { count, why } => {
                self.legs = count + 1;
                if let Some(why) = why {
                    self.note(&Failure::new(format_args!("{count} folds, since {why}")).to_string());
                }
            }
            PathProgress::Step {
                fold,
                step,
                steps,
                beta,
                objective,
                neurons,
                score,
                ..
            } => {
                self.steps += 1;
                let leg = match fold {
                    None => "path".to_owned(),
                    Some(fold) => format!("fold {} of {}", fold + 1, self.legs - 1),
                };
                let what = match score {
                    None => format!("J {:.6}, {neurons} neurons", Short(objective)),
                    Some(score) => format!("score {:.4}", Short(score)),
                };
                let message = format!("{leg}: {step} of {steps}, beta {beta:.3e}, {what}");
                self.step(&message, self.legs * steps, step == steps);
            }
            PathProgress::Chosen {
                beta,
                mean,
                se,
                metric,
                rule,
            } => self.tell(&format!(
                "beta {beta:.4e} chosen by rule {}: {} {:.4} with standard error {:.2}; the fit at it follows",
                rule.name(),
                metric.name(),
                Short(mean),
                Short(se)
            )),
            PathProgress::Cut { beta } => self.note(&format!(
                "a limit came before the choice: beta {beta:.4e}, of the path the nearest to 0.02 of beta_max"
            )),
        }
    }

    /// A step of many, of which the last of a leg is always told.
    fn step(&mut self, message: &str, of: usize, is_last: bool) {
        let seconds = self.clock.seconds();
        match &self.form {
            Form::Nothing => {}
            Form::Lines(lines) => lines.step(seconds, message, is_last),
            Form::Bar(bar) => {
                #[expect(clippy::cast_precision_loss, reason = "counts of steps")]
                let done = (BEFORE_REFIT * (self.steps as f64 / of.max(1) as f64)).min(1.0);
                self.done = self.done.max(done);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    clippy::cast_precision_loss,
                    reason = "a share of a short bar"
                )]
                let position = (self.done * BAR_LENGTH as f64) as u64;
                bar.set_position(position);
                bar.set_message(message.to_owned());
            }
        }
    }

    /// Shows where the run is: on a bar at once, in lines when the next is due.
    fn refresh(&mut self) {
        let seconds = self.clock.seconds();
        match &mut self.form {
            Form::Nothing => return,
            Form::Lines(_) => {}
            Form::Bar(bar) => {
                let last = self.last.as_ref();
                let share = self.goal.map_or(0.0, |goal| {
                    progress_share(&goal, seconds, self.iteration, last)
                });
                // a bar that goes back is worse than one that waits
                self.done = self.done.max(share);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    clippy::cast_precision_loss,
                    reason = "a share of a short bar"
                )]
                let position = (self.done * BAR_LENGTH as f64) as u64;
                bar.set_position(position);
            }
        }
        let mut message = format!("iteration {}", self.iteration);
        if let Some(last) = &self.last
            && let (Some(price), Some(gap)) = (last.max_price, last.search_gap)
        {
            message = format!(
                "round {}, J {:.6}, {} neurons, largest price {:.5}, search gap {gap:.1e}",
                self.iteration,
                Short(last.objective_network),
                last.neurons,
                Short(price),
            );
        } else if let Some(last) = &self.last
            && let (Some(gap), Some(bound)) = (last.gap, last.dual_bound)
        {
            message.push_str(&format!(
                ", gap {gap:.1e}, J {:.6}, bound {:.6}",
                Short(last.objective_network),
                Short(bound)
            ));
        }
        match &self.form {
            Form::Nothing => {}
            Form::Bar(bar) => bar.set_message(message),
            Form::Lines(lines) => {
                let mut speech = lines.shared.lock();
                if seconds >= speech.next {
                    lines
                        .shared
                        .write(&mut speech, &format!("{seconds:.1} s, {message}"));
                }
                speech.doing = after(&message);
            }
        }
    }
}

impl FitObserver for Display {
    fn progress(&mut self, progress: Progress<'_>) -> bool {
        match progress {
            Progress::Doing(what) => self.teller().now(what),
            Progress::Prepared {
                n,
                d,
                patterns,
                beta,
            } => {
                let patterns = patterns.map_or(String::new(), |p| format!(", {p} patterns"));
                self.tell(&format!("{n} rows, {d} columns{patterns}, beta {beta:.4e}"));
                self.teller().now("training");
            }
            Progress::Iteration(iteration) => {
                self.iteration = iteration;
                self.refresh();
            }
            Progress::Proven { bound, gap } => {
                let (bound, gap) = (AtMost(bound), Percent(gap));
                self.tell(&format!(
                    "{:.1} s, proven gap {gap:.2} %: no network has a J below {bound:.6}",
                    self.clock.seconds()
                ));
            }
            Progress::NoProof(why) => self.tell(&format!("no bound over all networks: {why}")),
            Progress::Proof(ProofProgress::TooDear { flops, limit }) => self.tell(&format!(
                "the quick proof is left out: it would take {flops:.0e} flops, more than {limit:.0e}; --prove 0 asks for it"
            )),
            Progress::Proof(ProofProgress::TightMemory {
                needed,
                limit,
                block_rows,
            }) => {
                let done = block_rows.map_or_else(
                    || "left out".to_owned(),
                    |rows| format!("in blocks of {rows} rows"),
                );
                self.tell(&format!(
                    "--prove: the tight bound would take {:.0} MB, --memory-limit is {:.0} MB: {done}",
                    needed / 1e6,
                    limit / 1e6
                ));
            }
            Progress::Path(progress) => self.path(progress),
            Progress::Proof(_) => {}
            Progress::Check(entry) => {
                self.iteration = entry.iteration;
                self.last = Some(*entry);
                self.refresh();
            }
        }
        true
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
        }
    }
}

/// How much of the way to the nearest end lies behind: the gap counts on a logarithmic scale.
fn progress_share(goal: &Goal, seconds: f64, iteration: usize, last: Option<&HistoryEntry>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a share, for display")]
    let of_iterations = iteration as f64 / goal.max_iters.max(1) as f64;
    let of_time = goal.time_limit.map_or(0.0, |limit| seconds / limit);
    let of_gap = match last {
        Some(entry) if goal.tol > 0.0 && goal.tol < 1.0 => {
            let gap = entry.search_gap.or(entry.gap).unwrap_or(1.0).min(1.0);
            gap.max(goal.tol).ln() / goal.tol.ln()
        }
        _ => 0.0,
    };
    of_iterations.max(of_time).max(of_gap).clamp(0.0, 1.0)
}
