//! Encodings of text, and content that is no text table at all.

use std::io::{self, Read};

use crate::source::Refusal;

/// How a text file is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    Utf8,
    /// UTF-16, the lower byte first.
    Utf16Le,
    /// UTF-16, the higher byte first.
    Utf16Be,
}

impl Encoding {
    /// The encoding of a file that starts with `head`, and the length of its byte-order mark.
    pub(crate) fn of(head: &[u8]) -> (Self, usize) {
        if head.starts_with(b"\xef\xbb\xbf") {
            (Self::Utf8, 3)
        } else if head.starts_with(b"\xff\xfe") {
            (Self::Utf16Le, 2)
        } else if head.starts_with(b"\xfe\xff") {
            (Self::Utf16Be, 2)
        } else {
            (Self::without_mark(head), 0)
        }
    }

    /// Tables are mostly ASCII: in UTF-16 nearly every second byte is zero then, and no other.
    fn without_mark(head: &[u8]) -> Self {
        const PAIRS: usize = 512;
        let pairs = head.len().min(2 * PAIRS) / 2;
        let zeros = |at: usize| (0..pairs).filter(|i| head[2 * i + at] == 0).count();
        let (first, second) = (zeros(0), zeros(1));
        // four of five: a label or a name may have other characters
        let most = |count: usize| pairs > 1 && 5 * count >= 4 * pairs;
        match (first, second) {
            (0, count) if most(count) => Self::Utf16Le,
            (count, 0) if most(count) => Self::Utf16Be,
            _ => Self::Utf8,
        }
    }
}

/// What a file that starts with `head` is, if it is known for something else than a text table.
pub(crate) fn foreign(head: &[u8]) -> Option<&'static str> {
    const STARTS: [(&[u8], &str); 13] = [
        (
            b"PK\x03\x04",
            "a zip archive, perhaps a spreadsheet; save the sheet as CSV",
        ),
        (
            b"\xd0\xcf\x11\xe0",
            "an old spreadsheet or document; save the sheet as CSV",
        ),
        (
            b"\x1f\x8b",
            "compressed by gzip; give it a name that ends in .gz",
        ),
        (b"BZh", "compressed by bzip2; decompress it first"),
        (b"\xfd7zXZ", "compressed by xz; decompress it first"),
        (
            b"\x28\xb5\x2f\xfd",
            "compressed by zstd; decompress it first",
        ),
        (b"PAR1", "a Parquet file; save the table as CSV"),
        (b"ARROW1", "an Arrow file; save the table as CSV"),
        (b"\x89HDF", "an HDF5 file; save the table as CSV or NPZ"),
        (b"%PDF", "a PDF document; save the table as CSV"),
        (
            b"\x93NUMPY",
            "a NumPy array; give it a name that ends in .npy",
        ),
        (
            b"version https://git-lfs",
            "a pointer of Git LFS; get the file itself (git lfs pull)",
        ),
        (b"\xff\xfe\0\0", "UTF-32 text; save it as UTF-8"),
    ];
    if let Some(&(_, what)) = STARTS.iter().find(|(start, _)| head.starts_with(start)) {
        return Some(what);
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let start: Vec<u8> = text
        .trim_ascii_start()
        .iter()
        .take(16)
        .map(u8::to_ascii_lowercase)
        .collect();
    if start.starts_with(b"<!doctype") || start.starts_with(b"<html") || start.starts_with(b"<?xml")
    {
        return Some("a web page or XML, not a table");
    }
    if start.starts_with(b"{") || start.starts_with(b"[{") || start.starts_with(b"[[") {
        return Some("JSON, not a table; save it as CSV");
    }
    if start.starts_with(b"@relation") {
        return Some("an ARFF file; save the table as CSV");
    }
    None
}

/// UTF-16 turned into UTF-8.
pub(crate) struct Utf16<R> {
    inner: R,
    big_endian: bool,
    /// A byte whose other half is still to come.
    half: Option<u8>,
    /// The first of a pair of surrogates.
    high: Option<u16>,
    ready: Vec<u8>,
    used: usize,
}

impl<R: Read> Utf16<R> {
    pub(crate) fn new(inner: R, big_endian: bool) -> Self {
        Self {
            inner,
            big_endian,
            half: None,
            high: None,
            ready: Vec::new(),
            used: 0,
        }
    }

    /// Decodes more; `false` at the end.
    fn fill(&mut self) -> io::Result<bool> {
        const BUFFER: usize = 1 << 14;
        let broken = || io::Error::other(Refusal::Utf16);
        let mut bytes = [0; BUFFER];
        let count = self.inner.read(&mut bytes)?;
        self.ready.clear();
        self.used = 0;
        if count == 0 {
            if self.half.is_some() || self.high.is_some() {
                return Err(broken());
            }
            return Ok(false);
        }
        let mut push = |c: char| {
            let mut utf8 = [0; 4];
            self.ready.extend(c.encode_utf8(&mut utf8).as_bytes());
        };
        for &byte in &bytes[..count] {
            let Some(first) = self.half.take() else {
                self.half = Some(byte);
                continue;
            };
            let unit = if self.big_endian {
                u16::from_be_bytes([first, byte])
            } else {
                u16::from_le_bytes([first, byte])
            };
            let units = match self.high.take() {
                Some(high) => [high, unit],
                None if (0xd800..0xdc00).contains(&unit) => {
                    self.high = Some(unit);
                    continue;
                }
                None => [unit, unit],
            };
            let is_pair = units[0] != units[1];
            let decoded = char::decode_utf16(units).next().and_then(Result::ok);
            match decoded {
                Some(c) if is_pair == (c.len_utf16() == 2) => push(c),
                _ => return Err(broken()),
            }
        }
        Ok(true)
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.used == self.ready.len() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let count = buffer.len().min(self.ready.len() - self.used);
        buffer[..count].copy_from_slice(&self.ready[self.used..self.used + count]);
        self.used += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str, big_endian: bool) -> String {
        let bytes: Vec<u8> = text
            .encode_utf16()
            .flat_map(|unit| {
                if big_endian {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect();
        let mut out = String::new();
        Utf16::new(bytes.as_slice(), big_endian)
            .read_to_string(&mut out)
            .unwrap();
        out
    }

    #[test]
    fn utf16_text_of_every_plane_comes_back() {
        let text = "a,\u{e9},\u{4e2d},\u{1f600}\n".repeat(3000);
        assert_eq!(decoded(&text, false), text);
        assert_eq!(decoded(&text, true), text);
    }

    #[test]
    fn utf16_that_is_cut_or_broken_is_refused() {
        for bytes in [&b"a\0b"[..], b"\x3d\xd8", b"\x3d\xd8a\0", b"\0\xdc"] {
            let mut out = Vec::new();
            assert!(
                Utf16::new(bytes, false).read_to_end(&mut out).is_err(),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn encoding_is_known_with_and_without_a_mark() {
        for (head, encoding) in [
            (&b"\xff\xfea\0"[..], Encoding::Utf16Le),
            (b"\xfe\xff\0a", Encoding::Utf16Be),
            (b"a\0,\0b\0", Encoding::Utf16Le),
            (b"\0a\0,\0b", Encoding::Utf16Be),
            (b"a,b\n1,2\n", Encoding::Utf8),
            (b"a\0b\0c\0\0\0", Encoding::Utf8),
            (b"", Encoding::Utf8),
        ] {
            assert_eq!(Encoding::of(head).0, encoding, "{head:?}");
        }
    }
}
