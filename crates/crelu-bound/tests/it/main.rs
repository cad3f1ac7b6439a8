//! Tests of the bound and its verifier.

#[cfg(test)]
mod cones;
#[cfg(test)]
mod data;
#[cfg(test)]
mod enumeration;
#[cfg(test)]
mod exact;
#[cfg(test)]
mod failure;
#[cfg(test)]
mod losses;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod prove;
#[cfg(test)]
mod quick;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod tight;
mod wide;
