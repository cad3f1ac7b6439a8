//! What a page calls: every kernel is compiled by the browser, products, searches, solves and whole
//! iterations run on its adapter, and each number is held to the same in `f64`, written plainly. Then the
//! tiles are measured there, and no answer may depend on them.
#![allow(
    clippy::arc_with_non_send_sync,
    reason = "the crate takes what it shares as `Arc`; in a browser wgpu stays on its thread"
)]

mod ascents;
mod dense;
mod images;
mod iterations;
mod near;
mod numbers;
mod product;
mod solves;
mod tiles;

use std::sync::Arc;

use gpu_wgpu::{Device, Tiling, compile_all};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// The page's own: a panic leaves the promise of [`check`] open for ever.
    fn panicked(words: &str);
}

/// Sides of the kernels' tiles, in invocations.
const SIDES: [u32; 2] = [8, 16];

/// Lines of sizes and largest errors.
///
/// # Errors
/// What is off or was refused, in words.
#[wasm_bindgen]
pub async fn check() -> Result<String, String> {
    std::panic::set_hook(Box::new(|info| panicked(&info.to_string())));
    let (mut lines, mut devices) = (Vec::new(), Vec::new());
    for side in SIDES {
        let opened = Device::open_with(None, Some(Tiling::of_side(side))).await;
        let device = Arc::new(opened.map_err(|error| error.to_string())?);
        let tile = device.tiling().tile();
        let compiled = compile_all(&device).await;
        let kernels = compiled.map_err(|error| error.to_string())?;
        lines.push(format!("{kernels} kernels with tiles of {tile}"));
        lines.push(product::check(&device).await?);
        devices.push(device);
    }
    // with the other tiles the bits are the same, or the last check fails
    if let Some(device) = devices.first() {
        lines.push(images::check(device).await?);
        lines.push(solves::check(device).await?);
        for outputs in [1, 2] {
            lines.push(ascents::check(device, outputs).await?);
        }
        lines.extend(iterations::check(device).await?);
    }
    lines.push(tiles::check(devices).await?);
    Ok(lines.join("\n"))
}
