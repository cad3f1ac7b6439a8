//! What a path of penalties costs, in fits of one penalty.

mod measure;
mod page;
mod sets;

use crate::flags::{Flags, unknown};
use sets::SETS;

const PAGE: &str = "docs/results/PATH.md";

/// Paths and choices beside single fits of the same rows, in turn; `--write` makes the page.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut only: Option<String> = None;
    let mut flags = Flags::parse(args, |option, more| {
        if option != "--set" {
            return unknown(option);
        }
        only = Some(more.next().ok_or("--set needs a name")?.clone());
        Ok(())
    })?;
    if let Some(name) = &only
        && !SETS.contains(&name.as_str())
    {
        return Err(format!("no set named {name:?}; there are {SETS:?}"));
    }
    // one set, or a page, is of a record that is there
    flags.resume |= only.is_some() || flags.write;
    let mut store = flags.record("path")?;
    let sets = if flags.quick { &SETS[..1] } else { &SETS[..] };
    let is_wanted = |set: &&str| only.as_ref().is_none_or(|name| name == set);
    for set in sets
        .iter()
        .copied()
        .filter(|set| is_wanted(set) && !flags.page_only)
    {
        store.row(set, || measure::row(set, flags.quick))?;
    }
    let text = page::page(&store);
    println!("{text}");
    if flags.write {
        crelu_data::write_atomic(PAGE.as_ref(), text.as_bytes()).map_err(|e| e.to_string())?;
    }
    Ok(())
}
