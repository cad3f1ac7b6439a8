//! The options that say how a data file is read, the same for every command.

use clap::Args;
use crelu_data::{Header, ReadOptions};

use super::choice;

/// How a table is read.
#[derive(Debug, Clone, Args)]
pub(crate) struct TableArgs {
    /// Columns to leave out: names, or indices counted from 0
    #[arg(long, value_name = "COL[,COL...]", value_delimiter = ',')]
    drop: Vec<String>,
    /// Whether the first line of a text table names the columns: auto, yes or no
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = choice::header)]
    header: Header,
}

impl TableArgs {
    /// What the reader is told.
    pub(crate) fn options(&self) -> ReadOptions {
        ReadOptions {
            drop: self.drop.clone(),
            header: self.header,
            ..ReadOptions::default()
        }
    }

    /// The columns left out, as given.
    pub(crate) fn drop(&self) -> &[String] {
        &self.drop
    }

    /// Whether the header was asked for, and how.
    pub(crate) fn header(&self) -> Header {
        self.header
    }
}
