use std::sync::Arc;

use gpu_wgpu::{Device, GpuError, MaskedSystem};
use linalg_core::Masks;

use crate::near::Near;
use crate::numbers::Numbers;

/// Rows, coordinates and blocks: no multiple of a quadruple, a tile or a word; so many rows and blocks that a group
/// goes through several tiles of both.
const SHAPE: (usize, usize, usize) = (4099, 5, 521);

/// `A X` and `A' T` on the device, against the sums that they are.
pub(crate) async fn check(device: &Arc<Device>) -> Result<String, String> {
    let mut case = Case::new();
    let made = case.on_device(device).await;
    let made = made.map_err(|error| error.to_string())?;
    let line = case.compare(&made)?;
    // what is compared must matter
    case.masks[SHAPE.0] ^= 1;
    match case.compare(&made) {
        Err(_) => Ok(line),
        Ok(_) => Err("products with another mask are taken for these".to_owned()),
    }
}

struct Case {
    rows: Vec<f32>,
    masks: Vec<u8>,
    x: Vec<f32>,
    t: Vec<f32>,
}

/// What comes back.
struct Made {
    images: Vec<f32>,
    adjoints: Vec<f32>,
}

impl Case {
    fn new() -> Self {
        let (n, rank, blocks) = SHAPE;
        let mut numbers = Numbers(1);
        Self {
            rows: numbers.vector(n * rank),
            masks: numbers.mask(n * blocks),
            x: numbers.vector(blocks * rank),
            t: numbers.vector(n),
        }
    }

    async fn on_device(&self, device: &Arc<Device>) -> Result<Made, GpuError> {
        let (n, rank, blocks) = SHAPE;
        let masks = Masks::from_columns(n, self.masks.clone()).expect("whole columns");
        let system = MaskedSystem::new(device, &self.rows, rank, &masks)?;
        let mut images = vec![f32::NAN; n];
        system.apply(1, &self.x, &mut images).await?;
        let mut adjoints = vec![f32::NAN; blocks * rank];
        system.apply_adjoint(1, &self.t, &mut adjoints).await?;
        Ok(Made { images, adjoints })
    }

    fn compare(&self, made: &Made) -> Result<String, String> {
        let (n, rank, blocks) = SHAPE;
        let cols = blocks * rank;
        let term = |row: usize, col: usize, number: f32| {
            let (block, coordinate) = (col / rank, col % rank);
            let mask = f64::from(self.masks[block * n + row]);
            mask * f64::from(self.rows[row * rank + coordinate]) * f64::from(number)
        };
        let mut image = Near::new("products");
        for (row, got) in made.images.iter().enumerate() {
            let terms = (0..cols).map(|col| term(row, col, self.x[col]));
            image.hold(*got, &terms.collect())?;
        }
        let mut adjoint = Near::new("adjoint products");
        for (col, got) in made.adjoints.iter().enumerate() {
            let terms = (0..n).map(|row| term(row, col, self.t[row]));
            adjoint.hold(*got, &terms.collect())?;
        }
        let (image, adjoint) = (image.line(), adjoint.line());
        Ok(format!("{n} x {rank} x {blocks}: {image}, {adjoint}"))
    }
}
