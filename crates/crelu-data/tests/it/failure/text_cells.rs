//! Cells and columns of text tables that are not what they should be.

use super::{TABLE, assert_line, fit, fit_to, refuse};
use crate::files::{Folder, f8, idx, npy, npz};
use crelu_data::{Aside, Categorical, ReadOptions, Role, TargetCells, read, read_selected};
use zip::CompressionMethod::Stored;

#[test]
fn read_unknown_target_names_it() {
    let folder = Folder::new();
    refuse(
        &folder,
        "a.csv",
        TABLE,
        &fit_to("nobody"),
        &["target", "nobody", "alpha, bravo, gamma, kind"],
    );
    refuse(
        &folder,
        "a.csv",
        TABLE,
        &fit_to("99"),
        &["target", "99", "0 to 3"],
    );
    refuse(&folder, "a.csv", TABLE, &fit_to("-1"), &["target", "-1"]);
    refuse(
        &folder,
        "bare.csv",
        "1,2\n3,4\n",
        &fit_to("kind"),
        &["target", "kind", "no column names"],
    );
    refuse(
        &folder,
        "two.csv",
        "x,y,y\n1,2,3\n3,4,5\n",
        &fit_to("y"),
        &["columns 2 and 3", "--target"],
    );
    refuse(
        &folder,
        "a.npy",
        npy("<f8", false, "2, 2", &f8(&[1.0; 4])),
        &fit_to("kind"),
        &["target", "kind"],
    );
    refuse(
        &folder,
        "a.svm",
        "1 1:2\n",
        &fit_to("0"),
        &["target", "'0'"],
    );
}

#[test]
fn read_columns_that_are_refused_names_the_file_and_the_reason() {
    let folder = Folder::new();
    let bytes = npz(
        &[("X.npy", npy("<f8", false, "1, 2", &f8(&[1.0; 2])))],
        Stored,
    );
    for (name, bytes) in [
        ("p.csv", b"a,b\n1,2\n".to_vec()),
        ("p.svm", b"1 1:1 4:2\n".to_vec()),
        ("p.npy", npy("<f8", false, "1, 5", &f8(&[1.0; 5]))),
        ("p.npz", bytes),
        ("p-ubyte", idx(&[1, 2, 2], &[0; 4])),
        ("p.bin", vec![0; 3073]),
    ] {
        let path = folder.put(name, bytes);
        let unread = ReadOptions {
            with_target: false,
            ..fit()
        };
        let refused = read_selected(&path, &unread, |file| {
            Err(format!("{} columns do not do", file.count).into())
        });
        assert_line(&refused.unwrap_err(), &path, &["columns do not do"]);
    }
    let few = ReadOptions {
        n_features: Some(3),
        ..fit()
    };
    refuse(
        &folder,
        "p.svm",
        "# one\n1 1:1 4:2\n",
        &few,
        &["line 2 (row 1)", "index 4", "3 features"],
    );
}

#[test]
fn read_unlike_cells_of_a_target_says_what_stands_where() {
    let folder = Folder::new();
    for (cell, says) in [
        ("-", "missing value"),
        ("n.a.", "missing value"),
        ("5%", "percent sign"),
        ("\"1,5\"", "decimal comma"),
        ("\"1.234,5\"", "thousands separator"),
        ("\"1,234\"", "thousands separator"),
        ("1 234.5", "thousands separator"),
        ("$5", "currency"),
        ("5 EUR", "currency"),
        ("12 kg", "unit"),
        ("2024-01-31", "date"),
        ("31.12.2024", "date"),
        ("true", "1 and 0"),
        ("\u{2212}5", "minus"),
        ("<0.1", "limit"),
        ("1e5x", "unit"),
        ("word", "correct the cell"),
    ] {
        let shown = format!("'{}'", cell.trim_matches('"'));
        let mut target = String::from("a,price\n");
        let mut feature = String::from("a,price\n");
        for row in 0..20 {
            let cell = if row == 9 { cell } else { "2.5" };
            target += &format!("{row}.5,{cell}\n");
            feature += &format!("{cell},{row}.5\n");
        }
        let place = "line 11 (row 10), column 2 (price)";
        for (cells, more) in [
            (TargetCells::Alike, "--task classify"),
            (TargetCells::Numbers, ""),
        ] {
            let options = ReadOptions {
                target_cells: cells,
                ..fit()
            };
            refuse(
                &folder,
                "target.csv",
                &target,
                &options,
                &[place, &shown, says, more],
            );
        }
        let place = "line 11 (row 10), column 1 (a)";
        refuse(
            &folder,
            "feature.csv",
            &feature,
            &fit(),
            &[place, &shown, says],
        );
    }
    // a number among labels is the stray one there
    refuse(
        &folder,
        "labels.csv",
        "a,kind\n1,x\n2,y\n3,x\n4,7\n",
        &fit(),
        &[
            "line 5 (row 4), column 2 (kind)",
            "'7' is a number",
            "3 other cells",
        ],
    );
}

#[test]
fn read_text_column_that_may_be_none_says_what_to_do() {
    let folder = Folder::new();
    let none = ReadOptions {
        categorical: Categorical::None,
        ..ReadOptions::default()
    };
    for (name, text, says) in [
        (
            "text.csv",
            "a,city,y\n1,Rome,3\n4,Oslo,6\n5,Bonn,7\n",
            &["column 2 (city)", "'Rome'", "--drop city", "--categorical"][..],
        ),
        (
            "dates.csv",
            "day,a,y\n2024-01-01,2,3\n2024-01-02,5,6\n2024-01-03,5,6\n",
            &["column 1 (day)", "date", "--drop day"],
        ),
    ] {
        refuse(&folder, name, text, &none, says);
    }
    // numbers among text: the fewer are at fault
    let auto = ReadOptions::default();
    refuse(
        &folder,
        "stray.csv",
        "a,city,y\n1,Rome,3\n4,Oslo,6\n5,7,7\n2,Bonn,4\n",
        &auto,
        &[
            "line 4 (row 3), column 2 (city)",
            "'7' is a number",
            "'Rome' in line 2",
            "--categorical city",
        ],
    );
    refuse(
        &folder,
        "first.csv",
        "a,b,y\n1,x,3\n4,2,6\n5,7,7\n2,3,4\n",
        &auto,
        &["line 2 (row 1), column 2 (b)", "'x' is not a number"],
    );
    // holes fill the rows that are looked at first
    let late: String = (0..600)
        .map(|i| match i {
            0..300 => format!("{i},,1\n"),
            500 => "500,5,1\n".to_owned(),
            _ => format!("{i},t{},1\n", i % 3),
        })
        .collect();
    let holes = ReadOptions {
        holes: true,
        ..ReadOptions::default()
    };
    refuse(
        &folder,
        "late.csv",
        format!("a,b,y\n{late}"),
        &holes,
        &[
            "line 502 (row 501), column 2 (b)",
            "'5' is a number",
            "'t0' in line 302",
        ],
    );
    let amounts: String = (0..30).map(|i| format!("{i} kg,{i},{}\n", i % 7)).collect();
    refuse(
        &folder,
        "amounts.csv",
        format!("mass,b,y\n{amounts}"),
        &auto,
        &["column 1 (mass)", "without the unit", "--drop mass"],
    );
    let listed = |name: &str| ReadOptions {
        categorical: Categorical::Columns(vec![name.to_owned()]),
        ..ReadOptions::default()
    };
    for name in ["nobody", "y"] {
        let says = ["--categorical", name];
        refuse(
            &folder,
            "listed.csv",
            "a,b,y\n1,2,3\n4,5,6\n",
            &listed(name),
            &says,
        );
    }
}

#[test]
fn read_column_beside_that_is_none_says_which() {
    let folder = Folder::new();
    let text = "a,w,y\n1,1,3\n4,x,6\n";
    let aside = |name: &str, role| ReadOptions {
        aside: vec![Aside {
            name: name.to_owned(),
            role,
            cells: TargetCells::Numbers,
        }],
        ..ReadOptions::default()
    };
    for (options, says) in [
        (
            aside("v", Role::Weights),
            &["--weights", "'v'", "a, w, y"][..],
        ),
        (
            aside("w", Role::Weights),
            &["line 3 (row 2), column 2 (w)", "'x'"],
        ),
    ] {
        refuse(&folder, "beside.csv", text, &options, says);
    }
    let twice = ReadOptions {
        target: Some("a".to_owned()),
        ..aside("a", Role::Weights)
    };
    refuse(
        &folder,
        "twice.csv",
        text,
        &twice,
        &["--weights", "'a'", "twice"],
    );
    let sparse = aside("1", Role::Weights);
    refuse(
        &folder,
        "a.libsvm",
        "1 1:2\n0 1:3\n",
        &sparse,
        &["--weights"],
    );
}

#[test]
fn read_drop_of_what_is_not_there_names_it() {
    let folder = Folder::new();
    let drop = |names: &[&str]| ReadOptions {
        drop: names.iter().map(|&name| name.to_owned()).collect(),
        ..fit()
    };
    refuse(
        &folder,
        "a.csv",
        TABLE,
        &drop(&["Alpha"]),
        &["--drop", "'Alpha'", "'alpha' meant"],
    );
    refuse(
        &folder,
        "a.csv",
        TABLE,
        &drop(&["9"]),
        &["--drop", "9", "0 to 3"],
    );
    refuse(
        &folder,
        "a.csv",
        TABLE,
        &drop(&["alpha", "1", "gamma"]),
        &["feature"],
    );
    refuse(
        &folder,
        "b.csv",
        "1,2\n3,4\n",
        &drop(&["x"]),
        &["--drop", "'x'", "index"],
    );
    refuse(&folder, "a.svm", "1 1:2\n", &drop(&["0"]), &["--drop"]);
    let gone = ReadOptions {
        target: Some("alpha".to_owned()),
        ..drop(&["alpha"])
    };
    refuse(&folder, "a.csv", TABLE, &gone, &["--target", "'alpha'"]);
}

#[test]
fn read_holes_say_what_may_be_done_about_them() {
    let folder = Folder::new();
    let beside = ReadOptions {
        aside: vec![Aside {
            name: "w".to_owned(),
            role: Role::Weights,
            cells: TargetCells::Numbers,
        }],
        ..fit()
    };
    let (feature, target) = ("--missing impute", "fill it in, or leave the row out");
    for (name, text, options, says, not) in [
        (
            "feature.csv",
            "a,w,y\n,1,0\n1,1,1\n",
            fit(),
            feature,
            ", or leave the row out",
        ),
        ("target.csv", "a,w,y\n1,1,\n1,1,1\n", fit(), target, feature),
        (
            "weight.csv",
            "a,w,y\n1,,0\n1,1,1\n",
            beside.clone(),
            target,
            feature,
        ),
        (
            "nan.csv",
            "a,w,y\nnan,1,0\n1,1,1\n",
            fit(),
            feature,
            "missing value",
        ),
        (
            "nanw.csv",
            "a,w,y\n1,nan,0\n1,1,1\n",
            beside,
            "not a finite number",
            feature,
        ),
        ("nan.libsvm", "1 1:nan\n0 1:2\n", fit(), feature, "entry"),
        (
            "label.libsvm",
            "nan 1:1\n0 1:2\n",
            fit(),
            "not a finite number",
            feature,
        ),
    ] {
        let path = folder.put(name, text);
        let error = read(&path, &options).unwrap_err();
        assert_line(&error, &path, &[says]);
        assert!(!error.to_string().contains(not), "{error}");
    }
}

#[test]
fn read_cells_with_what_is_not_seen_shows_it() {
    let folder = Folder::new();
    let text = "a,b,y\n1,2,0\n\u{feff}3,4,1\n5,6,0\n";
    refuse(
        &folder,
        "mark.csv",
        text,
        &fit(),
        &["line 3", "'\\u{feff}3'"],
    );
    let text = "a,b,y\n1,2,0\n0x1F,4,1\n5,6,0\n";
    refuse(
        &folder,
        "hex.csv",
        text,
        &fit(),
        &["'0x1F'", "decimal digits"],
    );
    let empty = npz(&[], Stored);
    refuse(
        &folder,
        "none.npz",
        empty,
        &fit(),
        &["no array 'X'", "holds none"],
    );
}
