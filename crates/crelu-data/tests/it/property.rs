//! Random tables come back bit for bit; random bytes are an error or a table, never a panic.

use crelu_data::{ReadOptions, Selection, Table, read, read_matrix_npy, read_selected};
use proptest::prelude::*;
use zip::CompressionMethod::Deflated;

use crate::files::{Folder, f8, gzip, idx, npy, npz};

const NAMES: [&str; 14] = [
    "a.csv",
    "a.tsv",
    "a.npy",
    "a.npz",
    "a.libsvm",
    "a.svm",
    "a-ubyte",
    "a.bin",
    "a.csv.gz",
    "a.npy.gz",
    "a.npz.gz",
    "a.svm.gz",
    "a-ubyte.gz",
    "a.bin.gz",
];

fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |value| value.is_finite())
}

fn rows() -> impl Strategy<Value = Vec<Vec<f64>>> {
    (2..6_usize).prop_flat_map(|width| {
        proptest::collection::vec(proptest::collection::vec(finite(), width), 1..20)
    })
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// What every table that is read must be.
fn assert_sound(table: &Table) {
    assert!(table.n_samples > 0 && table.n_features > 0);
    assert_eq!(table.features.len(), table.n_samples * table.n_features);
    assert!(table.features.iter().all(|value| value.is_finite()));
    if let Some(names) = &table.feature_names {
        assert_eq!(names.len(), table.n_features);
    }
    if let Some(target) = &table.target {
        assert_eq!(target.len(), table.n_samples);
        assert_eq!(target.text.len(), table.n_samples);
        assert!(
            target
                .values
                .as_ref()
                .is_none_or(|values| values.len() == table.n_samples
                    && values.iter().all(|value| value.is_finite()))
        );
    }
}

fn read_every_way(folder: &Folder, name: &str, bytes: &[u8]) {
    let labels = folder.put("labels-ubyte", idx(&[3], &[0, 1, 0]));
    let path = folder.put(name, bytes);
    let ways = [
        ReadOptions::default(),
        ReadOptions {
            target: Some("kind".to_owned()),
            ..ReadOptions::default()
        },
        ReadOptions {
            labels: Some(labels),
            ..ReadOptions::default()
        },
    ];
    let unread = ReadOptions {
        with_target: false,
        known_names: vec!["kind".to_owned()],
        ..ReadOptions::default()
    };
    let turned = read_selected(&path, &unread, |file| match file.count {
        0 | 1 => Err("too few columns".into()),
        count => Ok(Selection {
            features: vec![count - 1, 0],
            target: None,
            ..Selection::default()
        }),
    });
    match turned {
        Ok(table) => assert_sound(&table),
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
    for options in ways {
        match read(&path, &options) {
            Ok(table) => assert_sound(&table),
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        }
    }
    if let Ok(matrix) = read_matrix_npy(&path) {
        assert_eq!(matrix.values.len(), matrix.rows * matrix.cols);
    }
}

/// Small valid files, to be damaged.
fn valid() -> Vec<(&'static str, Vec<u8>)> {
    let x = npy("<f8", false, "3, 2", &f8(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    let y = npy("<U1", false, "3,", &[65, 0, 0, 0, 66, 0, 0, 0, 65, 0, 0, 0]);
    let csv = b"p,q,kind\n1,2,yes\n3,4,no\n5,6,yes\n".to_vec();
    vec![
        ("a.csv.gz", gzip(&csv)),
        ("a.csv", csv),
        (
            "a.npz",
            npz(&[("X.npy", x.clone()), ("y.npy", y)], Deflated),
        ),
        ("a.npy", x),
        ("a.svm", b"1 1:2 2:3\n-1 2:5\n1 1:1\n".to_vec()),
        ("a-ubyte", idx(&[3, 1, 2], &[1, 2, 3, 4, 5, 6])),
    ]
}

proptest! {
    #![proptest_config(testkit::cases(107, 64))]

    #[test]
    fn csv_of_random_table_reads_back_bit_for_bit(rows in rows(), header in any::<bool>()) {
        let folder = Folder::new();
        let width = rows[0].len();
        let mut text = String::new();
        if header {
            text += &(0..width).map(|column| format!("c{column}")).collect::<Vec<_>>().join(",");
            text.push('\n');
        }
        for row in &rows {
            text += &row.iter().map(f64::to_string).collect::<Vec<_>>().join(",");
            text.push('\n');
        }
        let table = read(&folder.put("a.csv", text), &ReadOptions::default()).unwrap();
        let features: Vec<f64> = rows.iter().flat_map(|row| row[..width - 1].to_vec()).collect();
        let target: Vec<f64> = rows.iter().map(|row| row[width - 1]).collect();
        prop_assert_eq!(bits(&table.features), bits(&features));
        let values = table.target.as_ref().and_then(|target| target.values.as_deref()).unwrap();
        prop_assert_eq!(bits(values), bits(&target));
    }

    #[test]
    fn npy_of_random_table_reads_back_bit_for_bit(rows in rows()) {
        let folder = Folder::new();
        let (n, width) = (rows.len(), rows[0].len());
        let shape = format!("{n}, {width}");
        let by_columns: Vec<f64> = (0..width).flat_map(|column| rows.iter().map(move |row| row[column])).collect();
        let c = folder.put("c.npy", npy("<f8", false, &shape, &f8(&rows.concat())));
        let fortran = folder.put("f.npy", npy("<f8", true, &shape, &f8(&by_columns)));
        let tables = [c, fortran].map(|path| {
            prop_assert_eq!(bits(&read_matrix_npy(&path).unwrap().values), bits(&by_columns));
            Ok(read(&path, &ReadOptions::default()).unwrap())
        });
        let [c, fortran] = tables;
        prop_assert_eq!(c?, fortran?);
    }

    #[test]
    fn random_bytes_of_every_name_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let folder = Folder::new();
        for name in NAMES {
            read_every_way(&folder, name, &bytes);
            if name.ends_with(".gz") {
                read_every_way(&folder, name, &gzip(&bytes));
            }
        }
    }

    #[test]
    fn random_text_of_every_name_never_panics(text in "[0-9a-c,.:;?\"\\-#\t \r\n]{0,120}") {
        let folder = Folder::new();
        for name in ["a.csv", "a.dat", "a.svm"] {
            read_every_way(&folder, name, text.as_bytes());
        }
    }

    #[test]
    fn damaged_files_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let folder = Folder::new();
        for (name, mut bytes) in valid() {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            read_every_way(&folder, name, &bytes);
        }
    }
}
