//! The tests of `linalg-core`: operators against their contract and dense oracles, factorisations
//! against residuals, the sums' independence of the threads, and the failures.

#[cfg(test)]
mod active_gram;
#[cfg(test)]
mod backend;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod data;
#[cfg(test)]
mod failure;
#[cfg(test)]
mod halts;
#[cfg(test)]
mod invariance;
#[cfg(test)]
mod optimality;
#[cfg(test)]
mod oracle;
#[cfg(all(test, feature = "nalgebra"))]
mod reference;
#[cfg(test)]
mod shards;
