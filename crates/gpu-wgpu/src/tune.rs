use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::adapter::Kind;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::Tiling;
use crate::kernels::combine::{self, Factor};
use crate::kernels::masked_adjoint::{self, Factors};
use crate::kernels::{masked_product, open_columns};
use crate::step::Step;
use crate::timing::{fastest, numbers, rows_and_patterns};
use crate::tuned::Tuned;

/// Rows, coordinates and columns of the products that are timed: some milliseconds' work, on a card and
/// in software.
const ON_A_CARD: (usize, usize, usize) = (8192, 256, 128);
const IN_SOFTWARE: (usize, usize, usize) = (256, 64, 64);
/// Runs of each, of which the fastest counts.
const RUNS: usize = 3;
/// Dispatches among which one is timed.
const CALLS: usize = 64;

/// What was measured in this process, by the adapter's name and interface.
static KNOWN: OnceLock<Mutex<HashMap<(String, &'static str), Tuned>>> = OnceLock::new();

impl Device {
    /// Measures the products with every tiling that the adapter has room for, in software with two of them,
    /// and keeps the fastest: once a process for each adapter. The numbers that are computed do not depend on it.
    ///
    /// **Cost** four runs of three products of half a gigaflop on a card, and the compilation of three kernels, for
    /// each tiling.
    ///
    /// # Errors
    /// [`GpuError`] of the device.
    pub async fn tune(&mut self, seconds: &dyn Fn() -> f64) -> Result<Tuned, GpuError> {
        let known = KNOWN.get_or_init(Mutex::default);
        let key = (self.adapter().name.clone(), self.adapter().interface);
        let found = lock(known).get(&key).copied();
        let tuned = match found {
            Some(tuned) => tuned,
            None => {
                let tuned = self.measure(seconds).await?;
                lock(known).insert(key, tuned);
                tuned
            }
        };
        self.set_tuned(tuned);
        Ok(tuned)
    }

    async fn measure(&mut self, seconds: &dyn Fn() -> f64) -> Result<Tuned, GpuError> {
        let (call, round_trip) = calls(self, seconds).await?;
        let mut best: Option<Tuned> = None;
        let all = match self.adapter().kind {
            // where compilation takes longer than what can be won
            Kind::Software => &[Tiling::of_side(8), Tiling::of_side(16)][..],
            _ => &Tiling::ALL,
        };
        for &tiling in all {
            if !self.adapter().has_room_for(tiling) {
                continue;
            }
            self.set_tiling(tiling);
            let flops = products(self, round_trip, seconds).await?;
            if best.is_none_or(|best| flops > best.flops) {
                best = Some(Tuned {
                    tiling,
                    flops,
                    call,
                    round_trip,
                });
            }
        }
        // the device was opened with one of them
        best.ok_or(GpuError::NoAdapter)
    }
}

/// Seconds of a dispatch among others, and until a number is back.
async fn calls(device: &Device, seconds: &dyn Fn() -> f64) -> Result<(f64, f64), GpuError> {
    let state = device.upload("one", &[1.0_f32])?;
    let vector = |what| device.zeros::<f32>(what, 64);
    let vectors = (vector("a")?, vector("b")?);
    let (to, by) = (
        (Factor::ONE, vectors.0.raw()),
        (Factor::ONE, vectors.1.raw()),
    );
    let step = combine::step(device, 64, &state, to, by)?;
    let one = fastest(device, (&[&step], 1), &vectors.0, RUNS, seconds).await?;
    let many = fastest(device, (&[&step], CALLS), &vectors.0, RUNS, seconds).await?;
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let between = (many - one).max(0.0) / (CALLS - 1) as f64;
    Ok((between, one))
}

/// Flops a second of the three products that a fit spends its time in.
async fn products(
    device: &Device,
    round_trip: f64,
    seconds: &dyn Fn() -> f64,
) -> Result<f64, GpuError> {
    let (n, rank, columns) = match device.adapter().kind {
        Kind::Software => IN_SOFTWARE,
        _ => ON_A_CARD,
    };
    let (rows, bits) = rows_and_patterns(device, (n, rank, columns))?;
    let x = device.upload("columns", &numbers(columns * rows.wide()))?;
    let tall = device.upload("slopes", &numbers(n))?;
    let ones = device.upload("ones", &vec![1.0_f32; columns])?;

    let parts = device.zeros("parts", n * masked_product::parts(&rows, columns))?;
    let product = masked_product::steps(device, &rows, columns, &bits, x.raw(), &parts)?;
    let count = masked_adjoint::parts(&rows, columns);
    let wide = device.zeros("parts", count * columns * rows.wide())?;
    let factors = Factors {
        bits: &bits,
        slopes: tall.raw(),
        weights: &ones,
        outputs: 1,
    };
    let adjoint = masked_adjoint::steps(device, &rows, columns, &factors, &wide)?;
    let opened = device.zeros("patterns", bits.len())?;
    let sums = device.zeros("parts", columns * open_columns::parts(&rows, columns))?;
    let of = open_columns::Columns {
        u: &x,
        theta: &tall,
        outputs: 1,
        bits: &opened,
        parts: &sums,
    };
    let open = open_columns::steps(device, &rows, columns, &of)?;
    let mut spent = 0.0;
    for (steps, end) in [(&product, &parts), (&adjoint, &wide), (&open, &sums)] {
        let steps: Vec<&Step> = steps.iter().collect();
        let whole = fastest(device, (&steps, 1), end, RUNS, seconds).await?;
        // less the way to it and back, of which a tenth is noise
        spent += (whole - round_trip).max(0.1 * whole);
    }
    #[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
    let flops = 6.0 * (n * rank * columns) as f64;
    Ok(flops / spent.max(1e-9))
}

/// A thread that panicked leaves nothing half done in what is locked here.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
