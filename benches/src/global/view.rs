use serde_json::Value;

use super::case::key;
use super::known::{self, Known};
use super::measure::{adam_key, global_key, sampled_key};
use super::table::RUNS;
use crate::store::{Store, number};

/// How close is equal, where a run that ends at the same network as Adam is asked when it was there.
pub(crate) const EQUAL: f64 = 1e-4;

/// What the record holds of one set at one penalty.
pub(crate) struct View<'a> {
    pub(crate) set: &'a str,
    pub(crate) fraction: f64,
    pub(crate) adam: Vec<&'a Value>,
    pub(crate) sampled: Option<&'a Value>,
    pub(crate) known: Option<Known>,
    /// The lowest `J` of all rows of this set and penalty, the prototype's included.
    pub(crate) lowest: f64,
    store: &'a Store,
    place: String,
}

/// When a training reached a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reached {
    pub(crate) seconds: f64,
    pub(crate) flops: f64,
}

impl<'a> View<'a> {
    /// Nothing if the set was not measured there.
    pub(crate) fn of(store: &'a Store, set: &'a str, fraction: f64) -> Option<Self> {
        let place = key(set, fraction);
        let adam: Vec<&Value> = (0..RUNS)
            .filter_map(|seed| store.get(&adam_key(&place, seed)))
            .collect();
        if adam.is_empty() {
            return None;
        }
        let known = known::known(set, fraction);
        let (generated, runs) = (format!("global|{place}|"), format!("adam|{place}|"));
        let (globals, ordinary) = (store.starting(&generated), store.starting(&runs));
        let values = globals
            .flat_map(|(_, row)| [number(row, "best"), number(row, "objective")])
            .chain(ordinary.map(|(_, row)| number(row, "polished")))
            .chain(known.map(|known| known.best));
        let lowest = values.fold(f64::INFINITY, f64::min);
        Some(Self {
            set,
            fraction,
            adam,
            sampled: store.get(&sampled_key(&place)),
            known,
            lowest,
            store,
            place,
        })
    }

    /// A generated network.
    pub(crate) fn global(&self, variant: &str) -> Option<&'a Value> {
        self.store.get(&global_key(&self.place, variant, 0))
    }

    /// The lowest `J` of the runs of Adam, L-BFGS included.
    pub(crate) fn adam_best(&self) -> f64 {
        self.least("polished")
    }

    /// The smallest number of that name over the runs of Adam.
    pub(crate) fn least(&self, name: &str) -> f64 {
        let values = self.adam.iter().map(|row| number(row, name));
        values.fold(f64::INFINITY, f64::min)
    }

    /// Seconds of one run of Adam, the median, without L-BFGS.
    pub(crate) fn adam_seconds(&self) -> f64 {
        let mut seconds: Vec<f64> = self.adam.iter().map(|r| number(r, "seconds")).collect();
        seconds.sort_by(f64::total_cmp);
        seconds[seconds.len() / 2]
    }

    /// Flops of one run of Adam.
    pub(crate) fn adam_flops(&self) -> f64 {
        number(self.adam[0], "flops")
    }

    /// When the training for the best network had a `J` of `target` or less.
    pub(crate) fn reached(&self, target: f64) -> Option<Reached> {
        let course = self.global("best")?["course"].as_array()?;
        let at = course
            .iter()
            .find(|at| at[1].as_f64().is_some_and(|j| j <= target))?;
        Some(Reached {
            seconds: at[0].as_f64()?,
            flops: at[3].as_f64()?,
        })
    }

    /// `cancer 10 %`.
    pub(crate) fn title(&self) -> String {
        format!("{} {} %", self.set, 100.0 * self.fraction)
    }
}
