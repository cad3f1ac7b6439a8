use linalg_core::{Control, Halt};

/// What a step and a proof take, and so whether one more of each fits in the time.
pub(super) struct Pace<'a> {
    control: &'a Control<'a>,
    step: Option<f64>,
    /// The longest step so far: the first, which decomposes every block.
    longest: f64,
    proof: Option<f64>,
}

/// A last step and its proof are made, and finished, if they are over this many seconds late at
/// most: they may hold half of all that was won.
const GRACE: f64 = 0.5;
/// A first proof takes about as long as so many of the longest steps: both decompose every block.
const FIRST_PROOF: f64 = 2.0;

impl<'a> Pace<'a> {
    pub(super) fn new(control: &'a Control<'a>) -> Self {
        Self {
            control,
            step: None,
            longest: 0.0,
            proof: None,
        }
    }

    /// What `work` returns, its seconds taken as those of a step.
    pub(super) fn step<A>(&mut self, work: impl FnOnce(&Self) -> A) -> A {
        let begin = self.control.seconds();
        let out = work(self);
        let step = self.control.seconds() - begin;
        self.longest = self.longest.max(step);
        self.step = Some(step);
        out
    }

    /// What `work` returns, its seconds taken as those of a proof.
    pub(super) fn proof<A>(&mut self, work: impl FnOnce() -> A) -> A {
        let begin = self.control.seconds();
        let out = work();
        self.proof = Some(self.control.seconds() - begin);
        out
    }

    /// Seconds of a step and its proof, as far as is known.
    fn cost(&self) -> Option<f64> {
        let step = self.step?;
        Some(step + self.proof.unwrap_or(FIRST_PROOF * self.longest))
    }

    /// Why the next step must be the last one, if it must: after one more, the time would be too
    /// short for a step and its proof.
    pub(super) fn halt(&self) -> Option<Halt> {
        let two = self.cost().unwrap_or(0.0) + self.step.unwrap_or(0.0);
        let is_late = self.ends_before(two);
        self.control.halt().or(is_late.then_some(Halt::TimeLimit))
    }

    /// Whether a last step and its proof still fit.
    pub(super) fn fits(&self) -> bool {
        !self.ends_before(self.cost().unwrap_or(0.0) - GRACE)
    }

    /// Whether there is time for a step and a proof that are `factor` times as dear.
    pub(super) fn has_time_for(&self, factor: f64) -> bool {
        !self.ends_before(factor * self.cost().unwrap_or(0.0))
    }

    /// Blocks were joined: steps and proofs are `factor` times as dear from now on, until one shows.
    pub(super) fn dearer(&mut self, factor: f64) {
        self.step = self.step.map(|step| factor * step);
        self.proof = self.proof.map(|proof| factor * proof);
    }

    /// Whether the time is up by more than a proof may take that is begun all the same.
    pub(super) fn is_past(&self) -> bool {
        self.control.halt().is_some() && self.proof.is_some_and(|proof| proof > GRACE)
    }

    fn ends_before(&self, seconds: f64) -> bool {
        let limit = self.control.ends_at();
        limit.is_some_and(|limit| self.control.seconds() + seconds >= limit)
    }

    /// Why to leave at once, in the middle of a step, if there is no time to finish it.
    pub(super) fn abandon(&self) -> Option<Halt> {
        if self.ends_before(-GRACE) {
            return Some(Halt::TimeLimit); // whatever else: a block that was skipped stays skipped
        }
        let halt = self.control.halt()?;
        let is_short = match halt {
            Halt::Interrupted => self.cost().is_some_and(|cost| cost <= GRACE),
            Halt::TimeLimit => true,
        };
        (!is_short).then_some(halt)
    }
}
