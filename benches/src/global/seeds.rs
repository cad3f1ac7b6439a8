use serde_json::Value;

use super::adam;
use super::case::{Case, key};
use super::cells::line;
use super::machines::machines;
use super::measure::{Variant, adam_key, global, global_key, ordinary};
use super::options::Options;
use super::verdict::BEST_SPREAD;
use crate::store::{Store, number};

/// Sets, at one penalty, and seeds.
const SETS: &[&str] = super::sets::SETS.split_at(6).0;
const FRACTION: f64 = 0.01;
const SEEDS: u64 = 10;

/// Trains with ten seeds, by Adam and with generated neurons; the first rows are the table's.
pub(crate) fn measure(store: &mut Store, options: &Options) -> Result<(), String> {
    for set in SETS.iter().copied().filter(|set| options.wants(set)) {
        let case = Case::load(set, FRACTION)?;
        let place = case.key();
        for seed in 0..SEEDS {
            store.row(&adam_key(&place, seed), || {
                ordinary(&case, adam::STEPS, seed)
            })?;
            let variant = Variant::Default;
            let key = global_key(&place, variant.name(), seed);
            let row = store.row(&key, || global(&case, variant, seed))?;
            let (best, returned) = (number(row, "best"), number(row, "objective"));
            eprintln!("{place} seed {seed}: best J {best:.8}, thinned {returned:.8}");
        }
    }
    Ok(())
}

/// The table: what seeds do.
pub(crate) fn page(store: &Store) -> String {
    let mut out = machines(store, "global|");
    out.push_str(
        "\n\n| set, 1 % of beta_max | seeds | best network: lowest J | spread | returned (default): spread | neurons | Adam: lowest J | spread | Adam's highest / lowest of generated |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    let (mut rows, mut held) = (0, 0);
    for set in SETS.iter().copied() {
        let place = key(set, FRACTION);
        let of = |name: &dyn Fn(u64) -> String| -> Vec<&Value> {
            (0..SEEDS).filter_map(|s| store.get(&name(s))).collect()
        };
        let global = of(&|seed| global_key(&place, "default", seed));
        let ordinary = of(&|seed| adam_key(&place, seed));
        if global.len() < 2 || ordinary.len() < 2 {
            continue;
        }
        let (low, high) = ends(&global, "best");
        let returned = ends(&global, "objective");
        let neurons = ends(&global, "neurons");
        let adam = ends(&ordinary, "polished");
        let spread = |(low, high): (f64, f64)| format!("{:.3} %", 100.0 * (high / low - 1.0));
        rows += 1;
        held += usize::from(high / low - 1.0 < BEST_SPREAD);
        let cells = [
            set.to_owned(),
            format!("{} ({})", global.len(), ordinary.len()),
            format!("{low:.7}"),
            spread((low, high)),
            spread(returned),
            format!("{} to {}", neurons.0, neurons.1),
            format!("{:.7}", adam.0),
            spread(adam),
            format!("{:.4}", adam.1 / low),
        ];
        line(&mut out, &cells);
    }
    out.push_str(&format!(
        "\n- The spread of the best J, highest over lowest less 1, is below {} % in {held} of {rows} rows.\n",
        100.0 * BEST_SPREAD
    ));
    out
}

fn ends(rows: &[&Value], name: &str) -> (f64, f64) {
    let values = rows.iter().map(|row| number(row, name));
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    })
}
