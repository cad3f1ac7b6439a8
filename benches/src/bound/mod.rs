//! `bench bound`: proven gaps over all networks, quick and tight, on the sets of the tables; and what the
//! bounds cost as data grow. Every row is kept in `target/bench/bound.json` as it comes.

mod growth;
mod growth_page;
mod measure;
mod options;
mod page;
mod pictures;

use crate::sets::{REAL, TEACHERS};
use options::Options;

/// Shares of `beta_max`, a row each.
pub(crate) const FRACTIONS: [f64; 4] = [0.3, 0.1, 0.03, 0.01];
/// Seconds at which the tight bound is read.
pub(crate) const SECONDS: [f64; 3] = [1.0, 10.0, 60.0];

/// All sets, in the order of the table.
pub(crate) fn sets() -> impl Iterator<Item = &'static str> {
    REAL.iter().chain(&TEACHERS).copied()
}

/// Runs what was asked for, prints the tables, and writes page and pictures if asked to.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    if args.first().map(String::as_str) == Some(growth::CHILD) {
        return growth::child(&args[1..]);
    }
    let options = Options::parse(args)?;
    let mut store = options.flags.record("bound")?;
    if options.growth {
        growth::measure(&mut store)?;
    } else if !options.flags.page_only {
        measure::measure(&mut store, &options)?;
    }
    println!("{}", page::table(&store));
    println!("{}", growth_page::text(&store));
    if options.flags.write {
        page::write(&store)?;
        pictures::write(&store)?;
    }
    Ok(())
}
