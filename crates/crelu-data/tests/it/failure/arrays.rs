//! Arrays of NumPy that are cut, damaged or of another kind.

use super::{assert_line, fit, fit_to, refuse};
use crate::files::{Folder, f8, npy, npz};
use crelu_data::{FileColumns, Selection, read_matrix_npy, read_selected};
use zip::CompressionMethod::{Deflated, Stored};

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
