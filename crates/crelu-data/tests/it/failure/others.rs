//! The other formats, compressed files, and paths that are no file.

use super::{TABLE, assert_line, fit, refuse};
use crate::files::{Folder, gzip, idx};
use crelu_data::{ReadOptions, read};
use std::path::Path;

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
