use std::fmt::Write;

use serde_json::Value;

use super::cells::{dash, figure, line, percent, plain, ratio};
use super::machines::machines;
use super::options::Part;
use super::sets::{FRACTIONS, SETS};
use super::view::{EQUAL, View};
use super::{growth_page, heldout_page, plots, seeds, verdict};
use crate::store::{Store, number};

const PAGE: &str = "docs/GLOBAL.md";
/// Parts and their names in the page's markers.
const PARTS: [(&str, Part); 5] = [
    ("table", Part::Table),
    ("seeds", Part::Seeds),
    ("heldout", Part::Heldout),
    ("growth", Part::Growth),
    ("paper", Part::Paper),
];

/// The tables of a part, from the record.
pub(crate) fn part(store: &Store, part: Part) -> Result<String, String> {
    Ok(match part {
        Part::Table => table(store),
        Part::Seeds => seeds::page(store),
        Part::Heldout => heldout_page::page(store),
        Part::Growth => growth_page::page(store),
        Part::Paper => growth_page::paper(store),
        Part::Page => String::new(),
    })
}

/// Puts the tables between the markers of the page, and draws its pictures.
pub(crate) fn write(store: &Store) -> Result<(), String> {
    let text = std::fs::read_to_string(PAGE).map_err(|e| format!("{PAGE}: {e}"))?;
    let mut page = text;
    for (name, of) in PARTS {
        page = put(&page, name, &part(store, of)?)?;
    }
    crelu_data::write_atomic(PAGE.as_ref(), page.as_bytes()).map_err(|e| e.to_string())?;
    plots::write(&views(store))
}

/// Replaces what stands between `<!-- bench global NAME -->` and `<!-- end NAME -->`.
fn put(page: &str, name: &str, text: &str) -> Result<String, String> {
    let (open, close) = (
        format!("<!-- bench global {name} -->"),
        format!("<!-- end {name} -->"),
    );
    let missing = || format!("{PAGE}: the marker {open} or its end is missing");
    let (head, rest) = page.split_once(&open).ok_or_else(missing)?;
    let (_, tail) = rest.split_once(&close).ok_or_else(missing)?;
    Ok(format!("{head}{open}\n{text}{close}{tail}"))
}

/// What was measured of the table's sets and penalties.
fn views(store: &Store) -> Vec<View<'_>> {
    let all = SETS.into_iter();
    let all = all.flat_map(|set| FRACTIONS.map(|fraction| (set, fraction)));
    all.filter_map(|(set, fraction)| View::of(store, set, fraction))
        .collect()
}

fn table(store: &Store) -> String {
    let views = views(store);
    let mut out = machines(store, "adam|");
    if views.len() < SETS.len() * FRACTIONS.len() {
        let of = SETS.len() * FRACTIONS.len();
        write!(out, " {} of {of} rows are recorded.", views.len()).ok();
    }
    out.push_str("\n\n");
    out.push_str(
        "| set, beta/beta_max | Adam: best J | keeps (merged) | s a run | `--thin 0`: J / Adam | J / lowest known | neurons | s | runs' products | Adam's J after s | of a run's s | of its products | max price | search gap | 10000 ascents: max price | search gap | s |\n",
    );
    out.push_str("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for view in &views {
        best_row(&mut out, view);
    }
    out.push('\n');
    out.push_str(
        "| set, beta/beta_max | default: J / lowest known | neurons (prototype) | s | max price | search gap | half: J / Adam (neurons) | third | fifth | s of these three | 100 sampled gates: J / Adam | neurons | s |\n",
    );
    out.push_str("|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for view in &views {
        few_row(&mut out, view);
    }
    out.push('\n');
    out.push_str(&verdict::verdicts(&views));
    out
}

fn best_row(out: &mut String, view: &View<'_>) {
    let best = view.global("best");
    let wide = view.global("wide");
    let adam = view.adam_best();
    let exact = view.reached(adam);
    let at = exact.or_else(|| view.reached(adam * (1.0 + EQUAL)));
    let about = if exact.is_none() { "~" } else { "" };
    let runs = view.adam_flops();
    let cells = [
        view.title(),
        format!("{adam:.6}"),
        format!("{} ({})", view.least("kept"), view.least("merged")),
        format!("{:.2}", view.adam_seconds()),
        ratio(best, "objective", adam),
        ratio(best, "objective", view.lowest),
        plain(best, "neurons"),
        figure(best, "seconds", 2),
        best.map_or_else(dash, |row| format!("{:.2}", number(row, "flops") / runs)),
        at.map_or_else(dash, |at| format!("{about}{:.2}", at.seconds)),
        at.map_or_else(dash, |at| {
            format!("{about}{:.2}", at.seconds / view.adam_seconds())
        }),
        at.map_or_else(dash, |at| format!("{about}{:.2}", at.flops / runs)),
        figure(best, "max_price", 4),
        ended(best),
        figure(wide, "max_price", 4),
        ended(wide),
        figure(wide, "seconds", 2),
    ];
    line(out, &cells);
}

fn few_row(out: &mut String, view: &View<'_>) {
    let default = view.global("default");
    let adam = view.adam_best();
    let few = ["half", "third", "fifth"].map(|part| view.global(part));
    let known = view.known.map(|known| format!(" ({})", known.thin_neurons));
    let reached = |row: Option<&Value>| match row {
        Some(_) => format!(
            "{} ({})",
            ratio(row, "objective", adam),
            plain(row, "neurons")
        ),
        None => dash(),
    };
    let seconds = few.iter().flatten().map(|row| number(row, "seconds"));
    let seconds = seconds.reduce(|sum, more| sum + more);
    let cells = [
        view.title(),
        ratio(default, "objective", view.lowest),
        format!("{}{}", plain(default, "neurons"), known.unwrap_or_default()),
        figure(default, "seconds", 2),
        figure(default, "max_price", 4),
        ended(default),
        reached(few[0]),
        reached(few[1]),
        reached(few[2]),
        seconds.map_or_else(dash, |seconds| format!("{seconds:.2}")),
        sampled(view.sampled, adam),
        plain(view.sampled, "neurons"),
        figure(view.sampled, "seconds", 2),
    ];
    line(out, &cells);
}

/// The search gap, and how the run ended if it did not converge.
fn ended(row: Option<&Value>) -> String {
    let status = row.and_then(|row| row["status"].as_str());
    let gap = percent(row, "search_gap");
    match status {
        None | Some("converged") => gap,
        Some(other) => format!("{gap}, {}", other.replace('_', " ")),
    }
}

/// `J` of a sampled programme over Adam's; its lower bound, too, where it was not solved.
fn sampled(row: Option<&Value>, adam: f64) -> String {
    let objective = ratio(row, "objective", adam);
    match row {
        Some(row) if row["status"] != "converged" => {
            let bound = number(row, "dual_bound") / adam;
            let status = row["status"].as_str().unwrap_or_default();
            format!("{objective} ({status}, bound {bound:.2})")
        }
        _ => objective,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn put_replaces_only_what_stands_between_its_markers() {
        let page = "a\n<!-- bench global x -->\nold\n<!-- end x -->\nb\n";
        let new = put(page, "x", "new\n").unwrap();
        assert_eq!(new, "a\n<!-- bench global x -->\nnew\n<!-- end x -->\nb\n");
        assert_eq!(put(&new, "x", "new\n").unwrap(), new);
        assert!(put(page, "y", "").is_err());
    }

    #[test]
    fn page_has_a_marker_for_every_part() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/GLOBAL.md");
        let page = std::fs::read_to_string(file).unwrap();
        for (name, _) in PARTS {
            assert!(put(&page, name, "").is_ok(), "{name}");
        }
    }
}
