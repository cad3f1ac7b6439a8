//! The program as its users run it.

#[cfg(test)]
mod demo;
#[cfg(test)]
mod devices;
#[cfg(test)]
mod export;
#[cfg(test)]
mod failure;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod global;
#[cfg(test)]
mod invariance;
#[cfg(test)]
mod odd;
#[cfg(test)]
mod path;
#[cfg(test)]
mod plots;
#[cfg(test)]
mod primal;
#[cfg(test)]
mod program;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod sparse;
#[cfg(test)]
#[cfg(unix)]
mod stopping;
#[cfg(test)]
mod tables;
