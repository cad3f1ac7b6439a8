//! Reading that is stopped: whole rows, or the whole file.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crelu_data::{ReadOptions, Table, Watch, read};

use crate::files::{Folder, f8, gzip, idx, npy, npz};

/// No watch ends a text before so many bytes.
const LEAST: u64 = 1 << 20;

/// Rows of `i, i / 2, "a, line<break> and ""quotes"""`: 60000 of them are 2.5 MB.
fn table(rows: usize) -> String {
    let mut text = "x,half,note\n".to_owned();
    for i in 0..rows {
        writeln!(text, "{i},{},\"a, line\n and \"\"quotes\"\" {i}\"", i / 2).unwrap();
    }
    text
}

fn stopping_after(bytes: u64) -> (ReadOptions, Watch, Arc<AtomicU64>) {
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let watch = Watch::new(move |read| {
        count.fetch_add(1, Ordering::Relaxed);
        read < bytes
    });
    let options = ReadOptions {
        watch: Some(watch.clone()),
        ..ReadOptions::default()
    };
    (options, watch, asked)
}

/// The first rows of the whole table, each of them complete.
fn assert_prefix(part: &Table, whole: &Table) {
    let (n, d) = (part.n_samples, part.n_features);
    assert!(n > 0 && n < whole.n_samples, "{n} of {}", whole.n_samples);
    assert_eq!(part.features, whole.features[..n * d]);
    let text = |table: &Table| table.target.as_ref().unwrap().text[..n].to_vec();
    assert_eq!(text(part), text(whole));
    assert_eq!(part.feature_names, whole.feature_names);
}

#[test]
fn read_that_is_stopped_gives_the_rows_so_far_whatever_their_cells_hold() {
    let folder = Folder::new();
    let text = table(60_000);
    for path in [
        folder.put("t.csv", &text),
        folder.put("t.csv.gz", gzip(&text)),
    ] {
        let whole = read(&path, &ReadOptions::default()).unwrap();
        let mut last = 0;
        // at every phase of a row: a break inside of quotation marks is none
        for bytes in (0..20).map(|k| LEAST + 65_536 * k) {
            let (options, watch, _) = stopping_after(bytes);
            let part = read(&path, &options).unwrap();
            assert!(watch.has_cut());
            assert_prefix(&part, &whole);
            assert!(part.n_samples >= last);
            last = part.n_samples;
        }
    }
}

#[test]
fn read_of_sparse_rows_that_is_stopped_gives_the_rows_so_far() {
    let folder = Folder::new();
    let mut text = String::new();
    for i in 0..100_000 {
        writeln!(text, "{} {}:{i} 9:0.5", i % 2, 1 + i % 7).unwrap();
    }
    let path = folder.put("t.libsvm", &text);
    let whole = read(&path, &ReadOptions::default()).unwrap();
    let (options, watch, _) = stopping_after(LEAST);
    let part = read(&path, &options).unwrap();
    assert!(watch.has_cut());
    assert_prefix(&part, &whole);
}

#[test]
fn read_that_nobody_stops_is_that_without_a_watch_and_asks_often() {
    let folder = Folder::new();
    let path = folder.put("t.csv", table(60_000));
    let whole = read(&path, &ReadOptions::default()).unwrap();
    let (options, watch, asked) = stopping_after(u64::MAX);
    assert_eq!(read(&path, &options).unwrap(), whole);
    assert!(!watch.has_cut());
    // a question every 64 KB after the first megabyte
    assert!(asked.load(Ordering::Relaxed) >= 16);
}

#[test]
fn read_of_a_small_file_is_never_stopped() {
    let folder = Folder::new();
    let path = folder.put("t.csv", table(100));
    let whole = read(&path, &ReadOptions::default()).unwrap();
    let (options, watch, _) = stopping_after(0);
    assert_eq!(read(&path, &options).unwrap(), whole);
    assert!(!watch.has_cut());
}

/// Rows and columns of doubles: 1.3 MB.
const ARRAY: (usize, usize) = (5000, 32);

fn array(fortran: bool) -> Vec<u8> {
    let (rows, columns) = ARRAY;
    let values: Vec<f64> = (0..rows * columns).map(|k| k as f64).collect();
    npy("<f8", fortran, &format!("{rows}, {columns}"), &f8(&values))
}

#[test]
fn read_of_a_binary_file_that_is_stopped_gives_its_first_rows() {
    let folder = Folder::new();
    let labels: Vec<f64> = (0..ARRAY.0).map(|i| (i % 3) as f64).collect();
    let y = npy("<f8", false, &format!("{},", ARRAY.0), &f8(&labels));
    let archive = [("X.npy", array(false)), ("y.npy", y)];
    let record = |i: usize| (0..3073).map(move |j| b"0123456789"[(i + j) % 10] - b'0');
    let batch: Vec<u8> = (0..600).flat_map(record).collect();
    for path in [
        folder.put("x.npy", array(false)),
        folder.put("xy.npz", npz(&archive, zip::CompressionMethod::Stored)),
        folder.put("batch.bin", batch),
    ] {
        let whole = read(&path, &ReadOptions::default()).unwrap();
        for bytes in [0, LEAST + 70_000] {
            let (options, watch, _) = stopping_after(bytes);
            let part = read(&path, &options).unwrap();
            assert!(watch.has_cut(), "{}", path.display());
            assert_prefix(&part, &whole);
        }
        let (options, watch, asked) = stopping_after(u64::MAX);
        assert_eq!(read(&path, &options).unwrap(), whole);
        assert!(!watch.has_cut() && asked.load(Ordering::Relaxed) > 1);
    }
}

#[test]
fn read_of_images_that_is_stopped_takes_as_many_of_their_labels() {
    let folder = Folder::new();
    let pixels: Vec<u8> = (0..1500 * 28 * 28).map(|k| (k % 251) as u8).collect();
    let labels: Vec<u8> = (0..1500).map(|i| (i % 10) as u8).collect();
    let path = folder.put("x-ubyte", idx(&[1500, 28, 28], &pixels));
    let labels = Some(folder.put("y-ubyte", idx(&[1500], &labels)));
    let (options, watch, _) = stopping_after(LEAST);
    let options = ReadOptions { labels, ..options };
    let part = read(&path, &options).unwrap();
    assert!(watch.has_cut());
    let unwatched = ReadOptions {
        watch: None,
        ..options
    };
    assert_prefix(&part, &read(&path, &unwatched).unwrap());
}

#[test]
fn read_of_columns_in_fortran_order_is_not_stopped() {
    let folder = Folder::new();
    let path = folder.put("x.npy", array(true));
    let whole = read(&path, &ReadOptions::default()).unwrap();
    let (options, watch, _) = stopping_after(0);
    assert_eq!(read(&path, &options).unwrap(), whole);
    assert!(!watch.has_cut());
}
