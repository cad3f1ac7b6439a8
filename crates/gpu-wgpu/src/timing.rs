use linalg_core::Masks;

use crate::bits;
use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::rows::Rows;
use crate::step::Step;

/// 0 and 1, half of each in no order.
fn pattern(at: usize) -> u8 {
    u8::from(at.wrapping_mul(0x9e37_79b1) >> 7 & 1 == 1)
}

/// Numbers of either sign to be timed with.
pub(crate) fn numbers(len: usize) -> Vec<f32> {
    (0..len).map(|at| f32::from(pattern(at)) - 0.5).collect()
}

/// Rows and packed patterns to be timed with.
pub(crate) fn rows_and_patterns(
    device: &Device,
    (n, rank, columns): (usize, usize, usize),
) -> Result<(Rows, Buffer<u32>), GpuError> {
    let rows = Rows::upload(device, &numbers(n * rank), n, rank)?;
    let masks = (0..n * columns).map(pattern).collect();
    let masks = Masks::from_columns(n, masks).map_err(|_| GpuError::Shape {
        what: "masks",
        want: n * columns,
        got: n * columns,
    })?;
    Ok((rows, device.upload("masks", &bits::pack(&masks))?))
}

/// Seconds of the fastest of `runs` runs of steps, `times` times over, until a number of `end` is back; one
/// before them, which compiles, does not count.
pub(crate) async fn fastest(
    device: &Device,
    (steps, times): (&[&Step], usize),
    end: &Buffer<f32>,
    runs: usize,
    seconds: &dyn Fn() -> f64,
) -> Result<f64, GpuError> {
    let mut least = f64::INFINITY;
    for run in 0..=runs {
        let begun = seconds();
        device.run(steps, times)?;
        device.read_first(end, 1.min(end.len())).await?;
        if run > 0 {
            least = least.min(seconds() - begun);
        }
    }
    Ok(least)
}
