//! Tables as users have them: columns by name, odd headers, stray cells; the right answer or a line that
//! helps.

use std::process::{Command, Stdio};

use crate::program::{Run, Workplace};

const QUICK: [&str; 6] = [
    "--train",
    "sampled",
    "--patterns",
    "8",
    "--beta-frac",
    "0.01",
];

/// Rows `(a, b)` and a target `y` that they explain.
fn rows() -> Vec<(f64, f64, f64)> {
    (0..40)
        .map(|i| {
            let a = f64::from(i * 37 % 41) / 8.0 - 2.5;
            let b = f64::from(i * 23 % 43) / 16.0;
            (a, b, 2.0 * a + b.max(1.0))
        })
        .collect()
}

/// A table of some columns of [`rows`], `i` being the row.
fn table(head: &str, row: impl Fn(usize, f64, f64, f64) -> String) -> String {
    let mut text = String::new();
    if !head.is_empty() {
        text = format!("{head}\n");
    }
    for (i, (a, b, y)) in rows().into_iter().enumerate() {
        text += &row(i, a, b, y);
        text.push('\n');
    }
    text
}

fn full(head: &str) -> String {
    table(head, |_, a, b, y| format!("{a},{b},{y}"))
}

impl Workplace {
    fn fit(&self, data: &str, args: &[&str]) -> Run {
        self.run(&[&["fit", data, "--out", "m"][..], &QUICK, args].concat())
    }

    /// A fit that must fail, without lines of progress.
    fn refusal(&self, data: &str, args: &[&str]) -> String {
        let run = self.fit(data, &[args, &["--quiet"]].concat());
        run.complaint().to_owned()
    }

    fn fit_well(&self, data: &str, args: &[&str]) -> Run {
        let run = self.fit(data, args);
        assert!(matches!(run.code, Some(0 | 2)), "{data} {args:?}: {run:?}");
        run
    }

    fn predict(&self, data: &str) -> (Vec<f64>, String) {
        let run = self.run_to(0, &["predict", "m", data]);
        let values = run.out.lines().skip(1).map(|line| line.parse().unwrap());
        (values.collect(), run.err)
    }
}

#[test]
fn columns_of_a_file_to_predict_are_found_by_name() {
    let here = Workplace::new();
    here.put("train.csv", full("a,b,y"));
    here.fit_well("train.csv", &["--task", "regress"]);
    let (want, told) = here.predict("train.csv");
    assert_eq!(told, "");
    for (head, text, says) in [
        (
            "id,a,b",
            table("id,a,b", |i, a, b, _| format!("{i},{a},{b}")),
            "column 'id'",
        ),
        ("order", table("b,a", |_, a, b, _| format!("{b},{a}")), ""),
        (
            "target first",
            table("y,a,b", |_, a, b, y| format!("{y},{a},{b}")),
            "",
        ),
        (
            "text between",
            table("a,note,b", |_, a, b, _| format!("{a},so,{b}")),
            "column 'note'",
        ),
        (
            "case",
            table("y,A, \"b \"", |_, a, b, _| format!(",{a},{b}")),
            "'A' is taken for 'a'",
        ),
        (
            "target unfilled",
            table("a,b,y", |_, a, b, _| format!("{a},{b},?")),
            "",
        ),
        (
            "semicolons",
            table("b;q;a", |_, a, b, _| format!("{b};x;{a}")),
            "column 'q'",
        ),
        ("no header", table("", |_, a, b, _| format!("{a},{b}")), ""),
        ("no header, target", full(""), ""),
    ] {
        here.put("new.csv", text);
        let (got, told) = here.predict("new.csv");
        let lines = match head {
            "case" => 2,
            _ => usize::from(!says.is_empty()),
        };
        assert_eq!(got, want, "{head}");
        assert_eq!(told.lines().count(), lines, "{head}: {told}");
        assert!(told.contains(says), "{head}: {told}");
    }
    for (text, says) in [
        (
            table("id,a", |i, a, _, _| format!("{i},{a}")),
            "no column 'b'",
        ),
        (
            table("a,c,y", |_, a, b, y| format!("{a},{b},{y}")),
            "no column 'b'",
        ),
        (
            table("a,b,a", |_, a, b, _| format!("{a},{b},{a}")),
            "columns 1 and 3 are both called 'a'",
        ),
        (
            table("", |i, a, b, y| format!("{i},{a},{b},{y}")),
            "4 columns",
        ),
        (table("", |_, a, _, _| format!("{a}")), "1 column"),
    ] {
        here.put("new.csv", text);
        let run = here.run(&["predict", "m", "new.csv"]);
        let line = run.complaint();
        assert!(
            line.starts_with("new.csv: ") && line.contains(says),
            "{line}"
        );
    }
}

#[test]
fn columns_of_a_test_file_and_its_target_are_found_by_name() {
    let here = Workplace::new();
    here.put("train.csv", full("a,b,y"));
    for (name, text) in [
        ("same", full("a,b,y")),
        (
            "id",
            table("id,y,b,a", |i, a, b, y| format!("{i},{y},{b},{a}")),
        ),
        ("bare", full("")),
    ] {
        here.put("test.csv", text);
        let run = here.fit_well("train.csv", &["--task", "regress", "--test", "test.csv"]);
        let report = here.report("m.json");
        assert_eq!(report["train"]["r2"], report["test"]["r2"], "{name}");
        assert_eq!(
            run.err.contains("'id'"),
            name == "id",
            "{name}: {}",
            run.err
        );
    }
    here.put(
        "test.csv",
        table("a,b,z", |_, a, b, y| format!("{a},{b},{y}")),
    );
    let line = here.refusal("train.csv", &["--task", "regress", "--test", "test.csv"]);
    assert!(line.contains("no column 'y', the target"), "{line}");
}

#[test]
fn summary_names_the_target_and_the_header() {
    let here = Workplace::new();
    here.put("a.csv", full("a,b,yield_"));
    let run = here.fit_well("a.csv", &["--task", "regress"]);
    assert!(
        run.out.contains("yield_ (column 3, the last"),
        "{}",
        run.out
    );
    assert!(run.out.contains("header:      found"), "{}", run.out);
    here.put("b.csv", full("").replace(',', ";").replace('.', ","));
    let run = here.fit_well("b.csv", &["--task", "regress", "--target", "2"]);
    assert!(run.out.contains("target:      column 3\n"), "{}", run.out);
    assert!(
        run.out.contains("none found") && run.out.contains("decimal commas"),
        "{}",
        run.out
    );
    here.put("c.csv", full("0,1,2"));
    let run = here.fit_well("c.csv", &["--task", "regress"]);
    assert!(
        run.out.contains("40 rows") && run.out.contains("header:      found"),
        "{}",
        run.out
    );
    let run = here.fit_well("c.csv", &["--task", "regress", "--header", "no"]);
    assert!(
        run.out.contains("41 rows") && run.out.contains("header:      none\n"),
        "{}",
        run.out
    );
}

#[test]
fn line_breaks_in_names_and_labels_break_no_line() {
    let here = Workplace::new();
    let text = table("\"a\nx\",b,\"kind\nof\"", |_, a, b, _| {
        format!("{a},{b},{}", if a > 0.0 { "\"o\nne\"" } else { "two" })
    });
    here.put("a.csv", text);
    let run = here.fit_well("a.csv", &[]);
    for line in run.out.lines() {
        let is_a_line_of_its_own = line
            .split_once(':')
            .is_some_and(|(name, _)| !name.contains(' '));
        let continues = line.starts_with("dual bound:");
        assert!(is_a_line_of_its_own || continues, "{line:?} in {}", run.out);
    }
    assert!(
        run.out.contains("kind\\nof") && run.out.contains("o\\nne"),
        "{}",
        run.out
    );
    let info = here.run_to(0, &["info", "m"]).out;
    assert!(info.contains("o\\nne") && info.contains("a\\nx"), "{info}");
    assert!(info.lines().all(|line| line.contains(':')), "{info}");
}

#[test]
fn dropped_columns_are_not_in_the_model() {
    let here = Workplace::new();
    here.put("plain.csv", full("a,b,y"));
    here.put(
        "more.csv",
        table("id,a,note,b,y", |i, a, b, y| format!("{i},{a},so,{b},{y}")),
    );
    here.fit_well("plain.csv", &["--task", "regress"]);
    let plain = here.bytes("m");
    let run = here.fit_well("more.csv", &["--task", "regress", "--drop", "id,note"]);
    assert!(
        !run.err.contains("may be an id") && !run.err.contains("--drop"),
        "{}",
        run.err
    );
    assert_eq!(here.bytes("m"), plain);
    here.fit_well(
        "more.csv",
        &["--task", "regress", "--drop", "2", "--drop", "0"],
    );
    assert_eq!(here.bytes("m"), plain);
    // an id in front is told, and can be left out by place where there are no names
    here.put(
        "bare.csv",
        table("", |i, a, b, y| format!("{i},{a},{b},{y}")),
    );
    let run = here.fit_well("bare.csv", &["--task", "regress"]);
    assert!(
        run.err.contains("column 1 holds ascending whole numbers"),
        "{}",
        run.err
    );
    assert!(run.err.contains("--drop 0"), "{}", run.err);
    here.fit_well("bare.csv", &["--task", "regress", "--drop", "0"]);
    let run = here.run_to(0, &["predict", "m", "bare.csv", "--drop", "0"]);
    here.put("kept.csv", full(""));
    assert_eq!(run.out, here.run_to(0, &["predict", "m", "kept.csv"]).out);
}

#[test]
fn stray_cell_in_the_target_is_shown_and_never_a_class() {
    let here = Workplace::new();
    for cell in ["-", "n.a.", "5%", "1.234,5", "12 kg", "?"] {
        let text = table("a,b,price", |i, a, b, y| match i {
            9 => format!("{a},{b},\"{cell}\""),
            _ => format!("{a},{b},{y}"),
        });
        here.put("a.csv", text);
        for task in [&[][..], &["--task", "regress"]] {
            let line = here.refusal("a.csv", task);
            let place = "a.csv: line 11 (row 10), column 3 (price): ";
            assert!(line.starts_with(place), "{line}");
            assert!(line.contains(&format!("'{cell}'")), "{line}");
        }
    }
}

#[test]
fn third_label_and_label_that_training_lacks_are_named() {
    let here = Workplace::new();
    let labelled = |odd: &str| {
        table("a,b,kind", |i, a, b, _| match i {
            30 => format!("{a},{b},{odd}"),
            _ => format!("{a},{b},{}", if a > 0.0 { "cat" } else { "dog" }),
        })
    };
    here.put("three.csv", labelled("Dog"));
    // three classes are trained, and the odd one is named
    let run = here.run(&["fit", "three.csv", "--out", "m"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let line = run.err.lines().find(|line| line.contains("'Dog'"));
    let line = line.unwrap_or_else(|| panic!("{run:?}"));
    for part in ["three.csv: ", "line 32 (row 31)", "is 'dog' meant?"] {
        assert!(line.contains(part), "{line}");
    }
    here.put("two.csv", labelled("cat"));
    here.put("emu.csv", labelled("emu"));
    let line = here.refusal("two.csv", &["--test", "emu.csv"]);
    for part in [
        "emu.csv: line 32 (row 31), column 3 (kind): 'emu'",
        "'dog', 'cat'",
    ] {
        assert!(line.contains(part), "{line}");
    }
    // numbers taken as labels, one of them a slip
    here.put(
        "slip.csv",
        table("a,b,y", |i, a, b, _| {
            format!("{a},{b},{}", if i == 5 { "O" } else { ["0", "1"][i % 2] })
        }),
    );
    let line = here.refusal("slip.csv", &[]);
    assert!(line.contains("'O'"), "{line}");
    // as labels they are three, and the odd one is named
    let run = here.run(&["fit", "slip.csv", "--task", "classify", "--out", "m"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let line = run.err.lines().find(|line| line.contains("'O'"));
    let line = line.unwrap_or_else(|| panic!("{run:?}"));
    assert!(line.contains("line 7 (row 6), column 3 (y)"), "{line}");
}

#[test]
fn standard_input_is_a_table() {
    let here = Workplace::new();
    here.put("a.csv", full("a,b,y"));
    here.fit_well("a.csv", &["--task", "regress"]);
    let want = here.run_to(0, &["predict", "m", "a.csv"]);
    let mut command = here.command(&["predict", "m", "-"]);
    command.stdin(Stdio::from(
        std::fs::File::open(here.path("a.csv")).unwrap(),
    ));
    let run = Run::of(&command.output().unwrap());
    assert_eq!((run.code, run.out), (Some(0), want.out));
    here.put("words.csv", "a,y\n1,red\n2,blue\n3,red\n");
    let mut command = here.command(&["fit", "-", "--out", "n", "--quiet", "--task", "regress"]);
    command.stdin(Stdio::from(
        std::fs::File::open(here.path("words.csv")).unwrap(),
    ));
    let run = Run::of(&command.output().unwrap());
    assert!(run.complaint().starts_with("standard input: "), "{run:?}");
    let run = here.run(&["fit", "-", "--test", "-"]);
    assert!(run.complaint().starts_with("--test: "), "{run:?}");
}

#[cfg(unix)]
#[test]
fn limit_on_the_size_of_files_leaves_nothing_half_written() {
    let here = Workplace::new();
    here.put("a.csv", full("a,b,y"));
    let limited = format!(
        "ulimit -f 1; exec '{}' fit a.csv --task regress --train sampled --patterns 8 --beta-frac 0.01 --quiet --out m",
        env!("CARGO_BIN_EXE_crelu")
    );
    let mut command = Command::new("sh");
    command.args(["-c", &limited]).current_dir(here.path(""));
    let run = Run::of(&command.output().unwrap());
    let line = run.complaint();
    assert!(line.contains("File too large"), "{line}");
    assert_eq!(here.names(), ["a.csv"]);
}
