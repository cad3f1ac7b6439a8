use crate::device::Device;
use crate::error::GpuError;
use crate::kernels::open_outputs::{self, Columns};
use crate::kernels::sum_parts;
use crate::rows::{self, Rows};
use crate::step::Step;

/// Outputs of a network, `(R W)_+ A'`, in `f32`.
///
/// **Shapes** `w`: `columns` of `rank` numbers; `a`: `outputs x columns`; the result:
/// `outputs x n_samples`.
/// **Cost** `2 n rank columns` flops.
///
/// # Errors
/// [`GpuError::Shape`], [`GpuError::TooLarge`], [`GpuError::OutOfMemory`], [`GpuError`] of the device.
pub async fn network_outputs(
    device: &Device,
    rows: &Rows,
    w: &[f32],
    a: &[f32],
    outputs: usize,
) -> Result<Vec<f32>, GpuError> {
    let (n, rank, wide) = (rows.n_samples(), rows.rank(), rows.wide());
    let columns = a.len().checked_div(outputs).unwrap_or(0);
    for (what, want, got) in [
        ("a", outputs * columns, a.len()),
        ("w", columns * rank, w.len()),
    ] {
        if want != got {
            return Err(GpuError::Shape { what, want, got });
        }
    }
    let mut padded = Vec::new();
    rows::pad(w, rank, wide, &mut padded);
    let (w, a) = (
        device.upload("neurons", &padded)?,
        device.upload("output weights", a)?,
    );
    let count = open_outputs::parts(rows, columns);
    let parts = device.zeros("parts of the outputs", count * outputs * n)?;
    let bits = device.zeros("patterns", n * columns.div_ceil(32))?;
    let opened = Columns {
        w: &w,
        a: &a,
        outputs,
        bits: &bits,
        parts: &parts,
    };
    let mut steps = open_outputs::steps(device, rows, columns, &opened)?;
    let fitted = device.zeros("the outputs", outputs * n)?;
    steps.push(sum_parts::plain(
        device,
        (&parts, count),
        &fitted,
        outputs * n,
    )?);
    device.run(&steps.iter().collect::<Vec<&Step>>(), 1)?;
    device.read(&fitted).await
}
