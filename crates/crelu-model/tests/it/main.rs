//! The tests of `crelu-model`: the parts of global training, its optima against the complete
//! programme solved by Clarabel, invariances, limits.

#[cfg(test)]
mod global_invariance;
#[cfg(test)]
mod global_limits;
#[cfg(test)]
mod global_oracle;
#[cfg(test)]
mod global_parts;
#[cfg(test)]
mod global_problems;
