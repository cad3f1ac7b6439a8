//! Words on the command line: the values that an option has now, and those it will have.

use crelu_data::Header;
use crelu_model::path::{Metric, Rule};
use crelu_model::{
    Activation, BackendChoice, ClassWeight, FormChoice, GateSampler, LossChoice, OnnxNumber,
    Precision, PrimalChoice, Splitting, Switch, Task, TrainMode,
};

/// Finds `word` among those that work now; one that is to come is told from one that is unknown.
fn choose<T: Copy>(word: &str, now: &[(&str, T)], later: &[&str]) -> Result<T, String> {
    if let Some((_, value)) = now.iter().find(|(name, _)| *name == word) {
        return Ok(*value);
    }
    let names: Vec<&str> = now.iter().map(|(name, _)| *name).collect();
    let works = if names.len() == 1 { "works" } else { "work" };
    let names = names.join(", ");
    if later.contains(&word) {
        Err(format!("not built yet; {names} {works} now"))
    } else if later.is_empty() {
        Err(format!("unknown; the values are {names}"))
    } else {
        let later = later.join(", ");
        Err(format!(
            "unknown; {names} {works} now ({later}: not built yet)"
        ))
    }
}

/// `--header`
pub(super) fn header(word: &str) -> Result<Header, String> {
    let now = [
        ("auto", Header::Auto),
        ("yes", Header::Yes),
        ("no", Header::No),
    ];
    choose(word, &now, &[])
}

/// `--task`
pub(super) fn task(word: &str) -> Result<Task, String> {
    let now = [Task::Classify, Task::Regress].map(|task| (task.name(), task));
    choose(word, &now, &[])
}

/// `--activation`
pub(super) fn activation(word: &str) -> Result<Activation, String> {
    let now = [("relu", Activation::Relu), ("gated", Activation::Gated)];
    choose(word, &now, &[])
}

/// `--train`
pub(super) fn train(word: &str) -> Result<TrainMode, String> {
    let now = [TrainMode::Sampled, TrainMode::Global].map(|mode| (mode.name(), mode));
    choose(word, &now, &[])
}

/// `--loss`
pub(super) fn loss(word: &str) -> Result<LossChoice, String> {
    let now = LossChoice::ALL.map(|loss| (loss.name(), loss));
    choose(word, &now, &[])
}

/// What is done about missing features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Error,
    Impute,
}

impl Missing {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Impute => "impute",
        }
    }
}

/// `--missing`
pub(super) fn missing(word: &str) -> Result<Missing, String> {
    let now = [Missing::Error, Missing::Impute].map(|missing| (missing.name(), missing));
    choose(word, &now, &[])
}

/// `--class-weight`
pub(super) fn class_weight(text: &str) -> Result<ClassWeight, String> {
    if text.trim() == "balanced" {
        return Ok(ClassWeight::Balanced);
    }
    // a label may hold a comma or an equals sign: a part without a weight belongs to the next
    let mut given: Vec<(String, f64)> = Vec::new();
    let mut open = String::new();
    for part in text.split(',') {
        open.push_str(part);
        let weight = open
            .rsplit_once('=')
            .and_then(|(label, weight)| Some((label.trim(), weight.trim().parse().ok()?)));
        match weight {
            Some((label, weight)) if !f64::is_nan(weight) && weight > 0.0 && weight.is_finite() => {
                if given.iter().any(|(known, _)| known == label) {
                    return Err(format!("the label '{label}' is given twice"));
                }
                given.push((label.to_owned(), weight));
                open.clear();
            }
            Some(_) => return Err("a weight must be a finite number above 0".to_owned()),
            None => open.push(','),
        }
    }
    match open.is_empty() && !given.is_empty() {
        true => Ok(ClassWeight::Labels(given)),
        false => Err("must be balanced, or LABEL=W,LABEL=W,...".to_owned()),
    }
}

/// `--backend`
pub(super) fn backend(word: &str) -> Result<BackendChoice, String> {
    choose(word, &BackendChoice::NAMED, &[])
}

/// `--dtype`
pub(super) fn onnx_number(word: &str) -> Result<OnnxNumber, String> {
    let now = OnnxNumber::ALL.map(|number| (number.name(), number));
    choose(word, &now, &[])
}

/// `--gate-sampler`
pub(super) fn gate_sampler(word: &str) -> Result<GateSampler, String> {
    let now = [GateSampler::Gaussian, GateSampler::Data].map(|rule| (rule.name(), rule));
    choose(word, &now, &["conv"])
}

/// `--primal`
pub(super) fn primal(word: &str) -> Result<PrimalChoice, String> {
    let now = PrimalChoice::ALL.map(|primal| (primal.name(), primal));
    choose(word, &now, &[])
}

/// `--form`
pub(super) fn form(word: &str) -> Result<FormChoice, String> {
    let now = FormChoice::ALL.map(|form| (form.name(), form));
    choose(word, &now, &[])
}

/// `--splitting`
pub(super) fn splitting(word: &str) -> Result<Splitting, String> {
    let now = [
        ("auto", Splitting::Auto),
        ("two-block", Splitting::TwoBlock),
        ("three-block", Splitting::ThreeBlock),
    ];
    choose(word, &now, &[])
}

/// `--precision`
pub(super) fn precision(word: &str) -> Result<Precision, String> {
    let now = [
        ("auto", Precision::Auto),
        ("f32", Precision::F32),
        ("f64", Precision::F64),
        ("mixed", Precision::Mixed),
    ];
    choose(word, &now, &[])
}

/// `--rule`
pub(super) fn rule(word: &str) -> Result<Rule, String> {
    let now = Rule::ALL.map(|rule| (rule.name(), rule));
    choose(word, &now, &[])
}

/// `--metric`
pub(super) fn metric(word: &str) -> Result<Metric, String> {
    let now = Metric::ALL.map(|metric| (metric.name(), metric));
    choose(word, &now, &[])
}

/// `--newton` and `--working-set`
pub(super) fn switch(word: &str) -> Result<Switch, String> {
    let now = [
        ("auto", Switch::Auto),
        ("on", Switch::On),
        ("off", Switch::Off),
    ];
    choose(word, &now, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choice_to_come_says_what_works_now() {
        let error = gate_sampler("conv").unwrap_err();
        assert!(error.starts_with("not built yet"), "{error}");
        assert!(error.contains("gaussian, data"), "{error}");
    }

    #[test]
    fn choice_unknown_lists_the_values() {
        for (error, value) in [
            (task("cluster").unwrap_err(), "classify, regress"),
            (activation("tanh").unwrap_err(), "relu, gated"),
            (train("adam").unwrap_err(), "sampled, global"),
            (loss("hinge").unwrap_err(), "huber"),
            (precision("f7").unwrap_err(), "mixed"),
            (switch("yes").unwrap_err(), "auto, on, off"),
            (rule("2se").unwrap_err(), "best, 1se, small"),
            (metric("auc").unwrap_err(), "accuracy"),
            (splitting("").unwrap_err(), "two-block"),
            (primal("qr").unwrap_err(), "pcg-nystrom, rbcd, block-exact"),
            (form("tall").unwrap_err(), "kernel, gram, reduced, full"),
        ] {
            assert!(error.starts_with("unknown"), "{error}");
            assert!(error.contains(value), "{error}");
        }
    }
}
