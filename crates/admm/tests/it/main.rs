//! The tests of `admm`: optima against Clarabel, primal steps against dense solves, optimality
//! conditions from data and answer, invariances, settings, and the failures.

#[cfg(test)]
mod conic;
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
#[cfg(test)]
mod problem;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod shards;
#[cfg(test)]
mod split;
#[cfg(test)]
mod weights;
