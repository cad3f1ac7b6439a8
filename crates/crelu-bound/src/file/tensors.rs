use std::collections::{BTreeMap, HashMap};

use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};

use super::error::FileError;
use super::kind::FileKind;

/// The entry of a header that is no tensor.
const METADATA: &str = "__metadata__";

/// A tensor of a file, F64, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    name: String,
    shape: Vec<usize>,
    values: Vec<f64>,
}

impl Tensor {
    /// A tensor of this name and shape.
    #[must_use]
    pub fn new(name: impl Into<String>, shape: Vec<usize>, values: Vec<f64>) -> Self {
        let name = name.into();
        Self {
            name,
            shape,
            values,
        }
    }
}

/// The safetensors layout: length of the header, the header (JSON, padded to eight bytes), data.
/// Written here because the order of a hash map's metadata would not repeat.
#[must_use]
pub fn encode(metadata: &BTreeMap<String, String>, tensors: &[Tensor]) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    header.insert(METADATA.to_owned(), json!(metadata));
    let mut offset = 0;
    for Tensor {
        name,
        shape,
        values,
    } in tensors
    {
        let end = offset + 8 * values.len();
        let entry: Value = json!({ "dtype": "F64", "shape": shape, "data_offsets": [offset, end] });
        header.insert(name.clone(), entry);
        offset = end;
    }
    let mut text = Value::Object(header).to_string().into_bytes();
    text.resize(text.len().next_multiple_of(8), b' ');
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(&text);
    for tensor in tensors {
        for value in &tensor.values {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
    }
    bytes
}

/// The shape and the finite numbers of a tensor.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn tensor(file: &SafeTensors<'_>, name: &str) -> Result<(Vec<usize>, Vec<f64>), &'static str> {
    let view = file.tensor(name).map_err(|_| "is missing")?;
    if view.dtype() != Dtype::F64 {
        return Err("is not F64");
    }
    let (numbers, rest) = view.data().as_chunks::<8>();
    if !rest.is_empty() {
        return Err("is cut");
    }
    let values: Vec<f64> = numbers.iter().map(|b| f64::from_le_bytes(*b)).collect();
    if values.iter().any(|v| !v.is_finite()) {
        return Err("holds a value that is not finite");
    }
    Ok((view.shape().to_vec(), values))
}

/// Bytes before the header: its length.
const LENGTH: u64 = 8;
/// Longer headers are not read by the format's own library.
const MOST_HEADER: u64 = 100_000_000;

/// The tensors and the metadata of a file of the `wanted` kind and of a version that is read.
///
/// # Errors
/// [`FileError`] says what the bytes are instead; nothing is allocated for lengths that they do not
/// hold.
pub fn open(
    bytes: &[u8],
    wanted: FileKind,
) -> Result<(SafeTensors<'_>, HashMap<String, String>), FileError> {
    let got = bytes.len() as u64;
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(FileError::Cut { got, want: LENGTH });
    };
    let header = u64::from_le_bytes(*length);
    // a header is a JSON object, and nothing may stand before it
    if header > MOST_HEADER || rest.first().is_some_and(|first| *first != b'{') {
        return Err(FileError::Foreign { wanted });
    }
    let text = usize::try_from(header).ok().and_then(|end| rest.get(..end));
    let Some(text) = text else {
        let want = LENGTH + header;
        return Err(FileError::Cut { got, want });
    };
    // before the library adds these lengths up: they are any numbers
    let want = promised(text).map(|data| data.saturating_add(LENGTH + header));
    match want {
        Some(want) if got < want => return Err(FileError::Cut { got, want }),
        Some(want) if got > want => return Err(FileError::TooLong { got, want }),
        _ => {}
    }
    let (_, read) = SafeTensors::read_metadata(bytes).map_err(|_| FileError::Header)?;
    let file = SafeTensors::deserialize(bytes).map_err(|_| FileError::Header)?;
    let meta = read.metadata().clone().unwrap_or_default();
    let entry = |key: &str| meta.get(key).map(String::as_str);
    let found = FileKind::ALL
        .into_iter()
        .find(|kind| entry("format") == Some(kind.format()));
    if found != Some(wanted) {
        return Err(FileError::Kind { wanted, found });
    }
    let newest = wanted.newest();
    match entry("format_version").and_then(|text| text.parse::<u64>().ok()) {
        Some(version) if (1..=newest).contains(&version) => Ok((file, meta)),
        Some(found) if found > newest => Err(FileError::Version { found, newest }),
        _ => Err(FileError::NoVersion),
    }
}

/// Bytes of data that a header says follow it, where the last tensor ends; `None`: it is no header.
fn promised(header: &[u8]) -> Option<u64> {
    let entries: HashMap<String, Value> = serde_json::from_slice(header).ok()?;
    let end = |entry: &Value| entry.get("data_offsets")?.get(1)?.as_u64();
    let tensors = entries.iter().filter(|(name, _)| *name != METADATA);
    tensors
        .map(|(_, entry)| end(entry))
        .try_fold(0, |last, end| Some(end?.max(last)))
}
