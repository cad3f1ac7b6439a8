//! Every kernel: its shader against Rust's view of it, its twin against `f64`, the device against
//! its twin.

mod ascents;
mod conjugate;
mod copies;
mod descents;
mod parse;
mod products;
mod tilings;
mod vectors;

use testkit::Stream;

use crate::kernel::Tiling;
use crate::step::Step;
use crate::{Buffer, Device, block_on};

/// Sums of `n` terms of size about 1 in `f32` are within this times `n` roundings of each other,
/// whatever their order: half a rounding a partial sum, partial sums of `sqrt(n)` or so, and a few
/// roundings of the terms themselves.
const ORDER: f32 = 4.0;

/// The bound on a sum of `n` terms of size `size`.
fn room(n: usize, size: f32) -> f32 {
    let n: f32 = linalg_core::Real::of(n as f64);
    ORDER * (n + 4.0) * f32::EPSILON * size
}

fn assert_near(got: &[f32], want: &[f32], room: f32, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}: its length");
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let off = (got - want).abs();
        assert!(off <= room, "{what} [{i}]: {got} for {want}, room {room:e}");
    }
}

/// Lengths around a block and a tile, and nothing.
fn lengths() -> [usize; 6] {
    [0, 1, 63, 1023, 1024, 1025]
}

/// `(rows, rank, columns)`: 0, 1, around a tile, and far from square.
fn shapes(tiling: Tiling) -> Vec<(usize, usize, usize)> {
    let tile = tiling.tile();
    vec![
        (1, 1, 1),
        (tile - 1, 3, tile + 1),
        (tile, 16, tile),
        (tile + 1, 17, tile - 1),
        (2 * tile + 3, 5, 33),
        (7, 70, 2 * tile + 1),
        (300, 4, 2),
        (0, 3, 5),
        (5, 3, 0),
    ]
}

/// Numbers of either sign, columns of `rank` filled up with zeros to `wide`.
fn columns(random: &mut Stream, count: usize, rank: usize) -> Vec<f32> {
    let mut out = Vec::new();
    let plain: Vec<f32> = random.vector(count * rank);
    crate::rows::pad(&plain, rank, 4 * rank.div_ceil(4), &mut out);
    out
}

/// What an array holds after the steps.
fn after(device: &Device, steps: &[Step], out: &Buffer<f32>) -> Vec<f32> {
    device
        .run(&steps.iter().collect::<Vec<_>>(), 1)
        .expect("steps that are well made");
    block_on(device.read(out)).expect("an array of the device")
}

/// An array of numbers that no kernel would leave there.
fn stale(device: &Device, len: usize) -> Buffer<f32> {
    device
        .upload("stale numbers", &vec![1e9; len])
        .expect("a small array")
}

fn upload<T: bytemuck::Pod>(device: &Device, values: &[T]) -> Buffer<T> {
    device.upload("numbers", values).expect("a small array")
}
