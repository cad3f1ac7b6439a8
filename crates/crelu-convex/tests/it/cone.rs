use admm::Proximal;
use crelu_convex::ConeGroup;
use faer::{Mat, MatRef};
use linalg_core::{Masks, Real};
use testkit::Stream;

use crate::conic;
use crate::data::{apart, masks_of, norm};

/// Where the projection says done: 1e-9 of the largest row times the largest `|z|`, in `f64`; the
/// point is off by no more than that over the smallest slope between rows held.
const EXACT: f64 = 1e-7;
/// Sums of a few dozen products, relative to their terms.
const ROUNDING: f64 = 1e-10;
/// Clarabel's point is right to the root of its gap of 1e-11, times a condition of a few tens.
const CLARABEL: f64 = 1e-4;

/// Data (`rank x n`) with masks that gates make, or not.
struct Rows {
    name: &'static str,
    data: Mat<f64>,
    masks: Masks,
}

fn shapes(seed: u64) -> Vec<Rows> {
    let mut stream = Stream::new(seed);
    let mut with = |name, data: Mat<f64>| {
        let gates = stream.matrix(data.nrows(), 4);
        let masks = masks_of(data.as_ref(), gates.as_ref());
        Rows { name, data, masks }
    };
    let mut stream = Stream::new(seed + 1000);
    let ill = {
        let mut m = stream.matrix(6, 40);
        for j in 0..40 {
            for k in 0..6 {
                m[(k, j)] *= 10f64.powf(-0.8 * k as f64);
            }
        }
        m
    };
    let close = {
        // rows in pairs that differ by 1e-5
        let few = stream.matrix::<f64>(5, 15);
        let bit = stream.matrix::<f64>(5, 30);
        Mat::from_fn(5, 30, |k, j| few[(k, j % 15)] + 1e-5 * bit[(k, j)])
    };
    let repeated = {
        let few = stream.matrix(4, 7);
        Mat::from_fn(4, 21, |k, j| few[(k, j % 7)])
    };
    let holes = {
        let mut m = stream.matrix(5, 20);
        for k in 0..5 {
            m[(k, 3)] = 0.0;
            m[(k, 11)] = 0.0;
        }
        m
    };
    let tall = stream.matrix(70, 90);
    vec![
        with("random", stream.matrix(5, 30)),
        with("ill-conditioned", ill),
        with("pairs", close),
        with("one coordinate", stream.matrix(1, 12)),
        with("fewer rows than coordinates", stream.matrix(9, 4)),
        with("duplicate rows", repeated),
        with("zero rows", holes),
        with("one row", stream.matrix(3, 1)),
        with("inner products kept", tall),
    ]
}

fn image(data: MatRef<'_, f64>, mask: &[u8], p: &[f64]) -> Vec<f64> {
    (0..data.ncols())
        .map(|i| {
            let h: f64 = (0..data.nrows()).map(|k| data[(k, i)] * p[k]).sum();
            if mask[i] == 0 { -h } else { h }
        })
        .collect()
}

fn largest_row(data: MatRef<'_, f64>) -> f64 {
    (0..data.ncols())
        .map(|i| (0..data.nrows()).map(|k| data[(k, i)].powi(2)).sum::<f64>())
        .fold(0.0, f64::max)
        .sqrt()
}

/// `p = z + R'(e o a)` with `a >= 0`, inside the cone, `a` zero off its boundary: the projection.
fn assert_is_projection(
    what: &str,
    rows: &Rows,
    mask: &[u8],
    z: &[f64],
    p: &[f64],
    multipliers: &[(usize, f64)],
) {
    let scale = largest_row(rows.data.as_ref()) * norm(z);
    let inside = image(rows.data.as_ref(), mask, p);
    let worst = inside.iter().copied().fold(0.0, f64::min);
    assert!(worst >= -EXACT * scale, "{what}: outside by {worst}");
    let mut point = z.to_vec();
    let mut terms = norm(z);
    for &(row, a) in multipliers {
        assert!(a > 0.0, "{what}: multiplier {a}");
        assert!(
            inside[row].abs() <= EXACT * scale,
            "{what}: row {row} has a multiplier at {}",
            inside[row]
        );
        for (k, x) in point.iter_mut().enumerate() {
            let signed = if mask[row] == 0 { -a } else { a };
            *x += signed * rows.data[(k, row)];
            terms = terms.max((signed * rows.data[(k, row)]).abs());
        }
    }
    let off = apart(&point, p);
    assert!(
        off <= ROUNDING * terms,
        "{what}: z + R'(e o a) is off by {off}"
    );
}

#[test]
fn projection_exact_meets_its_optimality_conditions_and_clarabels() {
    let (mut blocks, mut compared) = (0, 0);
    for seed in testkit::seeds(0..6) {
        for rows in shapes(seed) {
            let (rank, patterns) = (rows.data.nrows(), rows.masks.n_blocks());
            let z = Stream::new(seed + 77).vector(rank * 2 * patterns);
            let mut cone = ConeGroup::new(rows.data.as_ref(), &rows.masks, 0.0);
            let mut v = vec![0.0; z.len()];
            cone.apply_fully(&z, &mut v);
            assert!(cone.is_complete(), "seed {seed}, {}", rows.name);
            for b in 0..2 * patterns {
                let what = format!("seed {seed}, {}, block {b}", rows.name);
                let part = b * rank..(b + 1) * rank;
                let mask = rows.masks.column(b % patterns);
                let held: Vec<(usize, f64)> =
                    cone.multipliers(b).filter(|&(_, a)| a != 0.0).collect();
                assert_is_projection(
                    &what,
                    &rows,
                    mask,
                    &z[part.clone()],
                    &v[part.clone()],
                    &held,
                );
                let want = conic::projection(rows.data.as_ref(), mask, &z[part.clone()]);
                blocks += 1;
                if let Some(want) = want {
                    let off = apart(&want, &v[part]);
                    assert!(off <= CLARABEL, "{what}: off by {off} from Clarabel's");
                    compared += 1;
                }
            }
        }
    }
    assert!(10 * compared >= 9 * blocks, "{compared} of {blocks}");
}

#[test]
fn prox_thresholds_the_projection() {
    let (weight, rho) = (0.7, 1.4);
    for seed in testkit::seeds(0..6) {
        for rows in shapes(seed) {
            let (rank, patterns) = (rows.data.nrows(), rows.masks.n_blocks());
            let z = Stream::new(seed + 78).vector(rank * 2 * patterns);
            let (mut p, mut v) = (vec![0.0; z.len()], vec![0.0; z.len()]);
            ConeGroup::new(rows.data.as_ref(), &rows.masks, 0.0).apply_fully(&z, &mut p);
            let mut cone = ConeGroup::new(rows.data.as_ref(), &rows.masks, weight);
            cone.set_penalty(rho);
            cone.apply_fully(&z, &mut v);
            let mut want = vec![0.0; z.len()];
            for (p, want) in p.chunks(rank).zip(want.chunks_mut(rank)) {
                let size = norm(p);
                let keep = if size > weight / rho {
                    1.0 - weight / rho / size
                } else {
                    0.0
                };
                for (want, p) in want.iter_mut().zip(p) {
                    *want = keep * p;
                }
            }
            let what = format!("seed {seed}, {}", rows.name);
            let off = apart(&v, &want);
            assert!(off <= EXACT, "{what}: off by {off}");
            // a block at rest is proven so by its multipliers: |z + R'(e o a)| <= weight / rho
            for b in 0..2 * patterns {
                let part = b * rank..(b + 1) * rank;
                if v[part.clone()].iter().any(|x| *x != 0.0) {
                    continue;
                }
                let mask = rows.masks.column(b % patterns);
                let mut point = z[part].to_vec();
                for (row, a) in cone.multipliers(b) {
                    let a = if mask[row] == 0 { -a } else { a } / rho;
                    for (k, x) in point.iter_mut().enumerate() {
                        *x += a * rows.data[(k, row)];
                    }
                }
                let size = norm(&point);
                let most = weight / rho * (1.0 + ROUNDING);
                assert!(size <= most, "{what}, block {b}: {size} above {most}");
            }
            let sizes: f64 = v.chunks(rank).map(norm).sum();
            assert!((cone.value(&v) - weight * sizes).abs() <= ROUNDING * (1.0 + sizes));
        }
    }
}

#[test]
fn prox_is_firmly_nonexpansive() {
    for seed in testkit::seeds(0..6) {
        for rows in shapes(seed) {
            let dim = rows.data.nrows() * 2 * rows.masks.n_blocks();
            let mut stream = Stream::new(seed + 79);
            let (first, second) = (stream.vector(dim), stream.vector(dim));
            // one operator for both points: the second starts from the first one's multipliers
            let mut cone = ConeGroup::new(rows.data.as_ref(), &rows.masks, 0.3);
            let (mut a, mut b) = (vec![0.0; dim], vec![0.0; dim]);
            cone.apply_fully(&first, &mut a);
            cone.apply_fully(&second, &mut b);
            let square: f64 = a.iter().zip(&b).map(|(a, b)| (a - b).powi(2)).sum();
            let along: f64 = (0..dim)
                .map(|k| (a[k] - b[k]) * (first[k] - second[k]))
                .sum();
            let what = format!("seed {seed}, {}", rows.name);
            assert!(
                along >= square - EXACT * (1.0 + square),
                "{what}: {along} below {square}"
            );
        }
    }
}

#[test]
fn prox_from_other_starts_gives_the_same() {
    /// Of rows in pairs that differ by 1e-5 the slope between two held is that: off by 1e-9 over it.
    const OF_PAIRS: f64 = 1e-4;
    // of the last, rows in pairs are off by 1.6e-7
    for seed in testkit::seeds((0..6).chain([3_295_759_717])) {
        for rows in shapes(seed) {
            let dim = rows.data.nrows() * 2 * rows.masks.n_blocks();
            let z = Stream::new(seed + 80).vector(dim);
            let fresh = ConeGroup::new(rows.data.as_ref(), &rows.masks, 0.2);
            let (mut want, mut got) = (vec![0.0; dim], vec![0.0; dim]);
            let mut cone = fresh.clone();
            cone.set_penalty(2.0);
            cone.apply_fully(&z, &mut want);
            let what = format!("seed {seed}, {}", rows.name);
            let agree = |got: &[f64], how: &str| {
                let off = apart(&want, got);
                let most = if rows.name == "pairs" {
                    OF_PAIRS
                } else {
                    EXACT
                };
                assert!(off <= most, "{what}: {how} is off by {off}");
            };

            // again, from its own end
            cone.apply_fully(&z, &mut got);
            agree(&got, "a second time");
            // from its multipliers
            let mut warm = fresh.clone();
            warm.set_penalty(2.0);
            let known: Vec<_> = (0..cone.n_blocks())
                .map(|b| cone.multipliers(b).collect())
                .collect();
            warm.warm_start(&known);
            warm.apply_fully(&z, &mut got);
            agree(&got, "from its multipliers");
            // from multipliers of rows that have nothing to do with it
            let mut wrong = fresh.clone();
            wrong.set_penalty(2.0);
            let n = rows.data.ncols();
            let foreign: Vec<_> = (0..n).step_by(2).map(|i| (i, 1.0 + i as f64)).collect();
            wrong.warm_start(&vec![foreign; wrong.n_blocks()]);
            wrong.apply_fully(&z, &mut got);
            agree(&got, "from foreign multipliers");
            // after a change of the penalty and back
            cone.set_penalty(0.01);
            cone.apply(&z, &mut got);
            cone.set_penalty(2.0);
            cone.apply_fully(&z, &mut got);
            agree(&got, "after another penalty");
            // by steps of a few rounds each
            let mut steps = fresh.clone();
            steps.set_penalty(2.0);
            for _ in 0..60 {
                steps.apply(&z, &mut got);
            }
            agree(&got, "by steps");
        }
    }
}

#[test]
fn set_penalty_keeps_multipliers_in_sum_scaling() {
    let rows = &shapes(3)[0];
    let dim = rows.data.nrows() * 2 * rows.masks.n_blocks();
    let z = Stream::new(81).vector(dim);
    let mut cone = ConeGroup::new(rows.data.as_ref(), &rows.masks, 0.0);
    cone.set_penalty(2.0);
    let mut v = vec![0.0; dim];
    cone.apply_fully(&z, &mut v);
    let all = |cone: &ConeGroup<'_, f64>| -> Vec<f64> {
        (0..cone.n_blocks())
            .flat_map(|b| cone.multipliers(b).map(|(_, a)| a).collect::<Vec<_>>())
            .collect()
    };
    let before = all(&cone);
    assert!(
        before.iter().any(|a| *a > 0.0),
        "a problem that leans on rows"
    );
    cone.set_penalty(0.125);
    assert!(apart(&before, &all(&cone)) <= ROUNDING * norm(&before));
    // v = prox at rho of z: z - v scales with 1 / rho, so this z has the same v and multipliers
    let moved: Vec<f64> = z.iter().zip(&v).map(|(z, v)| v + 16.0 * (z - v)).collect();
    let mut again = vec![0.0; dim];
    cone.apply_fully(&moved, &mut again);
    assert!(apart(&v, &again) <= EXACT, "{}", apart(&v, &again));
    let off = apart(&before, &all(&cone));
    assert!(off <= EXACT * norm(&before), "off by {off}");
}

#[test]
fn projection_in_single_precision_is_near() {
    /// The tolerance of the rounds in `f32`, 1e-5 of the largest terms, over the slopes between rows.
    const SINGLE: f64 = 1e-3;
    for seed in testkit::seeds(0..6) {
        for rows in shapes(seed) {
            // slopes of 1e-5 are below what `f32` sees
            if ["pairs", "ill-conditioned"].contains(&rows.name) {
                continue;
            }
            let dim = rows.data.nrows() * 2 * rows.masks.n_blocks();
            let z = Stream::new(seed + 82).vector(dim);
            let mut want = vec![0.0; dim];
            ConeGroup::new(rows.data.as_ref(), &rows.masks, 0.2).apply_fully(&z, &mut want);
            let narrow = Mat::<f32>::from_fn(rows.data.nrows(), rows.data.ncols(), |k, i| {
                f32::of(rows.data[(k, i)])
            });
            let mut cone = ConeGroup::new(narrow.as_ref(), &rows.masks, 0.2f32);
            let near: Vec<f32> = z.iter().map(|x| f32::of(*x)).collect();
            let mut v = vec![0.0f32; dim];
            cone.apply_fully(&near, &mut v);
            let got: Vec<f64> = v.iter().map(|x| x.wide()).collect();
            let off = apart(&want, &got);
            assert!(off <= SINGLE, "seed {seed}, {}: off by {off}", rows.name);
        }
    }
}

#[test]
fn prox_zero_and_empty_inputs_give_zero() {
    let rows = &shapes(4)[0];
    let dim = rows.data.nrows() * 2 * rows.masks.n_blocks();
    let mut cone = ConeGroup::new(rows.data.as_ref(), &rows.masks, 0.0);
    let mut v = vec![1.0; dim];
    cone.apply_fully(&vec![0.0; dim], &mut v);
    assert!(v.iter().all(|x| *x == 0.0) && cone.is_complete());
    assert_eq!(cone.shrinkage(&v), None);

    // a zero row constrains nothing, and the only row of these data is one
    let zero = Mat::<f64>::zeros(2, 1);
    let masks = Masks::from_columns(1, vec![1]).unwrap();
    let mut cone = ConeGroup::new(zero.as_ref(), &masks, 0.0);
    let z = [1.0, -2.0, 3.0, -4.0];
    let mut v = [0.0; 4];
    cone.apply_fully(&z, &mut v);
    assert_eq!(v, z);
}
