//! `bench losses`: ten classes beside scikit-learn's models, what a round of each loss takes beside one of
//! the squared loss, and how good the probabilities are. Every row is kept in `target/bench/losses.json`
//! as it comes.

mod calibration;
mod cases;
mod child;
mod options;
mod page;
mod peers;
mod rounds;

use options::Options;

/// Runs what was asked for, prints the tables, and writes the page if asked to.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    if args.first().map(String::as_str) == Some(child::CHILD) {
        return child::child(&args[1..]);
    }
    let options = Options::parse(args)?;
    let quick = options.flags.quick;
    let mut store = options.flags.record("losses")?;
    if options.wants("peers") {
        peers::measure(&mut store, quick)?;
    }
    if options.wants("rounds") {
        rounds::measure(&mut store, quick)?;
    }
    if options.wants("calibration") {
        calibration::measure(&mut store, quick)?;
    }
    for table in page::tables(&store) {
        println!("{table}");
    }
    match options.flags.write {
        true => page::write(&store),
        false => Ok(()),
    }
}
