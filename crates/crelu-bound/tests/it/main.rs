//! Tests of the bound and its verifier.

mod data;
mod enumeration;
mod exact;
mod failure;
mod oracle;
mod quick;
mod tight;
