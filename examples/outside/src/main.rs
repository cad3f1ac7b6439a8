//! Every crate as a user meets it who was not here when it was made: on plain arrays, by what is
//! public and documented. Each part checks its own answer.
#![allow(clippy::print_stdout, reason = "a program whose output is its purpose")]

mod bound;
mod expect;
mod kernel_ridge;
mod lasso;
mod network;
mod own_prox;
mod poisson;

use expect::Failed;

/// A part and its name.
type Part = (&'static str, fn() -> Result<(), Failed>);

fn main() -> Result<(), Failed> {
    let parts: [Part; 6] = [
        ("Poisson's equation by a closure", poisson::solve),
        ("kernel ridge over four shifts", kernel_ridge::solve),
        ("a lasso in one call", lasso::solve),
        ("a penalty of one's own", own_prox::solve),
        ("a network on arrays", network::train),
        ("a bound, proven and verified", bound::prove),
    ];
    for (name, part) in parts {
        part().map_err(|error| format!("{name}: {error}"))?;
        println!("{name}: ok");
    }
    Ok(())
}
