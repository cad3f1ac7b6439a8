//! The records of a text table, one by one.

use std::io::{self, Read};
use std::path::Path;

use ::csv::{ByteRecord, Reader, ReaderBuilder};

use crate::cell::is_blank;
use crate::error::DataError;
use crate::source::read_error;

/// A record and the lines it stands in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    pub(crate) cells: ByteRecord,
    pub(crate) line: u64,
    /// Line breaks within its cells.
    pub(crate) breaks: u64,
}

/// The records of a text that are not blank, with their lines.
pub(crate) struct Records<'a, R> {
    path: &'a Path,
    reader: Reader<R>,
    separator: u8,
    skipped: u64,
    /// The line after the record before.
    next_line: u64,
    record: Record,
}

impl<'a, R: Read> Records<'a, R> {
    /// The records of `text`, before which the file has `skipped` lines.
    pub(crate) fn new(path: &'a Path, text: R, separator: u8, skipped: u64) -> Self {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .terminator(::csv::Terminator::Any(b'\n'))
            .buffer_capacity(1 << 16)
            .from_reader(text);
        Self {
            path,
            reader,
            separator,
            skipped,
            next_line: 1,
            record: Record::default(),
        }
    }

    pub(crate) fn path(&self) -> &'a Path {
        self.path
    }

    pub(crate) fn separator(&self) -> u8 {
        self.separator
    }

    /// The next record.
    pub(crate) fn next(&mut self) -> Result<Option<&Record>, DataError> {
        loop {
            let Record {
                cells,
                line,
                breaks,
            } = &mut self.record;
            let more =
                self.reader
                    .read_byte_record(cells)
                    .map_err(|error| match error.into_kind() {
                        ::csv::ErrorKind::Io(source) => read_error(self.path, source),
                        kind => read_error(self.path, io::Error::other(format!("{kind:?}"))),
                    })?;
            if !more {
                return Ok(None);
            }
            if cells.len() == 1 && cells.get(0).is_some_and(is_blank) {
                continue;
            }
            *breaks = cells
                .as_slice()
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count() as u64;
            // the reader stands in the line after the record; one that a quotation mark left open has
            // the end of the last line within it
            let next = self.reader.position().line();
            *line = self.skipped + next.saturating_sub(1 + *breaks).max(self.next_line);
            self.next_line = next;
            return Ok(Some(&self.record));
        }
    }
}

impl<'a, R: Read> Records<'a, Kept<R>> {
    /// What follows the records given: bytes that were read, the text after them, and the line in
    /// which they begin.
    pub(crate) fn into_rest(self) -> (Vec<u8>, R, u64) {
        let position = self.reader.position().clone();
        let Kept { text, mut bytes } = self.reader.into_inner();
        let given = usize::try_from(position.byte()).unwrap_or(bytes.len());
        bytes.drain(..given.min(bytes.len()));
        (bytes, text, self.skipped + position.line())
    }
}

/// A text that keeps what was read of it.
pub(crate) struct Kept<R> {
    text: R,
    bytes: Vec<u8>,
}

impl<R> Kept<R> {
    pub(crate) fn new(text: R) -> Self {
        Self {
            text,
            bytes: Vec::new(),
        }
    }
}

impl<R: Read> Read for Kept<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.text.read(buffer)?;
        self.bytes.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}
