use crelu_convex::CheckedProgrammeSettings;
use crelu_global::CheckedGlobalSettings;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{CheckedFitSettings, FitSettings};
use crate::report::TrainMode;

/// Every setting in force, by its own name.
#[derive(Serialize)]
struct InForce<'a> {
    #[serde(flatten)]
    programme: &'a CheckedProgrammeSettings,
    #[serde(flatten)]
    fit: &'a FitSettings,
    train: TrainMode,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    global: Option<&'a CheckedGlobalSettings>,
}

impl CheckedFitSettings {
    /// Every setting in force by the name of its option, for the report.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        let train = self.get().train_in_force();
        let all = json!(InForce {
            programme: self.programme(),
            fit: self.get(),
            train,
            global: (train == TrainMode::Global).then(|| self.global()),
        });
        match all {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}
