//! Arrays and images.

use super::written;
use crate::files::{Folder, f8, gzip, idx, npy, npz};
use crelu_data::{
    Categorical, FeatureColumn, Header, ReadOptions, read, read_idx_bytes, read_matrix_npy,
};
use ndarray::{Array2, ShapeBuilder};
use ndarray_npy::WriteNpyExt;
use std::path::Path;
use zip::CompressionMethod::{Deflated, Stored};

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
