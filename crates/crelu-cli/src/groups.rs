//! The groups of rows that are held out together.

use std::collections::HashMap;

use crelu_data::{Excerpt, Table};

use crate::errors::Failure;
use crate::source::Source;

/// A column of groups, by the text of its cells.
pub(crate) struct Groups {
    name: Option<String>,
    column: usize,
    /// The group of every row of the file, from 0.
    of_row: Vec<usize>,
}

impl Groups {
    /// Takes the column out of a table that was read with it as the last one aside: places of the others
    /// are then as if it had been dropped.
    pub(crate) fn take(is_given: bool, table: &mut Table) -> Option<Self> {
        if !is_given {
            return None;
        }
        let column = table.aside.pop()?;
        let after = |index: &mut usize| *index -= usize::from(*index > column.index);
        table.target_index.iter_mut().for_each(after);
        table
            .aside
            .iter_mut()
            .for_each(|other| after(&mut other.index));
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut of_row = Vec::with_capacity(column.cells.len());
        for cell in &column.cells.text {
            let next = known.len();
            of_row.push(*known.entry(cell.as_str()).or_insert(next));
        }
        Some(Self {
            of_row,
            name: column.name,
            column: column.column,
        })
    }

    /// The groups of some rows, from 0.
    ///
    /// # Errors
    /// A line that names the column where there are fewer groups than folds that were asked for, or than two.
    pub(crate) fn of_rows(
        &self,
        rows: &[usize],
        folds: Option<usize>,
        source: &Source,
    ) -> Result<Vec<usize>, Failure> {
        let groups: Vec<usize> = rows.iter().map(|&row| self.of_row[row]).collect();
        let mut different = groups.clone();
        different.sort_unstable();
        different.dedup();
        let (count, least) = (different.len(), folds.unwrap_or(2));
        if count < least {
            let name = self.name.as_ref().filter(|name| !name.is_empty());
            let name = name.map_or_else(String::new, |name| format!(" ({})", Excerpt(name)));
            let s = if count == 1 { "" } else { "s" };
            return Err(Failure::of(
                format_args!("--groups: {}", source.shown()),
                format_args!(
                    "column {}{name} has {count} group{s} for {least} folds, each of which holds out one or more: fewer --folds, or a column of more groups",
                    self.column + 1
                ),
            ));
        }
        Ok(groups)
    }
}
