//! Which line of a text file a row of data stands in.

/// Lines of the rows of a text table: blank lines, comments and cells of several lines make them differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lines {
    /// Rows that do not stand in the line after the row before them, with their lines.
    jumps: Vec<(usize, u64)>,
    rows: usize,
}

impl Lines {
    /// Adds the next row, which begins in `line`.
    pub(crate) fn push(&mut self, line: u64) {
        if self.of(self.rows) != Some(line) {
            self.jumps.push((self.rows, line));
        }
        self.rows += 1;
    }

    /// The line, counted from 1, in which `row`, counted from 0, begins; `None` in files without lines.
    pub fn of(&self, row: usize) -> Option<u64> {
        let after = self.jumps.partition_point(|&(first, _)| first <= row);
        let (first, line) = *self.jumps.get(after.checked_sub(1)?)?;
        Some(line + (row - first) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn lines_with_jumps_are_those_pushed() {
        let pushed = [2, 3, 4, 7, 8, 20, 21, 22];
        let mut lines = Lines::default();
        for line in pushed {
            lines.push(line);
        }
        assert_eq!(lines.jumps.len(), 3);
        for (row, line) in pushed.into_iter().enumerate() {
            assert_eq!(lines.of(row), Some(line));
        }
        assert_eq!(Lines::default().of(0), None);
    }
}
