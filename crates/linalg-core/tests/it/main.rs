//! The tests of `linalg-core`: operators against their contract and dense oracles, factorisations
//! against residuals, the sums' independence of the threads, and the failures.

mod active_columns;
mod contract;
mod data;
mod failure;
mod invariance;
mod optimality;
mod oracle;
mod shards;
