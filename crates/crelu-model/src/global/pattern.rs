use std::collections::HashMap;

use super::neurons::Neurons;
use super::problem::GlobalProblem;
use super::rows::sum_over_rows;

/// A hash of the activation pattern `1[R u_i > 0]` of every neuron: FNV-1a over words of 64 rows.
/// 64 bits a pattern: two of a thousand patterns meet with a chance below 1e-13.
pub(super) fn pattern_hashes(problem: &GlobalProblem, neurons: &Neurons) -> Vec<u64> {
    let m = neurons.len();
    let parts = sum_over_rows(
        problem.n_samples(),
        2 * problem.rank() * m,
        || (vec![FNV_START; m], Vec::new()),
        |(hashes, images): &mut (Vec<u64>, Vec<f64>), rows| {
            let count = rows.len();
            images.resize(count * m, 0.0);
            neurons.images(problem.data().subcols(rows.start, count), images);
            for (i, hash) in hashes.iter_mut().enumerate() {
                *hash = extend_hash(*hash, &images[i * count..(i + 1) * count]);
            }
            images.clear();
        },
    );
    let mut hashes = vec![FNV_START; m];
    for (part, _) in &parts {
        for (hash, more) in hashes.iter_mut().zip(part) {
            *hash = mix(*hash, *more);
        }
    }
    hashes
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

fn mix(state: u64, word: u64) -> u64 {
    let state = (state ^ word).wrapping_mul(0x0000_0100_0000_01b3);
    state ^ (state >> 29)
}

fn extend_hash(state: u64, images: &[f64]) -> u64 {
    images.chunks(64).fold(state, |state, rows| {
        let word = rows
            .iter()
            .fold(0_u64, |word, h| (word << 1) | u64::from(*h > 0.0));
        mix(state, word)
    })
}

/// The neurons of one sign and pattern together, in the order of the first of each.
pub(super) fn groups(signs: &[f64], hashes: &[u64]) -> Vec<Vec<usize>> {
    let mut seen: HashMap<(bool, u64), usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (i, (sign, hash)) in signs.iter().zip(hashes).enumerate() {
        let place = *seen.entry((*sign > 0.0, *hash)).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(i);
    }
    groups
}
