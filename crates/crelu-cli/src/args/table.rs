//! The options that say how a data file is read, the same for every command.

use clap::Args;
use crelu_data::{Categorical, Header, ReadOptions};

use super::choice;

/// How a table is read.
#[derive(Debug, Clone, Args)]
pub(crate) struct TableArgs {
    /// Columns to leave out: names, or indices counted from 0
    #[arg(long, value_name = "COL[,COL...]", value_delimiter = ',')]
    drop: Vec<String>,
    /// Which text columns become a column a level: auto (those without a number), none, or these, whatever
    /// they hold, beside those
    #[arg(
        long,
        value_name = "auto|none|COL,...",
        default_value = "auto",
        value_delimiter = ','
    )]
    categorical: Vec<String>,
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
            categorical: self.categorical(),
            ..ReadOptions::default()
        }
    }

    fn categorical(&self) -> Categorical {
        match self.categorical.as_slice() {
            [] => Categorical::Auto,
            [word] if word == "auto" => Categorical::Auto,
            [word] if word == "none" => Categorical::None,
            names => Categorical::Columns(names.to_vec()),
        }
    }

    /// Which text columns are coded, as given.
    pub(crate) fn categorical_as_given(&self) -> &[String] {
        &self.categorical
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
