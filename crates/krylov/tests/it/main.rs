//! The tests of `krylov`: conjugate gradients against dense solves, the honesty of what is
//! reported, invariances, and the failures.

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
mod preconditioned;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod sizes;
