//! What a path of penalties costs, in fits of one penalty.

mod measure;
mod page;

use std::path::PathBuf;

use crate::store::Store;

/// The sets, as `sets::raw` names them.
pub(crate) const SETS: [&str; 6] = [
    "wine",
    "wine, 3 classes",
    "diabetes",
    "breast cancer",
    "digits",
    "fashion",
];
/// The most that a path of 20 penalties, without folds, may cost in single fits at its smallest one.
pub(crate) const PATH_MOST: f64 = 4.0;
/// ... and the choice among ten with five folds and the refit.
pub(crate) const CHOICE_MOST: f64 = 12.0;

const USAGE: &str = "usage: cargo xtask bench path [--quick] [--set NAME] [--resume] [--write]";
const PAGE: &str = "docs/results/PATH.md";

/// Paths and choices beside single fits of the same rows, in turn; `--write` makes the page.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let (mut quick, mut resume, mut write, mut only) = (false, false, false, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => quick = true,
            "--resume" => resume = true,
            "--write" => write = true,
            "--set" => only = Some(args.next().ok_or(USAGE)?),
            _ => return Err(USAGE.to_owned()),
        }
    }
    if quick && write {
        return Err("--quick measures too little to be written".to_owned());
    }
    if let Some(name) = only
        && !SETS.contains(&name.as_str())
    {
        return Err(format!("no set named {name:?}; there are {SETS:?}"));
    }
    let file = if quick { "path-quick" } else { "path" };
    let mut store = Store::open(
        PathBuf::from(format!("target/bench/{file}.json")),
        resume || only.is_some() || write,
    )?;
    let sets = if quick { &SETS[..1] } else { &SETS[..] };
    for set in sets {
        if only.is_some_and(|name| name != set) {
            continue;
        }
        store.row(set, || measure::row(set, quick))?;
    }
    let text = page::page(&store);
    println!("{text}");
    if write {
        crelu_data::write_atomic(PAGE.as_ref(), text.as_bytes()).map_err(|e| e.to_string())?;
    }
    Ok(())
}
