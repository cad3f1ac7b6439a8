//! One table in every format, whole and in part.

use super::{FEATURES, TARGET, assert_same, flat, lines, plain, selected, with_target, written};
use crate::files::{Folder, f8, gzip, idx, npy, npz};
use crelu_data::{ReadOptions, read};
use ndarray::{Array1, Array2, ShapeBuilder};
use ndarray_npy::{NpzWriter, WriteNpyExt};
use zip::CompressionMethod::{Deflated, Stored};

#[expect(
    clippy::cast_possible_truncation,
    reason = "the table is exact in 32 bits"
)]
fn single(value: f64) -> f32 {
    value as f32
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
