//! NumPy's array files.

use std::io::{self, Read};
use std::path::Path;

use crelu_core::{TargetColumn, shortest_text};
use ndarray_npy::npy::header::Header;

use crate::array::{self, Pieces, check_finite, choose_columns, gather, gather_ref, not_finite};
use crate::columns::Choose;
use crate::error::{ArrayError, DataError};
use crate::options::ReadOptions;
use crate::place::Place;
use crate::refusal::Of;
use crate::source::{at_end, open, read_error, read_full};
use crate::table::Table;
use crate::watch::Watch;

/// A matrix from an NPY file.
#[derive(Debug, Clone, PartialEq)]
pub struct NpyMatrix {
    /// Rows, at least 1.
    pub rows: usize,
    /// Columns, at least 1.
    pub cols: usize,
    /// The entries, all finite, column-major: [rows * cols].
    pub values: Vec<f64>,
}

/// Reads a 2-d array from an NPY file, gzipped where the name ends in `.gz`, in C or Fortran order, of
/// floats, integers or booleans of either byte order.
///
/// **Shapes** `values`: [rows * cols], column-major whatever the order in the file.
///
/// # Errors
/// [`DataError`]: not an NPY file, not two dimensions, an empty dimension, an element type that is not
/// read, another number of values than the header promises, a value that is not finite.
pub fn read_matrix_npy(path: &Path) -> Result<NpyMatrix, DataError> {
    let array = read_array(path, None, &mut open(path)?, None)?;
    let (rows, cols) = array.two_dimensions(path, None)?;
    let row_major = array.finite_numbers(path, None, cols)?;
    if cols == 1 {
        return Ok(NpyMatrix {
            rows,
            cols,
            values: row_major,
        });
    }
    let mut values = Vec::with_capacity(row_major.len());
    for col in 0..cols {
        values.extend(row_major[col..].iter().step_by(cols));
    }
    Ok(NpyMatrix { rows, cols, values })
}

/// Reads a table whose target is one of the columns.
pub(crate) fn read(
    path: &Path,
    options: &ReadOptions,
    pick: Choose<'_>,
) -> Result<Table, DataError> {
    let array = read_array(path, None, &mut open(path)?, options.watch.as_ref())?;
    let (_, width) = array.two_dimensions(path, None)?;
    let chosen = choose_columns(path, None, (width, false), options, pick)?;
    let dtype = array.dtype;
    let values = array.numbers(path, None)?;
    let target = match chosen.target {
        Some(column) if options.with_target => {
            let target = gather_ref(&values, width, &[column]);
            check_finite(path, None, &target, &[column])?;
            Some(dtype.target(path, None, target)?)
        }
        _ => None,
    };
    let aside = array::asides(path, None, &values, width, &chosen)?;
    let features = gather(values, width, &chosen.features);
    array::check_features(path, None, &features, &chosen.features, options)?;
    Ok(array::table(features, chosen, target, aside))
}

/// An array in memory, in C order.
pub(crate) struct Array {
    /// Length of each dimension; the first are rows.
    pub(crate) shape: Vec<usize>,
    /// The rows that the header states: more than there are where a watch ended the reading.
    pub(crate) stated_rows: usize,
    dtype: Dtype,
    elements: Elements,
}

enum Elements {
    Numbers(Vec<f64>),
    Text(Vec<String>),
}

impl Array {
    fn two_dimensions(
        &self,
        path: &Path,
        part: Option<&'static str>,
    ) -> Result<(usize, usize), DataError> {
        match self.shape[..] {
            [0, _] => Err(DataError::NoRows {
                path: path.to_owned(),
                part,
            }),
            [_, 0] => Err(DataError::NoFeatures {
                path: path.to_owned(),
                part,
            }),
            [rows, cols] => Ok((rows, cols)),
            _ => {
                let (want, got) = ("2", self.shape.len());
                Err(ArrayError::Dimensions { want, got }.of(path, part))
            }
        }
    }

    /// The elements, refused if they are text.
    pub(crate) fn numbers(
        self,
        path: &Path,
        part: Option<&'static str>,
    ) -> Result<Vec<f64>, DataError> {
        match self.elements {
            Elements::Numbers(values) => Ok(values),
            Elements::Text(_) => {
                let dtype = self.dtype.name();
                Err(ArrayError::Dtype { dtype }.of(path, part))
            }
        }
    }

    /// The elements in rows of `width`, refused if they are text or not finite.
    pub(crate) fn finite_numbers(
        self,
        path: &Path,
        part: Option<&'static str>,
        width: usize,
    ) -> Result<Vec<f64>, DataError> {
        let values = self.numbers(path, part)?;
        let columns: Vec<usize> = (0..width).collect();
        check_finite(path, part, &values, &columns)?;
        Ok(values)
    }

    /// The first `rows` elements as a target.
    pub(crate) fn target(
        mut self,
        rows: usize,
        path: &Path,
        part: Option<&'static str>,
    ) -> Result<TargetColumn, DataError> {
        match &mut self.elements {
            Elements::Text(text) => text.truncate(rows),
            Elements::Numbers(values) => values.truncate(rows),
        }
        match self.elements {
            Elements::Text(text) => {
                if let Some(row) = text.iter().position(|label| label.trim().is_empty()) {
                    let place = Place::row(row).within(part);
                    return Err(DataError::MissingValue {
                        path: path.to_owned(),
                        place: place.into(),
                        cell: String::new(),
                        is_feature: false,
                    });
                }
                Ok(TargetColumn::labels(text))
            }
            Elements::Numbers(values) => {
                if let Some(row) = values.iter().position(|value| !value.is_finite()) {
                    let place = Place::row(row).within(part);
                    return Err(not_finite(path, place, values[row], Of::Other));
                }
                self.dtype.target(path, part, values)
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Signed,
    Unsigned,
    Float,
    /// Characters of 4 bytes each.
    Unicode,
    Bytes,
}

#[derive(Debug, Clone, Copy)]
struct Dtype {
    kind: Kind,
    /// Bytes of an element, at least 1.
    size: usize,
    big_endian: bool,
}

impl Dtype {
    /// NumPy's description, as `<f8`.
    fn parse(description: &str) -> Option<Self> {
        /// Labels are shorter.
        const LONGEST_TEXT: usize = 1 << 16;
        let (order, rest) = description.split_at_checked(1)?;
        let (kind, digits) = rest.split_at_checked(1)?;
        let count: usize = digits.parse().ok().filter(|&count| count > 0)?;
        let big_endian = match order {
            "<" | "|" => false,
            ">" => true,
            "=" => cfg!(target_endian = "big"),
            _ => return None,
        };
        let (kind, size) = match (kind, count) {
            ("b", 1) => (Kind::Bool, 1),
            ("i", 1 | 2 | 4 | 8) => (Kind::Signed, count),
            ("u", 1 | 2 | 4 | 8) => (Kind::Unsigned, count),
            ("f", 4 | 8) => (Kind::Float, count),
            ("U", 1..=LONGEST_TEXT) => (Kind::Unicode, 4 * count),
            ("S", 1..=LONGEST_TEXT) => (Kind::Bytes, count),
            _ => return None,
        };
        Some(Self {
            kind,
            size,
            big_endian,
        })
    }

    fn name(self) -> String {
        let (kind, count) = match self.kind {
            Kind::Bool => ('b', 1),
            Kind::Signed => ('i', self.size),
            Kind::Unsigned => ('u', self.size),
            Kind::Float => ('f', self.size),
            Kind::Unicode => ('U', self.size / 4),
            Kind::Bytes => ('S', self.size),
        };
        format!("{}{kind}{count}", if self.big_endian { '>' } else { '<' })
    }

    fn is_text(self) -> bool {
        matches!(self.kind, Kind::Unicode | Kind::Bytes)
    }

    /// A number of at most 8 bytes.
    fn number(self, element: &[u8]) -> f64 {
        let mut bytes = [0; 8];
        bytes[..element.len()].copy_from_slice(element);
        if self.big_endian {
            bytes[..element.len()].reverse();
        }
        let unused = 64 - 8 * element.len();
        match (self.kind, self.size) {
            (Kind::Float, 8) => f64::from_le_bytes(bytes),
            (Kind::Float, _) => {
                f64::from(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
            }
            (Kind::Signed, _) => ((i64::from_le_bytes(bytes) << unused) >> unused) as f64,
            (Kind::Bool, _) => f64::from(u8::from(bytes[0] != 0)),
            _ => u64::from_le_bytes(bytes) as f64,
        }
    }

    /// The text of an element without NumPy's padding; `None` if it is none.
    fn text(self, element: &[u8]) -> Option<String> {
        let text = if self.kind == Kind::Bytes {
            String::from_utf8(element.to_vec()).ok()?
        } else {
            let character = |four: &[u8]| {
                let four = [four[0], four[1], four[2], four[3]];
                char::from_u32(if self.big_endian {
                    u32::from_be_bytes(four)
                } else {
                    u32::from_le_bytes(four)
                })
            };
            element
                .chunks_exact(4)
                .map(character)
                .collect::<Option<String>>()?
        };
        Some(text.trim_end_matches('\0').to_owned())
    }

    /// Finite values of this type as a target.
    fn target(
        self,
        path: &Path,
        part: Option<&'static str>,
        values: Vec<f64>,
    ) -> Result<TargetColumn, DataError> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match (self.kind, self.size) {
            (Kind::Signed | Kind::Unsigned, 8) => {
                match values.iter().position(|value| value.abs() >= EXACT) {
                    Some(row) => {
                        let place = Place::row(row).within(part);
                        Err(DataError::LargeLabel {
                            path: path.to_owned(),
                            place: place.into(),
                        })
                    }
                    None => Ok(TargetColumn::numbers(values)),
                }
            }
            (Kind::Float, 4) => {
                let text = values.iter().map(|&value| single_text(value)).collect();
                Ok(TargetColumn {
                    text,
                    values: Some(values),
                })
            }
            _ => Ok(TargetColumn::numbers(values)),
        }
    }
}

/// The text of a value that was stored in 32 bits: 0.1, not 0.10000000149011612.
fn single_text(value: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the value was widened from an f32"
    )]
    let single = value as f32;
    let shortest: Result<f64, _> = single.to_string().parse();
    shortest.map_or_else(|_| shortest_text(value), shortest_text)
}

/// Reads an array, or, where `watch` says so, its first rows; `part` names it in messages.
pub(crate) fn read_array(
    path: &Path,
    part: Option<&'static str>,
    reader: &mut dyn Read,
    watch: Option<&Watch>,
) -> Result<Array, DataError> {
    let failed = |error| read_error(path, error);
    let mut header = read_header(reader)
        .map_err(failed)?
        .ok_or_else(|| ArrayError::NpyHeader.of(path, part))?;
    let description = header
        .type_descriptor
        .as_string()
        .map_or_else(|| header.type_descriptor.to_string(), String::clone);
    let Some(dtype) = Dtype::parse(&description) else {
        let dtype = description;
        return Err(ArrayError::Dtype { dtype }.of(path, part));
    };
    let product = |shape: &[usize]| {
        shape
            .iter()
            .try_fold(1_usize, |total, &length| total.checked_mul(length))
    };
    let want = product(&header.shape).filter(|want| want.checked_mul(dtype.size).is_some());
    let Some(want) = want else {
        return Err(ArrayError::Shape.of(path, part));
    };
    let stated_rows = header.shape.first().copied().unwrap_or(0);
    let width = want.checked_div(stated_rows).unwrap_or(0);
    let in_columns = header.layout.is_fortran() && header.shape.len() > 1;
    // rows are whole at the end only where they lie in columns
    let mut pieces = Pieces::new(watch.filter(|_| !in_columns));

    let mut elements = if dtype.is_text() {
        Elements::Text(Vec::new())
    } else {
        Elements::Numbers(Vec::new())
    };
    // Whole elements, about 64 KiB a time: the header's promise alone allocates nothing.
    let mut buffer = vec![0; dtype.size * (65_536 / dtype.size).max(1).min(want)];
    let mut got = 0;
    while got < want {
        let take = buffer.len().min((want - got) * dtype.size);
        let filled = read_full(reader, &mut buffer[..take]).map_err(failed)?;
        let whole = buffer[..filled].chunks_exact(dtype.size);
        got += whole.len();
        match &mut elements {
            Elements::Numbers(values) => values.extend(whole.map(|element| dtype.number(element))),
            Elements::Text(text) => {
                for element in whole {
                    let Some(label) = dtype.text(element) else {
                        let place = Place::row(text.len()).within(part);
                        return Err(DataError::NotText {
                            path: path.to_owned(),
                            place: place.into(),
                        });
                    };
                    text.push(label);
                }
            }
        }
        if filled < take {
            return Err(ArrayError::Truncated { want, got }.of(path, part));
        }
        if got >= width.max(1) && got < want && !pieces.goes_on_after(filled) {
            header.shape[0] = got / width;
            break;
        }
    }
    if got == want && !at_end(reader).map_err(failed)? {
        return Err(ArrayError::Trailing { want }.of(path, part));
    }
    match &mut elements {
        Elements::Numbers(values) => values.truncate(header.shape.iter().product()),
        Elements::Text(text) => text.truncate(header.shape.iter().product()),
    }
    if in_columns {
        elements = match elements {
            Elements::Numbers(values) => Elements::Numbers(to_c_order(&values, &header.shape)),
            Elements::Text(text) => Elements::Text(to_c_order(&text, &header.shape)),
        };
    }
    Ok(Array {
        shape: header.shape,
        stated_rows,
        dtype,
        elements,
    })
}

/// The header; `None` if it is none, or unlike any that NumPy writes for a plain array.
fn read_header(reader: &mut dyn Read) -> io::Result<Option<Header>> {
    /// NumPy's own default limit is 10 000.
    const LONGEST_HEADER: usize = 1 << 16;
    /// The parser recurses; a plain array's header has 2.
    const MOST_BRACKETS: usize = 64;
    const PREAMBLE: usize = 8;
    let mut bytes = vec![0; PREAMBLE + 4];
    if read_full(reader, &mut bytes[..PREAMBLE])? < PREAMBLE || !bytes.starts_with(b"\x93NUMPY") {
        return Ok(None);
    }
    let length_bytes = if bytes[6] == 1 { 2 } else { 4 };
    bytes.truncate(PREAMBLE + length_bytes);
    if read_full(reader, &mut bytes[PREAMBLE..])? < length_bytes {
        return Ok(None);
    }
    let length = bytes[PREAMBLE..]
        .iter()
        .rev()
        .fold(0_usize, |length, &byte| (length << 8) | usize::from(byte));
    if length > LONGEST_HEADER {
        return Ok(None);
    }
    let start = bytes.len();
    bytes.resize(start + length, 0);
    if read_full(reader, &mut bytes[start..])? < length {
        return Ok(None);
    }
    let brackets = bytes[start..]
        .iter()
        .filter(|byte| b"([{".contains(byte))
        .count();
    Ok(if brackets > MOST_BRACKETS {
        None
    } else {
        Header::from_reader(&mut bytes.as_slice()).ok()
    })
}

/// `values` of an array whose first index runs fastest, the last index fastest.
fn to_c_order<T: Clone>(values: &[T], shape: &[usize]) -> Vec<T> {
    let mut strides = vec![1; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    let mut index = vec![0; shape.len()];
    let mut from = 0;
    let mut ordered = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        ordered.push(values[from].clone());
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            from += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            from -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    ordered
}
