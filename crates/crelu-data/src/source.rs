//! Opening files: plain or gzipped, with a limit on how far compressed content may expand.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::error::DataError;
use crate::file_names::{is_gzipped, is_standard_input};

/// Compressed content may always expand to this many bytes ...
const EXPANSION_FLOOR: u64 = 64 << 20;
/// ... and beyond it to this many times its size: text of numbers shrinks by 2 to 100, deflate by 1032 at most.
const EXPANSION_TIMES: u64 = 400;
const BUFFER: usize = 1 << 16;
/// How gzip streams start.
const GZIP: &[u8; 2] = b"\x1f\x8b";

/// Why one of this crate's own readers stopped; travels inside an [`io::Error`] through other crates' readers.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("expands too far")]
    Expands { limit: u64 },
    #[error("zero byte")]
    NulByte { offset: u64 },
    #[error("line too long")]
    LongLine { limit: u64 },
    #[error("damaged UTF-16")]
    Utf16,
}

/// Opens a file, decompressed if its name ends in `.gz`.
/// `-` is standard input, decompressed if it starts as gzip does.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, DataError> {
    if is_standard_input(path) {
        return open_standard_input(path);
    }
    let (file, bytes) = open_plain(path)?;
    let buffered = BufReader::with_capacity(BUFFER, file);
    if is_gzipped(path) {
        Ok(Box::new(Capped::new(MultiGzDecoder::new(buffered), bytes)))
    } else {
        Ok(Box::new(buffered))
    }
}

fn open_standard_input(path: &Path) -> Result<Box<dyn Read>, DataError> {
    let mut input = io::stdin();
    let mut start = [0; GZIP.len()];
    let filled = read_full(&mut input, &mut start).map_err(|error| read_error(path, error))?;
    let bytes = BufReader::with_capacity(
        BUFFER,
        io::Cursor::new(start).take(filled as u64).chain(input),
    );
    Ok(if start == *GZIP {
        // how long the stream is, nobody knows before its end
        Box::new(Capped::new(MultiGzDecoder::new(bytes), u64::MAX))
    } else {
        Box::new(bytes)
    })
}

/// Bytes in memory as a source, decompressed if their name ends in `.gz`.
pub(crate) fn open_bytes<'a>(name: &Path, bytes: &'a [u8]) -> Box<dyn Read + 'a> {
    if is_gzipped(name) {
        Box::new(Capped::new(MultiGzDecoder::new(bytes), bytes.len() as u64))
    } else {
        Box::new(bytes)
    }
}

/// Opens a file as it is, with its size in bytes.
pub(crate) fn open_plain(path: &Path) -> Result<(File, u64), DataError> {
    let failed = |source| DataError::Io {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(DataError::Folder {
            path: path.to_owned(),
        });
    }
    Ok((file, metadata.len()))
}

/// The error of `path` behind a failed read.
pub(crate) fn read_error(path: &Path, source: io::Error) -> DataError {
    let path = path.to_owned();
    if let Some(refusal) = source
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Refusal>())
    {
        return match *refusal {
            Refusal::Expands { limit } => DataError::Expands {
                path,
                limit,
                times: EXPANSION_TIMES,
            },
            Refusal::NulByte { offset } => DataError::NulByte { path, offset },
            Refusal::LongLine { limit } => DataError::LongLine { path, limit },
            Refusal::Utf16 => DataError::Utf16 { path },
        };
    }
    let damaged = matches!(
        source.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    );
    if damaged && (is_gzipped(&path) || is_standard_input(&path)) {
        DataError::Gzip { path, source }
    } else {
        DataError::Io { path, source }
    }
}

/// Reads until `buffer` is full or the source ends; returns the number of bytes read.
pub(crate) fn read_full(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Whether the source ends here; a checksum at the end is verified on the way.
pub(crate) fn at_end(reader: &mut dyn Read) -> io::Result<bool> {
    Ok(read_full(reader, &mut [0])? == 0)
}

/// A decompressed stream that may not expand beyond any ratio that data has.
pub(crate) struct Capped<R> {
    inner: R,
    limit: u64,
    left: u64,
}

impl<R: Read> Capped<R> {
    /// `inner` decompresses `compressed` bytes.
    pub(crate) fn new(inner: R, compressed: u64) -> Self {
        let limit = compressed
            .saturating_mul(EXPANSION_TIMES)
            .max(EXPANSION_FLOOR);
        Self {
            inner,
            limit,
            left: limit,
        }
    }
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other(Refusal::Expands { limit: self.limit })),
        }
        Ok(count)
    }
}
