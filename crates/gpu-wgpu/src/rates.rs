use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::LANES;
use crate::kernels::ascent_step::{self, Ascents, Motion};
use crate::kernels::combine::{self, Factor};
use crate::kernels::cone_step::{self, ConeCopy};
use crate::kernels::group_threshold::{self, SUMS};
use crate::kernels::loss_slope::{self, Loss, Slopes};
use crate::kernels::masked_adjoint::{self, Factors};
use crate::kernels::{cone_adjoint, dots, images, masked_product, open_columns, open_outputs};
use crate::step::Step;
use crate::timing::{fastest, numbers, rows_and_patterns};

/// What a kernel did in how long: arithmetic and bytes on paper, seconds by the caller's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// The kernel.
    pub kernel: &'static str,
    /// Flops of a run.
    pub flops: f64,
    /// Bytes that pass between the device's memory and its groups, at least.
    pub bytes: f64,
    /// Seconds of a run, the best of some.
    pub seconds: f64,
}

/// A kernel, its flops, its bytes, its steps, and an array that it writes.
type Measured<'a> = (&'static str, f64, f64, &'a [Step], &'a Buffer<f32>);

/// Rates of the kernels that a fit spends its time in, for `n` rows of `rank` coordinates and so many
/// blocks or columns.
///
/// **Cost** `runs + 1` runs of each.
///
/// # Errors
/// [`GpuError`] of the device.
pub async fn rates(
    device: &Device,
    (n, rank, columns): (usize, usize, usize),
    runs: usize,
    seconds: &dyn Fn() -> f64,
) -> Result<Vec<Rate>, GpuError> {
    let (rows, bits) = rows_and_patterns(device, (n, rank, columns))?;
    let (wide, depth) = (rows.wide(), rows.depth());
    let len = columns * wide;
    let vector = |what, len| device.upload(what, &numbers(len));
    let (x, tall) = (vector("columns", len)?, vector("slopes", n)?);
    let weights = vector("weights", columns.max(n))?;
    let state = device.upload("numbers", &[1.0_f32; 4])?;
    let zeros = |what, len| device.zeros::<f32>(what, len);

    let tall_parts = zeros("parts", n * masked_product::parts(&rows, columns))?;
    let product = masked_product::steps(device, &rows, columns, &bits, x.raw(), &tall_parts)?;
    let factors = Factors {
        bits: &bits,
        slopes: tall.raw(),
        weights: &weights,
        outputs: 1,
    };
    let wide_parts = zeros("parts", len * masked_adjoint::parts(&rows, columns))?;
    let adjoint = masked_adjoint::steps(device, &rows, columns, &factors, &wide_parts)?;
    let opened = device.zeros("patterns", bits.len())?;
    let sums = zeros("parts", columns * open_columns::parts(&rows, columns))?;
    let of = open_columns::Columns {
        u: &x,
        theta: &tall,
        outputs: 1,
        bits: &opened,
        parts: &sums,
    };
    let open = open_columns::steps(device, &rows, columns, &of)?;
    let of = open_outputs::Columns {
        w: &x,
        a: &weights,
        outputs: 1,
        bits: &opened,
        parts: &tall_parts,
    };
    let outputs = open_outputs::steps(device, &rows, columns, &of)?;
    let (theta, losses, deltas) = (
        zeros("slopes", n)?,
        zeros("losses", n)?,
        zeros("deltas", 1)?,
    );
    let of = Slopes {
        fitted: &tall,
        targets: &tall,
        weights: &weights,
        deltas: &deltas,
        theta: &theta,
        losses: &losses,
        samples: n,
        outputs: 1,
    };
    let slope = vec![loss_slope::step(device, &Loss::Logistic, &of)?];
    let (velocity, best) = (zeros("velocities", len)?, vector("the best", len)?);
    let (gradients, u) = (vector("gradients", len)?, vector("points", len)?);
    let (prices, values) = (vector("prices", columns)?, vector("values", columns)?);
    let of = Ascents {
        gradients: &gradients,
        prices: &prices,
        u: &u,
        velocity: &velocity,
        best: &best,
        values: &values,
        columns,
        depth,
    };
    let motion = Motion {
        momentum: 0.9,
        gain: 0.03,
        least: 0.1,
    };
    let ascent = vec![ascent_step::step(device, &of, motion, 0.1)?];
    let dot_parts = zeros("parts", 2 * dots::blocks(len).max(1))?;
    let dot = vec![dots::step(
        device,
        len,
        (x.raw(), u.raw()),
        (&dot_parts, 0),
    )?];
    let (to, by) = ((Factor::ONE, best.raw()), (Factor::ONE, x.raw()));
    let axpy = vec![combine::step(device, len, &state, to, by)?];

    // the three-block form without pairs: as many blocks as patterns
    let cone = ConeCopy {
        z: device.upload("cone copies", &numbers(n * ConeCopy::stride(columns)))?,
        blocks: columns,
    };
    let lengths = zeros("parts", SUMS * n * ConeCopy::units(columns))?;
    let patterns = (&bits, columns);
    let cone_steps = cone_step::steps(device, &rows, patterns, &x, &cone, (0.1, 1.6), &lengths)?;
    let cone_sums = zeros("parts", len * cone_adjoint::parts(&rows, columns))?;
    let cone_adjoint = cone_adjoint::steps(device, &rows, patterns, &cone, &cone_sums)?;
    let out = zeros("images", columns * n.next_multiple_of(4))?;
    let images = images::steps(device, &rows, columns, &x, (&out, n.next_multiple_of(4)))?;
    let block_parts = zeros("parts", SUMS * columns)?;
    let of = group_threshold::Copies {
        u: &x,
        z: &velocity,
        v: &best,
        w: &u,
        parts: &block_parts,
        blocks: columns,
        wide,
    };
    let threshold = vec![group_threshold::step(device, &of, 1.6, 0.1)?];

    #[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
    let [n, rank, p, len] = [n, rank, columns, len].map(|size| size as f64);
    #[expect(clippy::cast_precision_loss, reason = "a small size")]
    let tile = device.tiling().tile() as f64;
    let rows_read = 4.0 * n * rank * (p / tile).ceil();
    let masks = n * p / 8.0;
    let lanes = f64::from(LANES);
    let each: [Measured<'_>; 12] = [
        (
            "masked_product",
            2.0 * n * rank * p,
            rows_read + masks,
            &product,
            &tall_parts,
        ),
        (
            "masked_adjoint",
            2.0 * n * rank * p,
            rows_read + masks,
            &adjoint,
            &wide_parts,
        ),
        (
            "open_columns",
            2.0 * n * (rank + 1.0) * p,
            rows_read + masks,
            &open,
            &sums,
        ),
        (
            "open_outputs",
            2.0 * n * (rank + 1.0) * p,
            rows_read + masks,
            &outputs,
            &tall_parts,
        ),
        ("loss_slope", 10.0 * n, 20.0 * n, &slope, &losses),
        ("ascent_step", 20.0 * len, 28.0 * len, &ascent, &values),
        (
            "dots",
            4.0 * len,
            8.0 * len + 8.0 * len / lanes,
            &dot,
            &dot_parts,
        ),
        ("combine", 3.0 * len, 12.0 * len, &axpy, &best),
        (
            "cone_step",
            2.0 * n * rank * p,
            rows_read + masks + 8.0 * n * p,
            &cone_steps,
            &lengths,
        ),
        (
            "cone_adjoint",
            2.0 * n * rank * p,
            rows_read + masks + 4.0 * n * p,
            &cone_adjoint,
            &cone_sums,
        ),
        (
            "images",
            2.0 * n * rank * p,
            rows_read + 4.0 * n * p,
            &images,
            &out,
        ),
        (
            "group_threshold",
            20.0 * len,
            40.0 * len,
            &threshold,
            &block_parts,
        ),
    ];
    let mut out = Vec::new();
    for (kernel, flops, bytes, steps, end) in each {
        let steps: Vec<&Step> = steps.iter().collect();
        let seconds = fastest(device, (&steps, 1), end, runs, seconds).await?;
        out.push(Rate {
            kernel,
            flops,
            bytes,
            seconds,
        });
    }
    Ok(out)
}
