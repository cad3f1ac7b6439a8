use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::progress::PathProgress;
use crate::fit::{FitObserver, Progress};

/// The caller's observer, for all folds.
pub(super) struct Shared<'a> {
    observer: Mutex<&'a mut (dyn FitObserver + Send)>,
    stop: AtomicBool,
}

impl<'a> Shared<'a> {
    pub(super) fn new(observer: &'a mut (dyn FitObserver + Send)) -> Self {
        Self {
            observer: Mutex::new(observer),
            stop: AtomicBool::new(false),
        }
    }

    pub(super) fn tell(&self, progress: PathProgress<'_>) {
        self.pass_on(Progress::Path(progress));
    }

    pub(super) fn pass_on(&self, progress: Progress<'_>) {
        let mut observer = self.observer.lock().unwrap_or_else(PoisonError::into_inner);
        if !observer.progress(progress) {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the caller wants no more.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// For a step: it is not seen, and ends when the caller wants no more.
    pub(super) fn quiet(&self) -> Quiet<'_> {
        Quiet(&self.stop)
    }
}

/// Sees nothing, and ends a step when the caller wants no more.
pub(super) struct Quiet<'a>(&'a AtomicBool);

impl FitObserver for Quiet<'_> {
    fn progress(&mut self, _progress: Progress<'_>) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

/// Hands everything on to the caller's observer.
pub(super) struct PassOn<'a, 'b>(pub(super) &'a Shared<'b>);

impl FitObserver for PassOn<'_, '_> {
    fn progress(&mut self, progress: Progress<'_>) -> bool {
        self.0.pass_on(progress);
        !self.0.is_stopped()
    }
}
