//! The rows of `--early-stop`.

use std::path::PathBuf;

/// The rows that `--early-stop` holds out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum HeldOutArg {
    /// Those of a file.
    File(PathBuf),
    /// A share of the training rows.
    Share(f64),
}

/// A file, or a share of the rows.
pub(super) fn held_out(text: &str) -> Result<HeldOutArg, String> {
    match text.trim().parse::<f64>() {
        Err(_) => Ok(HeldOutArg::File(text.into())),
        Ok(share) if share > 0.0 && share < 1.0 => Ok(HeldOutArg::Share(share)),
        Ok(_) => Err("must be a file, or a share between 0 and 1".to_owned()),
    }
}
