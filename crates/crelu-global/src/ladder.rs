use crate::ascent_steps::{Course, column_steps};
use crate::problem::GlobalProblem;
use crate::search::{SearchSize, climbers};
use crate::settings::GlobalSettings;

/// Ascents a sign and steps of the searches before the largest.
const LADDER: [(usize, usize); 4] = [(50, 50), (100, 50), (200, 60), (400, 80)];
/// Steps of the largest.
const STEPS: usize = 100;
/// Rows of many columns that ascents begin on have no more numbers than this, but there are so many rows:
/// an ascent over all costs as much as a slide.
const ENTRIES: usize = 1_000_000;
const FEWEST: usize = 4000;
/// Steps of a broad search, which has as many ascents as the largest: the slide that follows moves what it
/// finds. On noisy rows two steps leave prices too low, twenty find fewer neurons a flop.
const BROAD: usize = 5;
/// Most new neurons a sign and round.
pub(crate) const KEEP: usize = 100;
/// ... of so many coordinates in all: with wide sparse rows they are what takes memory; but so many.
const COORDINATES: usize = 2_000_000;
const FEWEST_NEW: usize = 8;
/// A search is cheap if it takes no more than one part in so many of a run's flops, ...
const CLOSING: u64 = 4;
/// ... or than so many, a fifth of a second of two cores.
const CLOSING_FREE: u64 = 30_000_000_000;
/// Searches may take so many flops more than corrections and slides: a second of two cores.
const HEADSTART: u64 = 150_000_000_000;
/// ... of sparse rows so many times fewer: weights are fetched from all over the memory, an entry at a time.
const SPARSE_COST: u64 = 8;

/// The sizes of searches, the smallest first, then by their cost, and last those of the largest size.
#[derive(Debug, Clone)]
pub(crate) struct Ladder {
    /// Those before the first of the largest size.
    smaller: Vec<SearchSize>,
    largest: usize,
    sample: usize,
    thorough: bool,
    /// Whether a sample is fewer than all rows.
    samples: bool,
    /// Most new neurons a sign and round.
    keep: usize,
}

impl Ladder {
    pub(crate) fn new(settings: &GlobalSettings, problem: &GlobalProblem) -> Self {
        let fitting = (ENTRIES / problem.entries().max(1)).max(FEWEST);
        let sample = settings.sample.min(fitting);
        let largest = settings.ascents_in_force();
        let keep = KEEP.min((COORDINATES / problem.rank().max(1)).max(FEWEST_NEW));
        // those that would not be smaller are left out
        let fewer = LADDER.iter().filter(|(ascents, _)| *ascents < largest);
        let mut smaller: Vec<SearchSize> = fewer
            .map(|&(ascents, steps)| SearchSize {
                ascents,
                steps,
                keep,
                rows: Some(sample),
                broad: false,
            })
            .collect();
        if !settings.thorough && !smaller.is_empty() {
            smaller.push(SearchSize {
                ascents: largest,
                steps: BROAD,
                keep,
                rows: None,
                broad: true,
            });
            smaller[1..].sort_by_key(|size| flops(problem, *size));
        }
        Self {
            smaller,
            largest,
            sample,
            thorough: settings.thorough,
            samples: !settings.thorough && sample < problem.n_all(),
            keep,
        }
    }

    /// The level of the first searches of the largest size.
    pub(crate) fn largest(&self) -> usize {
        self.smaller.len()
    }

    /// The highest level: a search of the largest size whose ascents are over all rows from the
    /// beginning. On noisy rows a sample has maxima of its own, and hides those of few rows.
    pub(crate) fn top(&self) -> usize {
        self.largest() + usize::from(self.samples)
    }

    pub(crate) fn size(&self, level: usize) -> SearchSize {
        self.smaller.get(level).copied().unwrap_or(SearchSize {
            ascents: self.largest,
            steps: STEPS,
            keep: self.keep,
            rows: (level < self.top()).then_some(self.sample),
            broad: false,
        })
    }

    /// The highest level of the largest size that is cheap beside `done` flops; none is: nothing.
    pub(crate) fn cheap(&self, problem: &GlobalProblem, done: u64) -> Option<usize> {
        let free = match problem.is_sparse() {
            true => CLOSING_FREE / SPARSE_COST,
            false => CLOSING_FREE,
        };
        let room = (done / CLOSING).max(free);
        let cheap = |level: &usize| self.flops(problem, *level) <= room;
        (self.largest()..=self.top()).rev().find(cheap)
    }

    /// About the flops of the ascents of a search.
    pub(crate) fn flops(&self, problem: &GlobalProblem, level: usize) -> u64 {
        flops(problem, self.size(level))
    }

    /// The size of a search beside a network of a few neurons.
    pub(crate) fn beside(&self, few: usize) -> SearchSize {
        let (ascents, steps) = LADDER[1];
        SearchSize {
            ascents: ascents.min(self.largest),
            steps,
            keep: (few / 4).max(2),
            rows: Some(self.sample),
            broad: false,
        }
    }

    /// The level at most `wanted` that the budget allows: searches may take as many flops as
    /// corrections and slides did, and a head start.
    pub(crate) fn affordable(
        &self,
        problem: &GlobalProblem,
        wanted: usize,
        pricing: u64,
        rest: u64,
    ) -> usize {
        if self.thorough {
            return wanted;
        }
        let left = (rest + headstart(problem)).saturating_sub(pricing);
        let mut level = wanted;
        while level > 0 && self.flops(problem, level) > left {
            level -= 1;
        }
        level
    }
}

/// The flops that searches may take whatever the rest took.
fn headstart(problem: &GlobalProblem) -> u64 {
    match problem.is_sparse() {
        true => HEADSTART / SPARSE_COST,
        false => HEADSTART,
    }
}

fn flops(problem: &GlobalProblem, size: SearchSize) -> u64 {
    let n = problem.n_all();
    let (stride, course) = (size.stride(n), size.course(n));
    let (wide, fine) = column_steps(2 * size.ascents, size.steps, course);
    let last = match course {
        Course::Sample => fine * climbers(2 * size.ascents),
        _ => 0,
    };
    // the products of sizes that each fit into 32 bits need not
    let [n, sample, wide, last] = [n, n.div_ceil(stride), wide, last].map(|size| size as u64);
    4 * (wide * sample + last * n) * problem.entries() as u64
}

#[cfg(test)]
mod tests {
    use faer::Mat;

    use super::*;

    fn problem(n: usize) -> GlobalProblem {
        let data = Mat::from_fn(2, n, |k, i| if (k + i) % 3 == 0 { 1.0 } else { -0.5 });
        GlobalProblem::new(data, vec![1.0; n], 1.0).unwrap()
    }

    #[test]
    fn ladder_has_a_broad_search_that_is_none_of_the_largest() {
        let problem = problem(300);
        let ladder = Ladder::new(&GlobalSettings::default(), &problem);
        let sizes: Vec<SearchSize> = (0..=ladder.top()).map(|level| ladder.size(level)).collect();
        let broad: Vec<usize> = (0..sizes.len()).filter(|&k| sizes[k].broad).collect();
        assert_eq!(broad.len(), 1);
        assert!(broad[0] > 0 && broad[0] < ladder.largest());
        assert_eq!(sizes[ladder.largest()].steps, STEPS);
        let costs: Vec<u64> = (1..ladder.largest())
            .map(|k| ladder.flops(&problem, k))
            .collect();
        assert!(costs.is_sorted(), "{costs:?}");
        // few rows: the largest search is over all of them at once
        assert_eq!(ladder.top(), ladder.largest());
    }

    #[test]
    fn ladder_of_few_ascents_or_thorough_has_no_broad_search() {
        let problem = problem(300);
        let of = |settings: GlobalSettings| Ladder::new(&settings, &problem);
        let few = of(GlobalSettings::default().ascents(20));
        assert_eq!((few.largest(), few.size(0).ascents), (0, 20));
        let thorough = of(GlobalSettings::default().thorough(true));
        assert_eq!(thorough.largest(), LADDER.len());
        assert!((0..=thorough.top()).all(|level| !thorough.size(level).broad));
    }

    #[test]
    fn ladder_gives_the_highest_level_that_the_budget_allows() {
        let problem = problem(300);
        let ladder = Ladder::new(&GlobalSettings::default(), &problem);
        let top = ladder.top();
        assert_eq!(ladder.affordable(&problem, top, 0, 0), top);
        let spent = HEADSTART - ladder.flops(&problem, 1);
        let found = ladder.affordable(&problem, top, spent, 0);
        assert!(found >= 1 && ladder.flops(&problem, found) <= ladder.flops(&problem, 1));
        assert_eq!(ladder.affordable(&problem, top, u64::MAX, 0), 0);
    }
}
