//! Gate vectors from a file.

use crate::program::{Workplace, rings};

/// An NPY file of doubles; `values` in the order in which they are stored.
fn npy(rows: usize, cols: usize, fortran: bool, values: &[f64]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header =
        format!("{{'descr': '<f8', 'fortran_order': {order}, 'shape': ({rows}, {cols}), }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    bytes
}

const GATES: usize = 12;

/// Gate `j` in feature `k`; the bias entry of every gate is 0.
fn gate(k: usize, j: usize) -> f64 {
    if k == 2 {
        0.0
    } else {
        ((3 * j + 5 * k) as f64).sin()
    }
}

fn stored(rows: usize, fortran: bool) -> Vec<u8> {
    let values: Vec<f64> = if fortran {
        (0..GATES)
            .flat_map(|j| (0..rows).map(move |k| gate(k, j)))
            .collect()
    } else {
        (0..rows)
            .flat_map(|k| (0..GATES).map(move |j| gate(k, j)))
            .collect()
    };
    npy(rows, GATES, fortran, &values)
}

#[test]
fn gates_in_either_order_with_or_without_the_bias_give_the_same_model() {
    let here = Workplace::new();
    here.put("rings.csv", rings(80, 2, 9));
    let mut models = Vec::new();
    for (rows, fortran) in [(2, false), (2, true), (3, false), (3, true)] {
        here.put("gates.npy", stored(rows, fortran));
        let args = [
            "fit",
            "rings.csv",
            "--gates",
            "gates.npy",
            "--activation",
            "gated",
        ];
        here.run_to(0, &[&args[..], &["--out", "m", "--report", "r"]].concat());
        models.push(here.bytes("m"));
        let report = here.report("r");
        let patterns = report["patterns"].as_u64().unwrap();
        assert!(patterns > 2 && patterns <= GATES as u64, "{patterns}");
        assert_eq!(report["settings"]["gate_sampler"], "given");
    }
    assert!(models.iter().all(|model| *model == models[0]));
    here.run_to(
        0,
        &["fit", "rings.csv", "--activation", "gated", "--out", "m"],
    );
    assert_ne!(here.bytes("m"), models[0]);
}

#[test]
fn gates_that_do_not_fit_are_refused_by_name() {
    let here = Workplace::new();
    here.put("rings.csv", rings(30, 2, 10));
    let whole = stored(2, false);
    for (name, bytes, says) in [
        ("rows.npy", npy(4, 2, false, &[1.0; 8]), "4 rows"),
        ("nan.npy", npy(2, 1, false, &[f64::NAN, 1.0]), "nan"),
        ("cut.npy", whole[..whole.len() - 9].to_vec(), "ends after"),
        ("none.npy", npy(2, 0, false, &[]), "none.npy"),
        // no row of the data is on the open side of a gate with this bias
        (
            "blind.npy",
            npy(3, 1, false, &[0.0, 0.0, -1.0]),
            "no gate sees",
        ),
    ] {
        here.put(name, bytes);
        let run = here.run(&["fit", "rings.csv", "--train", "sampled", "--gates", name]);
        let line = run.complaint().to_lowercase();
        assert!(line.starts_with("--gates") && line.contains(name), "{line}");
        assert!(line.contains(says), "{line}");
    }
    let sampled = ["fit", "rings.csv", "--train", "sampled"];
    let run = here.run(&[&sampled[..], &["--gates", "nowhere.npy"]].concat());
    assert!(run.complaint().contains("--gates: nowhere.npy"), "{run:?}");
    here.put("bias.npy", stored(3, false));
    let run = here.run(&[&sampled[..], &["--no-bias", "--gates", "bias.npy"]].concat());
    let line = run.complaint();
    assert!(line.contains("3 rows, 2 are needed"), "{line}");
}
