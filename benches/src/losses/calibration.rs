use serde_json::{Value, json};

use super::child::OneFit;
use crate::store::{Store, number};

/// Sets, and the losses that their labels are fitted by.
pub(crate) const CASES: [(&str, &[&str]); 5] = [
    ("breast cancer", &["squared", "logistic", "softmax"]),
    ("teacher 300x26", &["squared", "logistic", "softmax"]),
    ("fashion", &["squared", "logistic", "softmax"]),
    ("wine", &["squared", "softmax"]),
    ("digits", &["squared", "softmax"]),
];
/// Shares of `beta_max`.
pub(crate) const FRACTIONS: [f64; 3] = [0.1, 0.01, 0.001];
/// So many parts of the rows are held out in turn.
const SPLITS: u64 = 5;
/// Seconds of a fit at most: the squared loss of ten classes at the weakest penalty has thousands of neurons, and
/// scores of accuracy alone.
const LIMIT: f64 = 30.0;

/// Scores on rows held out, the means over the splits.
pub(crate) fn measure(store: &mut Store, quick: bool) -> Result<(), String> {
    let (cases, fractions, splits) = match quick {
        true => (&CASES[..1], &FRACTIONS[..1], 1),
        false => (&CASES[..], &FRACTIONS[..], SPLITS),
    };
    for &(set, losses) in cases {
        for &fraction in fractions {
            for &loss in losses {
                let row = store.row(&key(set, fraction, loss), || {
                    mean(set, fraction, loss, splits)
                })?;
                println!(
                    "{set}, {fraction}, {loss}: accuracy {:.4}, log-loss {:.4}, Brier {:.4}, {:.1} neurons",
                    number(row, "accuracy"),
                    number(row, "log_loss"),
                    number(row, "brier"),
                    number(row, "neurons"),
                );
            }
        }
    }
    Ok(())
}

pub(crate) fn key(set: &str, fraction: f64, loss: &str) -> String {
    format!("calibration|{set}|{fraction}|{loss}")
}

fn mean(
    set: &'static str,
    fraction: f64,
    loss: &'static str,
    splits: u64,
) -> Result<Value, String> {
    let fit = |seed| {
        let one = OneFit {
            set,
            loss,
            fraction: Some(fraction),
            settle: None,
            limit: Some(LIMIT),
            seed,
        };
        one.here()
    };
    let rows = (0..splits)
        .map(fit)
        .collect::<Result<Vec<Value>, String>>()?;
    let mut out = json!({ "splits": splits, "n": rows[0]["n"], "outputs": rows[0]["outputs"], "limit": LIMIT });
    for name in ["accuracy", "log_loss", "brier", "neurons", "seconds"] {
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let mean = rows.iter().map(|row| number(row, name)).sum::<f64>() / rows.len() as f64;
        // none of a loss without probabilities
        out[name] = json!(mean.is_finite().then_some(mean));
    }
    Ok(out)
}
