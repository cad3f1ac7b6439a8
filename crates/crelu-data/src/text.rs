//! Text files: encodings, line ends, zero bytes, endless lines, and what stands in front of a table.

use std::io::{self, Read};
use std::path::Path;

use crate::encoding::{Encoding, Utf16, foreign};
use crate::error::DataError;
use crate::source::{self, Refusal, read_error, read_full};
use crate::watch::{LEAST, Watch};

const HEAD: usize = 1 << 16;
/// No row is longer: more than ten million columns.
const LONGEST_LINE: u64 = 256 << 20;

/// A text file as UTF-8 without a byte-order mark, every line ended by `\n`; a zero byte or an endless
/// line is an error.
pub(crate) struct TextSource {
    head: Vec<u8>,
    used: usize,
    whole: bool,
    inner: Normalised,
    encoding: Encoding,
    /// Lines before what is read next.
    skipped: u64,
    blanks: Option<Blanks>,
    /// Bytes read.
    offset: u64,
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
        let failed = |error| read_error(path, error);
        let mut raw = source::open(path)?;
        let mut start = vec![0; HEAD];
        let filled = read_full(&mut raw, &mut start).map_err(failed)?;
        start.truncate(filled);
        if let Some(what) = foreign(&start) {
            return Err(DataError::Foreign {
                path: path.to_owned(),
                what,
            });
        }
        let (encoding, mark) = Encoding::of(&start);
        start.drain(..mark);
        let bytes = io::Cursor::new(start).chain(raw);
        let decoded: Box<dyn Read> = match encoding {
            Encoding::Utf8 => Box::new(bytes),
            Encoding::Utf16Le => Box::new(Utf16::new(bytes, false)),
            Encoding::Utf16Be => Box::new(Utf16::new(bytes, true)),
        };
        let mut inner = Normalised::new(decoded);
        let mut head = vec![0; HEAD];
        let filled = read_full(&mut inner, &mut head).map_err(failed)?;
        head.truncate(filled);
        Ok(Self {
            whole: filled < HEAD,
            head,
            used: 0,
            inner,
            encoding,
            skipped: 0,
            blanks: None,
            offset: 0,
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
            if *byte == b'\n' && self.quotes.is_multiple_of(2) {
                self.end = End::Reached;
                watch.cut();
                return at + 1;
            }
        }
        read.len()
    }

    /// What of the file is at hand, and whether that is all of it.
    pub(crate) fn head(&self) -> (&[u8], bool) {
        (&self.head[self.used..], self.whole)
    }

    /// How the file is encoded.
    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Lines that were skipped.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Skips lines in front that are blank or start with `#`, and gives the separator that a line
    /// `sep=;` after them names.
    pub(crate) fn skip_front(&mut self) -> Option<u8> {
        loop {
            let rest = &self.head[self.used..];
            let end = rest.iter().position(|&byte| byte == b'\n')?;
            let line = rest[..end].trim_ascii();
            let named = match line.strip_prefix(b"sep=") {
                Some(&[separator]) => Some(separator),
                // the tab is a blank that was trimmed
                Some([]) if rest[..end].ends_with(b"\t") => Some(b'\t'),
                _ => None,
            };
            if named.is_none() && !line.is_empty() && !line.starts_with(b"#") {
                return None;
            }
            self.used += end + 1;
            self.skipped += 1;
            if named.is_some() {
                return named;
            }
        }
    }

    /// From here on, runs of blanks become one tab, those around a line nothing.
    pub(crate) fn squeeze_blanks(&mut self) {
        self.blanks = Some(Blanks::LineStart);
    }

    fn read_plain(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.end == End::Reached {
            return Ok(0);
        }
        // the watch is asked between two reads
        let most = buffer.len().min(HEAD);
        let buffer = &mut buffer[..most];
        let count = if self.used < self.head.len() {
            let count = buffer.len().min(self.head.len() - self.used);
            buffer[..count].copy_from_slice(&self.head[self.used..self.used + count]);
            self.used += count;
            count
        } else {
            self.inner.read(buffer)?
        };
        let count = self.within(&buffer[..count]);
        self.offset += count as u64;
        Ok(count)
    }
}

/// Where in a line of cells divided by blanks the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blanks {
    LineStart,
    InCell,
    /// Blanks have been read that are a separator if a cell follows.
    Between,
}

impl Read for TextSource {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(mut state) = self.blanks else {
            return self.read_plain(buffer);
        };
        // a blank is put off until the next byte of a cell: each byte read becomes two at most
        let mut bytes = vec![0; buffer.len() / 2];
        loop {
            let count = self.read_plain(&mut bytes)?;
            if count == 0 {
                return Ok(0);
            }
            let mut filled = 0;
            for &byte in &bytes[..count] {
                match (byte, state) {
                    (b' ' | b'\t', Blanks::InCell) => state = Blanks::Between,
                    (b' ' | b'\t', _) => {}
                    (b'\n', _) => {
                        buffer[filled] = byte;
                        filled += 1;
                        state = Blanks::LineStart;
                    }
                    _ => {
                        if state == Blanks::Between {
                            buffer[filled] = b'\t';
                            filled += 1;
                        }
                        buffer[filled] = byte;
                        filled += 1;
                        state = Blanks::InCell;
                    }
                }
            }
            self.blanks = Some(state);
            if filled > 0 {
                return Ok(filled);
            }
        }
    }
}

/// Text whose lines all end in `\n`, the last one too.
struct Normalised {
    inner: Box<dyn Read>,
    offset: u64,
    line: u64,
    after_return: bool,
    ended: bool,
}

impl Normalised {
    fn new(inner: Box<dyn Read>) -> Self {
        Self {
            inner,
            offset: 0,
            line: 0,
            after_return: false,
            ended: false,
        }
    }
}

fn too_long() -> io::Error {
    io::Error::other(Refusal::LongLine {
        limit: LONGEST_LINE,
    })
}

/// Whether bytes hold neither zeros nor returns, so that they stay as they are.
fn is_plain(bytes: &[u8]) -> bool {
    // without a way out, it is a few instructions for 64 bytes
    !bytes
        .iter()
        .fold(false, |met, &byte| met | (byte == 0) | (byte == b'\r'))
}

impl Normalised {
    /// Counts what stays as it is.
    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        let is_end = |&byte: &u8| byte == b'\n';
        let first = bytes.iter().position(is_end);
        self.line += first.unwrap_or(bytes.len()) as u64;
        if self.line > LONGEST_LINE {
            return Err(too_long());
        }
        if first.is_some() {
            let after = bytes.iter().rev().position(is_end).unwrap_or_default();
            self.line = after as u64;
        }
        self.offset += bytes.len() as u64;
        Ok(())
    }
}

impl Read for Normalised {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.ended || buffer.is_empty() {
                return Ok(0);
            }
            let count = self.inner.read(buffer)?;
            if count == 0 {
                self.ended = true;
                if self.line == 0 {
                    return Ok(0);
                }
                buffer[0] = b'\n';
                return Ok(1);
            }
            if !self.after_return && is_plain(&buffer[..count]) {
                self.pass(&buffer[..count])?;
                return Ok(count);
            }
            let mut kept = 0;
            for at in 0..count {
                let byte = buffer[at];
                let follows_return = std::mem::replace(&mut self.after_return, byte == b'\r');
                match byte {
                    0 => {
                        return Err(io::Error::other(Refusal::NulByte {
                            offset: self.offset + at as u64,
                        }));
                    }
                    b'\n' if follows_return => continue,
                    b'\n' | b'\r' => {
                        buffer[kept] = b'\n';
                        self.line = 0;
                    }
                    _ => {
                        buffer[kept] = byte;
                        self.line += 1;
                    }
                }
                kept += 1;
                if self.line > LONGEST_LINE {
                    return Err(too_long());
                }
            }
            self.offset += count as u64;
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}
