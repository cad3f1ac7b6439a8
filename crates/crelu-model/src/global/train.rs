use admm::Status;
use linalg_core::{Control, Halt};

use super::bounds::search_bound;
use super::correct::correct_weights;
use super::merge::merge;
use super::neurons::Neurons;
use super::price::{Search, SearchSize, Searcher, prices, search};
use super::problem::GlobalProblem;
use super::slide::slide;
use super::thin::{FrontierPoint, thin, thin_to};
use crate::programme::relative_gap;

/// Settings of global training.
///
/// | name | default | |
/// |---|---|---|
/// | `ascents` | 800 | ascents a sign of the largest searches |
/// | `thin` | 1e-3 | the returned network may be this much above the best, relatively |
/// | `max_neurons` | none | the returned network has at most this many |
/// | `tol` | 1e-2 | the search gap that counts as converged |
/// | `max_rounds` | 500 | |
/// | `seed` | 0 | |
/// | `sample` | 4000 | rows that the searches before the largest look at, at most |
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GlobalSettings {
    /// Ascents a sign of the largest searches.
    pub ascents: usize,
    /// How far above the best network's objective the returned one may be, relatively.
    pub thin: f64,
    /// Most neurons of the returned network.
    pub max_neurons: Option<usize>,
    /// The search gap at which the run is converged.
    pub tol: f64,
    /// Most rounds.
    pub max_rounds: usize,
    /// The seed of the searches.
    pub seed: u64,
    /// Rows that the searches before the largest look at, at most; what they find is priced on all
    /// rows before it is inserted.
    pub sample: usize,
}

impl Default for GlobalSettings {
    fn default() -> Self {
        Self {
            ascents: 800,
            thin: 1e-3,
            max_neurons: None,
            tol: 1e-2,
            max_rounds: 500,
            seed: 0,
            sample: SAMPLE,
        }
    }
}

/// Where the training stands after a round.
#[derive(Debug)]
pub struct Round<'a> {
    /// Rounds so far.
    pub round: usize,
    /// The best network.
    pub neurons: &'a Neurons,
    /// Its `J` in sum scaling.
    pub objective: f64,
    /// Its outputs.
    pub fitted: &'a [f64],
    /// The largest price of the round's search, at the network before the round.
    pub max_price: f64,
    /// The relative gap if no neuron is dearer.
    pub search_gap: f64,
}

/// The caller's eye on the training.
pub trait GlobalObserver {
    /// Told after every round; `false` ends the training with the best network so far.
    fn round(&mut self, round: &Round<'_>) -> bool;
}

impl GlobalObserver for () {
    fn round(&mut self, _round: &Round<'_>) -> bool {
        true
    }
}

/// A trained network and what the searches say about it.
#[derive(Debug, Clone)]
pub struct Trained {
    /// How the training ended.
    pub status: Status,
    /// The network that is returned: the best, thinned.
    pub neurons: Neurons,
    /// The best network.
    pub best: Neurons,
    /// `J` of the best network, in sum scaling.
    pub best_objective: f64,
    /// The largest price that the last search found, at the best network; none before the first. If
    /// a limit struck after a change of the network and before the next search: the larger of that
    /// search's and what its neurons cost now.
    pub max_price: Option<f64>,
    /// Ascents of that search, both signs.
    pub ascents: Option<usize>,
    /// The lower bound in sum scaling if no neuron is dearer.
    pub search_bound: Option<f64>,
    /// Networks met while thinning, the best first.
    pub frontier: Vec<FrontierPoint>,
    /// Rounds.
    pub rounds: usize,
    /// Seconds of searches and of everything else in the rounds.
    pub pricing_seconds: f64,
    /// Seconds of corrections, slides and thinning.
    pub polish_seconds: f64,
    /// Products `R u` or `R'v` of searches, and of slides: the work without the clock. A full-batch
    /// gradient step of `m` neurons takes `2 m`.
    pub pricing_products: f64,
    /// ... of slides.
    pub polish_products: f64,
}

/// New neurons must be dearer than this, in units of `beta_sum`.
const INSERT: f64 = 1.00005;
/// Most new neurons a sign and round.
const KEEP: usize = 100;
/// Ascents a sign and steps of the searches before the largest.
const LADDER: [(usize, usize); 4] = [(50, 50), (100, 50), (200, 60), (400, 80)];
/// Steps of the largest.
const STEPS: usize = 100;
/// Rows that searches before the largest look at, at most.
const SAMPLE: usize = 4000;
/// L-BFGS iterations a round: many cheap rounds win.
const SLIDE: usize = 30;
const LONG_SLIDE: usize = 90;
/// A relative fall below this asks for a larger search; a larger one after a largest search, for a
/// smaller one: many cheap rounds win.
const SMALL_FALL: f64 = 5e-5;
/// Nothing found: no price above this, or above `1 + tol / 10`.
const QUIET: f64 = 1.001;
/// Quiet searches of the largest size that end the training.
const QUIET_SEARCHES: usize = 2;
/// ... if what they found lowers `J` by less than this share of `tol`, relatively.
const IDLE_FALL: f64 = 1e-3;
/// A relative fall below `NO_FALL` over `WINDOW` rounds ends it, too.
const NO_FALL: f64 = 1e-5;
const WINDOW: usize = 5;
/// Rounds of exchange once the number of neurons is fixed, and those without gain that end them.
const EXCHANGES: usize = 8;
const IDLE_EXCHANGES: usize = 2;

/// Trains from `start` (an empty list for a start from nothing).
///
/// ```text
///     repeat
///       price    ascents over the sphere; every distinct pattern dearer than 1.00005 beta_sum
///       correct  the lasso over the weights of all neurons, old and new
///       merge    neurons of one sign and pattern add up
///       slide    30 L-BFGS iterations on all directions and weights
///       a larger search when little was found or won
///     until two largest searches find nothing, or J stands still over five rounds, or a limit
///     thin
/// ```
///
/// `J` never rises from round to round; a limit or an interruption ends with the best so far.
pub fn train(
    problem: &GlobalProblem,
    start: Neurons,
    settings: &GlobalSettings,
    control: &Control<'_>,
    observer: &mut dyn GlobalObserver,
) -> Trained {
    let mut run = Run::new(problem, start, settings, control);
    let ended = run.rounds(observer);
    run.look_once_more(ended);
    let status = run.status(ended);
    let returned = run.thinned();
    let bound = run.last.as_ref().map(|last| last.bound);
    Trained {
        status,
        neurons: returned,
        best_objective: run.objective,
        max_price: run.last.as_ref().map(|last| last.max_price),
        ascents: run.last.as_ref().map(|last| last.ascents),
        search_bound: bound,
        frontier: run.frontier,
        rounds: run.round,
        pricing_seconds: run.pricing,
        polish_seconds: run.polish,
        pricing_products: run.pricing_products,
        polish_products: run.polish_products,
        best: run.best,
    }
}

/// Why the rounds ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// Two largest searches found nothing.
    Quiet,
    /// `J` stands still.
    Still,
    /// A limit, or the caller.
    Cut(Status),
}

/// What the last search says.
struct Last {
    max_price: f64,
    ascents: usize,
    bound: f64,
    /// What it found, to be priced again.
    found: Neurons,
    /// Whether it was made at the best network.
    of_best: bool,
}

struct Run<'a> {
    problem: &'a GlobalProblem,
    settings: &'a GlobalSettings,
    control: &'a Control<'a>,
    best: Neurons,
    objective: f64,
    fitted: Vec<f64>,
    level: usize,
    round: usize,
    searches: u64,
    largest_searches: usize,
    last: Option<Last>,
    frontier: Vec<FrontierPoint>,
    pricing: f64,
    polish: f64,
    pricing_products: f64,
    polish_products: f64,
}

impl<'a> Run<'a> {
    fn new(
        problem: &'a GlobalProblem,
        start: Neurons,
        settings: &'a GlobalSettings,
        control: &'a Control<'a>,
    ) -> Self {
        let mut run = Self {
            problem,
            settings,
            control,
            fitted: vec![0.0; problem.n_samples()],
            objective: problem.loss(&vec![0.0; problem.n_samples()]),
            best: Neurons::none(problem.rank()),
            level: 0,
            round: 0,
            searches: 0,
            largest_searches: 0,
            last: None,
            frontier: Vec::new(),
            pricing: 0.0,
            polish: 0.0,
            pricing_products: 0.0,
            polish_products: 0.0,
        };
        let mut start = start;
        correct_weights(problem, &mut start);
        merge(problem, &mut start);
        run.offer(start);
        run
    }

    /// Takes a network if its objective is lower.
    fn offer(&mut self, neurons: Neurons) {
        let fitted = neurons.fitted(self.problem);
        let objective =
            self.problem.loss(&fitted) + self.problem.beta_sum() * neurons.total_weight();
        if objective < self.objective {
            (self.best, self.fitted, self.objective) = (neurons, fitted, objective);
            if let Some(last) = &mut self.last {
                last.of_best = false;
            }
        }
    }

    fn rounds(&mut self, observer: &mut dyn GlobalObserver) -> Reason {
        let quiet_line = QUIET.min(1.0 + self.settings.tol / 10.0);
        let mut quiet = 0;
        let mut course = vec![self.objective];
        loop {
            if let Some(cut) = self.cut() {
                return cut;
            }
            let largest = self.level == self.top();
            let before = self.objective;
            let found = self.price();
            if let Some(cut) = self.halted() {
                return cut;
            }
            self.round += 1;
            let nothing = found.max_price <= quiet_line;
            let gap = self.gap();
            self.improve(&found.found, nothing && largest);
            // what a quiet search found may still pay: it counts only if it did not
            let idle = before - self.objective <= IDLE_FALL * self.settings.tol * before;
            if nothing && largest && idle {
                quiet += 1;
            } else if !nothing || !idle {
                quiet = 0;
            }
            let ends = quiet >= QUIET_SEARCHES;
            course.push(self.objective);
            let go_on = observer.round(&Round {
                round: self.round,
                neurons: &self.best,
                objective: self.objective,
                fitted: &self.fitted,
                max_price: found.max_price,
                search_gap: gap,
            });
            if ends {
                return Reason::Quiet;
            }
            if !go_on {
                return Reason::Cut(Status::Interrupted);
            }
            if nothing || before - self.objective < SMALL_FALL * before {
                self.level = (self.level + 1).min(self.top());
            } else if largest {
                self.level = self.level.saturating_sub(1);
            }
            let rounds = course.len() - 1;
            if largest && self.largest_searches >= QUIET_SEARCHES && rounds >= WINDOW {
                let fall = course[rounds - WINDOW] - self.objective;
                if fall < NO_FALL * course[rounds - WINDOW] {
                    return Reason::Still;
                }
            }
        }
    }

    /// The level of the largest searches: smaller ones that would not be smaller are left out.
    fn top(&self) -> usize {
        LADDER
            .iter()
            .filter(|(ascents, _)| *ascents < self.settings.ascents)
            .count()
    }

    fn size(&self) -> SearchSize {
        let (ascents, steps) = if self.level < self.top() {
            LADDER[self.level]
        } else {
            (self.settings.ascents, STEPS)
        };
        SearchSize {
            ascents,
            steps,
            keep: KEEP,
            rows: (self.level < self.top()).then_some(self.settings.sample),
        }
    }

    /// A search at the best network, and what it says.
    fn price(&mut self) -> Search {
        let begun = self.control.seconds();
        let theta = self.problem.theta(&self.fitted);
        let searcher = Searcher {
            seed: self.settings.seed,
            round: self.searches,
        };
        let found = search(
            self.problem,
            &theta,
            &self.best,
            self.size(),
            INSERT,
            searcher,
            self.control,
        );
        self.pricing_products += found.products;
        self.pricing += self.control.seconds() - begun;
        self.searches += 1;
        if self.control.halt().is_some() {
            // half a search is none, but what it saw counts
            if let Some(last) = &mut self.last {
                last.max_price = last.max_price.max(found.max_price);
                last.of_best = false;
            }
            return found;
        }
        self.largest_searches += usize::from(self.level == self.top());
        self.last = Some(Last {
            max_price: found.max_price,
            ascents: found.ascents,
            bound: search_bound(&theta, self.problem.target(), found.max_price),
            found: found.found.clone(),
            of_best: true,
        });
        found
    }

    /// After a limit struck between a change of the network and the next search: what the last one
    /// found is priced again at the best network. That it lowered those prices itself is no evidence,
    /// so the largest price stays at least what that search saw.
    fn price_again(&mut self) {
        let theta = self.problem.theta(&self.fitted);
        if let Some(last) = self.last.as_mut().filter(|last| !last.of_best) {
            let mut known = last.found.clone();
            known.extend(&self.best);
            let again = prices(self.problem, &theta, &known);
            last.max_price = again.iter().fold(last.max_price, |a, p| a.max(*p));
            last.bound = search_bound(&theta, self.problem.target(), last.max_price);
            last.of_best = true;
        }
    }

    /// Correct, merge and slide with new neurons.
    fn improve(&mut self, found: &Neurons, quiet: bool) {
        let begun = self.control.seconds();
        let mut neurons = self.best.clone();
        neurons.extend(found);
        correct_weights(self.problem, &mut neurons);
        merge(self.problem, &mut neurons);
        // a network that has all its neurons is brought to rest
        let iterations = if quiet { LONG_SLIDE } else { SLIDE };
        let slid = slide(self.problem, &mut neurons, iterations, self.control);
        self.polish_products += slid.products;
        if quiet {
            correct_weights(self.problem, &mut neurons);
        }
        self.offer(neurons);
        self.polish += self.control.seconds() - begun;
    }

    fn gap(&self) -> f64 {
        self.last
            .as_ref()
            .map_or(1.0, |last| relative_gap(self.objective, last.bound))
    }

    fn cut(&self) -> Option<Reason> {
        if self.round >= self.settings.max_rounds {
            return Some(Reason::Cut(Status::IterationLimit));
        }
        self.halted()
    }

    fn halted(&self) -> Option<Reason> {
        self.control.halt().map(|halt| {
            Reason::Cut(match halt {
                Halt::TimeLimit => Status::TimeLimit,
                Halt::Interrupted => Status::Interrupted,
            })
        })
    }

    /// The figures of the report are those of the best network: a search at it, if the last one was
    /// at another.
    fn look_once_more(&mut self, ended: Reason) {
        let stale = self.last.as_ref().is_none_or(|last| !last.of_best);
        if stale && self.control.halt().is_none() {
            if !matches!(ended, Reason::Cut(_)) {
                self.level = self.top();
            }
            self.price();
        }
        self.price_again();
    }

    fn status(&self, ended: Reason) -> Status {
        match ended {
            Reason::Cut(status) => status,
            _ if self.largest_searches >= QUIET_SEARCHES && self.gap() <= self.settings.tol => {
                Status::Converged
            }
            _ => Status::Stalled,
        }
    }

    /// The network that is returned.
    fn thinned(&mut self) -> Neurons {
        let begun = self.control.seconds();
        let mut out = self.best.clone();
        if let Some(most) = self.settings.max_neurons {
            out = self.at_most(most);
        }
        if self.settings.thin > 0.0 {
            let thinned = thin(self.problem, &out, self.settings.thin, self.control);
            self.frontier.extend(thinned.frontier);
            self.polish_products += thinned.products;
            out = thinned.neurons;
        }
        if self.frontier.is_empty() {
            self.frontier.push(FrontierPoint {
                neurons: self.best.len(),
                objective: self.objective,
            });
        }
        self.polish += self.control.seconds() - begun;
        out
    }

    /// The best network found with at most `most` neurons: thinned, then exchanged: new neurons in,
    /// as many out.
    fn at_most(&mut self, most: usize) -> Neurons {
        let thinned = thin_to(self.problem, &self.best, most, self.control);
        self.frontier.extend(thinned.frontier);
        self.polish_products += thinned.products;
        let (mut best, mut objective) = (thinned.neurons, thinned.objective);
        let mut idle = 0;
        if best.len() < most || most == 0 {
            return best;
        }
        for _ in 0..EXCHANGES {
            if idle >= IDLE_EXCHANGES || self.control.halt().is_some() {
                break;
            }
            let theta = self.problem.theta(&best.fitted(self.problem));
            let searcher = Searcher {
                seed: self.settings.seed,
                round: self.searches,
            };
            self.searches += 1;
            let (ascents, steps) = LADDER[1];
            let size = SearchSize {
                ascents: ascents.min(self.settings.ascents),
                steps,
                keep: (most / 4).max(2),
                rows: Some(self.settings.sample),
            };
            let control = self.control;
            let found = search(self.problem, &theta, &best, size, INSERT, searcher, control);
            let mut more = best.clone();
            more.extend(&found.found);
            correct_weights(self.problem, &mut more);
            let slid = slide(self.problem, &mut more, SLIDE, control);
            merge(self.problem, &mut more);
            let back = thin_to(self.problem, &more, most, control);
            self.pricing_products += found.products;
            self.polish_products += slid.products + back.products;
            if back.objective < objective * (1.0 - NO_FALL) {
                (best, objective) = (back.neurons, back.objective);
                self.frontier.push(FrontierPoint {
                    neurons: best.len(),
                    objective,
                });
                idle = 0;
            } else {
                idle += 1;
            }
        }
        best
    }
}
