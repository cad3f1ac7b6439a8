//! Readers and writers against tables known beforehand, malformed files, and random ones.

#[cfg(test)]
mod failure;
#[cfg(test)]
mod files;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod property;
#[cfg(test)]
mod watch;
#[cfg(test)]
mod writing;
