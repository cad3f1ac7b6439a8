//! Rates of the kernels on the adapter that `CRELU_ADAPTER` names, and the host's beside them.

use std::time::Instant;

use faer::Mat;
use gpu_wgpu::{Device, Rate, block_on, rates};
use linalg_core::{LinearOperator, MaskedBlocks, Masks};

/// Runs of each, of which the fastest counts.
const RUNS: usize = 3;
/// Rows, coordinates and blocks: small enough for an adapter in software, and the paper's.
const SMALL: (usize, usize, usize) = (2000, 64, 64);
const PAPER: (usize, usize, usize) = (10_000, 3072, 50);

pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let sizes = match args {
        [] => vec![SMALL, PAPER],
        [word] if word == "--quick" => vec![SMALL],
        _ => return Err("usage: cargo xtask bench gpu [--quick]".to_owned()),
    };
    let asked = std::env::var("CRELU_ADAPTER").ok();
    let mut device = Device::open_blocking(asked.as_deref()).map_err(|error| error.to_string())?;
    let adapter = device.adapter().clone();
    println!(
        "{}, {}, {}",
        adapter.name,
        adapter.kind.name(),
        adapter.interface
    );
    let begun = Instant::now();
    let tuned = block_on(device.tune(&|| begun.elapsed().as_secs_f64()));
    let tuned = tuned.map_err(|error| error.to_string())?;
    println!(
        "tiles {0} x {0}, {1} quadruples at a time: {2:.1} GFLOP/s; {3:.1e} s a call, {4:.1e} s until a number is back; measured in {5:.2} s",
        tuned.tiling.tile(),
        tuned.tiling.depth(),
        tuned.flops / 1e9,
        tuned.call,
        tuned.round_trip,
        begun.elapsed().as_secs_f64()
    );
    for (n, rank, columns) in sizes {
        println!("n = {n}, r = {rank}, P = {columns}");
        let begun = Instant::now();
        let clock = || begun.elapsed().as_secs_f64();
        let measured = block_on(rates(&device, (n, rank, columns), RUNS, &clock));
        let host = host((n, rank, columns), &clock)?;
        println!(
            "{:16} {:>10} {:>10} {:>12}",
            "kernel", "GFLOP/s", "GB/s", "host GFLOP/s"
        );
        for rate in measured.map_err(|error| error.to_string())? {
            let Rate {
                kernel,
                flops,
                bytes,
                seconds,
            } = rate;
            let beside = match kernel {
                "masked_product" => format!("{:.1}", flops / host.0 / 1e9),
                "masked_adjoint" => format!("{:.1}", flops / host.1 / 1e9),
                _ => String::new(),
            };
            println!(
                "{kernel:16} {:10.2} {:10.2} {beside:>12}",
                flops / seconds / 1e9,
                bytes / seconds / 1e9
            );
        }
    }
    Ok(())
}

/// Seconds of a masked product and of an adjoint one in `f32` on this machine.
fn host(
    (n, rank, columns): (usize, usize, usize),
    clock: &dyn Fn() -> f64,
) -> Result<(f64, f64), String> {
    let number = |at: usize| {
        if at.wrapping_mul(0x9e37_79b1) >> 7 & 1 == 1 {
            0.5
        } else {
            -0.5
        }
    };
    let data = Mat::<f32>::from_fn(rank, n, |k, i| number(i * rank + k));
    let bytes = (0..n * columns)
        .map(|at| u8::from(number(at) > 0.0))
        .collect();
    let masks = Masks::from_columns(n, bytes).map_err(|error| error.to_string())?;
    let op = MaskedBlocks::new(data.as_ref(), &masks);
    let x: Vec<f32> = (0..op.cols()).map(number).collect();
    let (mut image, mut back) = (vec![0.0; n], vec![0.0; op.cols()]);
    let mut scratch = vec![0.0; op.scratch_len()];
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..=RUNS {
        let begun = clock();
        op.apply(&x, &mut image, &mut scratch);
        let between = clock();
        op.apply_adjoint(&image, &mut back, &mut scratch);
        best = (best.0.min(between - begun), best.1.min(clock() - between));
    }
    Ok(best)
}
