use std::fmt::Write;

use serde_json::Value;

use super::cells::{figure, line, percent};
use super::growth::{
    COLUMNS, LIMIT, NARROW, PAPER, PATTERNS, ROWS, SAMPLED, SHORT, key, key_of_patterns,
};
use super::machines::machines;
use crate::store::{Store, number};

/// Both tables, and the exponents.
pub(crate) fn page(store: &Store) -> String {
    let mut out = machines(store, "growth|");
    out.push_str(
        "\n\n| rows x columns | seconds | setup | price | correct | slide | thin | rounds | MB | data, MB | neurons | J | search gap | status |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let tall: Vec<(usize, usize)> = ROWS.iter().map(|&n| (n, NARROW)).collect();
    let wide: Vec<(usize, usize)> = COLUMNS.iter().map(|&d| (SHORT, d)).collect();
    for &size in tall.iter().chain(&wide) {
        if let Some(row) = store.get(&key(size)) {
            line(&mut out, &cells(size, row));
        }
    }
    out.push('\n');
    out.push_str(&exponents(store, "rows", &tall, |size| size.0));
    out.push_str(&exponents(store, "columns", &wide, |size| size.1));
    out.push_str(&patterns(store));
    out
}

/// Sampled programmes, and the exponent of their patterns.
fn patterns(store: &Store) -> String {
    let (n, d) = SAMPLED;
    let mut out = format!(
        "\nSampled programmes over {n} x {d}, by the step chosen:\n\n\
         | patterns | seconds | iterations | MB | neurons | J | gap | step | status |\n|---|---|---|---|---|---|---|---|---|\n"
    );
    let mut ended = Vec::new();
    for count in PATTERNS {
        let Some(row) = store.get(&key_of_patterns(count)) else {
            continue;
        };
        let some = Some(row);
        line(
            &mut out,
            &[
                count.to_string(),
                figure(some, "seconds", 2),
                row["iterations"].to_string(),
                format!("{:.0}", number(row, "memory") / 1e6),
                row["neurons"].to_string(),
                figure(some, "objective", 6),
                format!("{:.1e}", number(row, "gap")),
                row["primal"].as_str().unwrap_or("-").to_owned(),
                row["status"].as_str().unwrap_or("-").to_owned(),
            ],
        );
        if row["status"] != "time_limit" {
            #[expect(clippy::cast_precision_loss, reason = "a small count")]
            ended.push((count as f64, row));
        }
    }
    if ended.len() < 2 {
        return out + "\n- patterns: too few for an exponent.\n";
    }
    let slope = |part: &str| {
        let points = ended.iter().map(|(count, row)| (*count, number(row, part)));
        exponent(&points.collect::<Vec<_>>())
    };
    out + &format!(
        "\n- patterns: seconds grow with the power {:.2}, memory with {:.2}, over the {} counts of {} that ended within {LIMIT} s.\n",
        slope("seconds"),
        slope("memory"),
        ended.len(),
        PATTERNS.len()
    )
}

/// The paper's size in words.
pub(crate) fn paper(store: &Store) -> String {
    let (n, d) = PAPER;
    let Some(row) = store.get(&key(PAPER)) else {
        return format!("{n} x {d} is not recorded.\n");
    };
    let value = |name: &str| number(row, name);
    format!(
        "{n} x {d}, {}: ended with `{}` after {:.0} s (setup {:.1} s, price {:.0} s, slide {:.0} s) and {} rounds with \
         {:.1} GB of memory: J = {:.6}, search gap {}, {} neurons, training accuracy {:.2} %.\n",
        machines(store, &key(PAPER)),
        row["status"].as_str().unwrap_or("unknown"),
        value("seconds"),
        value("setup"),
        value("pricing"),
        value("slide"),
        row["rounds"],
        value("memory") / 1e9,
        value("objective"),
        percent(Some(row), "search_gap"),
        row["neurons"],
        100.0 * value("accuracy"),
    )
}

fn cells((n, d): (usize, usize), row: &Value) -> [String; 14] {
    let some = Some(row);
    #[expect(clippy::cast_precision_loss, reason = "a size in bytes")]
    let data = (8 * n * d) as f64;
    [
        format!("{n} x {d}"),
        figure(some, "seconds", 2),
        figure(some, "setup", 2),
        figure(some, "pricing", 2),
        figure(some, "correct", 2),
        figure(some, "slide", 2),
        figure(some, "thin", 2),
        row["rounds"].to_string(),
        format!("{:.0}", number(row, "memory") / 1e6),
        format!("{:.1}", data / 1e6),
        row["neurons"].to_string(),
        figure(some, "objective", 6),
        percent(some, "search_gap"),
        row["status"].as_str().unwrap_or("-").to_owned(),
    ]
}

/// Slopes of the logarithms over the sizes that ended before the limit.
#[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
fn exponents(
    store: &Store,
    name: &str,
    sizes: &[(usize, usize)],
    of: impl Fn(&(usize, usize)) -> usize,
) -> String {
    let ended: Vec<(f64, &Value)> = sizes
        .iter()
        .filter_map(|size| Some((of(size) as f64, store.get(&key(*size))?)))
        .filter(|(_, row)| row["status"] != "time_limit")
        .collect();
    if ended.len() < 2 {
        return format!("- {name}: too few sizes for an exponent.\n");
    }
    let slope = |part: &str| {
        let points = ended.iter().map(|(size, row)| (*size, number(row, part)));
        exponent(&points.collect::<Vec<_>>())
    };
    let (_, last) = ended[ended.len() - 1];
    let parts = [
        ("price", "pricing"),
        ("correct", "correct"),
        ("slide", "slide"),
        ("thin", "thin"),
        ("setup", "setup"),
    ];
    let (mut most, mut share) = ("price", 0.0);
    for (shown, part) in parts {
        let of_all = number(last, part) / number(last, "seconds");
        if of_all > share {
            (most, share) = (shown, of_all);
        }
    }
    let mut out = String::new();
    // writing to a string does not fail
    writeln!(
        out,
        "- {name}: seconds grow with the power {:.2} (price {:.2}, slide {:.2}), memory with {:.2}, over the {} sizes of {} \
         that ended within {LIMIT} s; at the largest of them {most} takes {:.0} %.",
        slope("seconds"),
        slope("pricing"),
        slope("slide"),
        slope("memory"),
        ended.len(),
        sizes.len(),
        100.0 * share
    )
    .ok();
    out
}

/// The least-squares slope of `log y` over `log x`.
pub(crate) fn exponent(points: &[(f64, f64)]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a handful of points")]
    let count = points.len() as f64;
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let mean_x = logs.iter().map(|at| at.0).sum::<f64>() / count;
    let mean_y = logs.iter().map(|at| at.1).sum::<f64>() / count;
    let along: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let square: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    along / square
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponent_of_a_power_is_it() {
        let points: Vec<(f64, f64)> = [1.0, 2.0, 5.0, 9.0]
            .map(|x: f64| (x, 3.0 * x.powf(1.7)))
            .to_vec();
        assert!((exponent(&points) - 1.7).abs() < 1e-12);
    }
}
