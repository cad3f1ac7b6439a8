use testkit::Stream;

use super::*;
use crate::kernels::masked_adjoint::{self, Factors};
use crate::kernels::sum_parts::Sum;
use crate::kernels::{gate_bits, masked_product, open_columns, open_outputs, sum_parts};
use crate::rows::Rows;
use crate::tests::on_device::devices;
use crate::twin;

/// Data, masks and vectors of a product.
struct Case {
    n: usize,
    rank: usize,
    wide: usize,
    blocks: usize,
    plain: Vec<f32>,
    rows: Vec<f32>,
    bits: Vec<u32>,
    x: Vec<f32>,
    size: f32,
}

impl Case {
    fn new(seed: u64, (n, rank, blocks): (usize, usize, usize)) -> Self {
        let mut random = Stream::new(seed);
        let wide = 4 * rank.div_ceil(4);
        let plain: Vec<f32> = random.vector(n * rank);
        let mut rows = Vec::new();
        crate::rows::pad(&plain, rank, wide, &mut rows);
        let bits = crate::pack(&random.masks(n, blocks));
        let x = columns(&mut random, blocks, rank);
        let largest = |of: &[f32]| of.iter().fold(1.0_f32, |most, x| most.max(x.abs()));
        let size = largest(&rows) * largest(&x);
        Self {
            n,
            rank,
            wide,
            blocks,
            plain,
            rows,
            bits,
            x,
            size,
        }
    }

    fn is_open(&self, i: usize, b: usize) -> bool {
        twin::bit(&self.bits, self.blocks.div_ceil(32), i, b)
    }

    fn image(&self, i: usize, b: usize) -> f64 {
        let row = &self.rows[i * self.wide..(i + 1) * self.wide];
        let x = &self.x[b * self.wide..(b + 1) * self.wide];
        row.iter()
            .zip(x)
            .map(|(r, x)| f64::from(*r) * f64::from(*x))
            .sum()
    }

    fn on(&self, device: &Device, tile_bytes: u64) -> Rows {
        let rows = Rows::upload_in_tiles(device, &self.plain, self.n, self.rank, tile_bytes);
        rows.expect("rows that fit")
    }
}

/// All rows in one array, and sixty-four in each.
fn tilings(case: &Case) -> [u64; 2] {
    [1 << 20, 64 * case.wide as u64 * 4]
}

#[test]
fn masked_product_twin_is_the_product() {
    for (seed, shape) in (0..).zip(shapes(Tiling::of_side(8))) {
        let case = Case::new(seed, shape);
        let masks = (&case.bits[..], case.blocks);
        let parts = twin::masked_product::run(&case.rows, case.wide, masks, &case.x, 32);
        let got = twin::sum_parts::run(&parts, 1.0, None, case.n);
        for (i, got) in got.iter().enumerate() {
            let open = (0..case.blocks).filter(|&b| case.is_open(i, b));
            let want: f64 = open.map(|b| case.image(i, b)).sum();
            let off = (f64::from(*got) - want).abs();
            assert!(
                off <= f64::from(room(case.rank * case.blocks, case.size)),
                "{shape:?}"
            );
        }
    }
}

#[test]
fn masked_product_device_is_its_twin() {
    for device in devices() {
        for (seed, shape) in (0..).zip(shapes(device.tiling())) {
            let case = Case::new(seed, shape);
            for bytes in tilings(&case) {
                let rows = case.on(device, bytes);
                let share = masked_product::share(&rows, case.blocks);
                let count = masked_product::parts(&rows, case.blocks);
                let out = stale(device, count * case.n);
                let (bits, x) = (upload(device, &case.bits), upload(device, &case.x));
                let steps = masked_product::steps(device, &rows, case.blocks, &bits, x.raw(), &out);
                let got = after(device, &steps.expect("steps"), &out);
                let masks = (&case.bits[..], case.blocks);
                let mut want =
                    twin::masked_product::run(&case.rows, case.wide, masks, &case.x, share);
                // without a block the one part is zero
                want.resize(count * case.n, 0.0);
                let room = room(case.rank * case.blocks, case.size);
                assert_near(&got, &want, room, &format!("{shape:?}"));
            }
        }
    }
}

fn slopes(case: &Case, outputs: usize) -> (Vec<f32>, Vec<f32>) {
    let mut random = Stream::new(77);
    let slopes = random.vector(outputs * case.n);
    (slopes, random.vector(outputs * case.blocks))
}

#[test]
fn masked_adjoint_twin_is_the_product() {
    for (seed, shape) in (0..).zip(shapes(Tiling::of_side(8))) {
        let case = Case::new(seed, shape);
        let (t, a) = slopes(&case, 3);
        if case.blocks == 0 {
            continue;
        }
        let masks = (&case.bits[..], case.blocks);
        let parts = twin::masked_adjoint::run(&case.rows, case.wide, masks, (&t, &a), 48);
        let len = case.blocks * case.wide;
        let got = twin::sum_parts::run(&parts, 1.0, None, len);
        for b in 0..case.blocks {
            for k in 0..case.wide {
                let open = (0..case.n).filter(|&i| case.is_open(i, b));
                let share = |i: usize| -> f64 {
                    let of =
                        |k: usize| f64::from(t[k * case.n + i]) * f64::from(a[k * case.blocks + b]);
                    (0..3).map(of).sum()
                };
                let want: f64 = open
                    .map(|i| share(i) * f64::from(case.rows[i * case.wide + k]))
                    .sum();
                let off = (f64::from(got[b * case.wide + k]) - want).abs();
                // slopes and weights of size up to 4, three of them
                assert!(
                    off <= f64::from(room(case.n, 48.0 * case.size)),
                    "{shape:?}"
                );
            }
        }
    }
}

#[test]
fn masked_adjoint_device_is_its_twin() {
    for device in devices() {
        for (seed, shape) in (0..).zip(shapes(device.tiling())) {
            let case = Case::new(seed, shape);
            for (outputs, bytes) in [1, 3].into_iter().zip(tilings(&case)) {
                let rows = case.on(device, bytes);
                let (t, a) = slopes(&case, outputs);
                let chunk = masked_adjoint::chunk(&rows, case.blocks);
                let count = masked_adjoint::parts(&rows, case.blocks);
                let len = case.blocks * case.wide;
                let (out, whole) = (stale(device, count * len), stale(device, len));
                let (bits, on) = (upload(device, &case.bits), upload(device, &t));
                let weights = upload(device, &a);
                let factors = Factors {
                    bits: &bits,
                    slopes: on.raw(),
                    weights: &weights,
                    outputs,
                };
                let steps = masked_adjoint::steps(device, &rows, case.blocks, &factors, &out);
                let mut steps = steps.expect("steps");
                let sum = sum_parts::plain(device, (&out, count), &whole, len);
                steps.push(sum.expect("a step"));
                let got = after(device, &steps, &whole);
                if case.blocks == 0 {
                    assert_eq!(got, []);
                    continue;
                }
                let masks = (&case.bits[..], case.blocks);
                let parts =
                    twin::masked_adjoint::run(&case.rows, case.wide, masks, (&t, &a), chunk);
                let want = twin::sum_parts::run(&parts, 1.0, None, len);
                let room = room(case.n, 48.0 * case.size);
                assert_near(&got, &want, room, &format!("{shape:?}"));
            }
        }
    }
}

/// The patterns of images, but for those within their rounding of 0.
fn assert_bits(got: &[u32], images: &[f32], columns: usize, room: f32) {
    let words = columns.div_ceil(32);
    for (at, z) in images.iter().enumerate() {
        let (i, j) = (at / columns, at % columns);
        let is_open = got[i * words + j / 32] >> (j % 32) & 1 == 1;
        assert!(
            is_open == (*z > 0.0) || z.abs() <= room,
            "bit {i}, {j}: {z}"
        );
    }
    // and no bit beyond the columns
    for row in got.chunks_exact(words.max(1)) {
        let used = 32 - (32 * words - columns);
        assert!(used == 32 || row[words - 1] >> used == 0, "a stray bit");
    }
}

#[test]
fn open_twins_are_the_network() {
    for (seed, shape) in (0..).zip(shapes(Tiling::of_side(8))) {
        let case = Case::new(seed, shape);
        if case.n == 0 || case.blocks == 0 {
            continue;
        }
        let images = twin::open_columns::images(&case.rows, case.wide, &case.x);
        let (theta, a) = slopes(&case, 2);
        let along = twin::open_columns::run(&images, case.blocks, &theta, 40);
        let along = twin::sum_parts::run(&along, 1.0, None, 2 * case.blocks);
        let outputs = twin::open_outputs::run(&images, case.blocks, &a, 32);
        let outputs = twin::sum_parts::run(&outputs, 1.0, None, 2 * case.n);
        let opened = |i: usize, j: usize| case.image(i, j).max(0.0);
        for k in 0..2 {
            for j in 0..case.blocks {
                let of = |i: usize| f64::from(theta[k * case.n + i]) * opened(i, j);
                let want: f64 = (0..case.n).map(of).sum();
                let off = (f64::from(along[k * case.blocks + j]) - want).abs();
                assert!(
                    off <= f64::from(room(case.n * case.rank, 4.0 * case.size)),
                    "{shape:?}"
                );
            }
            for i in 0..case.n {
                let of = |j: usize| f64::from(a[k * case.blocks + j]) * opened(i, j);
                let want: f64 = (0..case.blocks).map(of).sum();
                let off = (f64::from(outputs[k * case.n + i]) - want).abs();
                let room = room(case.blocks * case.rank, 4.0 * case.size);
                assert!(off <= f64::from(room), "{shape:?}");
            }
        }
    }
}

#[test]
fn open_columns_device_is_its_twin() {
    for device in devices() {
        for (seed, shape) in (0..).zip(shapes(device.tiling())) {
            let case = Case::new(seed, shape);
            for (outputs, bytes) in [1, 3].into_iter().zip(tilings(&case)) {
                let rows = case.on(device, bytes);
                let (theta, _) = slopes(&case, outputs);
                let (columns, words) = (case.blocks, case.blocks.div_ceil(32));
                let chunk = open_columns::chunk(&rows, columns);
                let count = open_columns::parts(&rows, columns);
                let bits = upload(device, &vec![u32::MAX; case.n * words]);
                let (u, on) = (upload(device, &case.x), upload(device, &theta));
                let out = stale(device, count * outputs * columns);
                let whole = stale(device, outputs * columns);
                let of = open_columns::Columns {
                    u: &u,
                    theta: &on,
                    outputs,
                    bits: &bits,
                    parts: &out,
                };
                let steps = open_columns::steps(device, &rows, columns, &of);
                let mut steps = steps.expect("steps");
                let sum = sum_parts::plain(device, (&out, count), &whole, outputs * columns);
                steps.push(sum.expect("a step"));
                let got = after(device, &steps, &whole);
                if columns == 0 || case.n == 0 {
                    assert!(got.iter().all(|x| *x == 0.0));
                    continue;
                }
                let images = twin::open_columns::images(&case.rows, case.wide, &case.x);
                let got_bits = block_on(device.read(&bits)).expect("the bits");
                assert_bits(&got_bits, &images, columns, room(case.rank, case.size));
                let parts = twin::open_columns::run(&images, columns, &theta, chunk);
                let want = twin::sum_parts::run(&parts, 1.0, None, outputs * columns);
                let room = room(case.n * case.rank, 4.0 * case.size);
                assert_near(&got, &want, room, &format!("{shape:?}"));
            }
        }
    }
}

#[test]
fn open_outputs_device_is_its_twin() {
    for device in devices() {
        for (seed, shape) in (0..).zip(shapes(device.tiling())) {
            let case = Case::new(seed, shape);
            for (outputs, bytes) in [3, 1].into_iter().zip(tilings(&case)) {
                let rows = case.on(device, bytes);
                let (_, weights) = slopes(&case, outputs);
                let (columns, words) = (case.blocks, case.blocks.div_ceil(32));
                let share = open_outputs::share(&rows, columns);
                let count = open_outputs::parts(&rows, columns);
                let bits = upload(device, &vec![u32::MAX; case.n * words]);
                let (w, a) = (upload(device, &case.x), upload(device, &weights));
                let out = upload(device, &vec![0.0; count * outputs * case.n]);
                let whole = stale(device, outputs * case.n);
                let of = open_outputs::Columns {
                    w: &w,
                    a: &a,
                    outputs,
                    bits: &bits,
                    parts: &out,
                };
                let steps = open_outputs::steps(device, &rows, columns, &of);
                let mut steps = steps.expect("steps");
                let sum = sum_parts::plain(device, (&out, count), &whole, outputs * case.n);
                steps.push(sum.expect("a step"));
                let got = after(device, &steps, &whole);
                if columns == 0 || case.n == 0 {
                    assert!(got.iter().all(|x| *x == 0.0));
                    continue;
                }
                let images = twin::open_columns::images(&case.rows, case.wide, &case.x);
                let want_bits = twin::open_columns::bits(&images, columns);
                let got_bits = block_on(device.read(&bits)).expect("the bits");
                assert_eq!(got_bits.len(), want_bits.len());
                assert_bits(&got_bits, &images, columns, room(case.rank, case.size));
                let parts = twin::open_outputs::run(&images, columns, &weights, share);
                let want = twin::sum_parts::run(&parts, 1.0, None, outputs * case.n);
                let room = room(columns * case.rank, 4.0 * case.size);
                assert_near(&got, &want, room, &format!("{shape:?}"));
            }
        }
    }
}

#[test]
fn sum_parts_twin_and_device_are_the_sum() {
    for (seed, len) in (0..).zip(lengths()) {
        let mut random = Stream::new(seed);
        let (parts, base): (Vec<f32>, Vec<f32>) = (random.vector(5 * len), random.vector(len));
        let twin = twin::sum_parts::run(&parts, -0.5, Some((&base, 2.0)), len);
        for (i, got) in twin.iter().enumerate() {
            let of = parts.iter().skip(i).step_by(len);
            let sum: f64 = of.map(|x| f64::from(*x)).sum();
            let want = -0.5 * sum + 2.0 * f64::from(base[i]);
            assert!((f64::from(*got) - want).abs() <= f64::from(room(5, 5.0)));
        }
        for device in devices() {
            let (on, under, out) = (
                upload(device, &parts),
                upload(device, &base),
                stale(device, len),
            );
            let sum = Sum {
                parts: &on,
                count: 5,
                scale: -0.5,
                base: Some((under.raw(), 2.0)),
                out: out.raw(),
                length: len,
            };
            let steps = [sum_parts::step(device, &sum).expect("a step")];
            assert_near(&after(device, &steps, &out), &twin, room(5, 5.0), "sum");
        }
    }
}

#[test]
fn gate_bits_twin_and_device_are_the_signs_and_what_is_near() {
    for device in devices() {
        for (seed, shape) in (0..).zip(shapes(device.tiling())) {
            let case = Case::new(seed, shape);
            if case.n * case.blocks == 0 {
                continue;
            }
            let words = case.blocks.div_ceil(32);
            // a tenth of the pairs or so
            let reach: Vec<f32> = (0..case.n).map(|i| 0.1 * (i % 3) as f32).collect();
            let images = twin::open_columns::images(&case.rows, case.wide, &case.x);
            let (bits, doubts) = twin::gate_bits::run(&images, case.blocks, &reach);
            let near = f64::from(room(case.rank, case.size));
            let check = |bits: &[u32], doubts: &[u32]| {
                for (i, reach) in reach.iter().enumerate() {
                    for b in 0..case.blocks {
                        let (z, reach) = (case.image(i, b), f64::from(*reach));
                        if z.abs() > near {
                            assert_eq!(twin::bit(bits, words, i, b), z >= 0.0, "{shape:?}");
                        }
                        if (z.abs() - reach).abs() > near {
                            let is_near = twin::bit(doubts, words, i, b);
                            assert_eq!(is_near, z.abs() <= reach, "{shape:?}");
                        }
                    }
                }
            };
            check(&bits, &doubts);
            for bytes in tilings(&case) {
                let rows = case.on(device, bytes);
                let (gates, reach) = (upload(device, &case.x), upload(device, &reach));
                let empty = vec![u32::MAX; case.n * words];
                let out = (upload(device, &empty), upload(device, &empty));
                let of = (&gates, case.blocks);
                let steps = gate_bits::steps(device, &rows, of, &reach, (&out.0, &out.1));
                device
                    .run(&steps.expect("steps").iter().collect::<Vec<_>>(), 1)
                    .expect("steps that are well made");
                let read = |of| block_on(device.read(of)).expect("an array of the device");
                check(&read(&out.0), &read(&out.1));
            }
        }
    }
}

#[test]
fn gate_bits_of_what_is_no_number_are_in_doubt() {
    for device in devices().iter().take(1) {
        let rows = Rows::upload(device, &[f32::NAN, f32::INFINITY, 1e38, 1.0], 4, 1);
        let rows = rows.expect("rows that fit");
        let (gates, reach) = (
            upload(device, &[8.0_f32, 0.0, 0.0, 0.0]),
            upload(device, &[0.5_f32; 4]),
        );
        let out = (upload(device, &[0_u32; 4]), upload(device, &[0_u32; 4]));
        let steps = gate_bits::steps(device, &rows, (&gates, 1), &reach, (&out.0, &out.1));
        let got = after_bits(device, &steps.expect("steps"), &out.1);
        assert_eq!(got, [1, 1, 1, 0]);
    }
}

fn after_bits(device: &Device, steps: &[Step], out: &Buffer<u32>) -> Vec<u32> {
    device
        .run(&steps.iter().collect::<Vec<_>>(), 1)
        .expect("steps that are well made");
    block_on(device.read(out)).expect("an array of the device")
}
