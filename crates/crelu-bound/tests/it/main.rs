//! Tests of the bound and its verifier.

mod data;
mod exact;
mod failure;
mod oracle;
