//! The native half of the Python package `crelu`: arrays and options in, a model and a report out. All
//! that a user meets is in `python/crelu`.

mod errors;
mod fit;
mod listener;
mod model;
mod module;
mod options;
mod plan;
mod rows;
mod target;
mod threads;
