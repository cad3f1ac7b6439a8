//! Standard output. A reader that closes it early (`crelu info m | head -1`) is no error.

use std::io::{self, ErrorKind, Write};

use crate::errors::Failure;

/// Prints `text` as it is.
///
/// # Errors
/// A write that fails for another reason than a closed pipe.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::of("standard output", error))
        }
        _ => Ok(()),
    }
}

/// Says what a user should know, a line each, on standard error.
pub(crate) fn note(lines: &[String]) {
    for line in lines {
        // nothing is left to do about a closed standard error
        writeln!(io::stderr(), "{}", Failure::new(line)).ok();
    }
}
