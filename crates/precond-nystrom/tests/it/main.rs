//! The tests of `precond-nystrom`: preconditioners against their contract and dense oracles, error
//! bounds, invariances, and the failures.

#[cfg(test)]
mod condition;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod data;
#[cfg(test)]
mod failure;
#[cfg(test)]
mod invariance;
#[cfg(test)]
mod optimality;
#[cfg(test)]
mod oracle;
