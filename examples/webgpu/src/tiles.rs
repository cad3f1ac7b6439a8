use std::sync::Arc;

use admm::Lift;
use gpu_wgpu::{
    Ascents, ConeSettings, Copies, Device, GpuError, LinearStep, MaskedSystem, Motion,
    Preconditioning, Rows, ThreeBlock, ThreeBlockSettings, Tuned, gate_patterns, gated_outputs,
    network_outputs,
};
use linalg_core::Masks;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::numbers::Numbers;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds since the page began.
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// Rows, coordinates and columns: two tiles of each and some left over, and more coordinates than are
/// loaded at a time.
const SHAPE: (usize, usize, usize) = (131, 37, 70);

/// The tiling that is measured fits, is kept and remembered; with it and with those of `devices` the answers
/// are the same bits.
pub(crate) async fn check(mut devices: Vec<Arc<Device>>) -> Result<String, String> {
    let words = |error: GpuError| error.to_string();
    let (tuned, device) = tuned().await?;
    let device = Arc::new(device);
    devices.push(Arc::clone(&device));
    let case = Case::new();
    let first = case.answers(&device).await.map_err(words)?;
    if let Some(which) = first.iter().position(|of| of.iter().all(|x| *x == 0.0)) {
        return Err(format!("answer {which} is nothing but zeros"));
    }
    for other in &devices {
        let answers = case.answers(other).await.map_err(words)?;
        if let Some(which) = (0..first.len()).find(|&k| !same(&answers[k], &first[k])) {
            let (tiling, best) = (other.tiling(), tuned.tiling);
            return Err(format!(
                "answer {which}: other bits with {tiling:?} than with {best:?}"
            ));
        }
    }
    // what is compared must matter
    let other = case.changed().answers(&device).await.map_err(words)?;
    if let Some(which) = (0..first.len()).find(|&k| same(&other[k], &first[k])) {
        return Err(format!("answer {which} with another row is taken for this"));
    }
    let (tile, depth, count) = (tuned.tiling.tile(), tuned.tiling.depth(), devices.len());
    let (rate, call, back) = (tuned.flops, tuned.call, tuned.round_trip);
    Ok(format!(
        "tiles of {tile}, {depth} quadruples at a time, by measurement: {rate:.1e} flops/s, {call:.1e} s a \
         dispatch, {back:.1e} s until a number is back; the same bits on {count} devices"
    ))
}

/// A measured device.
async fn tuned() -> Result<(Tuned, Device), String> {
    let words = |error: GpuError| error.to_string();
    let mut device = Device::open(None).await.map_err(words)?;
    let tuned = device.tune(&|| 1e-3 * now()).await.map_err(words)?;
    let fits = device.adapter().has_room_for(tuned.tiling);
    let is_kept = device.tuned() == Some(tuned) && device.tiling() == tuned.tiling;
    let are_times = [tuned.flops, tuned.round_trip]
        .iter()
        .all(|x| x.is_finite() && *x > 0.0);
    if !(fits && is_kept && are_times && tuned.call >= 0.0) {
        return Err(format!("{tuned:?} on {:?}", device.adapter()));
    }
    // another one asks no clock
    let mut other = Device::open(None).await.map_err(words)?;
    let again = other.tune(&|| f64::NAN).await.map_err(words)?;
    match again == tuned {
        true => Ok((tuned, device)),
        false => Err(format!("{tuned:?}, and {again:?} without a clock")),
    }
}

fn same(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

#[derive(Clone)]
struct Case {
    rows: Vec<f32>,
    masks: Vec<u8>,
    x: Vec<f32>,
    a: Vec<f32>,
    t: Vec<f32>,
}

impl Case {
    fn new() -> Self {
        let (n, rank, columns) = SHAPE;
        let mut numbers = Numbers(9);
        Self {
            rows: numbers.vector(n * rank),
            masks: numbers.mask(n * columns),
            x: numbers.vector(columns * rank),
            a: numbers.vector(columns),
            t: numbers.vector(n),
        }
    }

    /// With its last row upside down.
    fn changed(&self) -> Self {
        let mut other = self.clone();
        let rank = SHAPE.1;
        other
            .rows
            .iter_mut()
            .rev()
            .take(rank)
            .for_each(|x| *x = -*x);
        other
    }

    /// Of everything that works on tiles.
    async fn answers(&self, device: &Arc<Device>) -> Result<Vec<Vec<f32>>, GpuError> {
        let (n, rank, columns) = SHAPE;
        let masks = Masks::from_columns(n, self.masks.clone()).expect("whole columns");
        let system = Arc::new(MaskedSystem::new(device, &self.rows, rank, &masks)?);
        let (mut image, mut back) = (vec![0.0; n], vec![0.0; columns * rank]);
        system.apply(1, &self.x, &mut image).await?;
        system.apply_adjoint(1, &self.t, &mut back).await?;

        let rows = Arc::new(Rows::upload(device, &self.rows, n, rank)?);
        let outputs = network_outputs(device, &rows, &self.x, &self.a, 1).await?;
        let gates: Vec<f64> = self.x.iter().map(|x| f64::from(*x)).collect();
        let patterns = gate_patterns(device, &rows, &self.rows, &gates).await?;
        let gated = gated_outputs(device, &rows, &patterns, &self.x, &self.a, 1).await?;
        let signs = vec![1.0; columns];
        let motion = Motion {
            momentum: 0.9,
            gain: 0.03,
            least: 0.1,
        };
        let mut ascents = Ascents::new(device, &rows, &self.t, &self.x, &signs, motion)?;
        ascents.climb(&[0.1, 0.0], || true).await?;
        let ends = ascents.ends().await?;

        let lift = Lift::Mirrored;
        let step = LinearStep::cg(&system, lift, &Preconditioning::Identity, 8)?;
        let identity: Vec<f32> = (0..rank * rank)
            .map(|at| f32::from(u8::from(at % (rank + 1) == 0)))
            .collect();
        let settings = ThreeBlockSettings {
            target: &self.t,
            lift,
            cone: Some(ConeSettings {
                inverse: &identity,
                tau: 0.3,
            }),
            weight: 0.1,
            relaxation: 1.6,
        };
        let mut iteration = ThreeBlock::new(&system, step, &settings)?;
        iteration.set_penalty(2.0)?;
        for _ in 0..2 {
            iteration.advance(1e-3, || true).await?;
        }
        let mut copies = Copies::default();
        iteration.read(&mut copies).await?;
        let narrow = |values: &[f64]| values.iter().map(|x| *x as f32).collect();
        let (z, fu) = (narrow(&copies.z), narrow(&copies.fu));
        Ok(vec![
            image,
            back,
            outputs,
            gated,
            ends.points,
            ends.values,
            z,
            fu,
        ])
    }
}
