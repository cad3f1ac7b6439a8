//! Passes over the rows that a matrix library has no product for: images, opening, slopes and the
//! product back, while the numbers are in registers.
//!
//! A matrix product of `R` and a few hundred columns of a rank of ten runs at a hundredth of the
//! machine: it is cut for large ranks, and its tile goes through memory between two products. Here a
//! batch of columns is cut into panels of one to three registers' width ([`Layout`]), and eight rows
//! at a time make 24 sums that stay in registers over all coordinates ([`micro`]):
//!
//! | pass | what it makes |
//! |---|---|
//! | [`Open`] | `tile = (R W)_+` and `fitted = tile a` |
//! | [`Slopes`] | `R'(theta a' o 1[tile > 0])` and `tile' theta` |
//! | [`Spread`] | `R'(factors o 1[tile > 0])`, for several outputs |
//! | [`Climb`] | `R'(theta o 1[R W > 0])`, no tile |
//!
//! The vector unit is found at run time ([`Level`]): AVX-512 by its intrinsics, the rest by pulp.
//! Nothing is allocated, and the order of sums depends on nothing but the shapes and the unit.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod by_rows;
mod climb;
mod dispatch;
mod kernel;
mod micro;
mod open;
mod panels;
mod part;
pub(super) mod shared;
mod slopes;
mod spread;
#[cfg(test)]
mod tests;
mod unit;

pub(super) use climb::Climb;
pub(super) use dispatch::{Lane, Level};
pub(super) use open::Open;
pub(super) use panels::Layout;
pub(super) use part::Part;
pub(super) use slopes::Slopes;
pub(super) use spread::Spread;
