use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::step::Step;

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
