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

use std::path::PathBuf;

use crate::store::Store;
use options::Options;

/// Runs what was asked for, prints the tables, and writes the page if asked to.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    if args.first().map(String::as_str) == Some(child::CHILD) {
        return child::child(&args[1..]);
    }
    let options = Options::parse(args)?;
    let name = match options.quick {
        true => "losses-quick",
        false => "losses",
    };
    let file = PathBuf::from("target/bench").join(format!("{name}.json"));
    let mut store = Store::open(file, options.resume)?;
    if options.wants("peers") {
        peers::measure(&mut store, options.quick)?;
    }
    if options.wants("rounds") {
        rounds::measure(&mut store, options.quick)?;
    }
    if options.wants("calibration") {
        calibration::measure(&mut store, options.quick)?;
    }
    for table in page::tables(&store) {
        println!("{table}");
    }
    match options.write {
        true => page::write(&store),
        false => Ok(()),
    }
}
