use std::sync::Arc;

use gpu_wgpu::{
    Ascents, Device, GatePatterns, GpuError, Motion, Rows, gate_patterns, gated_outputs,
    network_outputs,
};

use crate::near::{Near, Sum};
use crate::numbers::Numbers;

/// Rows, coordinates and columns: a group goes through several tiles of rows, or of columns.
const SHAPE: (usize, usize, usize) = (4099, 5, 521);

/// The most pairs of a row and a gate that may be within `f32`'s rounding of zero, of all.
const DOUBTS: f64 = 1e-4;

/// Outputs of a network of many neurons, those of a gated one whose gates are its neurons, and the prices of many
/// neurons before any step:
///
/// ```text
///     f = (R W)_+ a,    c = theta' (R W)_+
/// ```
pub(crate) async fn check(device: &Arc<Device>) -> Result<String, String> {
    let mut case = Case::new();
    let made = case.on_device(device).await;
    let made = made.map_err(|error| error.to_string())?;
    let line = case.compare(&made)?;
    // what is compared must matter
    case.w[0] *= -1.0;
    match case.compare(&made) {
        Err(_) => Ok(line),
        Ok(_) => Err("images of another neuron are taken for these".to_owned()),
    }
}

struct Case {
    rows: Vec<f32>,
    w: Vec<f32>,
    a: Vec<f32>,
    theta: Vec<f32>,
}

/// What comes back.
struct Made {
    outputs: Vec<f32>,
    patterns: GatePatterns,
    gated: Vec<f32>,
    prices: Vec<f32>,
}

impl Case {
    fn new() -> Self {
        let (n, rank, columns) = SHAPE;
        let mut numbers = Numbers(2);
        Self {
            rows: numbers.vector(n * rank),
            w: numbers.vector(columns * rank),
            a: numbers.vector(columns),
            theta: numbers.vector(n),
        }
    }

    async fn on_device(&self, device: &Arc<Device>) -> Result<Made, GpuError> {
        let (n, rank, columns) = SHAPE;
        let rows = Arc::new(Rows::upload(device, &self.rows, n, rank)?);
        let outputs = network_outputs(device, &rows, &self.w, &self.a, 1).await?;
        let gates: Vec<f64> = self.w.iter().map(|w| f64::from(*w)).collect();
        let mut patterns = gate_patterns(device, &rows, &self.rows, &gates).await?;
        for (i, j) in patterns.doubts().to_vec() {
            patterns.set((i, j), self.image(i, j).value >= 0.0);
        }
        let gated = gated_outputs(device, &rows, &patterns, &self.w, &self.a, 1).await?;
        let motion = Motion {
            momentum: 0.0,
            gain: 0.0,
            least: 1.0,
        };
        let signs = vec![1.0; columns];
        let mut looks = Ascents::new(device, &rows, &self.theta, &self.w, &signs, motion)?;
        looks.climb(&[0.0], || true).await?;
        let prices = looks.values().await?;
        Ok(Made {
            outputs,
            patterns,
            gated,
            prices,
        })
    }

    /// Row `i` along neuron `j`.
    fn image(&self, i: usize, j: usize) -> Sum {
        let rank = SHAPE.1;
        let (row, w) = (&self.rows[i * rank..][..rank], &self.w[j * rank..][..rank]);
        let products = row.iter().zip(w);
        products
            .map(|(x, w)| f64::from(*x) * f64::from(*w))
            .collect()
    }

    fn compare(&self, made: &Made) -> Result<String, String> {
        let (n, rank, columns) = SHAPE;
        // an image is a sum itself
        let all = |terms: usize| Sum {
            terms: (terms + rank) as f64,
            ..Sum::default()
        };
        let mut outputs = vec![all(columns); n];
        let mut prices = vec![all(n); columns];
        let mut wrong = 0;
        for (i, output) in outputs.iter_mut().enumerate() {
            for (j, price) in prices.iter_mut().enumerate() {
                let image = self.image(i, j);
                wrong += usize::from(made.patterns.is_open(i, j) != (image.value >= 0.0));
                let opened = image.value.max(0.0);
                for (to, weight) in [(&mut *output, self.a[j]), (&mut *price, self.theta[i])] {
                    to.value += f64::from(weight) * opened;
                    to.size += f64::from(weight).abs() * image.size;
                }
            }
        }
        let mut network = Near::new("outputs");
        for (got, want) in made.outputs.iter().zip(&outputs) {
            network.hold(*got, want)?;
        }
        let mut along = Near::new("prices");
        for (got, want) in made.prices.iter().zip(&prices) {
            along.hold(*got, want)?;
        }
        let mut gated = Near::new("gated outputs");
        for (got, want) in made.gated.iter().zip(&outputs) {
            gated.hold(*got, want)?;
        }
        let lengths = [&made.outputs, &made.gated, &made.prices].map(Vec::len);
        if lengths != [n, n, columns] {
            return Err(format!(
                "outputs, gated ones and prices: {lengths:?} of {n}, {n} and {columns}"
            ));
        }
        let doubts = made.patterns.doubts().len();
        if wrong > 0 || doubts as f64 > DOUBTS * (n * columns) as f64 {
            return Err(format!(
                "patterns of gates: {wrong} pairs are wrong, {doubts} were in doubt"
            ));
        }
        let (network, gated, along) = (network.line(), gated.line(), along.line());
        Ok(format!(
            "{n} x {rank} x {columns} images: {network}, {gated} ({doubts} pairs in doubt), {along}"
        ))
    }
}
