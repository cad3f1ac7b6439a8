/// What rounds were worth by the level of their search: the relative fall of the objective a flop, over
/// the last [`LAST`] rounds of each level.
///
/// A level that was not used for long keeps its rate, which was that of a larger objective: it is tried
/// again once the rates of the others have fallen below it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rates {
    /// (fall, flops) of a level's rounds, the latest last.
    rounds: Vec<Vec<(f64, u64)>>,
}

/// Rounds of a level that count: one alone may be lucky.
const LAST: usize = 2;

impl Rates {
    /// After a round with a search of this level.
    pub(crate) fn push(&mut self, level: usize, fall: f64, flops: u64) {
        if self.rounds.len() <= level {
            self.rounds.resize(level + 1, Vec::new());
        }
        let rounds = &mut self.rounds[level];
        if rounds.len() == LAST {
            rounds.remove(0);
        }
        rounds.push((fall, flops));
    }

    /// The rate of a level; none before it was used.
    pub(crate) fn of(&self, level: usize) -> Option<f64> {
        let rounds = self.rounds.get(level).filter(|rounds| !rounds.is_empty())?;
        let fall: f64 = rounds.iter().map(|(fall, _)| fall).sum();
        let flops: u64 = rounds.iter().map(|(_, flops)| flops).sum();
        #[expect(clippy::cast_precision_loss, reason = "a quotient is compared")]
        let flops = flops.max(1) as f64;
        Some(fall / flops)
    }

    /// The level of the best rate among some, the first of equals; none of them was used: nothing.
    pub(crate) fn best(&self, levels: impl Iterator<Item = usize>) -> Option<usize> {
        let known = levels.filter_map(|level| Some((level, self.of(level)?)));
        let better = |best: (usize, f64), next: (usize, f64)| {
            if next.1 > best.1 { next } else { best }
        };
        known.reduce(better).map(|(level, _)| level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_is_the_level_of_the_largest_fall_a_flop() {
        let mut rates = Rates::default();
        assert_eq!((rates.best(0..9), rates.of(3)), (None, None));
        rates.push(0, 0.1, 10);
        rates.push(3, 0.4, 20);
        assert_eq!((rates.best(0..9), rates.of(3)), (Some(3), Some(0.02)));
        assert_eq!((rates.best(4..9), rates.of(1)), (None, None));
        // the rounds before the last two are forgotten
        for _ in 0..LAST {
            rates.push(3, 0.0, 20);
        }
        assert_eq!(rates.best(0..9), Some(0));
        assert_eq!(rates.best(1..9), Some(3));
        rates.push(1, 0.0, 5);
        assert_eq!(rates.best(1..9), Some(1));
    }
}
