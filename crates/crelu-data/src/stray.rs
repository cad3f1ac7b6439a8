//! What a cell that is not a number may have been meant as, so that a message can say what to do.

use std::fmt;

use crate::cell::{Cell, classify};
use crate::decimal::{Comma, comma_of};

/// What a cell looks like; `Display` says what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stray {
    /// `-`, `n.a.`, `none`: nothing there.
    Missing,
    /// `5%`
    Percent,
    /// `1,5` among decimal points.
    DecimalComma,
    /// `1,500`, `1.234,5`, `1 234`, `1'234`
    Thousands,
    /// `1.5` among decimal commas.
    DecimalPoint,
    /// `$5`, `5 EUR`
    Currency,
    /// `5 kg`
    Unit,
    /// `2024-01-31`, `12:30`
    Date,
    /// `true`, `yes`
    Truth,
    /// A minus that is another character.
    Minus,
    /// `<0.1`
    Limit,
    /// `0x1F`, `1.5D3`
    Notation,
    /// Anything else.
    Text,
}

impl Stray {
    /// What `cell`, which is not a number, looks like.
    pub(crate) fn of(cell: &str) -> Self {
        const NOTHING: [&str; 18] = [
            "-", "--", "---", ".", "..", "*", "n.a.", "n.a", "na.", "n.d.", "nd", "none", "nil",
            "missing", "unknown", "#div/0!", "#value!", "#ref!",
        ];
        const TRUTHS: [&str; 8] = ["true", "false", "yes", "no", "t", "f", "y", "n"];
        let cell = cell.trim();
        let among = |words: &[&str]| words.iter().any(|word| cell.eq_ignore_ascii_case(word));
        let is_number = |text: &str| matches!(classify(text), Cell::Number(_));
        let numeric = |text: &str| is_number(text) || comma_of(text).is_some() || is_grouped(text);
        if among(&NOTHING) || cell.chars().all(|c| matches!(c, '\u{2013}' | '\u{2014}')) {
            return Self::Missing;
        }
        if among(&TRUTHS) {
            return Self::Truth;
        }
        if cell
            .strip_suffix(['%', '\u{2030}'])
            .is_some_and(|rest| numeric(rest.trim()))
        {
            return Self::Percent;
        }
        let plain = cell.replace(['\u{2212}', '\u{2013}', '\u{2012}'], "-");
        if plain != cell && numeric(&plain) {
            return Self::Minus;
        }
        match comma_of(cell) {
            Some(Comma::Decimal) => return Self::DecimalComma,
            Some(Comma::Either) => return Self::Thousands,
            None if is_grouped(cell) => return Self::Thousands,
            None => {}
        }
        if is_number(cell) {
            return Self::DecimalPoint;
        }
        if is_notation(cell) {
            return Self::Notation;
        }
        if is_date(cell) {
            return Self::Date;
        }
        if cell
            .trim_start_matches(['<', '>', '~', '=', '\u{2264}', '\u{2265}', '\u{2248}'])
            .trim()
            .len()
            < cell.len()
            && numeric(
                cell.trim_start_matches(['<', '>', '~', '=', '\u{2264}', '\u{2265}', '\u{2248}'])
                    .trim(),
            )
        {
            return Self::Limit;
        }
        if is_currency(cell, numeric) {
            return Self::Currency;
        }
        let end = cell
            .char_indices()
            .filter(|&(at, c)| (c.is_alphabetic() || c == '\u{b0}') && at > 0)
            .map(|(at, _)| at)
            .find(|&at| numeric(cell[..at].trim()));
        if end.is_some() {
            return Self::Unit;
        }
        Self::Text
    }
}

/// A number whose digits are in groups of three, with or without a fraction.
fn is_grouped(cell: &str) -> bool {
    let body = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    [',', '.', ' ', '\'', '\u{a0}', '\u{202f}', '\u{2019}', '_']
        .into_iter()
        .any(|separator| {
            let groups: Vec<&str> = body.split(separator).collect();
            let Some((last, front)) = groups.split_last() else {
                return false;
            };
            let (Some(first), middle) = (front.first(), front.get(1..).unwrap_or_default()) else {
                return false;
            };
            let digits =
                |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let (whole, fraction) = match last.find(['.', ',']) {
                Some(at) => (&last[..at], Some(&last[at + 1..])),
                None => (*last, None),
            };
            digits(first)
                && first.len() <= 3
                && middle.iter().all(|group| digits(group) && group.len() == 3)
                && digits(whole)
                && whole.len() == 3
                && fraction.is_none_or(digits)
                // 1.500 alone is a number
                && (separator != '.' || front.len() > 1 || fraction.is_some())
        })
}

/// Digits and the signs between them as in a date or a time.
fn is_date(cell: &str) -> bool {
    let parts: Vec<&str> = cell
        .split(['-', '/', '.', ':', 'T', ' ', 'Z', '+'])
        .filter(|part| !part.is_empty())
        .collect();
    let is_month = |part: &str| {
        const MONTHS: [&str; 12] = [
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ];
        part.get(..3)
            .is_some_and(|start| MONTHS.iter().any(|month| month.eq_ignore_ascii_case(start)))
    };
    let short = |part: &&str| part.len() <= 6 && part.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = parts.iter().filter(|part| short(part)).count();
    let months = parts.iter().filter(|part| is_month(part)).count();
    let divided = cell.contains(['-', '/', ':']) || cell.matches('.').count() == 2 || months == 1;
    divided && numbers > 0 && numbers + months == parts.len() && parts.len() >= 2
}

/// A hexadecimal number, or one with the exponent of Fortran.
fn is_notation(cell: &str) -> bool {
    let unsigned = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    if let Some(digits) = unsigned.strip_prefix("0x").or(unsigned.strip_prefix("0X")) {
        return !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    let exponent = |(number, power): (&str, &str)| {
        let power = power.strip_prefix(['+', '-']).unwrap_or(power);
        number.parse::<f64>().is_ok()
            && !power.is_empty()
            && power.bytes().all(|byte| byte.is_ascii_digit())
    };
    unsigned.split_once(['d', 'D']).is_some_and(exponent)
}

fn is_currency(cell: &str, numeric: impl Fn(&str) -> bool) -> bool {
    const SIGNS: [&str; 12] = [
        "$", "\u{20ac}", "\u{a3}", "\u{a5}", "\u{20b9}", "US$", "USD", "EUR", "GBP", "CHF", "JPY",
        "CNY",
    ];
    let unsigned = cell.strip_prefix('-').unwrap_or(cell);
    SIGNS.iter().any(|sign| {
        [unsigned.strip_prefix(sign), unsigned.strip_suffix(sign)]
            .into_iter()
            .flatten()
            .any(|rest| numeric(rest.trim()))
    })
}

impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "if it stands for a missing value, fill it in or leave the row out",
            Self::Percent => "write the number without the percent sign, in the whole column",
            Self::DecimalComma => "a decimal comma? write a decimal point, as in 1.5",
            Self::Thousands => "a thousands separator or a decimal comma? write 1234.5, without the first and with a point",
            Self::DecimalPoint => "a point among decimal commas; write all numbers in one way",
            Self::Currency => "write the number without the currency",
            Self::Unit => "write the number without the unit",
            Self::Date => "a date or a time? give a number, such as days since the first",
            Self::Truth => "write 1 and 0, in the whole column",
            Self::Minus => "its minus is another character than the hyphen '-'",
            Self::Notation => "write it in decimal digits, as 1234.5 or 1.2345e3",
            Self::Limit => "write a number without the sign of a limit",
            Self::Text => "correct the cell, or leave its row out",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Stray;

    #[test]
    fn stray_cells_are_told_apart() {
        for (cells, stray) in [
            (
                &["-", "--", "n.a.", "None", "#DIV/0!", "\u{2014}"][..],
                Stray::Missing,
            ),
            (&["5%", "1,5 %", "-3.2%"], Stray::Percent),
            (&["1,5", "-0,25", "1234,5"], Stray::DecimalComma),
            (
                &[
                    "1,500",
                    "1.234,5",
                    "1,234.5",
                    "1 234",
                    "1'234'567",
                    "1.234.567",
                    "12\u{a0}000",
                ],
                Stray::Thousands,
            ),
            (
                &["$5", "-$5", "5 \u{20ac}", "EUR 1,50", "1,234 USD"],
                Stray::Currency,
            ),
            (&["5kg", "5 kg", "1.5e3m", "20\u{b0}C", "1e5x"], Stray::Unit),
            (
                &[
                    "2024-01-31",
                    "31.12.2024",
                    "1/2/24",
                    "12:30",
                    "2024-01-31T12:30:00Z",
                    "31 Dec 2024",
                    "5-Jan",
                ],
                Stray::Date,
            ),
            (&["TRUE", "no"], Stray::Truth),
            (&["\u{2212}5", "\u{2013}1.5"], Stray::Minus),
            (&["<0.1", "> 5", "~3"], Stray::Limit),
            (&["0x1F", "-0X0a", "1.5D3", "2d-1"], Stray::Notation),
            (&["abc", "x5", "x10y", "\u{ff11}"], Stray::Text),
        ] {
            for cell in cells {
                assert_eq!(Stray::of(cell), stray, "{cell}");
            }
        }
    }
}
