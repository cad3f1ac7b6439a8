//! `bench bound`: proven gaps over all networks, quick and tight, on the sets of the tables; and what the
//! bounds cost as data grow. Every row is kept in `target/bench/bound.json` as it comes.

mod growth;
mod growth_page;
mod measure;
mod options;
mod page;
mod pictures;
mod sets;

use options::Options;

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
