//! Text files: byte-order mark, zero bytes, endless lines.

use std::io::{self, Read};
use std::path::Path;

use crate::error::DataError;
use crate::source::{self, Refusal, read_error, read_full};
use crate::watch::Watch;

const HEAD: usize = 1 << 16;
/// No row is longer: more than ten million columns.
const LONGEST_LINE: u64 = 256 << 20;
/// No watch ends a text before so many bytes, a few milliseconds: a table without rows serves nobody.
const LEAST: u64 = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A text file without its byte-order mark; a zero byte or an endless line is an error.
pub(crate) struct TextSource {
    head: Vec<u8>,
    used: usize,
    inner: Box<dyn Read>,
    offset: u64,
    line: u64,
    watch: Option<Watch>,
    /// Quotation marks so far.
    quotes: usize,
    end: End,
}

/// Whether the text ends before its file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    OfFile,
    AfterThisRow,
    Reached,
}

impl TextSource {
    /// Opens the file and reads its head.
    pub(crate) fn open(path: &Path) -> Result<Self, DataError> {
        let mut inner = source::open(path)?;
        let mut head = vec![0; HEAD];
        let filled = read_full(&mut inner, &mut head).map_err(|error| read_error(path, error))?;
        head.truncate(filled);
        let used = if head.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            0
        };
        Ok(Self {
            head,
            used,
            inner,
            offset: used as u64,
            line: 0,
            watch: None,
            quotes: 0,
            end: End::OfFile,
        })
    }

    /// Ends after the row at hand when `watch` says so.
    pub(crate) fn watched(mut self, watch: Option<&Watch>) -> Self {
        self.watch = watch.cloned();
        self
    }

    /// What of the bytes just read belongs to the text: all, or up to the end of the row where the
    /// watch has said stop. A line break between quotation marks ends none.
    fn within(&mut self, read: &[u8]) -> usize {
        let Some(watch) = &self.watch else {
            return read.len();
        };
        if self.end == End::OfFile && self.offset >= LEAST && !watch.goes_on(self.offset) {
            self.end = End::AfterThisRow;
        }
        let is_quote = |byte: &u8| *byte == b'"';
        if self.end == End::OfFile {
            self.quotes += read.iter().filter(|byte| is_quote(byte)).count();
            return read.len();
        }
        for (at, byte) in read.iter().enumerate() {
            self.quotes += usize::from(is_quote(byte));
            if *byte == b'\n' && self.quotes % 2 == 0 {
                self.end = End::Reached;
                watch.cut();
                return at + 1;
            }
        }
        read.len()
    }

    /// The first line that is not blank, or what the head holds of it.
    pub(crate) fn first_line(&self) -> &[u8] {
        let lines = self.head[self.used..].split(|&byte| byte == b'\n' || byte == b'\r');
        lines
            .into_iter()
            .find(|line| !line.trim_ascii().is_empty())
            .unwrap_or_default()
    }
}

impl Read for TextSource {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.end == End::Reached {
            return Ok(0);
        }
        let count = if self.used < self.head.len() {
            let count = buffer.len().min(self.head.len() - self.used);
            buffer[..count].copy_from_slice(&self.head[self.used..self.used + count]);
            self.used += count;
            count
        } else {
            self.inner.read(buffer)?
        };
        let count = self.within(&buffer[..count]);
        let read = &buffer[..count];
        if let Some(at) = read.iter().position(|&byte| byte == 0) {
            return Err(io::Error::other(Refusal::NulByte {
                offset: self.offset + at as u64,
            }));
        }
        self.offset += count as u64;
        self.line = match read
            .iter()
            .rposition(|&byte| byte == b'\n' || byte == b'\r')
        {
            Some(end) => (count - end) as u64,
            None => self.line + count as u64,
        };
        if self.line > LONGEST_LINE {
            return Err(io::Error::other(Refusal::LongLine {
                limit: LONGEST_LINE,
            }));
        }
        Ok(count)
    }
}
