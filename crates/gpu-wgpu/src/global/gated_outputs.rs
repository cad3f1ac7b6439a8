use linalg_core::Real;

use crate::device::Device;
use crate::error::GpuError;
use crate::kernels::sum_parts::{self, Sum};
use crate::kernels::{gate_bits, masked_product};
use crate::rows::{self, Rows};
use crate::step::Step;

/// Roundings of half a last digit that an inner product of `rank` terms may carry beside `rank`: those of
/// the two vectors, of the gate's length, and of the reach itself.
const BESIDE: f64 = 8.0;

/// The patterns of gates, as the host has them in `f64`: what `f32` cannot tell is given back, and put
/// right by who has the numbers.
#[derive(Debug, Clone)]
pub struct GatePatterns {
    bits: Vec<u32>,
    columns: usize,
    doubts: Vec<(usize, usize)>,
}

impl GatePatterns {
    /// Pairs of a row and a gate whose inner product is within rounding of zero.
    #[must_use]
    pub fn doubts(&self) -> &[(usize, usize)] {
        &self.doubts
    }

    /// Says whether a gate is open for a row.
    pub fn set(&mut self, (row, gate): (usize, usize), is_open: bool) {
        let at = row * self.columns.div_ceil(32) + gate / 32;
        let bit = 1 << (gate % 32);
        match is_open {
            true => self.bits[at] |= bit,
            false => self.bits[at] &= !bit,
        }
    }

    /// Whether a gate is open for a row.
    #[must_use]
    pub fn is_open(&self, row: usize, gate: usize) -> bool {
        self.bits[row * self.columns.div_ceil(32) + gate / 32] >> (gate % 32) & 1 == 1
    }
}

/// The patterns `row . g >= 0` of gates, in `f32`, with the pairs that `f32` leaves in doubt.
///
/// **Shapes** `plain`: the rows as they were given to [`Rows`]; `gates`: `columns` of `rank` numbers, their
/// length is of no account.
/// **Cost** `2 n rank columns` flops, a bit a row and gate back, twice.
///
/// # Errors
/// [`GpuError::Shape`], [`GpuError::TooLarge`], [`GpuError::OutOfMemory`], [`GpuError`] of the device.
pub async fn gate_patterns(
    device: &Device,
    rows: &Rows,
    plain: &[f32],
    gates: &[f64],
) -> Result<GatePatterns, GpuError> {
    let (n, rank, wide) = (rows.n_samples(), rows.rank(), rows.wide());
    let columns = gates.len().checked_div(rank).unwrap_or(0);
    for (what, want, got) in [
        ("rows", n * rank, plain.len()),
        ("gates", columns * rank, gates.len()),
    ] {
        if want != got {
            return Err(GpuError::Shape { what, want, got });
        }
    }
    // of length 1, so that the reach of a row serves them all
    let mut unit = Vec::with_capacity(gates.len());
    for gate in gates.chunks_exact(rank.max(1)) {
        let size = linalg_core::norm(gate);
        let factor = if size > 0.0 { 1.0 / size } else { 0.0 };
        unit.extend(gate.iter().map(|g| f32::of(factor * g)));
    }
    let mut padded = Vec::new();
    rows::pad(&unit, rank, wide, &mut padded);
    #[expect(clippy::cast_precision_loss, reason = "a size far below 2^53")]
    let rank_size = rank as f64 + BESIDE;
    let share = 0.5 * rank_size * f64::from(f32::EPSILON);
    let least = f32::of(rank_size) * f32::MIN_POSITIVE;
    let reach: Vec<f32> = plain
        .chunks_exact(rank.max(1))
        .map(|row| {
            let square: f64 = row.iter().map(|x| f64::from(*x).powi(2)).sum();
            // and of terms that are too small to be kept
            f32::of(share * square.sqrt()) + least
        })
        .collect();
    let words = n * columns.div_ceil(32);
    let (on, reach) = (
        device.upload("gates", &padded)?,
        device.upload("reaches", &reach)?,
    );
    let found = (
        device.zeros("patterns", words)?,
        device.zeros("patterns in doubt", words)?,
    );
    let steps = gate_bits::steps(device, rows, (&on, columns), &reach, (&found.0, &found.1))?;
    device.run(&steps.iter().collect::<Vec<&Step>>(), 1)?;
    let (bits, doubtful) = (device.read(&found.0).await?, device.read(&found.1).await?);
    let stride = columns.div_ceil(32).max(1);
    let mut doubts = Vec::new();
    for (at, word) in doubtful.iter().enumerate() {
        let mut left = *word;
        while left != 0 {
            let bit = left.trailing_zeros() as usize;
            doubts.push((at / stride, 32 * (at % stride) + bit));
            left &= left - 1;
        }
    }
    Ok(GatePatterns {
        bits,
        columns,
        doubts,
    })
}

/// Outputs of a gated network, `sum_j D_j R w_j a_j`, in `f32`.
///
/// **Shapes** `w`: `columns` of `rank` numbers; `a`: `outputs x columns`; the result:
/// `outputs x n_samples`.
/// **Cost** `2 n rank columns outputs` flops.
///
/// # Errors
/// As [`gate_patterns`].
pub async fn gated_outputs(
    device: &Device,
    rows: &Rows,
    patterns: &GatePatterns,
    w: &[f32],
    a: &[f32],
    outputs: usize,
) -> Result<Vec<f32>, GpuError> {
    let (n, rank, wide, columns) = (rows.n_samples(), rows.rank(), rows.wide(), patterns.columns);
    for (what, want, got) in [
        ("patterns", n * columns.div_ceil(32), patterns.bits.len()),
        ("w", columns * rank, w.len()),
        ("a", outputs * columns, a.len()),
    ] {
        if want != got {
            return Err(GpuError::Shape { what, want, got });
        }
    }
    if columns == 0 {
        return Ok(vec![0.0; outputs * n]);
    }
    let bits = device.upload("patterns", &patterns.bits)?;
    let count = masked_product::parts(rows, columns);
    let parts = device.zeros("parts of the outputs", count * n)?;
    let x = device.zeros("neurons", columns * wide)?;
    let fitted = device.zeros::<f32>("the outputs", n)?;
    let mut steps = masked_product::steps(device, rows, columns, &bits, x.raw(), &parts)?;
    let sum = Sum {
        parts: &parts,
        count,
        scale: 1.0,
        base: None,
        out: fitted.raw(),
        length: n,
    };
    steps.push(sum_parts::step(device, &sum)?);
    let steps: Vec<&Step> = steps.iter().collect();
    let mut out = Vec::with_capacity(outputs * n);
    let mut padded = Vec::new();
    for heads in a.chunks_exact(columns) {
        let neurons = w.chunks_exact(rank.max(1)).zip(heads);
        let weighted: Vec<f32> = neurons
            .flat_map(|(w, head)| w.iter().map(move |w| w * head))
            .collect();
        rows::pad(&weighted, rank, wide, &mut padded);
        device.write(&x, 0, &padded);
        device.run(&steps, 1)?;
        out.extend(device.read(&fitted).await?);
    }
    Ok(out)
}
