//! One table in every format.

use std::path::Path;

use crelu_data::{
    Aside, Categorical, Encoding, FeatureColumn, Header, ReadOptions, Role, Selection, Separator,
    Table, TargetCells, TargetColumn, read, read_idx_bytes, read_matrix_npy, read_selected,
};
use ndarray::{Array1, Array2, ShapeBuilder};
use ndarray_npy::{NpzWriter, WriteNpyExt};
use zip::CompressionMethod::{Deflated, Stored};

use crate::files::{Folder, f8, gzip, idx, npy, npz};

/// Exact in 32 bits.
const FEATURES: [[f64; 3]; 4] = [
    [0.5, -1.25, 3.0],
    [2.0, 0.75, -0.5],
    [1.5, 4.0, 0.25],
    [-2.0, 1.0, 8.0],
];
const TARGET: [&str; 4] = ["1", "0", "1", "0"];

fn lines(separator: &str, end: &str, target_first: bool, header: bool, quote: &str) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    if header {
        rows.push(["p", "q", "s", "kind"].map(String::from).to_vec());
    }
    for (row, label) in FEATURES.iter().zip(TARGET) {
        rows.push(
            row.iter()
                .map(f64::to_string)
                .chain([label.to_owned()])
                .collect(),
        );
    }
    let mut text = String::new();
    for mut row in rows {
        if target_first {
            row.rotate_right(1);
        }
        let quoted: Vec<String> = row
            .iter()
            .map(|cell| format!("{quote}{cell}{quote}"))
            .collect();
        text += &quoted.join(separator);
        text += end;
    }
    text
}

fn plain() -> String {
    lines(",", "\n", false, true, "")
}

fn with_target(target: &str) -> ReadOptions {
    ReadOptions {
        target: Some(target.to_owned()),
        ..ReadOptions::default()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the table is exact in 32 bits"
)]
fn single(value: f64) -> f32 {
    value as f32
}

fn flat() -> Vec<f64> {
    FEATURES.concat()
}

fn full() -> Array2<f64> {
    Array2::from_shape_fn((4, 4), |(i, j)| {
        if j < 3 {
            FEATURES[i][j]
        } else {
            TARGET[i].parse().unwrap()
        }
    })
}

fn written<F: FnOnce(&mut Vec<u8>)>(write: F) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes);
    bytes
}

fn assert_same(table: &Table, name: &str) {
    assert_eq!((table.n_samples, table.n_features), (4, 3), "{name}");
    assert_eq!(table.features, flat(), "{name}");
    let target = table.target.as_ref().unwrap();
    assert_eq!(target.text, TARGET, "{name}");
    assert_eq!(
        target.values.as_deref().unwrap(),
        [1.0, 0.0, 1.0, 0.0],
        "{name}"
    );
}

#[test]
fn read_same_table_in_every_format_gives_same_values() {
    let folder = Folder::new();
    let last = ReadOptions::default();
    let x = Array2::from_shape_vec((4, 3), flat()).unwrap();
    let y = Array1::from_vec(vec![1_i64, 0, 1, 0]);
    let mut archive = std::io::Cursor::new(Vec::new());
    let mut writer = NpzWriter::new(&mut archive);
    writer.add_array("X", &x.mapv(single)).unwrap();
    writer.add_array("y", &y).unwrap();
    writer.finish().unwrap();
    let fortran = Array2::from_shape_fn((4, 4).f(), |at| full()[at]);
    let big_endian: Vec<u8> = full()
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect();
    let libsvm =
        "1 1:0.5 2:-1.25 3:3\n0 1:2 2:0.75 3:-0.5 # text\n\n1 1:1.5 2:4 3:.25\n0 1:-2 2:1e0 3:+8\n";
    let x_bytes = npy("<f8", false, "4, 3", &f8(&flat()));
    let y_bytes = npy("|u1", false, "4,", &[1, 0, 1, 0]);

    let cases: Vec<(&str, Vec<u8>, ReadOptions)> = vec![
        ("plain.csv", plain().into(), last.clone()),
        ("UPPER.CSV", plain().into(), last.clone()),
        (
            "bare.csv",
            lines(",", "\n", false, false, "").into(),
            last.clone(),
        ),
        (
            "crlf.csv",
            lines(",", "\r\n", false, true, "").into(),
            last.clone(),
        ),
        (
            "bom.csv",
            format!("\u{feff}{}", plain()).into(),
            with_target("kind"),
        ),
        (
            "bom-bare.csv",
            format!("\u{feff}{}", lines(",", "\n", false, false, "")).into(),
            last.clone(),
        ),
        (
            "quoted.csv",
            lines(",", "\n", false, true, "\"").into(),
            last.clone(),
        ),
        (
            "spaces.csv",
            lines(" , ", "\n", false, true, "").into(),
            with_target("kind"),
        ),
        (
            "semicolons.csv",
            lines(";", "\n", false, true, "").into(),
            last.clone(),
        ),
        (
            "blank-lines.csv",
            format!("\n{}\n  \n\n", plain()).into(),
            last.clone(),
        ),
        ("no-end.csv", plain().trim_end().into(), last.clone()),
        (
            "tab.tsv",
            lines("\t", "\n", false, true, "").into(),
            last.clone(),
        ),
        (
            "first.csv",
            lines(",", "\n", true, true, "").into(),
            with_target("kind"),
        ),
        (
            "index.csv",
            lines(",", "\n", true, true, "").into(),
            with_target("0"),
        ),
        (
            "bare-index.csv",
            lines(",", "\n", true, false, "").into(),
            with_target("0"),
        ),
        ("zip.csv.gz", gzip(plain()), last.clone()),
        (
            "members.csv.gz",
            [gzip(&plain()[..20]), gzip(&plain()[20..])].concat(),
            last.clone(),
        ),
        (
            "zip.tsv.gz",
            gzip(lines("\t", "\n", false, true, "")),
            last.clone(),
        ),
        (
            "c.npy",
            written(|bytes| full().write_npy(bytes).unwrap()),
            with_target("3"),
        ),
        (
            "last.npy",
            written(|bytes| full().write_npy(bytes).unwrap()),
            last.clone(),
        ),
        (
            "fortran.npy",
            written(|bytes| fortran.write_npy(bytes).unwrap()),
            last.clone(),
        ),
        (
            "single.npy",
            written(|bytes| full().mapv(single).write_npy(bytes).unwrap()),
            last.clone(),
        ),
        (
            "big.npy",
            npy(">f8", false, "4, 4", &big_endian),
            last.clone(),
        ),
        (
            "zip.npy.gz",
            gzip(written(|bytes| full().write_npy(bytes).unwrap())),
            last.clone(),
        ),
        ("single.npz", archive.into_inner(), last.clone()),
        (
            "stored.npz",
            npz(
                &[("X.npy", x_bytes.clone()), ("y.npy", y_bytes.clone())],
                Stored,
            ),
            last.clone(),
        ),
        (
            "deflated.npz",
            npz(
                &[("y.npy", y_bytes.clone()), ("X.npy", x_bytes.clone())],
                Deflated,
            ),
            last.clone(),
        ),
        (
            "zip.npz.gz",
            gzip(npz(&[("X.npy", x_bytes), ("y.npy", y_bytes)], Stored)),
            last.clone(),
        ),
        ("a.libsvm", libsvm.into(), last.clone()),
        ("a.svm", libsvm.replace('\n', "\r\n").into(), last.clone()),
        ("zip.svm.gz", gzip(libsvm), last),
    ];
    for (name, bytes, options) in cases {
        let path = folder.put(name, bytes);
        let table = read(&path, &options).unwrap_or_else(|error| panic!("{error}"));
        assert_same(&table, name);
    }
}

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
fn read_npz_targets_of_every_type_give_shortest_text() {
    let folder = Folder::new();
    let unicode: Vec<u8> = ["no\0", "yes", "\u{e9}\0\0"]
        .iter()
        .flat_map(|label| label.chars().flat_map(|c| u32::from(c).to_le_bytes()))
        .collect();
    for (description, body, text) in [
        (
            "<f4",
            [0.1_f32, 1.0, -2.5]
                .iter()
                .flat_map(|v| v.to_le_bytes())
                .collect(),
            ["0.1", "1", "-2.5"],
        ),
        ("<f8", f8(&[0.1, 1e300, -0.0]), ["0.1", "1e300", "0"]),
        (
            "<i4",
            [1_i32, 0, -7]
                .iter()
                .flat_map(|v| v.to_le_bytes())
                .collect(),
            ["1", "0", "-7"],
        ),
        (
            ">i2",
            [1_i16, 0, -7]
                .iter()
                .flat_map(|v| v.to_be_bytes())
                .collect(),
            ["1", "0", "-7"],
        ),
        (
            "<u8",
            [1_u64, 0, 7].iter().flat_map(|v| v.to_le_bytes()).collect(),
            ["1", "0", "7"],
        ),
        ("|b1", vec![1, 0, 1], ["1", "0", "1"]),
        ("<U3", unicode, ["no", "yes", "\u{e9}"]),
        ("|S3", b"no\0yesa\0\0".to_vec(), ["no", "yes", "a"]),
    ] {
        let x = npy("<f8", false, "3, 2", &f8(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        let bytes = npz(
            &[
                ("X.npy", x),
                ("y.npy", npy(description, false, "3,", &body)),
            ],
            Deflated,
        );
        let table = read(&folder.put("a.npz", bytes), &ReadOptions::default()).unwrap();
        assert_eq!(table.target.unwrap().text, text, "{description}");
    }
}

#[test]
fn read_npz_images_flatten_in_either_order() {
    let folder = Folder::new();
    let values: Vec<f64> = (0..12).map(f64::from).collect();
    // The element [i, j, k] of the C array is 6 i + 2 j + k; first index fastest in Fortran order.
    let fortran: Vec<f64> = (0..2)
        .flat_map(|k| (0..3).flat_map(move |j| (0..2).map(move |i| f64::from(6 * i + 2 * j + k))))
        .collect();
    let y = npy("<f8", false, "2, 1", &f8(&[0.0, 1.0]));
    for (order, body) in [(false, values.clone()), (true, fortran)] {
        let bytes = npz(
            &[
                ("X.npy", npy("<f8", order, "2, 3, 2", &f8(&body))),
                ("y.npy", y.clone()),
            ],
            Stored,
        );
        let table = read(&folder.put("a.npz", bytes), &ReadOptions::default()).unwrap();
        assert_eq!((table.n_samples, table.n_features), (2, 6));
        assert_eq!(table.features, values);
    }
}

#[test]
fn read_idx_gives_pixels_and_labels() {
    let folder = Folder::new();
    let images = idx(&[3, 2, 2], &[0, 1, 2, 3, 4, 5, 6, 7, 255, 254, 253, 252]);
    let labels = idx(&[3], &[7, 0, 1]);
    for (name, bytes) in [
        ("img-idx3-ubyte", images.clone()),
        ("img-idx3-ubyte.gz", gzip(images)),
    ] {
        for (labels_name, labels_bytes) in [
            ("lab-idx1-ubyte", labels.clone()),
            ("lab-idx1-ubyte.gz", gzip(&labels)),
        ] {
            let labels = folder.put(labels_name, &labels_bytes);
            let options = ReadOptions {
                labels: Some(labels),
                ..ReadOptions::default()
            };
            let table = read(&folder.put(name, &bytes), &options).unwrap();
            assert_eq!((table.n_samples, table.n_features), (3, 4));
            assert_eq!(table.features[..4], [0.0, 1.0, 2.0, 3.0]);
            assert_eq!(table.features[8..], [255.0, 254.0, 253.0, 252.0]);
            assert_eq!(table.target.as_ref().unwrap().text, ["7", "0", "1"]);
            let embedded = read_idx_bytes(
                (Path::new(name), &bytes),
                (Path::new(labels_name), &labels_bytes),
            );
            assert_eq!(embedded.unwrap(), table);
        }
    }
}

#[test]
fn read_idx_bytes_cut_or_of_unequal_length_names_the_bytes_at_fault() {
    let images = idx(&[3, 2, 2], &[1; 12]);
    let (name, labels_name) = (Path::new("images.gz"), Path::new("labels"));
    let cut = read_idx_bytes(
        (name, &gzip(&images)[..20]),
        (labels_name, &idx(&[3], &[1; 3])),
    );
    let cut = cut.unwrap_err().to_string();
    assert!(cut.starts_with("images.gz"), "{cut}");
    let short = read_idx_bytes((name, &gzip(images)), (labels_name, &idx(&[2], &[1; 2])));
    let short = short.unwrap_err().to_string();
    assert!(short.starts_with("labels"), "{short}");
}

#[test]
fn read_cifar_gives_pixels_and_labels() {
    let folder = Folder::new();
    let batch: Vec<u8> = (0..3_u8)
        .flat_map(|i| std::iter::once(i).chain(std::iter::repeat_n(10 * i, 3072)))
        .collect();
    for (name, bytes) in [
        ("data_batch_1.bin", batch.clone()),
        ("data_batch_1.bin.gz", gzip(batch)),
    ] {
        let table = read(&folder.put(name, bytes), &ReadOptions::default()).unwrap();
        assert_eq!((table.n_samples, table.n_features), (3, 3072));
        assert_eq!(table.features[3071..3073], [0.0, 10.0]);
        assert_eq!(table.target.unwrap().text, ["0", "1", "2"]);
    }
}

/// The columns given, the target unread.
fn selected(path: &Path, names: &[&str], features: &[usize]) -> Table {
    let options = ReadOptions {
        with_target: false,
        known_names: names.iter().map(|&name| name.to_owned()).collect(),
        ..ReadOptions::default()
    };
    let pick = Selection {
        features: features.to_vec(),
        target: None,
        ..Selection::default()
    };
    read_selected(path, &options, |_| Ok(pick.clone())).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn read_selected_columns_come_in_the_order_asked_for_and_others_unread() {
    let folder = Folder::new();
    for (name, text, columns) in [
        ("middle.csv", "p,kind,q\n1,,2\n3,text,4\n", [0, 2]),
        ("moved.csv", "kind,q,p\n?,2,1\nnan,4,3\n", [2, 1]),
        ("bare.csv", "1,yes,2\n3,no,4\n", [0, 2]),
        ("one.csv", "p,q\n1,2\n3,4\n", [0, 1]),
        ("a.libsvm", "yes 1:1 2:2\n1:3 2:4\n", [0, 1]),
    ] {
        let table = selected(&folder.put(name, text), &["p", "q", "kind"], &columns);
        assert_eq!(table.features, [1.0, 2.0, 3.0, 4.0], "{name}");
        assert_eq!((table.n_samples, table.target), (2, None), "{name}");
    }
    let x = npy("<f8", false, "2, 2", &f8(&[1.0, 2.0, 3.0, 4.0]));
    let wide = npy(
        "<f8",
        false,
        "2, 3",
        &f8(&[2.0, f64::NAN, 1.0, 4.0, 0.0, 3.0]),
    );
    for (name, bytes, columns) in [
        ("x.npy", x.clone(), [0, 1]),
        ("wide.npy", wide, [2, 0]),
        ("x.npz", npz(&[("X.npy", x)], Stored), [0, 1]),
        ("img-idx3-ubyte", idx(&[2, 1, 2], &[1, 2, 3, 4]), [0, 1]),
    ] {
        let table = selected(&folder.put(name, bytes), &[], &columns);
        assert_eq!(table.features, [1.0, 2.0, 3.0, 4.0], "{name}");
    }
    // beyond the last column a sparse row is zero
    let table = selected(&folder.put("a.svm", "1 2:5\n1 1:3\n"), &[], &[1, 2, 0]);
    assert_eq!(table.features, [5.0, 0.0, 0.0, 0.0, 0.0, 3.0]);
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
fn read_without_dropped_columns_is_as_if_they_were_not_there() {
    let folder = Folder::new();
    let with = "id,p,q,s,note,kind\n".to_owned()
        + &plain()
            .lines()
            .skip(1)
            .enumerate()
            .map(|(i, line)| {
                let (features, label) = line.rsplit_once(',').unwrap();
                format!("{i},{features},text,{label}\n")
            })
            .collect::<String>();
    let path = folder.put("a.csv", with);
    for drop in [["id", "note"], ["0", "4"], ["note", " id "]] {
        let options = ReadOptions {
            drop: drop.map(str::to_owned).to_vec(),
            ..ReadOptions::default()
        };
        let table = read(&path, &options).unwrap();
        assert_same(&table, "dropped");
        assert_eq!(table.feature_names.as_deref().unwrap(), ["p", "q", "s"]);
        // the target's place is that among the columns that are left, its column that of the file
        assert_eq!(
            (table.target_index, table.layout.target_column),
            (Some(3), Some(5))
        );
        assert_eq!(table.layout.columns, [1, 2, 3]);
    }
}

#[test]
fn read_matrix_npy_in_either_order_is_column_major() {
    let folder = Folder::new();
    let matrix = Array2::from_shape_fn((2, 3), |(i, j)| (10 * i + j) as f64);
    let fortran = Array2::from_shape_fn((2, 3).f(), |at| matrix[at]);
    let integers: Vec<u8> = [0_i16, 1, 2, 10, 11, 12]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    for (name, bytes) in [
        ("c.npy", written(|bytes| matrix.write_npy(bytes).unwrap())),
        ("f.npy", written(|bytes| fortran.write_npy(bytes).unwrap())),
        ("i.npy", npy("<i2", false, "2, 3", &integers)),
        (
            "z.npy.gz",
            gzip(written(|bytes| fortran.write_npy(bytes).unwrap())),
        ),
    ] {
        let read = read_matrix_npy(&folder.put(name, bytes)).unwrap();
        assert_eq!((read.rows, read.cols), (2, 3), "{name}");
        assert_eq!(read.values, [0.0, 10.0, 1.0, 11.0, 2.0, 12.0], "{name}");
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

#[test]
fn codes_and_holes_of_binary_files_are_those_of_text() {
    let folder = Folder::new();
    let rows = [
        [10115.0, 0.5, 1.0],
        [80331.0, f64::NAN, 0.0],
        [10115.0, 2.0, 1.0],
        [0.0, -1.0, 0.0],
    ];
    let flat: Vec<f64> = rows.concat();
    let text = "10115,0.5,1\n80331,nan,0\n10115,2,1\n0,-1,0\n";
    let (x, y): (Vec<f64>, Vec<f64>) = (
        rows.iter().flat_map(|row| [row[0], row[1]]).collect(),
        rows.iter().map(|row| row[2]).collect(),
    );
    let arrays = [
        ("X.npy", npy("<f8", false, "4, 2", &f8(&x))),
        ("y.npy", npy("<f8", false, "4,", &f8(&y))),
    ];
    let options = ReadOptions {
        categorical: Categorical::Columns(vec!["0".to_owned()]),
        holes: true,
        header: Header::No,
        ..ReadOptions::default()
    };
    let want = vec!["10115".to_owned(), "80331".to_owned(), "0".to_owned()];
    for (name, bytes) in [
        ("a.csv", text.as_bytes().to_vec()),
        ("a.npy", npy("<f8", false, "4, 3", &f8(&flat))),
        ("a.npz", npz(&arrays, Stored)),
        (
            "a.libsvm",
            b"1 1:10115 2:0.5\n0 1:80331 2:nan\n1 1:10115 2:2\n0 2:-1\n".to_vec(),
        ),
    ] {
        let table = read(&folder.put(name, bytes), &options).unwrap();
        let codes: Vec<f64> = table.features.iter().copied().step_by(2).collect();
        assert_eq!(codes, [0.0, 1.0, 0.0, 2.0], "{name}");
        let levels = FeatureColumn::Levels(want.clone());
        assert_eq!(table.columns, [levels, FeatureColumn::Numbers], "{name}");
        let holes: Vec<bool> = table.features.iter().map(|x| x.is_nan()).collect();
        assert_eq!(holes.iter().filter(|hole| **hole).count(), 1, "{name}");
        assert!(holes[3], "{name}");
    }
}
