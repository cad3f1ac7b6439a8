//! The program as its users run it.

mod demo;
mod failure;
mod gates;
mod invariance;
mod plots;
mod program;
mod round_trip;
mod stopping;
