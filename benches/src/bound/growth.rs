use crelu_bound::{BoundProblem, KnownNetwork, QuickSettings, TightSettings, quick_bound, tighten};
use crelu_model::global::{GlobalSettings, Neurons, train};
use crelu_model::{Clock, Control, Network};
use serde_json::{Value, json};

use crate::global::{beta_max, problem, row_space};
use crate::sets::{Set, teacher};
use crate::stopwatch::{Stopwatch, peak_memory, reset_peak_memory, resident_memory};
use crate::store::{Store, number};

/// The first argument of a process that measures one size, so that its peak memory is its own.
pub(crate) const CHILD: &str = "size";
/// Sizes of the quick bound.
pub(crate) const TALL: [(usize, usize); 7] = [
    (500, 50),
    (1000, 50),
    (2000, 50),
    (5000, 50),
    (10_000, 50),
    (20_000, 50),
    (50_000, 50),
];
pub(crate) const WIDE: [(usize, usize); 6] = [
    (2000, 10),
    (2000, 20),
    (2000, 50),
    (2000, 100),
    (2000, 200),
    (2000, 400),
];
/// Rows of the tight bound, all in one block; and in blocks of at most `BLOCK`.
pub(crate) const WHOLE: [usize; 6] = [100, 200, 300, 500, 700, 1000];
pub(crate) const CUT: [usize; 3] = [1000, 2000, 5000];
pub(crate) const BLOCK: usize = 150;
/// Columns of the tight bound's data.
pub(crate) const NARROW: usize = 20;
/// Of `beta_max`.
const FRACTION: f64 = 0.1;
const SEED: u64 = 23;
/// Seconds of the training before a quick bound, at most; they are not counted.
const TRAINING: f64 = 4.0;
/// Seconds after which a size is stopped: all of them take three minutes at most on a quiet machine.
pub(crate) const LIMIT: f64 = 30.0;
/// The runs of the tight bound end at these iterations: the first has two more proofs than the
/// second has iterations, so that both costs can be told apart.
const ITERATIONS: [usize; 2] = [40, 21];

/// A kind of bound at a size.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Size {
    Quick(usize, usize),
    /// Rows, and the most of one block.
    Tight(usize, usize),
}

/// All sizes once.
fn sizes() -> Vec<Size> {
    let wide = WIDE.iter().filter(|size| !TALL.contains(size));
    let quick = TALL.iter().chain(wide).map(|&(n, r)| Size::Quick(n, r));
    let tight = WHOLE.map(|n| Size::Tight(n, n)).into_iter();
    quick
        .chain(tight)
        .chain(CUT.map(|n| Size::Tight(n, BLOCK)))
        .collect()
}

pub(crate) fn key(size: Size) -> String {
    match size {
        Size::Quick(n, r) => format!("growth|quick|{n}|{r}"),
        Size::Tight(n, rows) => format!("growth|tight|{n}|{rows}"),
    }
}

/// One size after the other, each in a process of its own.
pub(crate) fn measure(store: &mut Store) -> Result<(), String> {
    for size in sizes() {
        let row = store.row(&key(size), || spawn(size))?;
        eprintln!(
            "{}: {:.3} s, {:.0} MB, {}",
            key(size),
            number(row, "seconds"),
            number(row, "memory") / 1e6,
            row["status"]
        );
    }
    Ok(())
}

fn spawn(size: Size) -> Result<Value, String> {
    let (kind, n, second) = match size {
        Size::Quick(n, r) => ("quick", n, r),
        Size::Tight(n, rows) => ("tight", n, rows),
    };
    let shown = key(size);
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let out = std::process::Command::new(program)
        .args(["bound", CHILD, kind, &n.to_string(), &second.to_string()])
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|e| e.to_string())?;
    if !out.status.success() {
        return Err(format!("{shown}: {}", out.status));
    }
    serde_json::from_slice(&out.stdout).map_err(|e| format!("{shown}: {e}"))
}

/// What the process of one size does: prints its row.
pub(crate) fn child(args: &[String]) -> Result<(), String> {
    let usage = || format!("{CHILD} needs quick or tight, and two numbers");
    let [kind, n, second] = args else {
        return Err(usage());
    };
    let n: usize = n.parse().map_err(|_| usage())?;
    let second: usize = second.parse().map_err(|_| usage())?;
    let row = match kind.as_str() {
        "quick" => quick(n, second),
        "tight" => tight(n, second),
        _ => Err(usage()),
    }?;
    println!("{row}");
    Ok(())
}

fn set(n: usize, d: usize) -> Result<(Set, f64), String> {
    let set = teacher("teacher", n, d, SEED);
    let beta = FRACTION * beta_max(&set.inputs, &set.target)?;
    Ok((set, beta))
}

/// The quick bound from a network, as `crelu fit` makes it.
fn quick(n: usize, d: usize) -> Result<Value, String> {
    let (set, beta) = set(n, d)?;
    let network = trained(&set, beta)?;
    let inputs = set.inputs.transpose();
    let problem = BoundProblem::new(inputs, &set.target, beta).map_err(|e| e.to_string())?;
    let settings = QuickSettings::default();
    let checked = settings.clone().check().map_err(|e| e.to_string())?;
    let before = own_memory();
    let clock = Stopwatch::start();
    let control = Control::with_clock(&clock).deadline(LIMIT);
    let start = KnownNetwork {
        hidden: network.hidden.as_ref(),
        output: &network.output,
    };
    let found =
        quick_bound(&problem, &checked, Some(start), &control).map_err(|e| e.to_string())?;
    let seconds = clock.seconds();
    let found = found.ok_or("the verifier can do nothing with these data")?;
    Ok(json!({
        "n": n, "rank": d, "seconds": seconds, "memory": taken(before),
        "evaluations": found.evaluations, "flops": settings.flops(n, d),
        "open": 1.0 - found.verified.value / found.limit,
        "status": if seconds < LIMIT { "ended" } else { "time limit" },
    }))
}

/// A network after some seconds of training.
fn trained(set: &Set, beta: f64) -> Result<Network, String> {
    let space = row_space(&set.inputs)?;
    let problem = problem(&space, &set.target, beta)?;
    let clock = Stopwatch::start();
    let control = Control::with_clock(&clock).deadline(TRAINING);
    let settings = GlobalSettings::default()
        .check()
        .map_err(|e| e.to_string())?;
    let none = Neurons::none(space.rank());
    let best = train(&problem, none, &settings, &control, &mut ()).best;
    let directions = space.expand(best.blocks().as_ref());
    Ok(Network::from_blocks(
        directions.as_ref(),
        best.signs(),
        None,
    ))
}

/// Seconds of one iteration and of one proof.
fn tight(n: usize, rows: usize) -> Result<Value, String> {
    let (set, beta) = set(n, NARROW)?;
    let inputs = set.inputs.transpose();
    let problem = BoundProblem::new(inputs, &set.target, beta).map_err(|e| e.to_string())?;
    let settings = TightSettings::default().block_rows(Some(rows)).tol(0.0);
    let before = own_memory();
    let mut between = [f64::NAN; 2];
    let (mut blocks, mut ended) = (0, true);
    for (iterations, seconds) in ITERATIONS.iter().zip(&mut between) {
        let settings = settings.clone().max_iters(*iterations);
        let settings = settings.check().map_err(|e| e.to_string())?;
        let clock = Stopwatch::start();
        let control = Control::with_clock(&clock).deadline(0.5 * LIMIT);
        let mut at = Vec::new();
        let report = tighten(&problem, None, None, &settings, &control, &mut |_| {
            at.push(clock.seconds());
            true
        })
        .map_err(|e| e.to_string())?;
        blocks = report.blocks;
        ended &= report.iterations == *iterations;
        if let [first, last] = at[..] {
            *seconds = last - first;
        }
    }
    // from the first proof on: 20 iterations and a proof; one iteration and a proof
    let [long, short] = between;
    let iteration = (long - short) / 19.0;
    let known = ended && iteration.is_finite();
    let some = |seconds: f64| known.then_some(seconds.max(0.0));
    Ok(json!({
        "n": n, "rank": NARROW, "rows": rows, "blocks": blocks, "seconds": some(iteration),
        "proof": some(short - iteration), "memory": taken(before),
        "bytes": settings.bytes(n, NARROW),
        "status": if known { "ended" } else { "time limit" },
    }))
}

/// The memory of the process before what is measured.
fn own_memory() -> Option<f64> {
    reset_peak_memory().then(resident_memory).flatten()
}

/// What it grew by at most.
fn taken(before: Option<f64>) -> Option<f64> {
    Some((peak_memory()? - before?).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_small_size_have_seconds_and_a_bound() {
        let row = quick(60, 4).unwrap();
        assert!(number(&row, "seconds") > 0.0 && number(&row, "evaluations") > 0.0);
        assert!(number(&row, "open") >= 0.0 && number(&row, "open") < 1.0);
        let row = tight(40, 20).unwrap();
        assert_eq!(row["status"], "ended", "{row}");
        assert_eq!(row["blocks"], 2);
        assert!(number(&row, "seconds") >= 0.0 && number(&row, "proof") >= 0.0);
    }

    #[test]
    fn key_of_every_size_is_its_own() {
        let keys: std::collections::BTreeSet<String> = sizes().into_iter().map(key).collect();
        assert_eq!(
            keys.len(),
            TALL.len() + WIDE.len() - 1 + WHOLE.len() + CUT.len()
        );
    }
}
