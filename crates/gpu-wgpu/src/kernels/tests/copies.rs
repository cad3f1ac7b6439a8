//! The kernels of a whole iteration: the copies' steps, the pairs, and the sums of their lengths.

use testkit::Stream;

use super::*;
use crate::kernel::{BLOCK, UNIT};
use crate::kernels::cone_step::ConeCopy;
use crate::kernels::group_threshold::{Copies, SUMS};
use crate::kernels::{
    cone_adjoint, cone_rescale, cone_step, group_threshold, images, masked_adjoint,
    pair_difference, pair_spread, region_sums,
};
use crate::rows::Rows;
use crate::tests::on_device::devices;
use crate::twin;
use crate::twin::cone_step::Cone;

const TAU: f32 = 0.4;
const ALPHA: f32 = 1.6;

/// Data, patterns, pairs of blocks and a cone copy.
struct Case {
    n: usize,
    rank: usize,
    plain: Vec<f32>,
    rows: Vec<f32>,
    bits: Vec<u32>,
    u: Vec<f32>,
    z: Vec<f32>,
    of: Cone,
}

impl Case {
    fn new(seed: u64, (n, rank, patterns): (usize, usize, usize)) -> Self {
        let mut random = Stream::new(seed);
        let wide = 4 * rank.div_ceil(4);
        let plain: Vec<f32> = random.vector(n * rank);
        let mut rows = Vec::new();
        crate::rows::pad(&plain, rank, wide, &mut rows);
        let bits = crate::pack(&random.masks(n, patterns));
        let blocks = 2 * patterns;
        let stride = ConeCopy::stride(blocks);
        Self {
            n,
            rank,
            plain,
            rows,
            bits,
            u: columns(&mut random, blocks, rank),
            z: random.vector(n * stride),
            of: Cone {
                wide,
                patterns,
                blocks,
                stride,
                tau: TAU,
                alpha: ALPHA,
                unit: UNIT as usize,
            },
        }
    }

    fn sign(&self, i: usize, b: usize) -> f64 {
        let words = self.of.patterns.div_ceil(32);
        match twin::bit(&self.bits, words, i, b % self.of.patterns) {
            true => 1.0,
            false => -1.0,
        }
    }

    fn image(&self, i: usize, b: usize) -> f64 {
        let wide = self.of.wide;
        let row = &self.rows[i * wide..(i + 1) * wide];
        let pairs = row.iter().zip(&self.u[b * wide..]);
        pairs.map(|(r, x)| f64::from(*r) * f64::from(*x)).sum()
    }

    fn on(&self, device: &Device, tile_bytes: u64) -> Rows {
        let rows = Rows::upload_in_tiles(device, &self.plain, self.n, self.rank, tile_bytes);
        rows.expect("rows that fit")
    }

    /// All rows in one array, and sixty-four in each.
    fn tilings(&self) -> [u64; 2] {
        [1 << 20, 64 * self.of.wide as u64 * 4]
    }
}

fn cases(tiling: Tiling) -> impl Iterator<Item = Case> {
    let shapes = shapes(tiling).into_iter();
    (0..)
        .zip(shapes.filter(|(n, _, patterns)| n * patterns > 0))
        .map(|(seed, shape)| Case::new(seed, shape))
}

/// The sum of each quantity over all parts.
fn totals(parts: &[f32]) -> Vec<f64> {
    let each = parts.chunks_exact(parts.len() / SUMS);
    each.map(|parts| parts.iter().map(|x| f64::from(*x)).sum())
        .collect()
}

#[test]
fn cone_step_twin_projects_the_over_relaxed_copy() {
    for case in cases(Tiling::of_side(8)) {
        let mut z = case.z.clone();
        let parts = twin::cone_step::run(&case.of, &case.rows, &case.bits, &case.u, &mut z);
        let mut want = [0.0; SUMS];
        for i in 0..case.n {
            for b in 0..case.of.blocks {
                let at = i * case.of.stride + b;
                let p = f64::from(TAU) * case.sign(i, b) * case.image(i, b);
                let (before, copy) = (f64::from(case.z[at]), f64::from(case.z[at]).max(0.0));
                let after = before + f64::from(ALPHA) * (p - copy);
                let v = after.max(0.0);
                let off = (f64::from(z[at]) - after).abs();
                assert!(off <= f64::from(room(case.rank, 16.0)), "{i} {b}");
                for (sum, length) in want.iter_mut().zip([p, v, p - v, v - copy, after - v]) {
                    *sum += length * length;
                }
            }
        }
        for (got, want) in totals(&parts).iter().zip(want) {
            let room = f64::from(room(case.rank + case.of.blocks, 16.0)) * (want + 1.0);
            assert!((got - want).abs() <= room, "{got} for {want}");
        }
    }
}

#[test]
fn cone_step_device_is_its_twin() {
    for device in devices() {
        for case in cases(device.tiling()) {
            for bytes in case.tilings() {
                let rows = case.on(device, bytes);
                let cone = ConeCopy {
                    z: upload(device, &case.z),
                    blocks: case.of.blocks,
                };
                let (bits, u) = (upload(device, &case.bits), upload(device, &case.u));
                let mut z = case.z.clone();
                let want = twin::cone_step::run(&case.of, &case.rows, &case.bits, &case.u, &mut z);
                let parts = stale(device, want.len());
                let masks = (&bits, case.of.patterns);
                let steps = cone_step::steps(device, &rows, masks, &u, &cone, (TAU, ALPHA), &parts);
                let got = after(device, &steps.expect("steps"), &parts);
                let moved = block_on(device.read(&cone.z)).expect("an array of the device");
                assert_near(&moved, &z, room(case.rank, 16.0), "z");
                // squares of sums, 32 of them: images of unit size have squares of the rank
                let size = 32.0 * case.of.wide as f32;
                assert_near(&got, &want, room(case.rank + 32, size), "lengths");
            }
        }
    }
}

#[test]
fn cone_adjoint_twin_is_the_product_with_the_reflected_copy() {
    for case in cases(Tiling::of_side(8)) {
        let (wide, blocks) = (case.of.wide, case.of.blocks);
        let got = twin::cone_adjoint::run(&case.of, &case.rows, &case.bits, &case.z, case.n);
        for b in 0..blocks {
            for k in 0..wide {
                let terms = (0..case.n).map(|i| {
                    let z = f64::from(case.z[i * case.of.stride + b]);
                    let reflected = 2.0 * z.max(0.0) - z;
                    case.sign(i, b) * reflected * f64::from(case.rows[i * wide + k])
                });
                let off = (f64::from(got[b * wide + k]) - terms.sum::<f64>()).abs();
                assert!(off <= f64::from(room(case.n, 16.0)), "{b} {k}");
            }
        }
    }
}

#[test]
fn cone_adjoint_device_is_its_twin() {
    for device in devices() {
        for case in cases(device.tiling()) {
            let rows = case.on(device, 1 << 20);
            let (wide, blocks) = (case.of.wide, case.of.blocks);
            let cone = ConeCopy {
                z: upload(device, &case.z),
                blocks,
            };
            let bits = upload(device, &case.bits);
            let count = cone_adjoint::parts(&rows, blocks);
            let out = stale(device, count * blocks * wide);
            let masks = (&bits, case.of.patterns);
            let steps = cone_adjoint::steps(device, &rows, masks, &cone, &out);
            let got = after(device, &steps.expect("steps"), &out);
            let chunk = masked_adjoint::chunk(&rows, blocks);
            let want = twin::cone_adjoint::run(&case.of, &case.rows, &case.bits, &case.z, chunk);
            assert_near(&got, &want, room(case.n, 16.0), "parts");
        }
    }
}

#[test]
fn cone_rescale_keeps_the_copy_and_its_multiplier() {
    for (seed, len) in (0..).zip(lengths()) {
        let before: Vec<f32> = Stream::new(seed).vector(len);
        let mut z = before.clone();
        twin::cone_rescale::run(&mut z, 2.5);
        for (z, before) in z.iter().zip(&before) {
            assert_eq!(z.max(0.0), before.max(0.0));
            let (got, want) = (2.5 * z.min(0.0), before.min(0.0));
            assert!((got - want).abs() <= 4.0 * f32::EPSILON * want.abs());
        }
        for device in devices().iter().take(1) {
            let on = upload(device, &before);
            let step = cone_rescale::step(device, &on, 2.5).expect("a step");
            let got = after(device, &[step], &on);
            assert_near(&got, &z, 16.0 * f32::EPSILON, &format!("{len}"));
        }
    }
}

#[test]
fn images_twin_and_device_are_the_product() {
    for device in devices() {
        for case in cases(device.tiling()) {
            let (wide, blocks) = (case.of.wide, case.of.blocks);
            let stride = 4 * case.n.div_ceil(4);
            let mut want = vec![1e9; blocks * stride];
            twin::images::run(&case.rows, wide, &case.u, stride, &mut want);
            for b in 0..blocks {
                for i in 0..case.n {
                    let off = (f64::from(want[b * stride + i]) - case.image(i, b)).abs();
                    assert!(off <= f64::from(room(case.rank, 16.0)), "{b} {i}");
                }
            }
            for bytes in case.tilings() {
                let rows = case.on(device, bytes);
                let (x, out) = (upload(device, &case.u), stale(device, want.len()));
                let steps = images::steps(device, &rows, blocks, &x, (&out, stride));
                let got = after(device, &steps.expect("steps"), &out);
                assert_near(&got, &want, room(case.rank, 16.0), "images");
            }
        }
    }
}

/// Copies of blocks, some of which are above a threshold and some below.
fn copies(seed: u64, blocks: usize, wide: usize) -> twin::group_threshold::Copies {
    let mut random = Stream::new(seed);
    let mut vector = || random.vector(blocks * wide);
    twin::group_threshold::Copies {
        u: vector(),
        z: vector(),
        v: vector(),
        w: vector(),
    }
}

const SIZES: [(usize, usize); 6] = [(0, 4), (1, 4), (3, 60), (5, 64), (2, 68), (7, 1200)];

#[test]
fn group_threshold_twin_is_the_proximal_step() {
    use admm::Proximal;
    for (seed, (blocks, wide)) in (0..).zip(SIZES) {
        let before = copies(seed, blocks, wide);
        let mut of = copies(seed, blocks, wide);
        let threshold = 1.2 * (wide as f32).sqrt();
        let parts = twin::group_threshold::run(&mut of, wide, ALPHA, threshold);
        let moved = before.z.iter().zip(before.u.iter().zip(&before.v));
        let z: Vec<f64> = moved
            .map(|(z, (u, v))| f64::from(*z) + f64::from(ALPHA) * f64::from(u - v))
            .collect();
        let mut v = vec![0.0; z.len()];
        let weight = f64::from(threshold);
        let mut prox = admm::GroupNorm::new(wide, blocks, weight).expect("a weight");
        prox.set_penalty(1.0);
        prox.apply(&z, &mut v);
        let near = f64::from(room(wide, 4.0));
        for (got, want) in of.v.iter().zip(&v) {
            assert!((f64::from(*got) - want).abs() <= near, "{blocks} {wide}");
        }
        for (got, (v, z)) in of.w.iter().zip(v.iter().zip(&z)) {
            assert!((f64::from(*got) - (2.0 * v - z)).abs() <= near);
        }
        if blocks > 0 {
            let square =
                |of: &dyn Fn(usize) -> f64| -> f64 { (0..z.len()).map(|k| of(k) * of(k)).sum() };
            let u = |k: usize| f64::from(before.u[k]);
            let want = [
                square(&u),
                square(&|k| v[k]),
                square(&|k| u(k) - v[k]),
                square(&|k| v[k] - f64::from(before.v[k])),
                square(&|k| z[k] - v[k]),
            ];
            for (got, want) in totals(&parts).iter().zip(want) {
                assert!(
                    (got - want).abs() <= near * (want + 1.0),
                    "{got} for {want}"
                );
            }
        }
    }
}

#[test]
fn group_threshold_device_is_its_twin() {
    for device in devices().iter().take(1) {
        for (seed, (blocks, wide)) in (0..).zip(SIZES) {
            let before = copies(seed, blocks, wide);
            let threshold = 1.2 * (wide as f32).sqrt();
            let [u, z, v, w] =
                [&before.u, &before.z, &before.v, &before.w].map(|x| upload(device, x));
            let parts = stale(device, SUMS * blocks);
            let on = Copies {
                u: &u,
                z: &z,
                v: &v,
                w: &w,
                parts: &parts,
                blocks,
                wide,
            };
            let step = group_threshold::step(device, &on, ALPHA, threshold).expect("a step");
            let got = after(device, &[step], &parts);
            let mut of = copies(seed, blocks, wide);
            let want = twin::group_threshold::run(&mut of, wide, ALPHA, threshold);
            let near = room(wide, 4.0);
            assert_near(&got, &want, near * wide as f32, "lengths");
            for (on, want) in [(&z, &of.z), (&v, &of.v), (&w, &of.w)] {
                let got = block_on(device.read(on)).expect("an array of the device");
                assert_near(&got, want, near, "copies");
            }
        }
    }
}

#[test]
fn pairs_are_spread_and_joined() {
    for (seed, half) in (0..).zip(lengths()) {
        let mut random = Stream::new(seed);
        let (w, x): (Vec<f32>, Vec<f32>) = (random.vector(2 * half), random.vector(half));
        let (spread, joined) = (
            twin::pair_spread::run(&w, &x),
            twin::pair_difference::run(&w),
        );
        for k in 0..half {
            let (above, below) = (f64::from(w[k]), f64::from(w[half + k]));
            let x = f64::from(x[k]);
            for (got, want) in [
                (spread[k], above + x),
                (spread[half + k], below - x),
                (joined[k], above - below),
            ] {
                assert!((f64::from(got) - want).abs() <= f64::from(8.0 * f32::EPSILON));
            }
        }
        for device in devices().iter().take(1) {
            let (pairs, step) = (upload(device, &w), upload(device, &x));
            let out = stale(device, 2 * half);
            let spreading = pair_spread::step(device, &pairs, step.raw(), &out).expect("a step");
            assert_eq!(after(device, &[spreading], &out), spread, "{half}");
            let out = stale(device, half);
            let joining = pair_difference::step(device, &pairs, &out).expect("a step");
            assert_eq!(after(device, &[joining], &out), joined, "{half}");
        }
    }
}

#[test]
fn region_sums_twice_are_one_number_a_region() {
    for (seed, length) in (0..).zip([0, 1, 63, 64, 1024, 1025, 5000]) {
        let mut random = Stream::new(seed);
        let a: Vec<f32> = random.vector(3 * length);
        let want: Vec<f64> = (0..3)
            .map(|r| {
                let region = &a[r * length..(r + 1) * length];
                region.iter().map(|x| f64::from(*x)).sum()
            })
            .collect();
        let near = |got: &[f32]| {
            for (got, want) in got.iter().zip(&want) {
                let off = (f64::from(*got) - want).abs();
                assert!(off <= f64::from(room(length, 4.0)), "{length}");
            }
        };
        let twin = twin::region_sums::run(&a, length, BLOCK);
        let blocks = region_sums::blocks(length);
        if length > 0 {
            assert_eq!(twin.len(), 3 * blocks);
            near(&twin::region_sums::run(&twin, blocks, blocks));
        }
        for device in devices().iter().take(1) {
            let on = upload(device, &a);
            let parts = stale(device, 3 * blocks.max(1));
            let out = stale(device, 4);
            let steps = [
                region_sums::by_blocks(device, (&on, 3, length), &parts).expect("a step"),
                region_sums::whole(device, (&parts, 3, blocks.max(1)), (&out, 1)).expect("a step"),
            ];
            let got = after(device, &steps, &out);
            assert_eq!(got[0], 1e9, "what is not asked for stays");
            near(&got[1..]);
            if length > 0 {
                let want = twin::region_sums::run(&twin, blocks, blocks);
                assert_near(&got[1..], &want, room(length, 4.0), "regions");
            }
        }
    }
}
