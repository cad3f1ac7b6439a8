/// A table of up to this many cells (128 MiB) is held with all of them ...
const DENSE_FLOOR: usize = 1 << 24;
/// ... and a larger one, if one cell in so many is filled: an entry takes 12 bytes, and is slower
/// to go over.
const DENSE_TIMES: usize = 8;

/// Whether a table of so many rows and columns, of which `entries` cells are not zero, is held by its
/// entries alone; else with all its cells. What reads files and what takes arrays ask here, so
/// that the same rows are the same fit.
#[must_use]
pub fn is_held_sparse(n_rows: usize, n_columns: usize, entries: usize) -> bool {
    let most = entries.saturating_mul(DENSE_TIMES).max(DENSE_FLOOR);
    n_rows
        .checked_mul(n_columns)
        .is_none_or(|cells| cells > most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_held_sparse_where_they_are_large_and_empty() {
        assert!(!is_held_sparse(1 << 12, 1 << 12, 0));
        assert!(is_held_sparse((1 << 12) + 1, 1 << 12, 0));
        // one cell in eight
        assert!(!is_held_sparse(1 << 13, 1 << 12, 1 << 22));
        assert!(is_held_sparse(1 << 13, 1 << 12, (1 << 22) - 1));
        assert!(is_held_sparse(usize::MAX, 2, 5));
        assert!(!is_held_sparse(2, 2, usize::MAX));
    }
}
