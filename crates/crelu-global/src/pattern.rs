use std::collections::HashMap;

use crate::neurons::Neurons;
use crate::packed::Packed;
use crate::problem::GlobalProblem;
use crate::rows::sum_over_rows;

/// A hash of the activation pattern `1[R u_i > 0]` of every neuron: FNV-1a over words of 64 rows.
/// 64 bits a pattern: two of a thousand patterns meet with a chance below 1e-13.
pub(crate) fn pattern_hashes(problem: &GlobalProblem, neurons: &Neurons) -> Vec<u64> {
    let m = neurons.len();
    let packed = Packed::of(neurons);
    let parts = sum_over_rows(
        problem.n_samples(),
        2 * problem.entries() * m,
        packed.tile_rows(),
        || (vec![FNV_START; m], vec![0_u64; m], packed.room()),
        |(hashes, words, room), rows| {
            let (images, _) = packed.open(problem.rows(rows.clone()), room);
            for first in (0..rows.len()).step_by(WORD) {
                words.fill(0);
                for i in first..rows.len().min(first + WORD) {
                    if let Some(images) = images.col(i).try_as_col_major() {
                        for (word, h) in words.iter_mut().zip(images.as_slice()) {
                            *word = (*word << 1) | u64::from(*h > 0.0);
                        }
                    }
                }
                for (hash, word) in hashes.iter_mut().zip(&*words) {
                    *hash = mix(*hash, *word);
                }
            }
        },
    );
    let mut hashes = vec![FNV_START; m];
    for (part, _, _) in &parts {
        for (hash, more) in hashes.iter_mut().zip(part) {
            *hash = mix(*hash, *more);
        }
    }
    hashes
}

/// Rows of a word.
const WORD: usize = 64;
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

fn mix(state: u64, word: u64) -> u64 {
    let state = (state ^ word).wrapping_mul(0x0000_0100_0000_01b3);
    state ^ (state >> 29)
}

/// The neurons of one pattern and kind together, in the order of the first of each.
pub(crate) fn groups<K: Eq + core::hash::Hash>(
    hashes: &[u64],
    kind: impl Fn(usize) -> K,
) -> Vec<Vec<usize>> {
    let mut seen: HashMap<(K, u64), usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (i, hash) in hashes.iter().enumerate() {
        let place = *seen.entry((kind(i), *hash)).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(i);
    }
    groups
}
