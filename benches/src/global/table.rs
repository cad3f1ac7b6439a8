use serde_json::Value;

use super::adam;
use super::case::Case;
use super::measure::{Variant, adam_key, global, global_key, ordinary, sampled, sampled_key};
use super::options::Options;
use super::sets::SETS;
use crate::store::{Store, number};

/// Runs of Adam in the table.
pub(crate) const RUNS: u64 = 5;
/// What `--quick` does instead: one set at one penalty, two short runs.
const QUICK: (&str, f64, u64, usize) = ("wine class 0", 0.1, 2, 1000);

/// Every row of the table on one machine in one go: Adam, the sampled programme, and the generated
/// networks.
pub(crate) fn measure(store: &mut Store, options: &Options) -> Result<(), String> {
    if options.quick {
        let (set, fraction, runs, steps) = QUICK;
        return one(store, &Case::load(set, fraction)?, runs, steps, true);
    }
    for set in SETS.into_iter().filter(|set| options.wants(set)) {
        for fraction in options.fractions() {
            one(store, &Case::load(set, fraction)?, RUNS, adam::STEPS, false)?;
        }
    }
    Ok(())
}

fn one(store: &mut Store, case: &Case, runs: u64, steps: usize, quick: bool) -> Result<(), String> {
    let place = case.key();
    let mut leanest = usize::MAX;
    for seed in 0..runs {
        let row = store.row(&adam_key(&place, seed), || ordinary(case, steps, seed))?;
        let kept = row["kept"].as_u64().and_then(|k| usize::try_from(k).ok());
        leanest = leanest.min(kept.unwrap_or(usize::MAX));
        say(
            &place,
            "Adam",
            number(row, "polished"),
            row["kept"].clone(),
            row,
        );
    }
    let row = store.row(&sampled_key(&place), || sampled(case))?;
    say(
        &place,
        "sampled",
        number(row, "objective"),
        row["neurons"].clone(),
        row,
    );
    let mut variants = vec![Variant::Best, Variant::Default];
    for (name, part) in [("half", 2), ("third", 3), ("fifth", 5)] {
        variants.push(Variant::AtMost(name, (leanest / part).max(1)));
    }
    if !quick {
        variants.push(Variant::Wide);
    }
    for variant in variants {
        let key = global_key(&place, variant.name(), 0);
        let row = store.row(&key, || global(case, variant, 0))?;
        say(
            &place,
            variant.name(),
            number(row, "objective"),
            row["neurons"].clone(),
            row,
        );
    }
    Ok(())
}

/// A line of progress.
fn say(place: &str, kind: &str, objective: f64, neurons: Value, row: &Value) {
    let seconds = number(row, "seconds");
    eprintln!("{place} {kind}: J {objective:.8}, {neurons} neurons, {seconds:.2} s");
}
