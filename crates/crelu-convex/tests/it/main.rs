//! The tests of `crelu-convex`: optima and projections against Clarabel, primal steps against dense
//! solves, optimality from data and answer, gates, and the failures.

#[cfg(test)]
mod certificate;
#[cfg(test)]
mod cone;
#[cfg(test)]
mod conic;
#[cfg(test)]
mod data;
#[cfg(test)]
mod failure;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod loss_conic;
#[cfg(test)]
mod optimality;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod primal;
#[cfg(test)]
mod programme_losses;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod sparse_network;
#[cfg(test)]
mod weak;
