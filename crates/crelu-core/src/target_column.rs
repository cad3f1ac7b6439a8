/// A target as it was read: the text of every cell, and its value where all cells are numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetColumn {
    /// One cell a row: as written, without surrounding spaces; of numbers that were not written, their
    /// shortest decimal text (`1`, not `1.0`).
    pub text: Vec<String>,
    /// The same as finite numbers, where all are.
    pub values: Option<Vec<f64>>,
}

impl TargetColumn {
    /// Numbers, written in their shortest form.
    #[must_use]
    pub fn numbers(values: Vec<f64>) -> Self {
        Self {
            text: values.iter().map(|value| shortest_text(*value)).collect(),
            values: Some(values),
        }
    }

    /// Labels.
    #[must_use]
    pub fn labels(text: Vec<String>) -> Self {
        Self { text, values: None }
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The rows given, in that order.
    ///
    /// # Panics
    /// If a row is out of range.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            text: rows.iter().map(|&i| self.text[i].clone()).collect(),
            values: self
                .values
                .as_ref()
                .map(|v| rows.iter().map(|&i| v[i]).collect()),
        }
    }
}

/// The shortest decimal text that reads back as `value`, with an exponent where that is shorter to read.
#[must_use]
pub fn shortest_text(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude == 0.0 {
        "0".to_owned()
    } else if (1e-5..1e16).contains(&magnitude) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortest_text_reads_back_as_the_number() {
        for value in [-0.1, 1.0 / 3.0, 1e300, -2.5e-300, 123_456.789, 1e16] {
            assert_eq!(shortest_text(value).parse::<f64>(), Ok(value));
        }
        for (value, text) in [(-0.0, "0"), (1.0, "1"), (1e300, "1e300"), (1e-6, "1e-6")] {
            assert_eq!(shortest_text(value), text);
        }
    }

    #[test]
    fn select_takes_rows_in_the_order_given() {
        let column = TargetColumn::numbers(vec![1.0, 2.5, 3.0]);
        let some = column.select(&[2, 0, 2]);
        assert_eq!(some.text, ["3", "1", "3"]);
        assert_eq!(some.values, Some(vec![3.0, 1.0, 3.0]));
        assert_eq!(TargetColumn::labels(some.text).values, None);
    }
}
