//! The tests of `crelu-global`: prices against all patterns, corrections and slides against their
//! conditions, losses, invariances, limits, warm paths.

#[cfg(test)]
#[allow(dead_code, reason = "the loss of an example, without its end")]
#[path = "../../../crelu-core/examples/counts.rs"]
mod counts;
#[cfg(test)]
mod end;
#[cfg(test)]
mod invariance;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod losses;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod path;
#[cfg(test)]
mod problems;
#[cfg(test)]
mod searches;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod shards;
#[cfg(test)]
mod sparse;
