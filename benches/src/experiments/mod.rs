//! `bench experiments`: the experiments of the method's source, as one command. What the
//! preconditioners do to the systems' condition, and a race of all primal steps to a certified
//! gap. Every row is kept in `target/bench/experiments.json` as it comes.

mod cases;
mod child;
mod condition;
mod condition_rows;
mod gaps;
mod methods;
mod options;
mod page;
pub(crate) mod pictures;
mod race;
mod spectra;
mod systems;
mod verdict;
mod wire;

use options::Options;

/// Runs what was asked for, prints the tables, and writes the page if asked to.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    if args.first().map(String::as_str) == Some(child::CHILD) {
        return child::child(&args[1..]);
    }
    let options = Options::parse(args)?;
    let mut store = options.flags.record("experiments")?;
    if !options.flags.page_only {
        condition::measure(&mut store, &options)?;
        race::measure(&mut store, &options)?;
    }
    println!("{}", page::text(&store));
    if options.flags.write {
        page::write(&store)?;
    }
    Ok(())
}
