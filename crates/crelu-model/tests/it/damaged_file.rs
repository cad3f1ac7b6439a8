//! Files of models and certificates that are cut, damaged or something else.

use crelu_model::{CertificateError, CertificateFile, FileError, FileKind, Model, ModelError};
use safetensors::{Dtype, tensor::TensorView};

use crate::certificate_file::files;
use crate::model_file::models;

const KINDS: [FileKind; 2] = [FileKind::Model, FileKind::Certificate];

/// What is wrong with the bytes as a file of this kind; `None`: they are one.
fn wrong(bytes: &[u8], kind: FileKind) -> Option<FileError> {
    match kind {
        FileKind::Model => match Model::from_bytes(bytes) {
            Ok(_) => None,
            Err(ModelError::File(error)) => Some(error),
            Err(other) => panic!("{other}"),
        },
        FileKind::Certificate => match CertificateFile::from_bytes(bytes) {
            Ok(_) => None,
            Err(CertificateError::File(error)) => Some(error),
            Err(other) => panic!("{other}"),
        },
    }
}

fn samples(kind: FileKind) -> Vec<Vec<u8>> {
    match kind {
        FileKind::Model => models().iter().map(Model::to_bytes).collect(),
        FileKind::Certificate => files().iter().map(CertificateFile::to_bytes).collect(),
    }
}

/// Bytes of a file before its data.
fn head(bytes: &[u8]) -> usize {
    8 + usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap()
}

/// The file with a part of its header's text exchanged for one of the same length.
fn exchanged(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut changed = bytes.to_vec();
    let is_there = |part: &[u8]| part == from.as_bytes();
    let at = bytes.windows(from.len()).position(is_there).unwrap();
    changed[at..at + from.len()].copy_from_slice(to.as_bytes());
    changed
}

#[test]
fn file_cut_anywhere_says_how_long_it_is_and_should_be() {
    for kind in KINDS {
        for bytes in samples(kind) {
            assert_eq!(wrong(&bytes, kind), None);
            let head = head(&bytes);
            for len in 0..bytes.len() {
                // as far as it can be known
                let want = match len {
                    0..8 => 8,
                    _ if len < head => head,
                    _ => bytes.len(),
                };
                let (got, want) = (len as u64, want as u64);
                let cut = FileError::Cut { got, want };
                assert_eq!(wrong(&bytes[..len], kind), Some(cut), "{len}");
            }
        }
    }
    let cut = wrong(
        &samples(FileKind::Certificate)[0][..5],
        FileKind::Certificate,
    );
    let line = "the file is cut short: it has 5 bytes of at least 8";
    assert_eq!(cut.unwrap().to_string(), line);
}

#[test]
fn file_that_goes_on_after_its_end_is_damaged() {
    for kind in KINDS {
        for bytes in samples(kind) {
            let want = bytes.len() as u64;
            for more in [1, 8, 4096] {
                let mut longer = bytes.clone();
                longer.resize(bytes.len() + more, 0);
                let got = want + more as u64;
                let too_long = FileError::TooLong { got, want };
                assert_eq!(wrong(&longer, kind), Some(too_long));
                assert_eq!(
                    too_long.to_string(),
                    format!("the file is damaged: it has {got} bytes, and should have {want}")
                );
            }
        }
    }
}

#[test]
fn file_with_a_spoiled_header_is_damaged() {
    for kind in KINDS {
        for bytes in samples(kind) {
            for (from, to) in [
                ("\"__metadata__\":", "\"__metadata__\","),
                ("\"shape\":[", "\"shape\":{"),
                ("\"F64\"", "\"F6\u{1}\""),
                ("\"F64\"", "\"F32\""),
                ("data_offsets", "data_offset_"),
                ("\"data_offsets\":[0,", "\"data_offsets\":[8,"),
            ] {
                let error = wrong(&exchanged(&bytes, from, to), kind);
                assert_eq!(error, Some(FileError::Header), "{from} {to}");
            }
        }
    }
    let line = "the file is damaged: its header cannot be read";
    assert_eq!(FileError::Header.to_string(), line);
}

#[test]
fn file_of_lengths_beyond_all_numbers_is_cut_short() {
    // eight tensors that end where no length of a file can
    let part = u64::MAX / 8 - 7;
    let tensors: Vec<String> = (0..8)
        .map(|k| {
            let (begin, end, count) = (k * part, (k + 1) * part, part / 8);
            format!("\"t{k}\":{{\"dtype\":\"F64\",\"shape\":[{count}],\"data_offsets\":[{begin},{end}]}}")
        })
        .collect();
    let header = format!("{{{}}}", tensors.join(","));
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    let (got, want) = (bytes.len() as u64, u64::MAX);
    for kind in KINDS {
        assert_eq!(wrong(&bytes, kind), Some(FileError::Cut { got, want }));
    }
}

#[test]
fn file_of_anything_else_is_no_safetensors_file() {
    let others: [&[u8]; 6] = [
        b"no certificate",
        b"x0,x1,ring\n0.1,0.2,inner\n",
        b"{\n  \"status\": \"converged\"\n}",
        b"\x93NUMPY\x01\0v\0{'descr'",
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b",
        // a length that could be one, and no header
        b"\x10\0\0\0\0\0\0\0[1, 2, 3, 4, 5, 6]",
    ];
    for wanted in KINDS {
        for other in others {
            assert_eq!(wrong(other, wanted), Some(FileError::Foreign { wanted }));
        }
        let line = format!("not a crelu {}: no safetensors file at all", wanted.name());
        assert_eq!(FileError::Foreign { wanted }.to_string(), line);
    }
}

#[test]
fn file_of_the_other_kind_or_of_another_program_is_told_apart() {
    for (wanted, other) in [(KINDS[0], KINDS[1]), (KINDS[1], KINDS[0])] {
        for bytes in samples(other) {
            let found = Some(other);
            let error = wrong(&bytes, wanted).unwrap();
            assert_eq!(error, FileError::Kind { wanted, found });
            let line = format!("a crelu {}, not a {}", other.name(), wanted.name());
            assert_eq!(error.to_string(), line);
        }
        let data = [0; 8];
        let view = TensorView::new(Dtype::F64, vec![1], &data).unwrap();
        let bytes = safetensors::serialize([("weight", view)], None).unwrap();
        let error = wrong(&bytes, wanted).unwrap();
        assert_eq!(
            error,
            FileError::Kind {
                wanted,
                found: None
            }
        );
        let line = format!(
            "not a crelu {}: a safetensors file of something else",
            wanted.name()
        );
        assert_eq!(error.to_string(), line);
    }
}

#[test]
fn file_of_a_later_version_says_so() {
    for kind in KINDS {
        for bytes in samples(kind) {
            let newest = kind.newest();
            let written = (1..=newest)
                .map(|version| format!("\"format_version\":\"{version}\""))
                .find(|entry| bytes.windows(entry.len()).any(|w| w == entry.as_bytes()))
                .expect("a version that is known");
            let version =
                |to: &str| exchanged(&bytes, &written, &format!("\"format_version\":\"{to}\""));
            let error = wrong(&version("9"), kind).unwrap();
            assert_eq!(error, FileError::Version { found: 9, newest });
            assert_eq!(
                error.to_string(),
                format!("format version 9: made by a later crelu, this one reads version {newest}")
            );
            for none in ["0", "x", "-"] {
                assert_eq!(wrong(&version(none), kind), Some(FileError::NoVersion));
            }
        }
    }
}
