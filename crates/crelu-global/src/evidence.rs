use crate::neurons::Neurons;
use crate::prices::prices_at;
use crate::problem::GlobalProblem;

/// Dual points that are kept: each is priced again for every neuron inserted later.
const KEPT: usize = 4;
/// A bound counts as above an objective beyond rounding only.
const ROUNDING: f64 = 1e-9;

/// What searches of the largest size say about the optimum: the best bound over their rounds. A price
/// that a search missed shows later, when a neuron of it is inserted, so every kept dual point is
/// priced at the new neurons too; a bound above an objective that was met later is dropped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence {
    kept: Vec<Witness>,
}

/// A dual point with the largest price known at it.
#[derive(Debug, Clone)]
struct Witness {
    theta: Vec<f64>,
    price: f64,
    bound: f64,
}

impl Evidence {
    /// A search of the largest size found `price` to be the largest at `theta`.
    pub(crate) fn add(&mut self, problem: &GlobalProblem, theta: Vec<f64>, price: f64) {
        let bound = problem.search_bound(&theta, price);
        self.kept.push(Witness {
            theta,
            price,
            bound,
        });
        self.sort();
        self.kept.truncate(KEPT);
    }

    /// Neurons were inserted, or are in use. What the dearest of them costs at another dual point, if one
    /// is given, comes of the same pass over the rows.
    pub(crate) fn price_again(
        &mut self,
        problem: &GlobalProblem,
        neurons: &Neurons,
        other: Option<&[f64]>,
    ) -> Option<f64> {
        let kept = self.kept.iter().map(|kept| &kept.theta[..]);
        let thetas: Vec<&[f64]> = kept.chain(other).collect();
        if neurons.is_empty() || thetas.is_empty() {
            return other.map(|_| 0.0);
        }
        let mut prices = prices_at(problem, &thetas, neurons);
        let at_other = other.and_then(|_| prices.pop());
        for (kept, dearest) in self.kept.iter_mut().zip(prices) {
            if dearest > kept.price {
                kept.price = dearest;
                kept.bound = problem.search_bound(&kept.theta, dearest);
            }
        }
        self.sort();
        at_other
    }

    /// A network of this objective exists.
    pub(crate) fn met(&mut self, objective: f64) {
        self.kept
            .retain(|kept| kept.bound <= objective * (1.0 + ROUNDING));
    }

    /// The best bound, in sum scaling.
    pub(crate) fn bound(&self) -> Option<f64> {
        self.kept.first().map(|kept| kept.bound)
    }

    fn sort(&mut self) {
        self.kept.sort_by(|a, b| b.bound.total_cmp(&a.bound));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faer::Mat;

    fn problem() -> GlobalProblem {
        let data = Mat::from_fn(2, 6, |k, i| (((i * 7 + k * 3) % 5) as f64) - 2.0);
        GlobalProblem::new(data, vec![1.0, -0.5, 2.0, 0.3, -1.0, 0.7], 0.4)
            .expect("finite and of one shape")
    }

    fn both() -> Neurons {
        let mut both = Neurons::none(2);
        for u in [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.5]] {
            both.push(&u, 1.0, 0.0);
            both.push(&u, -1.0, 0.0);
        }
        both
    }

    #[test]
    fn evidence_falls_when_a_dearer_neuron_is_inserted() {
        let problem = problem();
        let theta = problem.theta(&[0.0; 6]);
        let mut evidence = Evidence::default();
        evidence.add(&problem, theta.clone(), 1.0);
        let before = evidence.bound().expect("a bound");
        let there = problem.theta(&[0.1, 0.0, -0.2, 0.0, 0.3, 0.0]);
        let at_other = evidence.price_again(&problem, &both(), Some(&there));
        let alone = crate::prices::prices(&problem, &there, &both());
        assert_eq!(at_other, alone.into_iter().reduce(f64::max));
        let dearest = crate::prices::prices(&problem, &theta, &both())
            .into_iter()
            .fold(1.0, f64::max);
        assert!(dearest > 1.0);
        let after = evidence.bound().expect("a bound");
        assert!(after < before);
        let want = problem.search_bound(&theta, dearest);
        assert!((after - want).abs() <= 1e-12 * want);
    }

    #[test]
    fn evidence_above_an_objective_met_later_is_dropped() {
        let problem = problem();
        let mut evidence = Evidence::default();
        let theta = problem.theta(&[0.0; 6]);
        evidence.add(&problem, theta.clone(), 1.0);
        evidence.add(&problem, theta, 2.0);
        let first = evidence.bound().expect("a bound");
        evidence.met(first * (1.0 + 1e-12));
        assert_eq!(evidence.bound(), Some(first));
        evidence.met(first * 0.999);
        let second = evidence.bound().expect("the weaker one");
        assert!(second < first);
        evidence.met(0.0);
        assert_eq!(evidence.bound(), None);
    }
}
