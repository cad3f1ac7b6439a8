//! The native half of the Python package `crelu`: arrays and options in, a model and a report out. All
//! that a user meets is in `python/crelu`.

mod canonical;
mod compressed;
mod dataset;
mod device;
mod elsewhere;
mod errors;
mod export;
mod fit;
mod held_out;
mod layers;
mod listener;
mod model;
mod module;
mod options;
mod plan;
mod problem;
mod rows;
mod table;
mod target;
mod threads;
