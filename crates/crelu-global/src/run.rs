use admm::Status;
use crelu_core::relative_gap;
use linalg_core::{Control, Halt};

use crate::course::Course;
use crate::evidence::Evidence;
use crate::ladder::Ladder;
use crate::merge::merge;
use crate::neurons::Neurons;
use crate::path_newton;
use crate::problem::GlobalProblem;
use crate::rates::Rates;
use crate::search::{Search, SearchSize, Searcher, search};
use crate::settings::GlobalSettings;
use crate::slide::{Extent, Since, slide_to};
use crate::thin::FrontierPoint;
use crate::trained::{GlobalObserver, Round, TrainSeconds, Trained};
use crate::weights::{correct_to_the_end, correct_weights, weigh_added};

/// New neurons must be dearer than this, in units of `beta_sum`.
const INSERT: f64 = 1.00005;
/// L-BFGS iterations a round, at least.
pub(crate) const SLIDE: usize = 30;
const LONG_SLIDE: usize = 90;
/// If the objective fell by less than this share, the next search is larger; if it fell by more
/// after a largest one, the next is smaller.
const SMALL_FALL: f64 = 5e-5;
/// Nothing found: no price above this, or above `1 + tol / 10`.
const QUIET: f64 = 1.001;
/// `thorough`: quiet searches of the largest size that end the training ...
const QUIET_SEARCHES: usize = 2;
/// ... if what they found lowers `J` by less than this share of `tol`, relatively.
const IDLE_FALL: f64 = 1e-3;
/// `thorough`: a relative fall below `NO_FALL` over `WINDOW` rounds ends it, too.
pub(crate) const NO_FALL: f64 = 1e-5;
const WINDOW: usize = 5;

/// A share to settle at from which on no search of the largest size is asked for.
const COARSE: f64 = 2e-2;

/// A search of a level that was not used yet is tried once it takes no more than one part in so many of the
/// run's flops.
const EXPLORED: u64 = 6;

/// Corrections of all weights may take one part in so many of the flops of the rest, which are a few times
/// as fast, ...
const CORRECTION: u64 = 8;
/// ... or of this many, whichever is more.
const FREE_CORRECTION: u64 = 300_000_000_000;

/// Corrections to many digits take no more than one part in so many of the rest.
const FINISHING: u64 = 2;

/// Why the rounds ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A largest search gave a small enough gap; `thorough`: two found nothing.
    Closed,
    /// Little is left to win.
    Settled,
    /// A limit, or the caller.
    Cut(Status),
}

/// What the last search says.
pub(crate) struct Last {
    pub(crate) max_price: f64,
    pub(crate) ascents: usize,
    /// Whether it was of the largest size.
    is_largest: bool,
    bound: f64,
    /// What it found, to be priced again.
    found: Neurons,
    /// Whether it was made at the best network.
    of_best: bool,
}

/// A training: the rounds, and what is known after each.
pub(crate) struct TrainingRun<'a> {
    pub(crate) problem: &'a GlobalProblem,
    pub(crate) settings: &'a GlobalSettings,
    pub(crate) control: &'a Control<'a>,
    pub(crate) ladder: Ladder,
    pub(crate) best: Neurons,
    pub(crate) objective: f64,
    pub(crate) fitted: Vec<f64>,
    /// The size that the next search should have.
    level: usize,
    rates: Rates,
    /// Whether it should be the largest before the run ends.
    wants_largest: bool,
    pub(crate) round: usize,
    pub(crate) searches: u64,
    largest_searches: usize,
    pub(crate) last: Option<Last>,
    pub(crate) evidence: Evidence,
    course: Course,
    pub(crate) frontier: Vec<FrontierPoint>,
    pub(crate) seconds: TrainSeconds,
    pub(crate) products: f64,
    /// Flops of a first network on a part of the rows.
    pub(crate) before: u64,
    /// Flops of the problem when the run began, and those of its searches.
    begun_at: u64,
    pricing_flops: u64,
    correcting_flops: u64,
    /// Those of corrections to many digits.
    finishing_flops: u64,
}

impl<'a> TrainingRun<'a> {
    /// From a network, or from where a training `before` it ended.
    pub(crate) fn new(
        problem: &'a GlobalProblem,
        start: Neurons,
        before: Option<Trained>,
        settings: &'a GlobalSettings,
        control: &'a Control<'a>,
    ) -> Self {
        let zeros = vec![0.0; problem.n_samples() * problem.outputs()];
        let objective = problem.loss(&zeros);
        let mut run = Self {
            problem,
            settings,
            control,
            ladder: Ladder::new(settings, problem),
            fitted: zeros,
            objective,
            best: Neurons::with_outputs(problem.rank(), problem.outputs()),
            level: 0,
            rates: Rates::default(),
            wants_largest: false,
            round: 0,
            searches: 0,
            largest_searches: 0,
            last: None,
            evidence: Evidence::default(),
            course: Course::from(objective),
            frontier: Vec::new(),
            seconds: TrainSeconds::default(),
            products: 0.0,
            before: 0,
            begun_at: problem.flops(),
            pricing_flops: 0,
            correcting_flops: 0,
            finishing_flops: 0,
        };
        let mut start = start;
        if let Some(first) = before {
            start = first.best;
            run.seconds = first.seconds;
            run.products = first.work.products;
            run.before = first.work.flops;
        }
        correct_weights(problem, &mut start, control);
        merge(problem, &mut start);
        run.offer(start);
        run.course = Course::from(run.objective);
        run
    }

    /// Flops of the run so far.
    pub(crate) fn flops(&self) -> u64 {
        self.problem.flops() - self.begun_at
    }

    /// Takes a network if its objective is lower.
    fn offer(&mut self, neurons: Neurons) {
        let fitted = neurons.fitted(self.problem);
        let objective = neurons.objective_at(self.problem, &fitted);
        if objective < self.objective {
            (self.best, self.fitted, self.objective) = (neurons, fitted, objective);
            if let Some(last) = &mut self.last {
                last.of_best = false;
            }
        }
    }

    pub(crate) fn rounds(&mut self, observer: &mut dyn GlobalObserver) -> Reason {
        let quiet_line = QUIET.min(1.0 + self.settings.tol / 10.0);
        let mut quiet = 0;
        loop {
            if let Some(cut) = self.cut() {
                return cut;
            }
            let level = self.affordable(self.level);
            let largest = level >= self.ladder.largest();
            let before = self.objective;
            let since = Since {
                flops: self.problem.flops(),
                objective: before,
            };
            let found = self.price(level);
            if let Some(cut) = self.halted() {
                return cut;
            }
            self.round += 1;
            let nothing = found.max_price <= quiet_line;
            let closed = largest && self.gap() <= self.settings.tol;
            let own_gap = self.own_gap();
            let gap = self.gap();
            self.improve(&found.found, nothing && largest, since);
            self.weigh_evidence(&found.found);
            self.course
                .push(self.flops(), self.objective, (found.is_whole, level));
            let fall = (before - self.objective) / before;
            let spent = self.problem.flops() - since.flops;
            self.rates.push(level, fall, spent);
            let go_on = observer.round(&Round {
                round: self.round,
                neurons: &self.best,
                objective: self.objective,
                fitted: &self.fitted,
                max_price: found.max_price,
                search_gap: gap,
                flops: self.flops(),
            });
            // what a quiet search found may still pay: it counts only if it did not
            let idle = before - self.objective <= IDLE_FALL * self.settings.tol * before;
            if nothing && largest && idle {
                quiet += 1;
            } else if !nothing || !idle {
                quiet = 0;
            }
            let ended = if self.settings.thorough {
                self.is_exhausted(quiet, largest)
            } else if closed && self.gap() <= self.settings.tol {
                Some(Reason::Closed)
            } else {
                self.is_settled().then_some(Reason::Settled)
            };
            if let Some(ended) = ended {
                return ended;
            }
            if !go_on {
                return Reason::Cut(Status::Interrupted);
            }
            let is_claimed = !self.settings.thorough && own_gap <= self.settings.tol;
            self.level = if core::mem::take(&mut self.wants_largest) || is_claimed {
                // a small search claims that all is found: only a largest one can say so
                self.ladder.top()
            } else {
                self.next_level(level, before, nothing)
            };
        }
    }

    /// The level of the search after one of `level`, which found something or nothing; it and what followed
    /// lowered the objective from `before`.
    fn next_level(&self, level: usize, before: f64, nothing: bool) -> usize {
        let small_fall = before - self.objective < SMALL_FALL * before;
        let higher = (level + 1).min(self.ladder.top());
        if self.settings.thorough {
            return match (nothing || small_fall, level >= self.ladder.largest()) {
                (true, _) => higher,
                (false, true) => level.saturating_sub(1),
                (false, false) => level,
            };
        }
        let fits = |level: usize| self.affordable(level) == level;
        let unused = (0..=self.ladder.top()).find(|level| self.rates.of(*level).is_none());
        if let Some(next) = unused
            && fits(next)
            && (self.has_time_for_more(next) || ((nothing || small_fall) && next == higher))
        {
            return next;
        }
        // where little was found a smaller search will find no more
        let least = if nothing || small_fall { higher } else { 0 };
        let best = self
            .rates
            .best((least..=self.ladder.top()).filter(|level| fits(*level)));
        best.unwrap_or(higher)
    }

    /// Whether a search of this level would still take less, all searches together, than half of what
    /// corrections and slides did, so that neurons are cheap to find, or little beside the run.
    fn has_time_for_more(&self, level: usize) -> bool {
        let (next, all) = (self.ladder.flops(self.problem, level), self.flops());
        let rest = all - self.pricing_flops;
        self.pricing_flops + next <= rest / 2 || EXPLORED * next <= all
    }

    /// Whether little is left to win. Where a search of the largest size is cheap beside the run, one
    /// must have had its say: a small one may miss what there is to win.
    fn is_settled(&mut self) -> bool {
        if !self.course.is_settled(self.settings.settle) {
            return false;
        }
        // who asks for less is not made to wait for a search that would mostly find the last digits; neither are
        // several outputs, where it took five times as long as all before and won less than 1e-3
        let is_coarse = self.settings.settle.is_some_and(|settle| settle >= COARSE);
        if is_coarse || self.problem.outputs() > 1 {
            return true;
        }
        let Some(level) = self.ladder.cheap(self.problem, self.flops()) else {
            return true;
        };
        if self.affordable(level) < level || self.course.saw(level) {
            return true;
        }
        self.wants_largest = true;
        false
    }

    /// The largest size up to `level` that the budget allows.
    fn affordable(&self, level: usize) -> usize {
        let rest = self.flops() - self.pricing_flops;
        self.ladder
            .affordable(self.problem, level, self.pricing_flops, rest)
    }

    /// The rule of `thorough`.
    fn is_exhausted(&self, quiet: usize, largest: bool) -> Option<Reason> {
        if quiet >= QUIET_SEARCHES {
            return Some(Reason::Closed);
        }
        let fall = self.course.fall_over(WINDOW)?;
        let stands_still = largest && self.largest_searches >= QUIET_SEARCHES && fall < NO_FALL;
        let settled = self
            .settings
            .settle
            .is_some_and(|settle| self.course.is_settled(Some(settle)));
        (stands_still || settled).then_some(Reason::Settled)
    }

    /// A search at the best network, and what it says.
    fn price(&mut self, level: usize) -> Search {
        let (begun, flops) = (self.control.seconds(), self.flops());
        let theta = self.problem.theta(&self.fitted);
        let found = self.search(&theta, &self.best, self.ladder.size(level));
        self.searches += 1;
        self.products += found.products;
        if self.control.halt().is_some() {
            // half a search is none, but what it saw counts
            if let Some(last) = &mut self.last {
                last.max_price = last.max_price.max(found.max_price);
                last.of_best = false;
            }
        } else {
            if level >= self.ladder.largest() {
                self.largest_searches += 1;
                self.evidence
                    .add(self.problem, theta.clone(), found.max_price);
            }
            self.last = Some(Last {
                max_price: found.max_price,
                ascents: found.ascents,
                is_largest: level >= self.ladder.largest(),
                bound: self.problem.search_bound(&theta, found.max_price),
                found: found.found.clone(),
                of_best: true,
            });
        }
        self.pricing_flops += self.flops() - flops;
        self.seconds.pricing += self.control.seconds() - begun;
        found
    }

    pub(crate) fn search(&self, theta: &[f64], neurons: &Neurons, size: SearchSize) -> Search {
        let searcher = Searcher {
            seed: self.settings.seed,
            round: self.searches,
        };
        search(
            self.problem,
            theta,
            neurons,
            size,
            INSERT,
            searcher,
            self.control,
        )
    }

    /// New neurons are in, and the objective may be lower: what the kept dual points say now.
    fn weigh_evidence(&mut self, inserted: &Neurons) {
        let (begun, flops) = (self.control.seconds(), self.flops());
        self.evidence.price_again(self.problem, inserted, None);
        self.evidence.met(self.objective);
        self.pricing_flops += self.flops() - flops;
        self.seconds.pricing += self.control.seconds() - begun;
    }

    /// The kept dual points are priced at the network that is returned. After a limit struck between a change
    /// of the network and the next search, what the last one found is priced again at that network, in the
    /// same pass. That it lowered those prices itself is no evidence, so the largest price stays at least
    /// what that search saw.
    fn price_again(&mut self) {
        let (begun, flops) = (self.control.seconds(), self.flops());
        let mut known = self.best.clone();
        let theta = self.problem.theta(&self.fitted);
        let stale = self.last.as_mut().filter(|last| !last.of_best);
        if let Some(last) = &stale {
            known.extend(&last.found);
        }
        let other = stale.is_some().then_some(&theta[..]);
        let dearest = self.evidence.price_again(self.problem, &known, other);
        if let (Some(last), Some(dearest)) = (stale, dearest) {
            last.max_price = last.max_price.max(dearest);
            last.bound = self.problem.search_bound(&theta, last.max_price);
            last.of_best = true;
        }
        self.evidence.met(self.objective);
        self.pricing_flops += self.flops() - flops;
        self.seconds.pricing += self.control.seconds() - begun;
    }

    /// Correct, merge and slide with new neurons.
    fn improve(&mut self, found: &Neurons, quiet: bool, since: Since) {
        let mut neurons = self.best.clone();
        let whole = quiet || self.may_correct(self.best.len() + found.len());
        if whole {
            neurons.extend(found);
            self.corrected(&mut neurons);
        } else {
            let begun = self.control.seconds();
            let mut added = found.clone();
            weigh_added(self.problem, &mut added, &self.fitted, self.control);
            neurons.extend(&added);
            merge(self.problem, &mut neurons);
            self.seconds.correct += self.control.seconds() - begun;
        }
        // a network that has all its neurons is brought to rest
        let iterations = if quiet { LONG_SLIDE } else { SLIDE };
        let begun = self.control.seconds();
        let extent = Extent::paying(iterations, since);
        let slid = slide_to(self.problem, &mut neurons, &extent, self.control);
        self.products += slid.products;
        self.seconds.slide += self.control.seconds() - begun;
        if quiet {
            self.corrected(&mut neurons);
        }
        self.offer(neurons);
    }

    /// Whether the weights of so many neurons may be corrected together: beside the rest of the work that
    /// must stay small, since the slide moves all of them, too. Where it may not, those of the new ones are.
    fn may_correct(&self, neurons: usize) -> bool {
        let (n, m) = (self.problem.n_all() as u64, neurons as u64);
        let next = 2 * n * m * (m + self.problem.entries() as u64);
        let rest = self.flops() - self.correcting_flops.min(self.flops());
        CORRECTION * (self.correcting_flops + next) <= rest.max(FREE_CORRECTION)
    }

    /// Whether the weights of several outputs may be found to many digits.
    fn may_finish(&self, neurons: usize) -> bool {
        let problem = self.problem;
        if problem.outputs() == 1 || !problem.is_whole() || !path_newton::is_small(problem) {
            return false;
        }
        let next = path_newton::flops(problem, neurons);
        let rest = self.flops() - self.finishing_flops.min(self.flops());
        let all = self.finishing_flops.saturating_add(next);
        all.saturating_mul(FINISHING) <= rest
    }

    fn corrected(&mut self, neurons: &mut Neurons) {
        let begun = self.control.seconds();
        let flops = self.problem.flops();
        if self.may_finish(neurons.len()) {
            let flops = self.problem.flops();
            correct_to_the_end(self.problem, neurons, self.control);
            self.finishing_flops += self.problem.flops() - flops;
        } else {
            correct_weights(self.problem, neurons, self.control);
        }
        merge(self.problem, neurons);
        self.correcting_flops += self.problem.flops() - flops;
        self.seconds.correct += self.control.seconds() - begun;
    }

    /// The best evidence bound: of the rounds whose search had the largest size, or of the last
    /// search where there is none.
    pub(crate) fn bound(&self) -> Option<f64> {
        self.evidence.bound().or_else(|| {
            self.last
                .as_ref()
                .map(|last| last.bound.min(self.objective))
        })
    }

    fn gap(&self) -> f64 {
        self.bound()
            .map_or(1.0, |bound| relative_gap(self.objective, bound))
    }

    fn last_was_largest(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.is_largest)
    }

    /// The gap by the last search alone.
    fn own_gap(&self) -> f64 {
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

    /// The figures of the report are those of the best network: `thorough` makes a search at it, if
    /// the last one was at another; else what the last one found is priced at it.
    pub(crate) fn look_once_more(&mut self, ended: Reason) {
        let stale = self.last.as_ref().is_none_or(|last| !last.of_best);
        let none = self.last.is_none();
        if stale && (self.settings.thorough || none) && self.control.halt().is_none() {
            if self.settings.thorough && !matches!(ended, Reason::Cut(_)) {
                self.level = self.ladder.top();
            }
            self.price(self.level);
        }
        self.price_again();
    }

    pub(crate) fn status(&self, ended: Reason) -> Status {
        match ended {
            Reason::Cut(status) => status,
            _ if self.last_was_largest() && self.gap() <= self.settings.tol => Status::Converged,
            _ => Status::Settled,
        }
    }
}
