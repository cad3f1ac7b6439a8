//! The tests of `krylov`: conjugate gradients against dense solves, the honesty of what is
//! reported, invariances, and the failures.

mod data;
mod failure;
mod invariance;
mod optimality;
mod oracle;
