//! Decimal points and decimal commas.

/// How a text table writes the fraction of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decimal {
    /// No cell has told yet.
    Unknown,
    /// `1.5`
    Point,
    /// `1,5`
    Comma,
}

/// What a comma in a number can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comma {
    /// `1,5` or `0,125`: a decimal comma.
    Decimal,
    /// `1,500`: a decimal comma, or a thousands separator.
    Either,
}

/// The number in `cell`, infinities and NaN too.
///
/// Where commas are decimal, `1.5` is not a number: it could be fifteen hundredths or a slip.
pub(crate) fn parse(cell: &str, decimal: Decimal) -> Option<f64> {
    match decimal {
        Decimal::Point | Decimal::Unknown => cell.parse().ok(),
        Decimal::Comma if cell.contains(',') => {
            comma_of(cell)?;
            cell.replacen(',', ".", 1).parse().ok()
        }
        Decimal::Comma if cell.contains('.') => None,
        Decimal::Comma => cell.parse().ok(),
    }
}

/// What the comma of `cell` means, if it is a number with one comma and no point.
pub(crate) fn comma_of(cell: &str) -> Option<Comma> {
    let (before, after) = cell.split_once(',')?;
    let whole = before.strip_prefix(['+', '-']).unwrap_or(before);
    let end = after
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(after.len());
    let (fraction, exponent) = after.split_at(end);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_is_one = exponent.is_empty()
        || exponent
            .strip_prefix(['e', 'E'])
            .map(|power| power.strip_prefix(['+', '-']).unwrap_or(power))
            .is_some_and(|power| !power.is_empty() && digits(power));
    if !digits(whole) || fraction.is_empty() || !exponent_is_one {
        return None;
    }
    let could_be_thousands = fraction.len() == 3
        && exponent.is_empty()
        && (1..=3).contains(&whole.len())
        && !whole.starts_with('0');
    Some(if could_be_thousands {
        Comma::Either
    } else {
        Comma::Decimal
    })
}

/// Whether `cell` is a number with a decimal point.
pub(crate) fn has_point(cell: &str) -> bool {
    cell.contains('.') && cell.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comma_in_numbers_is_told_from_thousands() {
        for (cell, meaning) in [
            ("1,5", Some(Comma::Decimal)),
            ("-0,125", Some(Comma::Decimal)),
            (",5", Some(Comma::Decimal)),
            ("1234,567", Some(Comma::Decimal)),
            ("1,5e-3", Some(Comma::Decimal)),
            ("1,500", Some(Comma::Either)),
            ("-12,000", Some(Comma::Either)),
            ("1,234,567", None),
            ("1.234,5", None),
            ("1,", None),
            ("a,5", None),
            ("1,5kg", None),
        ] {
            assert_eq!(comma_of(cell), meaning, "{cell}");
        }
    }

    #[test]
    fn parse_with_decimal_commas_reads_commas_and_whole_numbers_only() {
        for (cell, value) in [
            ("1,5", Some(1.5)),
            ("-2,25e1", Some(-22.5)),
            ("7", Some(7.0)),
            ("1.5", None),
            ("1.234,5", None),
        ] {
            assert_eq!(parse(cell, Decimal::Comma), value, "{cell}");
        }
        assert_eq!(parse("1,5", Decimal::Point), None);
    }
}
