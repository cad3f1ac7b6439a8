//! Tests of the bound and its verifier.

#[cfg(test)]
mod data;
#[cfg(test)]
mod exact;
#[cfg(test)]
mod failure;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tight;
