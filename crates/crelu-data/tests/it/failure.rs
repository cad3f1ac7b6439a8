//! Malformed files: one line that names the file, and the place where there is one.

use std::path::Path;

use crelu_data::{
    Aside, Categorical, DataError, FileColumns, ReadOptions, Role, Selection, TargetCells, read,
    read_matrix_npy, read_selected,
};
use zip::CompressionMethod::{Deflated, Stored};

use crate::files::{Folder, f8, gzip, idx, npy, npz};

const TABLE: &str = "alpha,bravo,gamma,kind\n1,2,3,0\n4,5,6,1\n7,8,9,0\n";

fn fit() -> ReadOptions {
    ReadOptions::default()
}

fn fit_to(target: &str) -> ReadOptions {
    ReadOptions {
        target: Some(target.to_owned()),
        ..fit()
    }
}

/// The first column as the only feature.
fn first_of(_: &FileColumns<'_>) -> Selection {
    Selection {
        features: vec![0],
        target: None,
        ..Selection::default()
    }
}

fn assert_line(error: &DataError, path: &Path, says: &[&str]) {
    let line = error.to_string();
    assert_eq!(line.lines().count(), 1, "{line:?}");
    assert!(!line.chars().any(char::is_control), "{line:?}");
    let name = path.file_name().unwrap().to_str().unwrap();
    for part in std::iter::once(&name).chain(says) {
        assert!(line.contains(part), "{line:?} does not name {part:?}");
    }
}

fn refuse(
    folder: &Folder,
    name: &str,
    bytes: impl AsRef<[u8]>,
    options: &ReadOptions,
    says: &[&str],
) {
    let path = folder.put(name, bytes);
    match read(&path, options) {
        Ok(table) => panic!(
            "{name} was read: {} rows of {} features",
            table.n_samples, table.n_features
        ),
        Err(error) => assert_line(&error, &path, says),
    }
}

#[test]
fn read_malformed_csv_names_row_and_column() {
    let folder = Folder::new();
    let bad = |name: &str, from: &str, to: &str, says: &[&str]| {
        refuse(&folder, name, TABLE.replacen(from, to, 1), &fit(), says)
    };
    bad("nan.csv", "5", "NaN", &["(row 2), column 2 (bravo)", "NaN"]);
    bad(
        "inf.csv",
        "6",
        "-inf",
        &["(row 2), column 3 (gamma)", "-inf"],
    );
    bad(
        "over.csv",
        "7",
        "1e400",
        &["(row 3), column 1 (alpha)", "1e400"],
    );
    bad(
        "hole.csv",
        "1,2",
        ",2",
        &["(row 1), column 1 (alpha)", "missing"],
    );
    bad(
        "ask.csv",
        "8",
        " ? ",
        &["(row 3), column 2 (bravo)", "missing", "'?'"],
    );
    bad(
        "text.csv",
        "9",
        "a\tbc",
        &["(row 3), column 3 (gamma)", "a\\tbc"],
    );
    bad(
        "notarget.csv",
        "6,1",
        "6,",
        &["(row 2), column 4 (kind)", "missing"],
    );
    bad(
        "nantarget.csv",
        "6,1",
        "6,nan",
        &["(row 2), column 4 (kind)"],
    );
    bad(
        "inftarget.csv",
        "6,1",
        "6,inf",
        &["(row 2), column 4 (kind)"],
    );
    bad(
        "short.csv",
        "4,5,6,1",
        "4,5,6",
        &["line 3 (row 2)", "has 3 cells", "line 1 has 4"],
    );
    bad(
        "long.csv",
        "4,5,6,1",
        "4,5,6,1,1",
        &["row 2", "5 cells", "quotes"],
    );
    bad(
        "quote.csv",
        "4,5",
        "\"4,5",
        &["line 3 (row 2)", "quotation mark"],
    );
    bad("nul.csv", "5", "\0", &["byte"]);
}

#[test]
fn read_headerless_csv_with_wrong_first_row_names_it() {
    let folder = Folder::new();
    refuse(
        &folder,
        "first.csv",
        "0.5,abc,0.1,1\n0.2,0.3,0.4,0\n",
        &fit(),
        &["(row 1), column 2", "abc"],
    );
    refuse(
        &folder,
        "hole.csv",
        "0.5,,0.1,1\n0.2,0.3,0.4,0\n",
        &fit(),
        &["(row 1), column 2", "missing"],
    );
}

#[test]
fn read_csv_without_data_is_refused() {
    let folder = Folder::new();
    for (name, text) in [
        ("empty.csv", ""),
        ("header.csv", "alpha,bravo,kind\n"),
        ("blank.csv", "\n\n \n"),
        ("bom.csv", "\u{feff}"),
    ] {
        refuse(&folder, name, text, &fit(), &["no rows"]);
        let path = folder.put(name, text);
        let error = read_selected(&path, &fit(), |file| Ok(first_of(file))).unwrap_err();
        assert_line(&error, &path, &["no rows"]);
    }
    refuse(&folder, "empty.csv.gz", "", &fit(), &[]);
    refuse(
        &folder,
        "narrow.csv",
        "kind\n1\n0\n",
        &fit(),
        &["one column", "comma", "line 1"],
    );
}

#[test]
fn read_csv_of_other_encoding_names_the_place() {
    let folder = Folder::new();
    refuse(
        &folder,
        "latin.csv",
        b"alpha,kind\n1,0\n\xe9,1\n",
        &fit(),
        &["(row 2), column 1 (alpha)", "UTF-8"],
    );
    refuse(
        &folder,
        "label.csv",
        b"alpha,kind\n1,0\n2,\xff\n",
        &fit(),
        &["(row 2), column 2 (kind)", "UTF-8"],
    );
    refuse(
        &folder,
        "head.csv",
        b"\xe9,kind\n1,0\n2,1\n",
        &fit(),
        &["line 1 (header), column 1", "UTF-8"],
    );
    refuse(
        &folder,
        "cut16.csv",
        b"\xff\xfea\0,\0b\0\n",
        &fit(),
        &["UTF-16"],
    );
    refuse(
        &folder,
        "wide32.csv",
        b"\xff\xfe\0\0a\0\0\0",
        &fit(),
        &["UTF-32"],
    );
}

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
fn read_damaged_gzip_is_refused() {
    let folder = Folder::new();
    let whole = gzip(TABLE.repeat(50));
    refuse(
        &folder,
        "cut.csv.gz",
        &whole[..whole.len() / 2],
        &fit(),
        &["gzip"],
    );
    refuse(
        &folder,
        "tail.csv.gz",
        &whole[..whole.len() - 3],
        &fit(),
        &["gzip"],
    );
    refuse(
        &folder,
        "fake.csv.gz",
        [b"\x1f\x8b".as_slice(), b"zz".repeat(20).as_slice()].concat(),
        &fit(),
        &["gzip"],
    );
    refuse(&folder, "plain.csv.gz", TABLE, &fit(), &["gzip"]);
    refuse(&folder, "cut.npy.gz", &whole[..40], &fit(), &["gzip"]);
    refuse(&folder, "cut.bin.gz", &whole[..40], &fit(), &["gzip"]);
    refuse(&folder, "cut.npz.gz", &whole[..40], &fit(), &["gzip"]);
}

#[test]
fn read_gzip_that_expands_without_end_is_refused() {
    let folder = Folder::new();
    // 100 MiB of blank lines in 100 kB.
    let member = gzip("\n".repeat(1 << 20));
    refuse(
        &folder,
        "bomb.csv.gz",
        member.repeat(100),
        &fit(),
        &["expands"],
    );
    refuse(
        &folder,
        "bomb.svm.gz",
        member.repeat(100),
        &fit(),
        &["expands"],
    );
}

#[test]
fn read_malformed_npy_says_why() {
    let folder = Folder::new();
    let body = f8(&[1.0, 2.0, 3.0]);
    refuse(
        &folder,
        "huge.npy",
        npy("<f8", false, "1000000000000, 3", &body),
        &fit_to("2"),
        &["3000000000000", "after 3"],
    );
    refuse(
        &folder,
        "over.npy",
        npy(
            "<f8",
            false,
            "4611686018427387904, 4611686018427387904",
            &body,
        ),
        &fit(),
        &["size"],
    );
    refuse(
        &folder,
        "cut.npy",
        npy("<f8", false, "1, 3", &body[..20]),
        &fit(),
        &["3 values", "after 2"],
    );
    refuse(
        &folder,
        "more.npy",
        npy("<f8", false, "1, 2", &body),
        &fit(),
        &["more bytes"],
    );
    refuse(
        &folder,
        "flat.npy",
        npy("<f8", false, "3,", &body),
        &fit(),
        &["1 dimensions"],
    );
    refuse(
        &folder,
        "none.npy",
        npy("<f8", false, "0, 3", &[]),
        &fit(),
        &["no rows"],
    );
    refuse(
        &folder,
        "thin.npy",
        npy("<f8", false, "3, 0", &[]),
        &fit(),
        &["feature"],
    );
    refuse(
        &folder,
        "one.npy",
        npy("<f8", false, "3, 1", &body),
        &fit(),
        &["feature"],
    );
    refuse(
        &folder,
        "nan.npy",
        npy("<f8", false, "1, 3", &f8(&[1.0, f64::NAN, 0.0])),
        &fit(),
        &["row 1, column 2", "NaN"],
    );
    refuse(
        &folder,
        "fnan.npy",
        npy("<f8", true, "2, 2", &f8(&[1.0, f64::INFINITY, 0.0, 0.0])),
        &fit(),
        &["row 2, column 1", "inf"],
    );
    let path = folder.put(
        "pnan.npy",
        npy("<f8", false, "1, 3", &f8(&[0.0, 0.0, f64::NAN])),
    );
    let last = |_: &FileColumns<'_>| {
        Ok(Selection {
            features: vec![2, 1],
            target: None,
            ..Selection::default()
        })
    };
    let error = read_selected(&path, &fit(), last).unwrap_err();
    assert_line(&error, &path, &["row 1, column 3"]);
    for description in [
        "|O",
        "<c16",
        "<f2",
        "<M8[ns]",
        "<U0",
        "<U9999999999",
        "f8",
        "<f99",
    ] {
        refuse(
            &folder,
            "type.npy",
            npy(description, false, "1, 3", &body),
            &fit(),
            &["type"],
        );
    }
    refuse(
        &folder,
        "text.npy",
        npy("<U1", false, "1, 2", &[65, 0, 0, 0, 66, 0, 0, 0]),
        &fit(),
        &["<U1"],
    );
    refuse(
        &folder,
        "deep.npy",
        npy("<f8", false, &"(".repeat(60_000), &body),
        &fit(),
        &["header"],
    );
    for bytes in [
        b"".as_slice(),
        b"\x93NUM",
        b"\x93NUMPY\x01\x00\xff\xff{",
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{",
        b"\x93NUMPY\x09\x00\x01\x00\x00\x00\n",
        b"not an array at all",
    ] {
        refuse(&folder, "head.npy", bytes, &fit(), &["NPY"]);
    }
}

#[test]
fn read_malformed_npz_says_why() {
    let folder = Folder::new();
    let x = npy("<f8", false, "2, 2", &f8(&[1.0, 2.0, 3.0, 4.0]));
    let y = npy("<f8", false, "2,", &f8(&[0.0, 1.0]));
    let bad = |name: &str, x: &Vec<u8>, y: &Vec<u8>, says: &[&str]| {
        refuse(
            &folder,
            name,
            npz(&[("X.npy", x.clone()), ("y.npy", y.clone())], Deflated),
            &fit(),
            says,
        );
    };
    bad(
        "uneq.npz",
        &x,
        &npy("<f8", false, "3,", &f8(&[0.0; 3])),
        &["2 rows", "3"],
    );
    bad(
        "nan.npz",
        &npy("<f8", false, "2, 2", &f8(&[1.0, 2.0, f64::NAN, 4.0])),
        &y,
        &["X, row 2, column 1", "NaN"],
    );
    bad(
        "nany.npz",
        &x,
        &npy("<f8", false, "2,", &f8(&[0.0, f64::INFINITY])),
        &["y, row 2", "inf"],
    );
    bad(
        "emptyy.npz",
        &x,
        &npy("<U1", false, "2,", &[65, 0, 0, 0, 0, 0, 0, 0]),
        &["y, row 2", "missing"],
    );
    bad(
        "chary.npz",
        &x,
        &npy("<U1", false, "2,", &[65, 0, 0, 0, 255, 255, 255, 255]),
        &["y, row 2"],
    );
    bad(
        "largey.npz",
        &x,
        &npy(
            "<i8",
            false,
            "2,",
            &[[0; 8], i64::MAX.to_le_bytes()].concat(),
        ),
        &["y, row 2"],
    );
    bad(
        "flat.npz",
        &npy("<f8", false, "4,", &f8(&[1.0; 4])),
        &y,
        &["X, 1 dimensions"],
    );
    bad(
        "wide.npz",
        &x,
        &npy("<f8", false, "2, 2", &f8(&[1.0; 4])),
        &["y, 2 dimensions"],
    );
    bad(
        "none.npz",
        &npy("<f8", false, "0, 2", &[]),
        &y,
        &["X, no rows"],
    );
    bad(
        "thin.npz",
        &npy("<f8", false, "2, 0", &[]),
        &y,
        &["feature"],
    );
    bad(
        "huge.npz",
        &npy("<f8", false, "1000000000000, 3", &[0; 8]),
        &y,
        &["X", "3000000000000"],
    );
    refuse(
        &folder,
        "noy.npz",
        npz(&[("X.npy", x.clone())], Stored),
        &fit(),
        &["'y'", "holds X"],
    );
    refuse(
        &folder,
        "other.npz",
        npz(&[("data.npy", x.clone())], Stored),
        &fit(),
        &["'X'", "holds data"],
    );
    refuse(
        &folder,
        "noise.npz",
        [b"PK\x03\x04".as_slice(), &[7; 200]].concat(),
        &fit(),
        &["NPZ"],
    );
    refuse(&folder, "empty.npz", "", &fit(), &["NPZ"]);
    let whole = npz(&[("X.npy", x.clone()), ("y.npy", y)], Stored);
    refuse(
        &folder,
        "cut.npz",
        &whole[..whole.len() / 2],
        &fit(),
        &["NPZ"],
    );
    let mut changed = whole;
    let at = changed
        .windows(8)
        .position(|window| window == 3.0_f64.to_le_bytes())
        .unwrap();
    changed[at] ^= 1;
    refuse(
        &folder,
        "changed.npz",
        changed,
        &fit(),
        &["NPZ", "checksum"],
    );
    let zeros = npy("<f8", false, "300000, 32", &vec![0; 300_000 * 32 * 8]);
    refuse(
        &folder,
        "bomb.npz",
        npz(&[("X.npy", zeros)], Deflated),
        &fit(),
        &["expands"],
    );
}

#[test]
fn read_malformed_libsvm_names_the_row() {
    let folder = Folder::new();
    let bad = |text: &str, says: &[&str]| refuse(&folder, "bad.libsvm", text, &fit(), says);
    bad("1 1:0.5\n-1 1:0.3 2:\n", &["(row 2), column 2", "missing"]);
    bad("1 1:nan\n", &["(row 1), column 1", "nan"]);
    bad("1 1:x\n", &["(row 1), column 1", "'x'"]);
    bad("1 1:1\n1 0:0.5\n", &["row 2", "0:0.5"]);
    bad("1 3:0.5 2:0.1\n", &["row 1", "index 2 after 3"]);
    bad("1 2:0.5 2:0.1\n", &["row 1", "index 2 after 2"]);
    bad("1 -1:0.5\n", &["row 1", "-1:0.5"]);
    bad("1 99999999999999999999:0.5\n", &["row 1"]);
    bad("1 qid:3 1:2\n", &["row 1", "qid:3"]);
    bad("1 7\n", &["row 1", "'7'"]);
    bad("1:1\n", &["line 1 (row 1)", "label index:value"]);
    bad("nan 1:1\n", &["(row 1), label"]);
    bad("1\n0\n", &["feature"]);
    bad("# nothing\n\n", &["no rows"]);
    bad("1 4000000000:1\n", &["4000000000", "sparse"]);
    bad("1 18446744073709551615:1\n2 1:1\n", &["sparse"]);
    refuse(
        &folder,
        "bad.svm",
        b"1 1:1\n1 \xff\n",
        &fit(),
        &["row 2", "UTF-8"],
    );
    refuse(&folder, "nul.svm", b"1 1:1\n\0\n", &fit(), &["byte 6"]);
}

#[test]
fn read_malformed_idx_names_the_file_at_fault() {
    let folder = Folder::new();
    let labels = folder.put("lab-idx1-ubyte", idx(&[2], &[0, 1]));
    let with = |labels: &Path| ReadOptions {
        labels: Some(labels.to_owned()),
        ..fit()
    };
    let good = idx(&[2, 2, 2], &[0; 8]);
    refuse(
        &folder,
        "cut-images-ubyte",
        &good[..20],
        &with(&labels),
        &["8 values", "after 4"],
    );
    refuse(
        &folder,
        "head-images-ubyte",
        &good[..9],
        &with(&labels),
        &["header"],
    );
    refuse(
        &folder,
        "more-images-ubyte",
        [good.clone(), vec![0]].concat(),
        &with(&labels),
        &["more bytes"],
    );
    refuse(
        &folder,
        "bad-images-ubyte",
        [b"\0\0\x77\x03", &good[4..]].concat(),
        &with(&labels),
        &["0x00007703"],
    );
    refuse(
        &folder,
        "huge-images-ubyte",
        idx(&[u32::MAX, u32::MAX, u32::MAX], &[]),
        &with(&labels),
        &["size"],
    );
    refuse(
        &folder,
        "long-images-ubyte",
        idx(&[u32::MAX, u32::MAX], &[1]),
        &with(&labels),
        &["after 1"],
    );
    refuse(
        &folder,
        "none-images-ubyte",
        idx(&[0, 2, 2], &[]),
        &with(&labels),
        &["no rows"],
    );
    refuse(
        &folder,
        "thin-images-ubyte",
        idx(&[2, 0, 2], &[]),
        &with(&labels),
        &["feature"],
    );
    refuse(
        &folder,
        "flat-images-ubyte",
        idx(&[2], &[0; 2]),
        &with(&labels),
        &["dimensions"],
    );
    refuse(
        &folder,
        "bare-images-ubyte",
        &good,
        &fit(),
        &["--labels", "--test-labels"],
    );
    let long = folder.put("lab3-idx1-ubyte", idx(&[3], &[0; 3]));
    refuse(
        &folder,
        "images-ubyte",
        &good,
        &with(&long),
        &["lab3-idx1-ubyte", "3 labels", "2 samples"],
    );
    refuse(
        &folder,
        "images-ubyte",
        &good,
        &with(&folder.path().join("images-ubyte")),
        &["dimensions"],
    );
    let missing = folder.path().join("nowhere-ubyte");
    let error = read(&folder.put("images-ubyte", &good), &with(&missing)).unwrap_err();
    assert_line(&error, &missing, &[]);
    refuse(&folder, "a.csv", TABLE, &with(&labels), &["lab-idx1-ubyte"]);
}

#[test]
fn read_malformed_cifar_names_the_record() {
    let folder = Folder::new();
    refuse(&folder, "cut.bin", [0; 3000], &fit(), &["record 1", "3073"]);
    refuse(&folder, "cut2.bin", [0; 3073 + 3072], &fit(), &["record 2"]);
    refuse(
        &folder,
        "label.bin",
        [[0; 3073], [77; 3073]].concat(),
        &fit(),
        &["row 2", "77"],
    );
    refuse(&folder, "empty.bin", [], &fit(), &["no rows"]);
}

#[test]
fn read_path_that_is_no_file_says_so() {
    let folder = Folder::new();
    let missing = folder.path().join("nowhere.csv");
    assert_line(
        &read(&missing, &fit()).unwrap_err(),
        &missing,
        &["No such file"],
    );
    let directory = folder.path().join("folder.csv");
    std::fs::create_dir(&directory).unwrap();
    assert_line(
        &read(&directory, &fit()).unwrap_err(),
        &directory,
        &["folder"],
    );
    refuse(
        &folder,
        "data.xlsx",
        TABLE,
        &fit(),
        &[".csv", ".npz", "*-ubyte", ".gz"],
    );
    refuse(&folder, "data.gz", TABLE, &fit(), &["unknown"]);
    let breaking = folder.put("line\nbreak.csv", "");
    assert!(
        !read(&breaking, &fit())
            .unwrap_err()
            .to_string()
            .contains('\n')
    );
}

#[test]
fn read_matrix_npy_malformed_says_why() {
    let folder = Folder::new();
    let bad = |bytes: Vec<u8>, says: &[&str]| {
        let path = folder.put("gates.npy", bytes);
        assert_line(&read_matrix_npy(&path).unwrap_err(), &path, says);
    };
    bad(
        npy("<f8", false, "3, 5", &f8(&[f64::NAN; 15])),
        &["row 1, column 1"],
    );
    bad(
        npy("<f8", false, "3, 5", &f8(&[1.0; 15])[..80]),
        &["15 values", "after 10"],
    );
    bad(npy("<f8", false, "3, 0", &[]), &["columns"]);
    bad(npy("<f8", false, "0, 3", &[]), &["rows"]);
    bad(npy("<f8", false, "3,", &f8(&[1.0; 3])), &["dimensions"]);
    bad(b"1,2\n".to_vec(), &["NPY"]);
    let missing = folder.path().join("none.npy");
    assert_line(&read_matrix_npy(&missing).unwrap_err(), &missing, &[]);
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
fn read_table_that_is_laid_out_wrong_says_how() {
    let folder = Folder::new();
    for (name, text, says) in [
        (
            "units.csv",
            "a,b,y\ndegC,kN,-\n1,2,3\n4,5,6\n",
            &["line 2 (row 1), column 1 (a)", "'degC'", "units"][..],
        ),
        (
            "title.csv",
            "My table\na,b,y\n1,2,3\n4,5,6\n4,5,6\n",
            &["line 2 (row 1) has 3 cells", "title"],
        ),
        (
            "comment.csv",
            "a,b,y\n1,2,3\n# half way\n4,5,6\n7,8,9\n",
            &["line 3 (row 2)", "comment"],
        ),
        (
            "commas.csv",
            "a,b,y\n1,5,2,5,3,5\n4,5,5,5,6,5\n",
            &["line 2 (row 1) has 6 cells", "decimal commas"],
        ),
        (
            "quoted.csv",
            "a,b\n\"1,5\",1\n2,2\n3,1\n",
            &["line 2 (row 1), column 1 (a)", "'1,5'", "decimal comma"],
        ),
        (
            "mixed.csv",
            "a;b\n1,5;1\n2,5;2\n3.5;1\n",
            &["line 4 (row 3)", "'3.5'", "decimal commas"],
        ),
        (
            "either.csv",
            "a;b\n1,500;1\n2,500;2\n",
            &["'1,500'", "thousands"],
        ),
        (
            "open.csv",
            "a,b,y\n1,2,3\n4,\"5,6\n7,8,9\n1,2,3\n",
            &["line 3 (row 2)", "quotation mark"],
        ),
        (
            "names.csv",
            "a,b\n1,2,3\n4,5,6\n7,8,9\n",
            &["line 2 (row 1) has 3 cells", "name missing"],
        ),
        ("sheet.csv", "PK\u{3}\u{4}rest", &["spreadsheet"]),
        ("page.csv", "<!DOCTYPE html>\n<p>a,b</p>\n", &["web page"]),
        ("object.csv", "{\"a\": 1}\n", &["JSON"]),
        (
            "lfs.csv",
            "version https://git-lfs.github.com/spec/v1\noid 1\n",
            &["Git LFS"],
        ),
    ] {
        refuse(&folder, name, text, &fit(), says);
    }
    refuse(&folder, "packed.csv", gzip(TABLE), &fit(), &["gzip", ".gz"]);
    refuse(
        &folder,
        "latin.csv",
        b"a,kind\n1,caf\xe9\n2,b\n",
        &fit(),
        &["line 2 (row 1)", "UTF-8"],
    );
}

#[test]
fn read_after_cells_of_several_lines_names_the_line_of_the_file() {
    let folder = Folder::new();
    let text = "# two\r\n# comments\r\n\r\na,\"b\r\nc\",kind\r\n1,2,\"x\r\ny\r\nz\"\r\n\r\n3,4,w\r\n5,oops,w\r\n6,7,w\r\n";
    for end in ["\r\n", "\n", "\r"] {
        refuse(
            &folder,
            "lines.csv",
            text.replace("\r\n", end),
            &fit(),
            &["line 11 (row 3), column 2 (b\\nc)", "'oops'"],
        );
    }
    refuse(
        &folder,
        "lines.svm",
        "# one\n\n1 1:1\n# two\n1 1:x\n",
        &fit(),
        &["line 5 (row 2), column 1", "'x'"],
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
fn read_names_again_below_the_first_line_is_refused() {
    let folder = Folder::new();
    let says = ["line 4 (row 3)", "names of the columns again"];
    let joined = "a,b,y\n1,2,0\n3,4,1\na,b,y\n5,6,0\n";
    refuse(&folder, "joined.csv", joined, &fit(), &says);
    // labels alone would not tell
    let words = "colour,kind\nred,yes\nblue,no\ncolour,kind\nred,no\nblue,yes\n";
    let options = ReadOptions {
        header: crelu_data::Header::Yes,
        ..fit()
    };
    refuse(&folder, "words.csv", words, &options, &says);
    // a row of numbers under names that are numbers is data
    let path = folder.put("years.csv", "0,1,2\n0,1,2\n0.5,1.5,2.5\n");
    assert_eq!(read(&path, &options).unwrap().n_samples, 2);
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
