//! `bench global`: networks whose neurons are generated, beside an ordinary training of the same
//! objective: with all and with few neurons, from other seeds, on unseen rows, at growing sizes. Every
//! row is kept in `target/bench/global.json` as it comes.

mod adam;
mod case;
mod cells;
mod folds;
mod growth;
mod growth_page;
mod heldout;
mod heldout_page;
mod known;
mod machines;
mod measure;
mod objective;
mod options;
mod page;
mod plots;
mod ridge;
mod seeds;
mod sets;
mod table;
mod train;
mod verdict;
mod view;

use std::path::PathBuf;

use crate::store::Store;
use options::{Options, Part};

pub(crate) use case::{beta_max, problem, row_space};
pub(crate) use growth_page::exponent;

/// Runs the parts that were asked for, prints their tables, and writes the page if asked to.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    if args.first().map(String::as_str) == Some(growth::CHILD) {
        return growth::child(&args[1..]);
    }
    let options = Options::parse(args)?;
    let name = if options.quick {
        "global-quick"
    } else {
        "global"
    };
    let file = PathBuf::from("target/bench").join(format!("{name}.json"));
    let mut store = Store::open(file, options.resume)?;
    for part in &options.parts {
        match part {
            Part::Table => table::measure(&mut store, &options)?,
            Part::Seeds => seeds::measure(&mut store, &options)?,
            Part::Heldout => heldout::measure(&mut store, &options)?,
            Part::Growth => growth::measure(&mut store, &options)?,
            Part::Paper => growth::paper(&mut store)?,
            Part::Page => {}
        }
        println!("{}", page::part(&store, *part)?);
    }
    if options.write {
        page::write(&store)?;
    }
    Ok(())
}
