//! The demonstration's data: two classes of Fashion-MNIST, see `data/README.md`.

use std::path::Path;

use crelu_data::read_idx_bytes;
use crelu_model::{Dataset, TargetColumn};

use crate::errors::Failure;

const TRAIN: (&[u8], &[u8]) = (
    include_bytes!("../../../data/fashion/train-images-idx3-ubyte.gz"),
    include_bytes!("../../../data/fashion/train-labels-idx1-ubyte.gz"),
);
const TEST: (&[u8], &[u8]) = (
    include_bytes!("../../../data/fashion/test-images-idx3-ubyte.gz"),
    include_bytes!("../../../data/fashion/test-labels-idx1-ubyte.gz"),
);

/// Training and test images, labelled Sandal and Sneaker.
///
/// # Errors
/// A line that names the part that is damaged.
pub(crate) fn sandals_and_sneakers() -> Result<(Dataset, Dataset), Failure> {
    Ok((decode("train", TRAIN)?, decode("test", TEST)?))
}

fn decode(name: &str, (images, labels): (&[u8], &[u8])) -> Result<Dataset, Failure> {
    let table = read_idx_bytes(
        (Path::new(&format!("embedded {name} images.gz")), images),
        (Path::new(&format!("embedded {name} labels.gz")), labels),
    )
    .map_err(Failure::new)?;
    let classes = table.target.as_ref().map_or(&[][..], |target| &target.text);
    let names = classes
        .iter()
        .map(|class| if class == "5" { "Sandal" } else { "Sneaker" }.to_owned());
    let target = TargetColumn::labels(names.collect());
    Dataset::from_rows(&table.features, table.n_samples, table.n_features, target)
        .map_err(|error| Failure::of(format_args!("embedded {name} data"), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_data_are_two_balanced_classes() {
        let (train, test) = sandals_and_sneakers().unwrap();
        for (data, rows) in [(train, 1000), (test, 500)] {
            assert_eq!((data.n_samples(), data.n_features()), (rows, 196));
            let sandals = data.target().text.iter().filter(|t| *t == "Sandal");
            assert_eq!(sandals.count(), rows / 2);
        }
    }
}
