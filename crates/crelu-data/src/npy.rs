//! NumPy's array files.

use std::io::{self, Read};
use std::path::Path;

use ndarray_npy::npy::header::Header;

use crate::columns::{Choose, FileColumns, choose};
use crate::error::DataError;
use crate::options::ReadOptions;
use crate::place::Place;
use crate::source::{at_end, open, read_error, read_full};
use crate::table::{Layout, Table, TargetColumn, shortest_text};

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
    let array = read_array(path, None, &mut open(path)?)?;
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
    let array = read_array(path, None, &mut open(path)?)?;
    let (n_samples, width) = array.two_dimensions(path, None)?;
    let columns = FileColumns {
        names: None,
        count: width,
        target_apart: false,
        sparse: false,
    };
    let chosen = choose(path, options, &columns, pick)?;
    if chosen.features.is_empty() {
        return Err(DataError::NoFeatures {
            path: path.to_owned(),
            part: None,
        });
    }
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
    let features = gather(values, width, &chosen.features);
    check_finite(path, None, &features, &chosen.features)?;
    Ok(Table {
        features,
        n_samples,
        n_features: chosen.features.len(),
        feature_names: None,
        target,
        target_name: None,
        target_index: chosen.target_place,
        layout: Layout {
            columns: chosen.features,
            target_column: chosen.target,
            ..Layout::default()
        },
    })
}

/// The given columns of rows of `width` values, in the order given.
pub(crate) fn gather(values: Vec<f64>, width: usize, columns: &[usize]) -> Vec<f64> {
    if columns.len() == width && columns.iter().enumerate().all(|(at, column)| at == *column) {
        return values;
    }
    gather_ref(&values, width, columns)
}

fn gather_ref(values: &[f64], width: usize, columns: &[usize]) -> Vec<f64> {
    let mut gathered = Vec::with_capacity(values.len() / width.max(1) * columns.len());
    for row in values.chunks_exact(width) {
        gathered.extend(columns.iter().map(|&column| row[column]));
    }
    gathered
}

/// An array in memory, in C order.
pub(crate) struct Array {
    /// Length of each dimension; the first are rows.
    pub(crate) shape: Vec<usize>,
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
            _ => Err(DataError::Dimensions {
                path: path.to_owned(),
                part,
                want: "2",
                got: self.shape.len(),
            }),
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
            Elements::Text(_) => Err(DataError::Dtype {
                path: path.to_owned(),
                part,
                dtype: self.dtype.name(),
            }),
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

    /// The elements as a target.
    pub(crate) fn target(
        self,
        path: &Path,
        part: Option<&'static str>,
    ) -> Result<TargetColumn, DataError> {
        match self.elements {
            Elements::Text(text) => {
                if let Some(row) = text.iter().position(|label| label.trim().is_empty()) {
                    let place = Place::row(row).within(part);
                    return Err(DataError::MissingValue {
                        path: path.to_owned(),
                        place: place.into(),
                        cell: String::new(),
                    });
                }
                Ok(TargetColumn::Text(text))
            }
            Elements::Numbers(values) => {
                if let Some(row) = values.iter().position(|value| !value.is_finite()) {
                    return Err(not_finite(path, Place::row(row).within(part), values[row]));
                }
                self.dtype.target(path, part, values)
            }
        }
    }
}

/// Refuses rows with a value that is not finite; `columns` are the file's, one a value of a row.
pub(crate) fn check_finite(
    path: &Path,
    part: Option<&'static str>,
    values: &[f64],
    columns: &[usize],
) -> Result<(), DataError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let place = Place::cell(at / columns.len(), columns[at % columns.len()]);
            Err(not_finite(path, place.within(part), values[at]))
        }
    }
}

fn not_finite(path: &Path, place: Place, value: f64) -> DataError {
    DataError::NotFinite {
        path: path.to_owned(),
        place: place.into(),
        cell: value.to_string(),
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
                    None => Ok(TargetColumn::from_values(values)),
                }
            }
            (Kind::Float, 4) => {
                let text = values.iter().map(|&value| single_text(value)).collect();
                Ok(TargetColumn::Numbers { values, text })
            }
            _ => Ok(TargetColumn::from_values(values)),
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

/// Reads an array; `part` names it in messages.
pub(crate) fn read_array(
    path: &Path,
    part: Option<&'static str>,
    reader: &mut dyn Read,
) -> Result<Array, DataError> {
    let failed = |error| read_error(path, error);
    let header = read_header(reader)
        .map_err(failed)?
        .ok_or_else(|| DataError::NpyHeader {
            path: path.to_owned(),
            part,
        })?;
    let description = header
        .type_descriptor
        .as_string()
        .map_or_else(|| header.type_descriptor.to_string(), String::clone);
    let Some(dtype) = Dtype::parse(&description) else {
        return Err(DataError::Dtype {
            path: path.to_owned(),
            part,
            dtype: description,
        });
    };
    let product = |shape: &[usize]| {
        shape
            .iter()
            .try_fold(1_usize, |total, &length| total.checked_mul(length))
    };
    let want = product(&header.shape).filter(|want| want.checked_mul(dtype.size).is_some());
    let Some(want) = want else {
        return Err(DataError::Shape {
            path: path.to_owned(),
            part,
        });
    };

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
            return Err(DataError::Truncated {
                path: path.to_owned(),
                part,
                want,
                got,
            });
        }
    }
    if !at_end(reader).map_err(failed)? {
        return Err(DataError::Trailing {
            path: path.to_owned(),
            part,
            want,
        });
    }
    if header.layout.is_fortran() && header.shape.len() > 1 {
        elements = match elements {
            Elements::Numbers(values) => Elements::Numbers(to_c_order(&values, &header.shape)),
            Elements::Text(text) => Elements::Text(to_c_order(&text, &header.shape)),
        };
    }
    Ok(Array {
        shape: header.shape,
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
