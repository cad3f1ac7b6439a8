//! Switches that benches with a record of rows share, and the record's file.

use std::path::PathBuf;
use std::slice::Iter;

use crate::store::Store;

/// What was asked for.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    /// Little is measured, into a record of its own.
    pub(crate) quick: bool,
    /// Rows that are recorded are not measured again.
    pub(crate) resume: bool,
    /// The page is written from the record.
    pub(crate) write: bool,
    /// Nothing is measured.
    pub(crate) page_only: bool,
}

impl Flags {
    /// Reads them; `own` takes the other options, with the words that follow.
    pub(crate) fn parse(
        args: &[String],
        mut own: impl FnMut(&str, &mut Iter<'_, String>) -> Result<(), String>,
    ) -> Result<Self, String> {
        let mut out = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => out.quick = true,
                "--resume" => out.resume = true,
                "--write" => out.write = true,
                "--page" => out.page_only = true,
                other => own(other, &mut args)?,
            }
        }
        match out.quick && out.write {
            true => Err("--quick measures too little to be written".to_owned()),
            false => Ok(out),
        }
    }

    /// The record of a bench.
    pub(crate) fn record(&self, name: &str) -> Result<Store, String> {
        let quick = if self.quick { "-quick" } else { "" };
        let file = PathBuf::from("target/bench").join(format!("{name}{quick}.json"));
        Store::open(file, self.resume)
    }
}

/// The error for an option that is none.
pub(crate) fn unknown(option: &str) -> Result<(), String> {
    Err(format!("unknown option {option:?}"))
}
