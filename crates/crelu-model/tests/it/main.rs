//! The tests of `crelu-model`: optima and projections against Clarabel, primal steps against dense
//! solves, optimality from data and answer, invariances, gates, targets, files, and the failures.

#[cfg(test)]
mod certificate_file;
#[cfg(test)]
mod columns;
#[cfg(test)]
mod damaged_file;
#[cfg(test)]
mod data;
#[cfg(all(test, feature = "wgpu"))]
mod device_lost;
#[cfg(test)]
mod failure;
#[cfg(test)]
mod invariance;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod model_file;
#[cfg(test)]
mod onnx;
#[cfg(test)]
mod onnx_graph;
#[cfg(test)]
mod own_programme;
#[cfg(test)]
mod path;
#[cfg(test)]
mod proof_limits;
#[cfg(test)]
mod report;
#[cfg(test)]
mod sampled_losses;
#[cfg(test)]
mod settings_table;
#[cfg(test)]
mod sparse;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod targets;
#[cfg(test)]
mod units;
