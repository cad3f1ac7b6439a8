//! `crelu export` writes the whole model, or nothing.

use crate::program::{Workplace, rings};

/// Where a text stands among bytes.
fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[test]
fn export_of_a_table_with_text_names_its_columns_in_a_line() {
    let here = Workplace::new();
    let rows: Vec<String> = (0..60)
        .map(|i| {
            let (kind, size) = (["coat", "hat", "shoe"][i % 3], i * 7 % 11);
            format!("{kind},{size},{}", 3 * size + 10 * (i % 3))
        })
        .collect();
    here.put(
        "shop.csv",
        format!("kind,size,price\n{}\n", rows.join("\n")),
    );
    here.run_to(0, &["fit", "shop.csv", "--beta-frac", "0.02", "--quiet"]);
    let run = here.run_to(0, &["export", "shop.safetensors", "--onnx", "shop.onnx"]);
    assert_eq!(
        run.out,
        "shop.onnx: kind, size in, variable out, in float32\n"
    );
    assert_eq!(run.err, "");
    let bytes = here.bytes("shop.onnx");
    for text in ["OneHotEncoder", "coat", "shoe", "kind", "size", "variable"] {
        assert!(holds(&bytes, text), "{text}");
    }
    let twice = ["export", "shop.safetensors", "--onnx", "again.onnx"];
    here.run_to(0, &twice);
    assert_eq!(here.bytes("again.onnx"), bytes);
}

#[test]
fn export_that_fails_is_one_line_and_leaves_what_was_there() {
    let here = Workplace::new();
    here.put("rings.csv", rings(40, 2, 8));
    let fit = ["fit", "rings.csv", "--beta-frac", "0.05", "--quiet"];
    here.run_to(0, &fit);
    here.put("old.onnx", "kept");
    let names = here.names();
    for (args, says) in [
        (&["export", "rings.safetensors"][..], "--onnx"),
        (
            &["export", "rings.csv", "--onnx", "old.onnx"],
            "rings.csv: ",
        ),
        (&["export", "none", "--onnx", "old.onnx"], "none: "),
        (
            &["export", "rings.safetensors", "--onnx", "rings.safetensors"],
            "--onnx",
        ),
        (
            &[
                "export",
                "rings.safetensors",
                "--onnx",
                "no/such/folder.onnx",
            ],
            "--onnx",
        ),
        (
            &[
                "export",
                "rings.safetensors",
                "--onnx",
                "old.onnx",
                "--dtype",
                "int8",
            ],
            "float32, float64",
        ),
    ] {
        let run = here.run(args);
        let line = run.complaint();
        assert!(line.contains(says), "{args:?}: {line}");
    }
    assert_eq!(here.names(), names);
    assert_eq!(here.text("old.onnx"), "kept");
    let export = [
        "export",
        "rings.safetensors",
        "--onnx",
        "old.onnx",
        "--dtype",
        "float64",
    ];
    let run = here.run_to(0, &export);
    assert_eq!(
        run.out,
        "old.onnx: X in, label and probabilities out, in float64\n"
    );
}
