//! Losses against their contract.
mod failure;
mod losses;
