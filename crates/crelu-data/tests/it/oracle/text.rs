//! Text tables, however they are written.

use super::{assert_same, lines, plain, selected, with_target};
use crate::files::{Folder, gzip};
use crelu_data::{
    Aside, Categorical, Encoding, FeatureColumn, Header, ReadOptions, Role, Separator, TargetCells,
    TargetColumn, read,
};

#[test]
fn read_header_gives_names_without_the_target() {
    let folder = Folder::new();
    let table = read(
        &folder.put("a.csv", lines(",", "\n", true, true, "\"")),
        &with_target("kind"),
    )
    .unwrap();
    assert_eq!(table.feature_names.unwrap(), ["p", "q", "s"]);
    assert_eq!(table.target_name.as_deref(), Some("kind"));
    assert_eq!(table.target_index, Some(0));
}

#[test]
fn read_text_labels_without_header_keeps_first_row() {
    let folder = Folder::new();
    let table = read(
        &folder.put("iris.csv", "5.1,3.5, setosa\n4.9,3.0,virginica\n"),
        &ReadOptions::default(),
    )
    .unwrap();
    assert_eq!(table.n_samples, 2);
    assert_eq!(table.feature_names, None);
    assert_eq!(
        table.target.unwrap(),
        TargetColumn::labels(vec!["setosa".to_owned(), "virginica".to_owned()])
    );
}

#[test]
fn read_mixed_target_gives_text_as_written() {
    let folder = Folder::new();
    let table = read(
        &folder.put("a.csv", "x,kind\n1,1\n2,01\n3,inf\n4,b\n"),
        &ReadOptions {
            target_cells: TargetCells::Labels,
            ..ReadOptions::default()
        },
    )
    .unwrap();
    assert_eq!(
        table.target.unwrap(),
        TargetColumn::labels(["1", "01", "inf", "b"].map(String::from).to_vec())
    );
}

#[test]
fn read_numeric_target_keeps_text_as_written() {
    let folder = Folder::new();
    let table = read(
        &folder.put("a.csv", "x,y\n1,1.0\n2, 2\n3,1e1\n"),
        &ReadOptions::default(),
    )
    .unwrap();
    let target = table.target.unwrap();
    assert_eq!(target.text, ["1.0", "2", "1e1"]);
    assert_eq!(target.values.as_deref().unwrap(), [1.0, 2.0, 10.0]);
}

#[test]
fn read_row_alone_knows_its_header_by_the_names() {
    let folder = Folder::new();
    let one = |text: &str, header: bool| {
        let table = selected(&folder.put("a.csv", text), &["p", "2019", "kind"], &[0, 1]);
        assert_eq!(table.features, [1.0, 2.0], "{text}");
        assert_eq!(table.layout.text.unwrap().header, header, "{text}");
    };
    one("p,2019,kind\n1,2,yes\n", true);
    one("1,2,yes\n", false);
    one("1,2\n", false);
    one("p,2019\n1,2", true);
}

#[test]
fn read_text_tables_however_they_are_written_gives_the_same_values() {
    let folder = Folder::new();
    let comma = |text: String| text.replace('.', ",");
    let semicolons = || lines(";", "\n", false, true, "");
    let utf16 = |text: &str, mark: bool, big: bool| -> Vec<u8> {
        let text = if mark {
            format!("\u{feff}{text}")
        } else {
            text.to_owned()
        };
        let bytes = |unit: u16| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        };
        text.encode_utf16().flat_map(bytes).collect()
    };
    for (name, bytes, separator, decimal_comma, encoding) in [
        (
            "tab.csv",
            lines("\t", "\n", false, true, "").into(),
            Separator::Tab,
            false,
            Encoding::Utf8,
        ),
        (
            "pipe.csv",
            lines("|", "\n", false, true, "").into(),
            Separator::Pipe,
            false,
            Encoding::Utf8,
        ),
        (
            "comma.tsv",
            plain().into(),
            Separator::Comma,
            false,
            Encoding::Utf8,
        ),
        (
            "blanks.dat",
            lines("   ", "\n", false, true, "").into(),
            Separator::Blanks,
            false,
            Encoding::Utf8,
        ),
        (
            "padded.txt",
            plain().replace(',', "\t ").replace('\n', " \n  ").into(),
            Separator::Tab,
            false,
            Encoding::Utf8,
        ),
        (
            "decimal.csv",
            comma(semicolons()).into(),
            Separator::Semicolon,
            true,
            Encoding::Utf8,
        ),
        (
            "bare-decimal.csv",
            comma(lines(";", "\n", false, false, "")).into(),
            Separator::Semicolon,
            true,
            Encoding::Utf8,
        ),
        (
            "tab-decimal.txt",
            comma(lines("\t", "\n", false, true, "\"")).into(),
            Separator::Tab,
            true,
            Encoding::Utf8,
        ),
        (
            "comments.csv",
            format!("# made by hand\n#\n\n{}", plain()).into(),
            Separator::Comma,
            false,
            Encoding::Utf8,
        ),
        (
            "sep.csv",
            format!("sep=;\n{}", semicolons()).into(),
            Separator::Semicolon,
            false,
            Encoding::Utf8,
        ),
        (
            "ends.csv",
            plain().replace('\n', ",\n").into(),
            Separator::Comma,
            false,
            Encoding::Utf8,
        ),
        (
            "ends-below.csv",
            plain()
                .replace('\n', ",\n")
                .replacen("kind,", "kind", 1)
                .into(),
            Separator::Comma,
            false,
            Encoding::Utf8,
        ),
        (
            "return.csv",
            lines(",", "\r", false, true, "").into(),
            Separator::Comma,
            false,
            Encoding::Utf8,
        ),
        (
            "wide.csv",
            utf16(&plain(), true, false),
            Separator::Comma,
            false,
            Encoding::Utf16Le,
        ),
        (
            "wide-big.csv",
            utf16(&plain(), true, true),
            Separator::Comma,
            false,
            Encoding::Utf16Be,
        ),
        (
            "wide-bare.txt",
            utf16(&lines("\t", "\r\n", false, true, ""), false, false),
            Separator::Tab,
            false,
            Encoding::Utf16Le,
        ),
        (
            "wide.csv.gz",
            gzip(utf16(&plain(), true, false)),
            Separator::Comma,
            false,
            Encoding::Utf16Le,
        ),
    ] {
        let path = folder.put(name, bytes);
        let table = read(&path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"));
        assert_same(&table, name);
        let layout = table.layout.text.unwrap();
        assert_eq!(layout.separator, Some(separator), "{name}");
        assert_eq!(
            (layout.decimal_comma, layout.encoding),
            (decimal_comma, encoding),
            "{name}"
        );
        assert_eq!(layout.header, name != "bare-decimal.csv", "{name}");
    }
}

#[test]
fn read_quoted_commas_do_not_decide_the_separator() {
    let folder = Folder::new();
    let text = "\"x, m\";\"y, m\";kind\n1;2;\"a, b, c\"\n3;4;\"d, e, f\"\n";
    let table = read(&folder.put("a.csv", text), &ReadOptions::default()).unwrap();
    assert_eq!(table.features, [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(table.feature_names.unwrap(), ["x, m", "y, m"]);
    assert_eq!(table.target.unwrap().text, ["a, b, c", "d, e, f"]);
}

#[test]
fn read_decimal_comma_after_whole_numbers_is_one() {
    let folder = Folder::new();
    let mut text = String::from("a;y\n");
    for row in 0..600 {
        text += &format!("{row};{}\n", if row > 500 { "0,5" } else { "2" });
    }
    let table = read(&folder.put("a.csv", &text), &ReadOptions::default()).unwrap();
    let values = table
        .target
        .as_ref()
        .and_then(|target| target.values.as_deref())
        .unwrap();
    assert_eq!((values[500], values[501]), (2.0, 0.5));
    assert!(table.layout.text.unwrap().decimal_comma);
}

#[test]
fn read_header_as_asked_for() {
    let folder = Folder::new();
    let path = folder.put("a.csv", "0,1,2\n5,6,7\n8,9,4\n");
    for (header, rows) in [(Header::Auto, 2), (Header::Yes, 2), (Header::No, 3)] {
        let options = ReadOptions {
            header,
            ..ReadOptions::default()
        };
        let table = read(&path, &options).unwrap();
        assert_eq!(table.n_samples, rows);
        assert_eq!(table.feature_names.is_some(), rows == 2);
    }
}

#[test]
fn text_columns_holes_and_columns_beside_are_read_as_asked() {
    let folder = Folder::new();
    let text = "a,colour,w,y,z\n1,red,2,0.5,7\n,blue,0,1.5,8\n3,red,1,2.5,9\nNaN,?,1,3.5,9\n";
    let path = folder.put("levels.csv", text);
    let aside = |name: &str, role| Aside {
        name: name.to_owned(),
        role,
        cells: TargetCells::Numbers,
    };
    let options = ReadOptions {
        target: Some("y".to_owned()),
        aside: vec![aside("z", Role::Target), aside("w", Role::Weights)],
        holes: true,
        ..ReadOptions::default()
    };
    let table = read(&path, &options).unwrap();
    let (hole, names) = (f64::NAN, ["a", "colour"].map(str::to_owned));
    assert_eq!(table.feature_names.as_deref(), Some(&names[..]));
    let want = [1.0, 0.0, hole, 1.0, 3.0, 0.0, hole, hole];
    let same = |(a, b): (&f64, &f64)| a == b || a.is_nan() && b.is_nan();
    assert!(
        table.features.iter().zip(&want).all(same),
        "{:?}",
        table.features
    );
    let levels = vec!["red".to_owned(), "blue".to_owned()];
    assert_eq!(
        table.columns,
        [FeatureColumn::Numbers, FeatureColumn::Levels(levels)]
    );
    assert_eq!(
        (table.target_index, table.layout.target_column),
        (Some(3), Some(3))
    );
    let beside: Vec<(&str, usize, &[f64])> = (table.aside.iter())
        .map(|column| {
            let name = column.name.as_deref().unwrap_or_default();
            (name, column.index, column.cells.values.as_deref().unwrap())
        })
        .collect();
    assert_eq!(
        beside,
        [
            ("z", 4, &[7.0, 8.0, 9.0, 9.0][..]),
            ("w", 2, &[2.0, 0.0, 1.0, 1.0])
        ]
    );
    // without leave a hole is an error; a listed column of numbers is levels as written
    let strict = ReadOptions {
        holes: false,
        ..options
    };
    assert!(
        read(&path, &strict)
            .unwrap_err()
            .to_string()
            .contains("--missing impute")
    );
    let codes = folder.put("codes.csv", "zip,y\n010,1\n10,2\n010,3\n");
    let listed = ReadOptions {
        categorical: Categorical::Columns(vec!["zip".to_owned()]),
        ..ReadOptions::default()
    };
    let table = read(&codes, &listed).unwrap();
    assert_eq!(table.features, [0.0, 1.0, 0.0]);
    let levels = vec!["010".to_owned(), "10".to_owned()];
    assert_eq!(table.columns, [FeatureColumn::Levels(levels)]);
}
