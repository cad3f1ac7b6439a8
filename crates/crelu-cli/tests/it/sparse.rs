//! A sparse file that is too large for a dense table.

use crate::program::Workplace;

/// Rows and columns: more cells than a table is made dense of, in few entries.
const ROWS: usize = 300;
const COLUMNS: usize = 60_000;

/// Rows of a dozen entries in some hundred columns that are far apart; the first columns say the label.
fn rows(count: usize) -> Vec<String> {
    let mut state = 12_345_u64;
    let mut draw = |n: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % n
    };
    let row = |i: usize| {
        let is_one = i.is_multiple_of(2);
        let mut columns = vec![if is_one { 7 } else { 11 }];
        while columns.len() < 12 {
            let column = 20 + 499 * draw(120);
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        columns.sort_unstable();
        if i == 0 {
            columns.push(COLUMNS);
        }
        let entries: Vec<String> = columns
            .iter()
            .map(|k| format!("{k}:{}.5", 1 + draw(3)))
            .collect();
        format!("{} {}", if is_one { "+1" } else { "-1" }, entries.join(" "))
    };
    (0..count).map(row).collect()
}

fn file(rows: &[String]) -> String {
    rows.join("\n") + "\n"
}

#[test]
fn sparse_file_is_trained_on_and_predicted_without_a_dense_table() {
    let here = Workplace::new();
    let rows = rows(ROWS);
    here.put("wide.libsvm", file(&rows));
    here.put("few.libsvm", file(&rows[..20]));
    let args = [
        "fit",
        "wide.libsvm",
        "--beta-frac",
        "0.1",
        "--test-frac",
        "0.2",
        "--out",
        "m",
    ];
    let run = here.run_to(0, &args);
    assert!(
        run.err.contains("sparse rows") && run.err.contains("not centred"),
        "{}",
        run.err
    );
    let report = here.report("m.json");
    assert_eq!(report["d"], COLUMNS + 1);
    let columns = report["settings"]["sparse"]["columns"].as_u64().unwrap();
    assert!(columns < 200, "{columns} that occur and vary");
    assert!(report["test"]["accuracy"].as_f64().unwrap() > 0.95);
    let info = here.run_to(0, &["info", "m"]).out;
    assert!(info.contains("60000"), "{info}");
    // a small part of the file is a dense table, and gives the same numbers
    let all = here
        .run_to(0, &["predict", "m", "wide.libsvm", "--proba"])
        .out;
    let few = here
        .run_to(0, &["predict", "m", "few.libsvm", "--proba"])
        .out;
    let numbers = |text: &str| -> Vec<Vec<f64>> {
        let lines = text.lines().skip(1);
        lines
            .map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect())
            .collect()
    };
    let (all, few) = (numbers(&all), numbers(&few));
    assert_eq!((all.len(), few.len()), (ROWS, 20));
    for (a, b) in all.iter().zip(&few) {
        assert!(
            a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9),
            "{a:?} {b:?}"
        );
    }
    // what needs dense rows says so
    let tight = ["--train", "sampled", "--memory-limit", "200M", "--quiet"];
    let run = here.run(&[&args[..], &tight].concat());
    let line = run.complaint();
    assert!(
        line.contains("60000 columns") && line.contains("--train global"),
        "{line}"
    );
}
