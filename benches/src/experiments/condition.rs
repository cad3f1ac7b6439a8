use std::collections::BTreeMap;
use std::time::Instant;

use faer::Mat;
use linalg_core::{Control, DenseOperator};
use precond_nystrom::{BlockDiagonal, BlockNystrom, Jacobi, Nystrom, NystromSettings};
use rayon::prelude::*;
use serde_json::{Value, json};

use super::condition_rows::{SETS, SYSTEMS, System, key};
use super::methods::RANK;
use super::options::Options;
use super::spectra::{condition, preconditioned};
use super::systems::{Coordinates, Small, diagonal, shifted};
use crate::sets::{Set, load, teacher};
use crate::store::{Store, number};

/// Ranks at `rho_0`.
const RANKS: [usize; 6] = [10, 25, 50, 100, 200, 400];
/// Multiples of `rho_0`, at the rank of which the source speaks.
const RHOS: [f64; 5] = [1e-3, 1e-2, 1e-1, 1.0, 10.0];
/// The source's system is twice as wide, so eight times the work: fewer points.
const FEW_RANKS: [usize; 3] = [25, 100, 400];
const FEW_RHOS: [f64; 3] = [1e-2, 1.0, 10.0];
const PATTERNS: usize = 10;
const TEACHER_SEED: u64 = 5;

/// A preconditioner, or none, of a rank where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    None,
    Jacobi,
    Nystrom(usize),
    Block,
    BlockNystrom(usize),
    /// Without the `1 / rho` on the data term.
    SourceJacobi,
    /// The identity sketched too, and `rho` in place of its 1.
    SourceNystrom(usize),
}

impl Means {
    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Jacobi => "jacobi",
            Self::Nystrom(_) => "nystrom",
            Self::Block => "block",
            Self::BlockNystrom(_) => "block + nystrom",
            Self::SourceJacobi => "jacobi, no 1/rho",
            Self::SourceNystrom(_) => "nystrom, rho for 1",
        }
    }

    /// Those that a system is measured with.
    fn all(system: System, rank: usize) -> Vec<Self> {
        let mut means = vec![Self::None, Self::Jacobi, Self::Nystrom(rank)];
        match system {
            System::Two => {}
            System::Three => means.extend([Self::Block, Self::BlockNystrom(rank)]),
            System::Source => means.extend([Self::SourceJacobi, Self::SourceNystrom(rank)]),
        }
        means
    }

    fn has_rank(self) -> bool {
        matches!(
            self,
            Self::Nystrom(_) | Self::BlockNystrom(_) | Self::SourceNystrom(_)
        )
    }
}

/// Measures what was asked for: one row a set and system.
pub(crate) fn measure(store: &mut Store, options: &Options) -> Result<(), String> {
    for (name, coordinates) in SETS {
        for system in SYSTEMS {
            let key = key(name, system);
            let skipped = coordinates == Coordinates::Svd && system == System::Source;
            if skipped || store.has(&key) || !options.wants(name) {
                continue;
            }
            if options.flags.quick && !(system == System::Two && coordinates == Coordinates::Svd) {
                continue;
            }
            let found = store.row(&key, || {
                let begun = Instant::now();
                let mut row = row(&small(name, coordinates, options.flags.quick)?, system)?;
                row["seconds"] = json!(begun.elapsed().as_secs_f64());
                Ok(row)
            })?;
            println!(
                "{name}, {}: condition numbers in {:.1} s",
                system.name(),
                number(found, "seconds")
            );
        }
    }
    Ok(())
}

fn small(name: &str, coordinates: Coordinates, quick: bool) -> Result<Small, String> {
    let set = if name.starts_with("teacher") {
        teacher("teacher", 1000, 100, TEACHER_SEED)
    } else {
        halved(&load("fashion")?)
    };
    Small::new(&set, if quick { 3 } else { PATTERNS }, coordinates)
}

/// Images of half the height: each pixel the sum of two, standardised ones.
fn halved(set: &Set) -> Set {
    const SIDE: usize = 14;
    let n = set.inputs.ncols();
    let pixels = SIDE * SIDE / 2;
    let inputs = Mat::from_fn(pixels + 1, n, |k, i| {
        if k == pixels {
            return 1.0;
        }
        let upper = 2 * SIDE * (k / SIDE) + k % SIDE;
        set.inputs[(upper, i)] + set.inputs[(upper + SIDE, i)]
    });
    Set {
        name: set.name,
        inputs,
        target: set.target.clone(),
    }
}

/// `{ "rank": { means: [[rank, condition], ..] }, "rho": { means: [[rho / rho_0, condition], ..] } }`.
fn row(small: &Small, system: System) -> Result<Value, String> {
    let mut jobs: Vec<(&str, f64, f64, Means)> = Vec::new();
    let (ranks, rhos): (&[usize], &[f64]) = match system {
        System::Source => (&FEW_RANKS, &FEW_RHOS),
        _ => (&RANKS, &RHOS),
    };
    for &rank in ranks {
        #[expect(clippy::cast_precision_loss, reason = "a small rank")]
        let at = rank as f64;
        for means in Means::all(system, rank) {
            if means.has_rank() {
                jobs.push(("rank", at, 1.0, means));
            }
        }
    }
    for &share in rhos {
        for means in Means::all(system, RANK) {
            jobs.push(("rho", share, share, means));
        }
    }
    let tau = small.tau()?;
    let found: Result<Vec<f64>, String> = jobs
        .par_iter()
        .with_max_len(1)
        .map(|(_, _, share, means)| one(small, system, tau, share * small.first_rho, *means))
        .collect();
    let mut curves: BTreeMap<&str, BTreeMap<&str, Vec<[f64; 2]>>> = BTreeMap::new();
    for ((axis, at, _, means), value) in jobs.iter().zip(found?) {
        let axis = curves.entry(axis).or_default();
        axis.entry(means.name()).or_default().push([*at, value]);
    }
    let mut row = json!(curves);
    row["n"] = json!(small.n);
    row["rank_of_data"] = json!(small.rank);
    row["patterns"] = json!(small.blocks());
    row["rho_0"] = json!(small.first_rho);
    Ok(row)
}

/// One condition number, from all eigenvalues of the dense system.
fn one(small: &Small, system: System, tau: f64, rho: f64, means: Means) -> Result<f64, String> {
    let control = Control::default();
    let failed = |e: precond_nystrom::PrecondError| e.to_string();
    let settings = |rank| {
        let how = NystromSettings::default().rank(rank).check();
        how.map_err(|e| e.to_string())
    };
    // A, the shift and the block that it multiplies
    let (sketched, shift, block) = match system {
        System::Two => (small.gram().to_owned(), rho / 2.0, None),
        System::Three => (
            small.gram().to_owned(),
            rho / 2.0,
            Some(small.cone_block(tau)),
        ),
        System::Source => (small.full_cone(rho), 1.0, None),
    };
    let matrix = shifted(sketched.as_ref(), shift, block.as_ref());
    let operator = DenseOperator::new(sketched.as_ref());
    let blocks = |k: &Mat<f64>| BlockDiagonal::new(k.as_ref(), small.blocks()).map_err(failed);
    match (means, &block) {
        (Means::None, _) => condition(matrix.as_ref()),
        (Means::Jacobi, _) => {
            let left = diagonal(matrix.as_ref())
                .iter()
                .map(|d| d - shift)
                .collect();
            preconditioned(matrix.as_ref(), &Jacobi::new(left, shift).map_err(failed)?)
        }
        // the block is no multiple of the identity: it is sketched with the data
        (Means::Nystrom(rank), Some(k)) => {
            let eye = Mat::<f64>::identity(k.nrows(), k.nrows());
            let excess = shifted(sketched.as_ref(), shift, Some(&(k - &eye)));
            let operator = DenseOperator::new(excess.as_ref());
            let made = Nystrom::new(&operator, &settings(rank)?, shift, &control);
            preconditioned(matrix.as_ref(), &made.map_err(failed)?)
        }
        (Means::Nystrom(rank), None) => {
            let made = Nystrom::new(&operator, &settings(rank)?, shift, &control);
            preconditioned(matrix.as_ref(), &made.map_err(failed)?)
        }
        (Means::Block, Some(k)) => preconditioned(matrix.as_ref(), &blocks(k)?),
        (Means::BlockNystrom(rank), Some(k)) => {
            let made = BlockNystrom::new(&operator, blocks(k)?, &settings(rank)?, shift, &control);
            preconditioned(matrix.as_ref(), &made.map_err(failed)?)
        }
        (Means::SourceJacobi, _) => {
            let (data, cone) = small.full_diagonals();
            let sum = data.iter().zip(&cone).map(|(f, g)| f + g).collect();
            preconditioned(matrix.as_ref(), &Jacobi::new(sum, 1.0).map_err(failed)?)
        }
        (Means::SourceNystrom(rank), _) => {
            let whole = DenseOperator::new(matrix.as_ref());
            let made = Nystrom::new(&whole, &settings(rank)?, rho, &control);
            preconditioned(matrix.as_ref(), &made.map_err(failed)?)
        }
        (Means::Block | Means::BlockNystrom(_), None) => {
            Err("a block preconditioner needs a block".to_owned())
        }
    }
}
