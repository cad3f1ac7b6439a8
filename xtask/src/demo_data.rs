//! Remakes `data/fashion`: two classes of Fashion-MNIST, a subset at half the resolution.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};

/// Where the Debian package `dataset-fashion-mnist` puts its files.
const SOURCE: &str = "/usr/share/datasets/fashion-mnist";
const PACKAGE: &str = "dataset-fashion-mnist";

/// Where the subset lies in the workspace.
const TARGET: &str = "data/fashion";

/// Sandal and Sneaker, by their numbers in the full set.
const CLASSES: [u8; 2] = [5, 7];

/// Name in the subset, name in the package, rows a class.
const PARTS: [(&str, &str, usize); 2] = [("train", "train", 500), ("test", "t10k", 250)];

const IMAGES_MAGIC: u32 = 0x0803;
const LABELS_MAGIC: u32 = 0x0801;

/// Writes the four files of the subset or, to check, compares what they hold.
pub(crate) fn run(root: &Path, check: bool) -> Result<(), String> {
    if !Path::new(SOURCE).is_dir() {
        return Err(format!(
            "{SOURCE} is missing; install it with `apt-get install {PACKAGE}`"
        ));
    }
    for (part, source_part, rows_a_class) in PARTS {
        let source = |name: &str| unpack(&Path::new(SOURCE).join(file_name(source_part, name)));
        let images = Images::parse(&source("images-idx3")?)?;
        let labels = parse_labels(&source("labels-idx1")?)?;
        let (images, labels) = subset(&images, &labels, rows_a_class)?;
        for (name, content) in [
            ("images-idx3", images.pooled()?.to_idx()?),
            ("labels-idx1", labels_to_idx(&labels)?),
        ] {
            let path = format!("{TARGET}/{}", file_name(part, name));
            if check {
                compare(&root.join(&path), &path, &content)?;
            } else {
                write(&root.join(&path), &pack(&content)?)?;
            }
            println!("{path}: {}", if check { "holds" } else { "written" });
        }
    }
    Ok(())
}

fn file_name(part: &str, name: &str) -> String {
    format!("{part}-{name}-ubyte.gz")
}

/// Images of one size, a byte a pixel, row by row.
#[derive(Debug, PartialEq, Eq)]
struct Images {
    height: usize,
    width: usize,
    pixels: Vec<u8>,
}

impl Images {
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let (dims, pixels) = parse_idx::<3>(bytes, IMAGES_MAGIC)?;
        let [_, height, width] = dims;
        Ok(Self {
            height,
            width,
            pixels: pixels.to_vec(),
        })
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.pixels.chunks_exact(self.height * self.width)
    }

    /// Half the height and width: each pixel the mean of 2 × 2, rounded to the nearest byte.
    fn pooled(&self) -> Result<Self, String> {
        let (height, width) = (self.height / 2, self.width / 2);
        let mut pixels = Vec::with_capacity(self.pixels.len() / 4);
        for image in self.iter() {
            for row in 0..height {
                for column in 0..width {
                    let corner = 2 * row * self.width + 2 * column;
                    let four = [0, 1, self.width, self.width + 1];
                    let sum: u32 = four.iter().map(|o| u32::from(image[corner + o])).sum();
                    let mean = u8::try_from((sum + 2) / 4);
                    pixels.push(mean.map_err(|error| error.to_string())?);
                }
            }
        }
        Ok(Self {
            height,
            width,
            pixels,
        })
    }

    fn to_idx(&self) -> Result<Vec<u8>, String> {
        let count = self.pixels.len() / (self.height * self.width);
        let dims = [count, self.height, self.width];
        to_idx(IMAGES_MAGIC, &dims, &self.pixels)
    }
}

/// The first rows of each class, in the order of the set.
fn subset(
    images: &Images,
    labels: &[u8],
    rows_a_class: usize,
) -> Result<(Images, Vec<u8>), String> {
    let mut taken = [0; CLASSES.len()];
    let mut pixels = Vec::new();
    let mut kept = Vec::new();
    for (image, &label) in images.iter().zip(labels) {
        let class = CLASSES.iter().position(|&class| class == label);
        let Some(class) = class.filter(|&class| taken[class] < rows_a_class) else {
            continue;
        };
        taken[class] += 1;
        pixels.extend_from_slice(image);
        kept.push(label);
    }
    if taken != [rows_a_class; CLASSES.len()] {
        return Err(format!(
            "{taken:?} rows of the classes {CLASSES:?}, not {rows_a_class} each"
        ));
    }
    let (height, width) = (images.height, images.width);
    Ok((
        Images {
            height,
            width,
            pixels,
        },
        kept,
    ))
}

fn parse_labels(bytes: &[u8]) -> Result<Vec<u8>, String> {
    parse_idx::<1>(bytes, LABELS_MAGIC).map(|(_, labels)| labels.to_vec())
}

fn labels_to_idx(labels: &[u8]) -> Result<Vec<u8>, String> {
    to_idx(LABELS_MAGIC, &[labels.len()], labels)
}

/// Header and content of an IDX file: magic number, then `N` sizes, all big-endian.
fn parse_idx<const N: usize>(bytes: &[u8], magic: u32) -> Result<([usize; N], &[u8]), String> {
    let (words, _) = bytes.as_chunks::<4>();
    let mut words = words.iter().map(|&word| u32::from_be_bytes(word));
    if words.next() != Some(magic) {
        return Err(format!("not an IDX file of kind {magic:#06x}"));
    }
    let mut dims = [0; N];
    for dim in &mut dims {
        let word = words.next().ok_or("the IDX header is cut short")?;
        *dim = usize::try_from(word).map_err(|error| error.to_string())?;
    }
    let content = &bytes[4 * (N + 1)..];
    let expected: usize = dims.iter().product();
    if content.len() != expected {
        let got = content.len();
        return Err(format!(
            "the IDX header promises {expected} bytes, {got} follow"
        ));
    }
    Ok((dims, content))
}

fn to_idx(magic: u32, dims: &[usize], content: &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes = magic.to_be_bytes().to_vec();
    for &dim in dims {
        let dim = u32::try_from(dim).map_err(|error| error.to_string())?;
        bytes.extend(dim.to_be_bytes());
    }
    bytes.extend(content);
    Ok(bytes)
}

/// Gzip without a name or a time in its header, so that equal content gives equal bytes.
fn pack(content: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::best());
    let packed = encoder.write_all(content).and_then(|()| encoder.finish());
    packed.map_err(|error| error.to_string())
}

fn unpack(path: &Path) -> Result<Vec<u8>, String> {
    let packed = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut content = Vec::new();
    let read = GzDecoder::new(&packed[..]).read_to_end(&mut content);
    read.map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(content)
}

/// The content is compared, not its packing: another version of the packer is no change.
fn compare(file: &Path, shown: &str, content: &[u8]) -> Result<(), String> {
    if unpack(file)? == content {
        return Ok(());
    }
    Err(format!(
        "{shown} differs from what `cargo xtask demo-data` makes"
    ))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, bytes));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the four files may weigh in the repository.
    const MOST_BYTES: usize = 300_000;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn committed_files_hold_the_promised_rows_and_classes() {
        let mut weight = 0;
        for (part, _, rows_a_class) in PARTS {
            let read = |name: &str| root().join(TARGET).join(file_name(part, name));
            let images = Images::parse(&unpack(&read("images-idx3")).unwrap()).unwrap();
            let labels = parse_labels(&unpack(&read("labels-idx1")).unwrap()).unwrap();
            assert_eq!((images.height, images.width), (14, 14));
            assert_eq!(images.iter().count(), labels.len());
            for class in CLASSES {
                let count = labels.iter().filter(|&&label| label == class).count();
                assert_eq!(count, rows_a_class, "{part} {class}");
            }
            for name in ["images-idx3", "labels-idx1"] {
                let bytes = fs::read(read(name)).unwrap();
                assert_eq!(
                    bytes[3..8],
                    [0; 5],
                    "name or time in the header of {part} {name}"
                );
                weight += bytes.len();
            }
        }
        assert!(weight < MOST_BYTES, "{weight} bytes");
    }

    #[test]
    fn pooled_rounds_to_the_nearest_byte() {
        let pixels = vec![0, 1, 255, 255, 0, 0, 255, 254, 1, 1, 3, 0, 0, 0, 0, 0];
        let images = Images {
            height: 4,
            width: 4,
            pixels,
        };
        assert_eq!(images.pooled().unwrap().pixels, [0, 255, 1, 1]);
    }

    #[test]
    fn subset_keeps_order_and_fails_where_rows_are_missing() {
        let images = Images {
            height: 1,
            width: 1,
            pixels: (0..6).collect(),
        };
        let labels = [7, 1, 5, 7, 5, 5];
        let (kept, classes) = subset(&images, &labels, 2).unwrap();
        assert_eq!((kept.pixels, classes), (vec![0, 2, 3, 4], vec![7, 5, 7, 5]));
        assert!(subset(&images, &labels, 3).is_err());
    }

    #[test]
    fn parse_idx_wrong_kind_and_wrong_length_are_errors() {
        let labels = labels_to_idx(&[5, 7]).unwrap();
        assert_eq!(parse_labels(&labels), Ok(vec![5, 7]));
        assert!(Images::parse(&labels).is_err());
        assert!(parse_labels(&labels[..9]).is_err());
        assert!(parse_labels(&labels[..6]).is_err());
    }

    #[test]
    fn pack_and_compare_see_one_changed_byte() {
        let folder = std::env::temp_dir().join(format!("xtask-demo-data-{}", std::process::id()));
        let file = folder.join("a.gz");
        write(&file, &pack(b"abc").unwrap()).unwrap();
        assert_eq!(compare(&file, "a.gz", b"abc"), Ok(()));
        assert!(compare(&file, "a.gz", b"abd").is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
