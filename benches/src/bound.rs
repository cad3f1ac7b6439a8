use std::fs;
use std::path::{Path, PathBuf};

use crelu_bound::{
    BoundProblem, KnownNetwork, QuickBound, QuickKind, QuickSettings, TightSettings, quick_bound,
    tighten,
};
use crelu_model::global::{GlobalProblem, GlobalSettings, Neurons, train};
use crelu_model::programme::Activation;
use crelu_model::{Clock, Control, Network};
use linalg_core::RowSpace;
use serde_json::{Value, json};

use crate::convergence::programme;
use crate::sets::{REAL, Set, TEACHERS, load};
use crate::stopwatch::Stopwatch;

/// Where rows are kept, one file each: the table is made of all that are there.
const FOLDER: &str = "target/bench/bound";
const FRACTIONS: [f64; 4] = [0.3, 0.1, 0.03, 0.01];
/// Seconds at which the tight bound is read.
const SECONDS: [f64; 3] = [1.0, 10.0, 60.0];
/// Patterns over which beta_max is taken.
const PATTERNS: usize = 100;
/// Seconds of training, at most.
const TRAINING: f64 = 60.0;
/// The table stands between these lines of a page.
const MARKS: [&str; 2] = ["<!-- table -->", "<!-- end of table -->"];

struct Options {
    quick: bool,
    set: Option<String>,
    write: Option<String>,
}

/// `bound [--quick] [--set NAME] [--write FILE]`: with `--quick` at 10 % of beta_max and 1 s of the
/// tight bound only; with `--write` alone, the table of the rows that are there.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut options = Options {
        quick: false,
        set: None,
        write: None,
    };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => options.quick = true,
            "--set" => options.set = Some(args.next().ok_or("--set needs a name")?.clone()),
            "--write" => options.write = Some(args.next().ok_or("--write needs a file")?.clone()),
            other => return Err(format!("unknown option {other:?}")),
        }
    }
    let only_write = options.write.is_some() && options.set.is_none() && !options.quick;
    if !only_write {
        fs::create_dir_all(FOLDER).map_err(|e| format!("{FOLDER}: {e}"))?;
        let all = || REAL.iter().chain(&TEACHERS);
        if let Some(name) = &options.set
            && !all().any(|known| known == name)
        {
            return Err(format!(
                "no set {name:?}; there are {:?}",
                all().collect::<Vec<_>>()
            ));
        }
        for name in all().filter(|name| options.set.as_ref().is_none_or(|set| set == *name)) {
            let set = load(name)?;
            let fractions = if options.quick {
                &FRACTIONS[1..2]
            } else {
                &FRACTIONS[..]
            };
            for &fraction in fractions {
                let row = measure(&set, fraction, options.quick)?;
                println!("{}", line(&row));
                let file = place(name, fraction);
                let text = serde_json::to_vec_pretty(&row).map_err(|e| e.to_string())?;
                crelu_data::write_atomic(&file, &text).map_err(|e| e.to_string())?;
            }
        }
    }
    match &options.write {
        Some(page) => write(Path::new(page)),
        None => Ok(()),
    }
}

fn place(name: &str, fraction: f64) -> PathBuf {
    Path::new(FOLDER).join(format!("{}-{fraction}.json", name.replace(' ', "-")))
}

fn measure(set: &Set, fraction: f64, quick: bool) -> Result<Value, String> {
    let beta_sum = programme(set, PATTERNS, fraction, Activation::Relu)?.beta_sum();
    let (x, n) = (set.inputs.transpose(), set.target.len());
    let space = RowSpace::svd(x).map_err(|e| e.to_string())?;
    let problem = GlobalProblem::new(space.rows().to_owned(), set.target.clone(), beta_sum)
        .map_err(|e| e.to_string())?;
    let clock = Stopwatch::start();
    let control = Control::with_clock(&clock).limit(Some(TRAINING));
    let start = Neurons::none(space.rank());
    let trained = train(
        &problem,
        start,
        &GlobalSettings::default(),
        &control,
        &mut (),
    );
    let training = clock.seconds();
    let directions = space.expand(trained.best.blocks().as_ref());
    let network = Network::from_blocks(directions.as_ref(), trained.best.signs(), None);
    let count = n as f64;
    let objective = trained.best_objective / count;
    let evidence = trained
        .search_bound
        .map(|bound| 1.0 - bound / trained.best_objective);
    let bound = BoundProblem::new(x, &set.target, beta_sum / count).map_err(|e| e.to_string())?;
    let known = KnownNetwork {
        hidden: network.hidden.as_ref(),
        output: &network.output,
    };
    let gap = |value: f64| ((objective - value) / objective).max(0.0);
    let plain = timed_quick(&bound, QuickKind::Plain, known)?;
    let turned = timed_quick(&bound, QuickKind::Turned, known)?;

    let clock = Stopwatch::start();
    let most = if quick { SECONDS[0] } else { SECONDS[2] };
    let control = Control::with_clock(&clock).limit(Some(most));
    let first = turned.0.as_ref().map(|found| &found.certificate);
    let mut course = Vec::new();
    let tight = tighten(
        &bound,
        Some(known),
        first,
        &TightSettings::default(),
        &control,
        &mut |now| course.push((clock.seconds(), now.bound)),
    )
    .map_err(|e| e.to_string())?;
    let ended = clock.seconds();
    // a proof that ends a little late belongs to the second it was begun for
    let at: Vec<Value> = SECONDS
        .iter()
        .map(|limit| {
            let until = course
                .iter()
                .filter(|(seconds, _)| *seconds <= limit * 1.05);
            let best = until.map(|(_, bound)| *bound).fold(0.0, f64::max);
            let best = best.max(turned.0.as_ref().map_or(0.0, |found| found.verified.value));
            let is_known = *limit <= most;
            if is_known {
                json!(gap(best))
            } else {
                Value::Null
            }
        })
        .collect();
    let quick_row = |(found, seconds): &(Option<QuickBound>, f64)| {
        json!({
            "gap": found.as_ref().map(|found| gap(found.verified.value)),
            "limit": found.as_ref().map(|found| gap(found.limit)),
            "evaluations": found.as_ref().map(|found| found.evaluations),
            "seconds": seconds,
        })
    };
    Ok(json!({
        "set": set.name, "n": n, "rank": space.rank(), "fraction": fraction,
        "beta": beta_sum / count, "objective": objective, "neurons": trained.best.len(),
        "training": training, "evidence": evidence,
        "plain": quick_row(&plain), "turned": quick_row(&turned),
        "tight": at, "tight_final": gap(tight.bound.value), "tight_seconds": ended,
        "tight_status": format!("{:?}", tight.status), "iterations": tight.iterations,
        "blocks": tight.blocks, "threads": rayon::current_num_threads(),
        "course": course.iter().map(|(s, b)| json!([s, gap(*b)])).collect::<Vec<_>>(),
    }))
}

fn timed_quick(
    problem: &BoundProblem<'_>,
    kind: QuickKind,
    start: KnownNetwork<'_>,
) -> Result<(Option<QuickBound>, f64), String> {
    let clock = Stopwatch::start();
    let settings = QuickSettings::default().kind(kind);
    let control = Control::with_clock(&clock);
    let found =
        quick_bound(problem, &settings, Some(start), &control).map_err(|e| e.to_string())?;
    Ok((found, clock.seconds()))
}

const HEAD: &str = "\
| set (n, r) | beta / beta_max | J | evidence gap | L0 | L0+ | tight, 1 s | 10 s | 60 s |
|---|---|---|---|---|---|---|---|---|
";

fn line(row: &Value) -> String {
    let percent = |value: &Value| {
        value
            .as_f64()
            .map_or_else(|| "-".to_owned(), |v| format!("{:.2} %", 100.0 * v))
    };
    let quick = |value: &Value| {
        let seconds = value["seconds"].as_f64().unwrap_or_default();
        format!("{} ({seconds:.2} s)", percent(&value["gap"]))
    };
    format!(
        "| {} ({}, {}) | {} | {:.5} | {} | {} | {} | {} | {} | {} |",
        row["set"].as_str().unwrap_or_default(),
        row["n"],
        row["rank"],
        percent(&row["fraction"]),
        row["objective"].as_f64().unwrap_or(f64::NAN),
        percent(&row["evidence"]),
        quick(&row["plain"]),
        quick(&row["turned"]),
        percent(&row["tight"][0]),
        percent(&row["tight"][1]),
        percent(&row["tight"][2]),
    )
}

/// Puts the table of all rows that are there between the marks of a page.
fn write(page: &Path) -> Result<(), String> {
    let shown = page.display();
    let text = fs::read_to_string(page).map_err(|e| format!("{shown}: {e}"))?;
    let mut table = String::from(HEAD);
    for name in REAL.iter().chain(&TEACHERS) {
        for fraction in FRACTIONS {
            if let Ok(bytes) = fs::read(place(name, fraction)) {
                let row: Value = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
                table.push_str(&line(&row));
                table.push('\n');
            }
        }
    }
    let [from, to] = MARKS;
    let (Some(begin), Some(end)) = (text.find(from), text.find(to)) else {
        return Err(format!("{shown}: the lines {from} and {to} are missing"));
    };
    let new = format!("{}{from}\n\n{table}\n{}", &text[..begin], &text[end..]);
    crelu_data::write_atomic(page, new.as_bytes()).map_err(|e| e.to_string())
}
