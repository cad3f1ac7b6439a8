//! The tests of `crelu-model`: optima and projections against Clarabel, primal steps against dense
//! solves, optimality from data and answer, invariances, gates, targets, files, and the failures.

#[cfg(test)]
mod certificate;
#[cfg(test)]
mod certificate_file;
#[cfg(test)]
mod columns;
#[cfg(test)]
mod cone;
#[cfg(test)]
mod conic;
#[cfg(test)]
mod damaged_file;
#[cfg(test)]
mod data;
#[cfg(test)]
mod failure;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod global_end;
mod global_invariance;
#[cfg(test)]
mod global_limits;
mod global_losses;
#[cfg(test)]
mod global_oracle;
#[cfg(test)]
mod global_parts;
#[cfg(test)]
mod global_path;
#[cfg(test)]
mod global_problems;
#[cfg(test)]
mod global_searches;
#[cfg(test)]
mod invariance;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod loss_conic;
#[cfg(test)]
mod model_file;
#[cfg(test)]
mod optimality;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod path;
#[cfg(test)]
mod primal;
#[cfg(test)]
mod programme_losses;
#[cfg(test)]
mod proof_limits;
#[cfg(test)]
mod report;
#[cfg(test)]
mod sampled_losses;
#[cfg(test)]
mod settings_table;
#[cfg(test)]
mod sparse_network;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod targets;
#[cfg(test)]
mod units;
#[cfg(test)]
mod weak;
