//! Is the first line of a text table a header?

use ::csv::ByteRecord;

use crate::cell::{Cell, classify};

/// Rows after the first that are looked at.
pub(crate) const SAMPLE: usize = 16;

/// Whether the first of the first records of a file names the columns.
///
/// It does if some column has text there and numbers below. One such cell among numbers could as well be
/// a wrong value in a file without a header, which must not vanish; then the numbers beside it must be in
/// strict order, as names (`0,1,2,target`; wavelengths) are. Text over text says nothing: a label column
/// looks the same with and without a header. `target` is the column that may hold text, `name` its name
/// if it is known.
pub(crate) fn is_header(records: &[ByteRecord], target: Option<usize>, name: Option<&str>) -> bool {
    let Some((first, rest)) = records.split_first() else {
        return false;
    };
    let first_kinds: Vec<Cell> = first.iter().map(kind).collect();
    if name.is_some_and(|name| {
        kind(name.as_bytes()) == Cell::Text
            && first
                .iter()
                .any(|cell| cell.trim_ascii() == name.trim().as_bytes())
    }) {
        return true;
    }
    let texts = first_kinds
        .iter()
        .filter(|&&kind| kind == Cell::Text)
        .count();
    if texts == 0 {
        return false;
    }
    if rest.is_empty() {
        let features = || {
            first_kinds
                .iter()
                .enumerate()
                .filter(|&(column, _)| Some(column) != target)
        };
        return !(features().count() > 0
            && features().all(|(_, kind)| matches!(kind, Cell::Number(_))));
    }
    if texts == 1 && !in_strict_order(&first_kinds) {
        return false;
    }
    first_kinds.iter().enumerate().any(|(column, &kind_first)| {
        let below = || {
            rest.iter()
                .filter_map(|record| record.get(column))
                .map(kind)
        };
        kind_first == Cell::Text
            && below().all(|kind| kind != Cell::Text)
            && below().any(|kind| matches!(kind, Cell::Number(_) | Cell::NotFinite))
    })
}

fn kind(cell: &[u8]) -> Cell {
    std::str::from_utf8(cell).map_or(Cell::Text, classify)
}

fn in_strict_order(kinds: &[Cell]) -> bool {
    let numbers: Vec<f64> = kinds
        .iter()
        .filter_map(|kind| match kind {
            Cell::Number(value) => Some(*value),
            _ => None,
        })
        .collect();
    numbers.windows(2).all(|pair| pair[0] < pair[1])
        || numbers.windows(2).all(|pair| pair[0] > pair[1])
}

#[cfg(test)]
mod tests {
    use super::is_header;
    use ::csv::ByteRecord;

    fn decide(lines: &[&str]) -> bool {
        let records: Vec<ByteRecord> = lines
            .iter()
            .map(|line| ByteRecord::from(line.split(',').collect::<Vec<_>>()))
            .collect();
        is_header(&records, Some(records[0].len() - 1), None)
    }

    #[test]
    fn is_header_over_numbers_says_yes() {
        assert!(decide(&["a,b,kind", "1,2,yes", "3,4,no"]));
        assert!(decide(&["a,b,kind", "1,?,0", "nan,4,1"]));
        assert!(decide(&["0,1,2,target", "0.1,0.2,0.3,1"]));
        assert!(decide(&["x,1,1,target", "0.1,0.2,0.3,1"]));
        assert!(decide(&["a,b,kind"]));
    }

    #[test]
    fn is_header_over_text_labels_says_no() {
        assert!(!decide(&["5.1,3.5,setosa", "4.9,3.0,virginica"]));
        assert!(!decide(&["1,2,3", "4,5,6"]));
        assert!(!decide(&["?,2,3", "4,5,6"]));
        assert!(!decide(&["0.5,abc,0.1,1", "0.2,0.3,0.4,0"]));
        assert!(!decide(&["0.5,0.4,yes"]));
    }
}
