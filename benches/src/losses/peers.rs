use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::cases::{file, held_out};
use super::child::{OneFit, output};
use crate::images::{PACKAGE, SOURCE};
use crate::store::{Store, number};

/// What is fitted beside scikit-learn's models.
const FITS: [OneFit; 8] = [
    DIGITS,
    OneFit {
        settle: Some(0.02),
        ..DIGITS
    },
    OneFit {
        fraction: Some(0.003),
        ..DIGITS
    },
    OneFit {
        loss: "squared",
        ..DIGITS
    },
    OneFit {
        fraction: None,
        ..DIGITS
    },
    SOURCE_MNIST,
    OneFit {
        loss: "squared",
        ..SOURCE_MNIST
    },
    WINE,
];
/// The set of a quick run.
const WINE: OneFit = OneFit {
    set: "wine",
    fraction: Some(0.1),
    ..DIGITS
};
const DIGITS: OneFit = OneFit {
    set: "digits",
    loss: "softmax",
    fraction: Some(0.03),
    settle: None,
    limit: None,
    seed: 0,
};
/// Two minutes, reading and the certificate included.
const SOURCE_MNIST: OneFit = OneFit {
    set: "Fashion-MNIST",
    loss: "softmax",
    fraction: Some(5e-4),
    settle: None,
    limit: Some(105.0),
    seed: 0,
};
const MODELS: [&str; 2] = ["MLPClassifier", "LogisticRegression"];
const SCRIPT: &str = include_str!("peers.py");

/// Ten classes by this package and by scikit-learn's models, where `PYTHON` or `python3` has them.
pub(crate) fn measure(store: &mut Store, quick: bool) -> Result<(), String> {
    let sets = match quick {
        true => &["wine"][..],
        false => &["digits", "Fashion-MNIST"],
    };
    for &set in sets {
        if set == "Fashion-MNIST" && !Path::new(SOURCE).is_dir() {
            println!(
                "{set}: left out, it is not on this machine; `apt-get install {PACKAGE}` brings it"
            );
            continue;
        }
        for model in MODELS {
            if !has_peers() {
                println!(
                    "{set}: {model} left out, there is no Python with scikit-learn (PYTHON names one)"
                );
                continue;
            }
            let row = store.row(&format!("peers|{set}|{model}"), || peer(set, model))?;
            say(set, model, row);
        }
        for fit in FITS.iter().filter(|fit| fit.set == set) {
            // a test's program is not always this one: it makes the fit itself
            let row = match quick {
                true => store.row(&key(fit), || fit.here())?,
                false => store.row(&key(fit), || fit.spawn())?,
            };
            say(set, fit.loss, row);
        }
    }
    Ok(())
}

fn key(fit: &OneFit) -> String {
    let fraction = fit.fraction.map_or("cv".to_owned(), |f| f.to_string());
    let settle = fit.settle.map_or(String::new(), |s| format!(" {s}"));
    format!("peers|{}|{} {fraction}{settle}", fit.set, fit.loss)
}

/// The keys of the rows of a set, this package's first.
pub(crate) fn keys(set: &str) -> Vec<String> {
    let fits = FITS.iter().filter(|fit| fit.set == set).map(key);
    let peers = MODELS.iter().map(|model| format!("peers|{set}|{model}"));
    fits.chain(peers).collect()
}

fn say(set: &str, name: &str, row: &Value) {
    println!(
        "{set}, {name}: accuracy {:.4}, log-loss {:.4}, Brier {:.4}, {:.1} s, {} neurons, {:.0} MB",
        number(row, "accuracy"),
        number(row, "log_loss"),
        number(row, "brier"),
        number(row, "seconds"),
        row["neurons"],
        number(row, "memory") / 1e6
    );
}

fn python() -> Command {
    Command::new(std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned()))
}

fn has_peers() -> bool {
    let mut asked = python();
    let said = asked.args(["-c", "import sklearn"]).output();
    said.is_ok_and(|out| out.status.success())
}

fn peer(set: &'static str, model: &str) -> Result<Value, String> {
    let mut request = json!({ "model": model });
    match file(set) {
        Some(file) => {
            request["file"] = json!(file);
            request["held_out"] = json!(held_out(set, 0)?);
        }
        None => request["folder"] = json!(SOURCE),
    }
    output(python().args(["-c", SCRIPT, &request.to_string()]))
}
