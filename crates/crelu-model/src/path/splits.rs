use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::error::{FitError, Setting};

/// The rows of a fold, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Those it is trained on.
    pub train: Vec<usize>,
    /// Those it is scored on.
    pub held_out: Vec<usize>,
}

/// Folds that hold every row out once, each with its part of every class: rows of a class are dealt out
/// one after the other, in a seeded order. Without classes (all zero), the rows.
pub(super) fn stratified(classes: &[usize], folds: usize, seed: u64) -> Vec<Split> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, class) in classes.iter().enumerate() {
        members.entry(*class).or_default().push(row);
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut fold_of = vec![0; classes.len()];
    // the next class goes on where the last ended, so that folds differ by one row at most
    let mut next = 0;
    for rows in members.values_mut() {
        rows.shuffle(&mut rng);
        for &row in rows.iter() {
            fold_of[row] = next % folds;
            next += 1;
        }
    }
    of_folds(&fold_of, folds)
}

/// Folds that keep every group together: the largest group first, each to the fold where the parts of
/// the classes stay the most even.
pub(super) fn grouped(classes: &[usize], groups: &[usize], folds: usize, seed: u64) -> Vec<Split> {
    let n_classes = classes.iter().max().map_or(0, |most| most + 1);
    let mut counts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut totals = vec![0; n_classes];
    for (class, group) in classes.iter().zip(groups) {
        counts.entry(*group).or_insert_with(|| vec![0; n_classes])[*class] += 1;
        totals[*class] += 1;
    }
    let mut order: Vec<(usize, Vec<usize>)> = counts.into_iter().collect();
    order.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(seed));
    order.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.iter().sum::<usize>()));
    let mut held = vec![vec![0; n_classes]; folds];
    let mut fold_of_group = BTreeMap::new();
    for (group, counts) in order {
        // by what the sum of squared shares grows: least where the fold has least of these classes
        let growth = |fold: &[usize]| -> f64 {
            let terms = fold.iter().zip(&counts).zip(&totals);
            #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
            let term = |((held, new), total): ((&usize, &usize), &usize)| {
                (held * new) as f64 / ((total * total).max(1)) as f64
            };
            terms.map(term).sum()
        };
        let rows = |fold: &[usize]| fold.iter().sum::<usize>();
        let least = (0..folds).min_by(|&a, &b| {
            growth(&held[a])
                .total_cmp(&growth(&held[b]))
                .then(rows(&held[a]).cmp(&rows(&held[b])))
        });
        let fold = least.unwrap_or(0);
        for (held, new) in held[fold].iter_mut().zip(&counts) {
            *held += new;
        }
        fold_of_group.insert(group, fold);
    }
    let fold_of: Vec<usize> = groups.iter().map(|group| fold_of_group[group]).collect();
    of_folds(&fold_of, folds)
}

fn of_folds(fold_of: &[usize], folds: usize) -> Vec<Split> {
    let part = |fold: usize| {
        let (held_out, train) = (0..fold_of.len()).partition(|&row| fold_of[row] == fold);
        Split { train, held_out }
    };
    (0..folds).map(part).collect()
}

/// Whether splits can be folds of `n` rows.
pub(super) fn given(splits: &[Split], n: usize) -> Result<(), FitError> {
    let problem = |problem| {
        Err(FitError::Setting {
            setting: Setting::Folds,
            problem,
        })
    };
    if splits.len() < 2 {
        return problem("there must be at least 2");
    }
    let mut is_trained = vec![false; n];
    for split in splits {
        if split.train.is_empty() || split.held_out.is_empty() {
            return problem("each needs rows to train on and rows to hold out");
        }
        if split
            .train
            .iter()
            .chain(&split.held_out)
            .any(|row| *row >= n)
        {
            return problem("a row is beyond the last of the data");
        }
        is_trained.fill(false);
        for row in &split.train {
            is_trained[*row] = true;
        }
        if split.held_out.iter().any(|row| is_trained[*row]) {
            return problem("a row is both trained on and held out");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every row is held out once and trained on in all other folds.
    fn check_complete(splits: &[Split], rows: usize) {
        let mut held: Vec<usize> = splits.iter().flat_map(|s| s.held_out.clone()).collect();
        held.sort_unstable();
        assert_eq!(held, (0..rows).collect::<Vec<_>>());
        for split in splits {
            assert!(!split.held_out.is_empty() && !split.train.is_empty());
            let mut all = [split.train.clone(), split.held_out.clone()].concat();
            all.sort_unstable();
            assert_eq!(all, (0..rows).collect::<Vec<_>>());
        }
    }

    fn count(of: &[usize], classes: &[usize], class: usize) -> usize {
        of.iter().filter(|row| classes[**row] == class).count()
    }

    proptest! {
        #![proptest_config(testkit::cases(41, 64))]

        #[test]
        fn stratified_folds_hold_equal_parts_of_every_class(
            classes in prop::collection::vec(0..4_usize, 8..60),
            folds in 2..8_usize,
            seed in any::<u64>(),
        ) {
            let splits = stratified(&classes, folds, seed);
            check_complete(&splits, classes.len());
            let spread = |counts: Vec<usize>| {
                counts.iter().max().unwrap() - counts.iter().min().unwrap()
            };
            for class in 0..4 {
                let counts = splits.iter().map(|s| count(&s.held_out, &classes, class));
                prop_assert!(spread(counts.collect()) <= 1);
            }
            prop_assert!(spread(splits.iter().map(|s| s.held_out.len()).collect()) <= 1);
            prop_assert_eq!(stratified(&classes, folds, seed), splits);
        }

        #[test]
        fn grouped_folds_keep_groups_together(
            rows in prop::collection::vec((0..3_usize, 0..12_usize), 12..80),
            folds in 2..6_usize,
            seed in any::<u64>(),
        ) {
            let (classes, groups): (Vec<usize>, Vec<usize>) = rows.into_iter().unzip();
            let mut distinct = groups.clone();
            distinct.sort_unstable();
            distinct.dedup();
            prop_assume!(distinct.len() >= folds);
            let splits = grouped(&classes, &groups, folds, seed);
            check_complete(&splits, classes.len());
            for split in &splits {
                for row in &split.held_out {
                    prop_assert!(split.train.iter().all(|other| groups[*other] != groups[*row]));
                }
            }
            prop_assert_eq!(grouped(&classes, &groups, folds, seed), splits);
        }
    }

    #[test]
    fn folds_of_another_seed_are_others() {
        let classes = vec![0; 40];
        assert_ne!(stratified(&classes, 5, 0), stratified(&classes, 5, 1));
    }

    #[test]
    fn grouped_folds_balance_the_classes() {
        // eight groups of ten rows, half of them of class 1 alone
        let groups: Vec<usize> = (0..80).map(|row| row / 10).collect();
        let classes: Vec<usize> = groups.iter().map(|group| group % 2).collect();
        for split in grouped(&classes, &groups, 4, 3) {
            for class in [0, 1] {
                assert_eq!(count(&split.held_out, &classes, class), 10);
            }
        }
    }
}
