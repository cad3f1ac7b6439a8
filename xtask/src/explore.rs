//! `cargo xtask explore`: the random tests of the suite on fresh seeds, for as long as wanted.

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::BuildHasher;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::random_tests::{self, RandomTest};
use crate::test_binaries::{self, TestBinary};
use crate::tree::Tree;

/// The variable that `testkit` reads.
const VARIABLE: &str = "CRELU_EXPLORE_SEED";

/// A run that takes longer counts as failed: in the suite the slowest takes seconds.
const PATIENCE: Duration = Duration::from_secs(600);

/// How many of the last lines of a failure are shown.
const SHOWN: usize = 40;

/// What to explore.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    /// How long to go on.
    pub(crate) minutes: f64,
    /// One run of each test on this seed, instead of fresh ones for some time.
    pub(crate) seed: Option<u64>,
    /// Only the tests whose name contains this.
    pub(crate) only: Option<String>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            minutes: 10.0,
            seed: None,
            only: None,
        }
    }
}

/// A random test, the program that holds it, and what has become of it.
struct Subject {
    name: String,
    package: String,
    program: PathBuf,
    folder: PathBuf,
    runs: usize,
    spent: Duration,
    failures: Vec<u64>,
}

/// Runs the random tests, each on seed after seed, the one that has had the least time first; goes on
/// after a failure and sums up at the end.
pub(crate) fn run(root: &Path, plan: &Plan) -> Result<(), String> {
    let random = random_tests::find(&Tree::read(root)?);
    let mut subjects = subjects(root, &random, plan.only.as_deref())?;
    println!("exploring {} random tests", subjects.len());
    let begun = Instant::now();
    if let Some(seed) = plan.seed {
        for subject in &mut subjects {
            try_seed(root, subject, seed)?;
        }
    } else {
        let limit = Duration::from_secs_f64(60.0 * plan.minutes);
        let entropy = RandomState::new();
        for round in 0_u64.. {
            if begun.elapsed() >= limit {
                break;
            }
            let next = subjects.iter_mut().min_by_key(|subject| subject.spent);
            let next = next.ok_or("no random test")?;
            try_seed(root, next, entropy.hash_one(round))?;
        }
    }
    sum_up(&subjects, begun.elapsed())
}

/// The random tests of the source tree, each found in the program that was built of it.
fn subjects(
    root: &Path,
    random: &[RandomTest],
    only: Option<&str>,
) -> Result<Vec<Subject>, String> {
    let mut subjects = Vec::new();
    for binary in test_binaries::build(root)? {
        let own = random.iter().filter(|test| test.folder == binary.folder);
        let wanted = own.filter(|test| only.is_none_or(|part| test.name.contains(part)));
        let wanted: Vec<&RandomTest> = wanted.filter(|_| binary.target == "it").collect();
        if wanted.is_empty() {
            continue;
        }
        let listed = test_binaries::names(&binary)?;
        for test in wanted {
            if !listed.contains(&test.name) {
                return Err(format!(
                    "{}: `{}` reads like a random test and is not in its test program",
                    test.folder, test.name
                ));
            }
            subjects.push(subject(root, &binary, &test.name));
        }
    }
    match (subjects.is_empty(), only) {
        (true, Some(part)) => Err(format!("no random test has `{part}` in its name")),
        (true, None) => Err("no random test".into()),
        (false, _) => Ok(subjects),
    }
}

fn subject(root: &Path, binary: &TestBinary, name: &str) -> Subject {
    Subject {
        name: name.into(),
        package: binary.package.clone(),
        program: binary.program.clone(),
        folder: root.join(&binary.folder),
        runs: 0,
        spent: Duration::ZERO,
        failures: Vec::new(),
    }
}

/// One run of one test; a failure is shown at once.
fn try_seed(root: &Path, subject: &mut Subject, seed: u64) -> Result<(), String> {
    let fail = |error| format!("{}: {error}", subject.program.display());
    let mut log = scratch_file(root).map_err(fail)?;
    let begun = Instant::now();
    let mut child = Command::new(&subject.program)
        .current_dir(&subject.folder)
        .env("CARGO_MANIFEST_DIR", &subject.folder)
        .env(VARIABLE, seed.to_string())
        .args([&subject.name, "--exact"])
        .stdout(log.try_clone().map_err(fail)?)
        .stderr(log.try_clone().map_err(fail)?)
        .spawn()
        .map_err(fail)?;
    let status = wait(&mut child, begun).map_err(fail)?;
    subject.runs += 1;
    subject.spent += begun.elapsed();
    if status.is_some_and(|status| status.success()) {
        return Ok(());
    }
    subject.failures.push(seed);
    let mut bytes = Vec::new();
    log.rewind().map_err(fail)?;
    log.read_to_end(&mut bytes).map_err(fail)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let (package, name) = (&subject.package, &subject.name);
    println!("── {package} {name}: FAILED on seed {seed}");
    for line in &lines[lines.len().saturating_sub(SHOWN)..] {
        println!("{line}");
    }
    if status.is_none() {
        println!("stopped after {} s without an end", PATIENCE.as_secs());
    }
    println!("── again: {}", again(name, seed));
    Ok(())
}

/// The line that repeats a failure.
fn again(name: &str, seed: u64) -> String {
    format!("cargo xtask explore --seed {seed} --only {name}")
}

/// A file for the output of one run: a pipe that nobody reads would fill up.
fn scratch_file(root: &Path) -> std::io::Result<File> {
    let folder = root.join("target");
    std::fs::create_dir_all(&folder)?;
    // several threads may make one at a time
    static MADE: AtomicU64 = AtomicU64::new(0);
    let made = MADE.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("explore-{}-{made}.log", std::process::id()));
    let file = File::options()
        .read(true)
        .append(true)
        .create_new(true)
        .open(&path)?;
    // the open handle is enough, and nothing is left behind
    std::fs::remove_file(path)?;
    Ok(file)
}

/// The end of a run, or nothing where it had to be stopped.
fn wait(child: &mut Child, begun: Instant) -> std::io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn sum_up(subjects: &[Subject], spent: Duration) -> Result<(), String> {
    let runs: usize = subjects.iter().map(|subject| subject.runs).sum();
    let least = subjects.iter().map(|subject| subject.runs).min();
    println!(
        "explored {} random tests in {:.1} min: {runs} runs, at least {} of each",
        subjects.len(),
        spent.as_secs_f64() / 60.0,
        least.unwrap_or(0)
    );
    let failed: Vec<&Subject> = subjects.iter().filter(|s| !s.failures.is_empty()).collect();
    for subject in &failed {
        println!(
            "{} {}: {} of {} runs failed; {}",
            subject.package,
            subject.name,
            subject.failures.len(),
            subject.runs,
            again(&subject.name, subject.failures[0])
        );
    }
    match failed.len() {
        0 => Ok(()),
        count => Err(format!("explore: {count} tests failed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Subject {
        // `sh FILE --exact` runs the file and hands it the option
        let folder = std::env::temp_dir().join(format!("explore-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let name = format!("{}.sh", script.len());
        std::fs::write(folder.join(&name), script).unwrap();
        Subject {
            name,
            package: "a".into(),
            program: "/bin/sh".into(),
            folder,
            runs: 0,
            spent: Duration::ZERO,
            failures: Vec::new(),
        }
    }

    #[test]
    fn try_seed_hands_the_seed_down_and_goes_on_after_a_failure() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut odd = shell("test $((CRELU_EXPLORE_SEED % 2)) = 0");
        for seed in 1..=4 {
            try_seed(root, &mut odd, seed).unwrap();
        }
        assert_eq!((odd.runs, &odd.failures[..]), (4, &[1, 3][..]));
        assert!(sum_up(&[odd], Duration::ZERO).is_err());
        let mut even = shell("exit 0");
        try_seed(root, &mut even, 1).unwrap();
        assert!(sum_up(&[even], Duration::ZERO).is_ok());
    }

    #[test]
    fn try_seed_of_a_missing_program_is_an_error() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut subject = shell("exit 1");
        subject.program = "/no/such/program".into();
        assert!(try_seed(root, &mut subject, 1).is_err());
    }
}
