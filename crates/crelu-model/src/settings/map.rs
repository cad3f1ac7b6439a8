use serde_json::{Map, Value, json};

use super::prove::Prove;
use super::{Beta, CheckedFitSettings, PatternSource};
use crate::report::TrainMode;

impl CheckedFitSettings {
    /// Every setting in force by the name of its option, for the report.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        let s = self.get();
        // the engine's own, by its own names
        let mut map = match json!(self.programme()) {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
        put("activation", json!(s.activation));
        match &s.patterns {
            PatternSource::Sampled { count, sampler } => {
                put("patterns", json!(count));
                put("gate_sampler", json!(sampler));
            }
            PatternSource::Given(gates) => {
                put("patterns", json!(gates.ncols()));
                put("gate_sampler", json!("given"));
            }
        }
        match s.beta {
            Beta::Absolute(v) => put("beta", json!(v)),
            Beta::Fraction(v) => put("beta_frac", json!(v)),
        };
        put("loss", json!(s.loss));
        put("class_weight", s.class_weight.to_json());
        put("train", json!(s.train_in_force()));
        if s.train_in_force() == TrainMode::Global {
            put("ascents", json!(s.ascents_in_force()));
            put("thin", json!(s.thin_in_force()));
            put("max_neurons", json!(s.max_neurons));
            put("settle", json!(s.settle_in_force()));
            put("thorough", json!(s.thorough));
            put("warm_start", json!(s.init.is_some()));
        }
        put("standardize", json!(s.standardize));
        put("bias", json!(s.bias));
        put("center", json!(s.center));
        match s.prove {
            Prove::Never => put("prove", json!("never")),
            Prove::Quick => put("prove", json!("quick")),
            Prove::Seconds(seconds) => put("prove", json!(seconds)),
        };
        map
    }
}
