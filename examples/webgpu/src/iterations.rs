use std::sync::Arc;

use admm::Lift;
use gpu_wgpu::{
    ConeSettings, Copies, Device, GpuError, LinearStep, MaskedSystem, Preconditioning, ThreeBlock,
    ThreeBlockSettings,
};
use linalg_core::Masks;

use crate::dense::{Iterate, Programme, length};
use crate::numbers::Numbers;

/// Rows, coordinates and patterns: less than a tile; and more rows and blocks than a tile of 64, more
/// patterns than a word.
const SHAPES: [(usize, usize, usize); 2] = [(12, 3, 2), (70, 5, 33)];
const RHO: f64 = 1.3;
/// What the penalty is multiplied by before the last iteration.
const FACTOR: f64 = 2.5;
const ITERATIONS: usize = 3;
/// What a linear step is asked for ...
const TOLERANCE: f64 = 1e-6;
/// ... and the most that iterates may be off by, of the length of what they are made from.
const NEAR: f64 = 2e-5;

/// How the linear step is made.
#[derive(Clone, Copy)]
enum By {
    Gradients,
    Descent,
}

impl By {
    fn name(self) -> &'static str {
        match self {
            Self::Gradients => "cg",
            Self::Descent => "descent",
        }
    }
}

/// Whole iterations of the three-block ADMM, a new penalty among them: copies, image and lengths
/// against the same in `f64`.
pub(crate) async fn check(device: &Arc<Device>) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    for (seed, shape) in (5..).zip(SHAPES) {
        for (pairs, by) in [
            (true, By::Gradients),
            (true, By::Descent),
            (false, By::Gradients),
        ] {
            let mut programme = programme(shape, seed, pairs);
            let made = on_device(&programme, device, by).await;
            let made = made.map_err(|error| error.to_string())?;
            lines.push(compare(&programme, by, &made)?);
            // what is compared must matter
            let last = programme.masks.len() - 1;
            programme.masks[last] ^= 1;
            if compare(&programme, by, &made).is_ok() {
                return Err("iterates with another pattern are taken for these".to_owned());
            }
        }
    }
    Ok(lines)
}

fn programme((n, rank, patterns): (usize, usize, usize), seed: u64, pairs: bool) -> Programme {
    let mut numbers = Numbers(seed);
    Programme {
        n,
        rank,
        patterns,
        pairs,
        rows: numbers.vector(n * rank),
        masks: numbers.mask(n * patterns),
        target: numbers.vector(n),
        tau: 0.6,
        weight: 0.1,
        relaxation: 1.6,
    }
}

/// What comes back of an iteration.
struct Made {
    copies: Copies,
    lengths: [f64; 5],
}

async fn on_device(of: &Programme, device: &Arc<Device>, by: By) -> Result<Vec<Made>, GpuError> {
    let inverse = of.inverse();
    let rows: Vec<f32> = match of.pairs {
        // R L^-T
        true => (0..of.n)
            .flat_map(|i| changed(&inverse, &of.row(i)))
            .collect(),
        false => of.rows.clone(),
    };
    let flat: Vec<f32> = inverse.iter().flatten().map(|x| *x as f32).collect();
    let masks = Masks::from_columns(of.n, of.masks.clone()).expect("whole columns");
    let system = Arc::new(MaskedSystem::new(device, &rows, of.rank, &masks)?);
    let lift = match of.pairs {
        true => Lift::Mirrored,
        false => Lift::Single,
    };
    let step = match by {
        By::Gradients => LinearStep::cg(&system, lift, &Preconditioning::Identity, 400)?,
        By::Descent => LinearStep::descent(&system, lift, 2000, 3)?,
    };
    let settings = ThreeBlockSettings {
        target: &of.target,
        lift,
        cone: of.pairs.then_some(ConeSettings {
            inverse: &flat,
            tau: of.tau,
        }),
        weight: of.weight,
        relaxation: of.relaxation,
    };
    let mut iteration = ThreeBlock::new(&system, step, &settings)?;
    iteration.set_penalty(RHO)?;
    let mut each = Vec::new();
    for k in 0..ITERATIONS {
        if k + 1 == ITERATIONS {
            iteration.rescale(FACTOR)?;
            iteration.set_penalty(iteration.rho())?;
        }
        let moved = iteration.advance(TOLERANCE, || true).await?;
        let lengths = moved.lengths.expect("nothing stops it");
        let mut copies = Copies::default();
        iteration.read(&mut copies).await?;
        each.push(Made {
            copies,
            lengths: [
                lengths.u,
                lengths.v,
                lengths.apart,
                lengths.moved,
                lengths.slack,
            ],
        });
    }
    Ok(each)
}

/// A row in the coordinates of `L`.
fn changed(inverse: &[Vec<f64>], row: &[f64]) -> Vec<f32> {
    let image = |of: &Vec<f64>| of.iter().zip(row).map(|(a, b)| a * b).sum::<f64>() as f32;
    inverse.iter().map(image).collect()
}

fn compare(of: &Programme, by: By, made: &[Made]) -> Result<String, String> {
    let mut iterate = Iterate::new(of, RHO);
    let target: Vec<f64> = of.target.iter().map(|y| f64::from(*y)).collect();
    let (n, rank, blocks) = (of.n, of.rank, of.blocks());
    let cones = if of.pairs { " with cones" } else { "" };
    let name = format!("{n} x {rank} x {blocks}{cones} by {}", by.name());
    let mut largest = 0.0_f64;
    for (k, made) in made.iter().enumerate() {
        if k + 1 == ITERATIONS {
            iterate.rescale(FACTOR);
        }
        iterate.advance(of);
        let (z, v, fu) = (&iterate.z, &iterate.v, &iterate.fu);
        for (what, got, want, beside) in [
            ("z", &made.copies.z[..], &z[..], &z[..]),
            // where a block is hardly above its threshold, v is a small share of z
            ("v", &made.copies.v, v, z),
            // and F u may be one of the target
            ("F u", &made.copies.fu, fu, &target),
            ("lengths", &made.lengths, &iterate.lengths, &iterate.lengths),
        ] {
            if got.len() != want.len() {
                return Err(format!("{what}: {} numbers of {}", got.len(), want.len()));
            }
            let apart = length(got.iter().zip(want).map(|(g, w)| g - w));
            let off = apart / length(beside.iter().copied());
            // not so for NaN either
            if off <= NEAR {
                largest = largest.max(off);
                continue;
            }
            return Err(format!(
                "iteration {k} of {name}: {what} off by {off:.1e} where {NEAR:.1e} is allowed"
            ));
        }
    }
    let open = iterate.v[..blocks * rank].chunks_exact(rank);
    let open = open.filter(|v| v.iter().any(|x| *x != 0.0)).count();
    Ok(format!(
        "{ITERATIONS} iterations of {name}, {open} blocks in use: within {largest:.1e}"
    ))
}
