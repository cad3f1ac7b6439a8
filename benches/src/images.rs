use std::path::Path;

use crelu_data::ReadOptions;
use crelu_model::{Dataset, TargetColumn};

/// The Debian package of Fashion-MNIST, and where it puts its files.
pub(crate) const PACKAGE: &str = "dataset-fashion-mnist";
pub(crate) const SOURCE: &str = "/usr/share/datasets/fashion-mnist";
/// Side of an image.
const SIDE: usize = 28;

/// Rows of Fashion-MNIST.
pub(crate) struct Images {
    features: Vec<f64>,
    n_features: usize,
    /// Labels; of two classes `-1` for the first, `+1` for the second.
    pub(crate) target: Vec<f64>,
}

impl Images {
    /// Whether they are on this machine.
    pub(crate) fn are_here() -> bool {
        Path::new(SOURCE).is_dir()
    }

    /// The first rows of two classes, as many of each, in the order of the full set.
    pub(crate) fn of_classes(classes: [f64; 2], rows: usize) -> Result<Self, String> {
        let Self {
            features: all,
            n_features,
            target: labels,
        } = Self::read(Path::new(SOURCE))?;
        let mut taken = [0; 2];
        let (mut features, mut target) = (Vec::new(), Vec::new());
        for (row, label) in all.chunks_exact(n_features).zip(&labels) {
            let class = classes.iter().position(|class| class == label);
            if let Some(class) = class.filter(|&class| taken[class] < rows / 2) {
                taken[class] += 1;
                features.extend_from_slice(row);
                target.push(if class == 1 { 1.0 } else { -1.0 });
            }
        }
        Ok(Self {
            features,
            n_features,
            target,
        })
    }

    /// All training rows of a folder, with their labels as numbers.
    pub(crate) fn read(folder: &Path) -> Result<Self, String> {
        let options = ReadOptions {
            labels: Some(folder.join("train-labels-idx1-ubyte.gz")),
            ..ReadOptions::default()
        };
        let read = crelu_data::read(&folder.join("train-images-idx3-ubyte.gz"), &options)
            .map_err(|e| e.to_string())?;
        let labels = read.target.and_then(|target| target.values);
        Ok(Self {
            features: read.features,
            n_features: read.n_features,
            target: labels
                .ok_or_else(|| format!("{}: the labels are not numeric", folder.display()))?,
        })
    }

    /// Images of another side, each pixel from the nearest one, so many times over.
    pub(crate) fn enlarged(&self, side: usize, channels: usize) -> Self {
        let mut features = Vec::with_capacity(self.target.len() * side * side * channels);
        for row in self.features.chunks_exact(self.n_features) {
            for y in 0..side {
                for x in 0..side {
                    let pixel = row[y * SIDE / side * SIDE + x * SIDE / side];
                    features.extend(core::iter::repeat_n(pixel, channels));
                }
            }
        }
        Self {
            features,
            n_features: side * side * channels,
            target: self.target.clone(),
        }
    }

    pub(crate) fn dataset(&self) -> Result<Dataset, String> {
        let numbers = TargetColumn::numbers(self.target.clone());
        Dataset::from_rows(&self.features, self.target.len(), self.n_features, numbers)
            .map_err(|e| e.to_string())
    }
}
