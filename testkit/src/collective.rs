use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use linalg_core::{Collective, ExchangeError};

/// What the ranks of one collective share.
struct Hall {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    /// What each rank brought to the exchange.
    slots: Vec<Vec<f64>>,
    sums: usize,
    /// How many ranks wait, and how often all of them have met.
    waiting: usize,
    meetings: usize,
    /// A rank is gone: nobody waits for it.
    broken: bool,
}

impl Hall {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One rank of a collective of threads. The exchange goes over the ranks in their order, so that it
/// does not depend on timing.
///
/// A copy is the same rank: what owns its collective takes one.
#[derive(Clone)]
pub struct Rank {
    seat: Arc<Seat>,
    rank: usize,
    size: usize,
}

struct Seat(Arc<Hall>);

/// A rank that leaves, by its end or by a panic, leaves nobody waiting.
impl Drop for Seat {
    fn drop(&mut self) {
        self.0.state().broken = true;
        self.0.moved.notify_all();
    }
}

impl Rank {
    fn hall(&self) -> &Hall {
        &self.seat.0
    }

    fn exchange(
        &self,
        values: &mut [f64],
        join: impl Fn(&[Vec<f64>], usize) -> f64,
    ) -> Result<(), ExchangeError> {
        self.hall().state().slots[self.rank] = values.to_vec();
        self.wait()?;
        let slots = self.hall().state().slots.clone();
        // read by all before the next exchange writes
        let met = self.wait();
        if let Some(other) = slots.iter().find(|slot| slot.len() != values.len()) {
            let (want, got) = (other.len(), values.len());
            return Err(ExchangeError::Length { want, got });
        }
        for (k, value) in values.iter_mut().enumerate() {
            *value = join(&slots, k);
        }
        met
    }

    /// Waits until every rank has come here.
    ///
    /// # Errors
    /// [`ExchangeError::Lost`] if another rank has ended or panicked before.
    pub fn wait(&self) -> Result<(), ExchangeError> {
        let mut state = self.hall().state();
        if state.broken {
            return Err(ExchangeError::Lost);
        }
        let meeting = state.meetings;
        state.waiting += 1;
        if state.waiting == self.size {
            (state.waiting, state.meetings) = (0, meeting + 1);
            self.hall().moved.notify_all();
            return Ok(());
        }
        while state.meetings == meeting && !state.broken {
            let woken = self.hall().moved.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
        if state.meetings > meeting {
            Ok(())
        } else {
            state.waiting -= 1;
            Err(ExchangeError::Lost)
        }
    }

    /// How many sums all ranks have taken part in so far, counted once a rank.
    #[must_use]
    pub fn sums(&self) -> usize {
        self.hall().state().sums
    }
}

impl Collective for Rank {
    fn rank(&self) -> usize {
        self.rank
    }
    fn size(&self) -> usize {
        self.size
    }
    fn sum(&self, values: &mut [f64]) -> Result<(), ExchangeError> {
        self.hall().state().sums += 1;
        self.exchange(values, |slots, k| slots.iter().map(|s| s[k]).sum())
    }
    fn max(&self, values: &mut [f64]) -> Result<(), ExchangeError> {
        self.exchange(values, |slots, k| {
            slots.iter().map(|s| s[k]).fold(f64::NEG_INFINITY, f64::max)
        })
    }
    fn broadcast(&self, values: &mut [f64]) -> Result<(), ExchangeError> {
        self.exchange(values, |slots, k| slots[0][k])
    }
}

/// Runs `work` on `size` ranks, each a thread; the answers in the order of the ranks, and the
/// number of sums, counted once a rank.
///
/// # Panics
/// If a rank does.
pub fn on_ranks<R: Send>(size: usize, work: impl Fn(&Rank) -> R + Sync) -> (Vec<R>, usize) {
    let hall = Arc::new(Hall {
        state: Mutex::new(State {
            slots: vec![Vec::new(); size],
            ..State::default()
        }),
        moved: Condvar::new(),
    });
    let answers = std::thread::scope(|scope| {
        let (hall, work) = (&hall, &work);
        let start = |rank| {
            let seat = Arc::new(Seat(Arc::clone(hall)));
            scope.spawn(move || work(&Rank { seat, rank, size }))
        };
        let ranks: Vec<_> = (0..size).map(start).collect();
        let joined = ranks.into_iter().map(|thread| thread.join());
        joined
            .map(|answer| answer.expect("a rank panicked"))
            .collect()
    });
    let sums = hall.state().sums;
    (answers, sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_exchange_as_documented() {
        let (answers, sums) = on_ranks(3, |rank| {
            let own = [0.0, 1.0, 2.0][rank.rank()];
            let (mut sum, mut max, mut first) = ([own, 1.0], [own, -own], [own + 5.0]);
            rank.sum(&mut sum).unwrap();
            rank.max(&mut max).unwrap();
            rank.broadcast(&mut first).unwrap();
            let mut bytes = vec![7, 0, 255, 1, 9];
            bytes.truncate(5 - rank.rank());
            rank.broadcast_bytes(&mut bytes).unwrap();
            (sum, max, first, rank.size(), bytes)
        });
        assert_eq!(sums, 3);
        for answer in answers {
            let bytes = vec![7, 0, 255, 1, 9];
            assert_eq!(answer, ([3.0, 3.0], [2.0, 0.0], [5.0], 3, bytes));
        }
    }

    #[test]
    fn rank_that_panics_leaves_no_other_waiting() {
        let run = || {
            on_ranks(3, |rank| {
                assert!(rank.rank() != 1, "this rank leaves early");
                rank.sum(&mut [1.0])
            })
        };
        assert!(std::panic::catch_unwind(run).is_err());
    }

    #[test]
    fn rank_that_ends_early_or_brings_another_length_is_an_error_elsewhere() {
        let (answers, _) = on_ranks(3, |rank| match rank.rank() {
            1 => Ok(()),
            _ => rank.sum(&mut [1.0]),
        });
        assert_eq!(answers[0], Err(ExchangeError::Lost));
        assert_eq!(answers[2], Err(ExchangeError::Lost));
        let (answers, _) = on_ranks(2, |rank| rank.sum(&mut vec![1.0; 1 + rank.rank()]));
        let length = |want, got| Err(ExchangeError::Length { want, got });
        assert_eq!(answers, [length(2, 1), length(1, 2)]);
    }
}
