use std::collections::HashMap;

use crate::neurons::Neurons;
use crate::problem::GlobalProblem;
use crate::rows::sum_over_rows;

/// A hash of the activation pattern `1[R u_i > 0]` of every neuron: the sum of a word of each row that is
/// open, whatever the order. 64 bits a pattern: two of a thousand patterns meet with a chance below 1e-13.
/// **Source** Zobrist 1970, with sums in place of the exclusive or.
pub(crate) fn pattern_hashes(problem: &GlobalProblem, neurons: &Neurons) -> Vec<u64> {
    let m = neurons.len();
    let packed = neurons.packed();
    let parts = sum_over_rows(
        problem.n_samples(),
        2 * problem.entries() * m,
        packed.tile_rows(),
        || (vec![0_u64; m], packed.room()),
        |(hashes, room), rows| {
            let (images, _) = packed.open(problem.rows(rows.clone()), room);
            for (i, row) in rows.enumerate() {
                let word = word_of(problem.span().start + row);
                if let Some(images) = images.col(i).try_as_col_major() {
                    for (hash, h) in hashes.iter_mut().zip(images.as_slice()) {
                        *hash = hash.wrapping_add(if *h > 0.0 { word } else { 0 });
                    }
                }
            }
        },
    );
    let mut hashes = vec![0_u64; m];
    for (part, _) in &parts {
        for (hash, more) in hashes.iter_mut().zip(part) {
            *hash = hash.wrapping_add(*more);
        }
    }
    if let Some(shards) = problem.shards() {
        shards.join_words(&mut hashes);
    }
    hashes
}

/// The word of a row: the output of a counter by SplitMix64 (Steele, Lea & Flood 2014).
fn word_of(row: usize) -> u64 {
    let mut z = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
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
