use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::{Arc, Mutex, PoisonError};

/// Resolves once a buffer can be read; `false`: it cannot.
pub(crate) struct Mapped(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    outcome: Option<bool>,
    waker: Option<Waker>,
}

impl Mapped {
    pub(crate) fn new(buffer: &wgpu::Buffer) -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let theirs = Arc::clone(&state);
        buffer
            .slice(..)
            .map_async(wgpu::MapMode::Read, move |done| {
                let mut state = theirs.lock().unwrap_or_else(PoisonError::into_inner);
                state.outcome = Some(done.is_ok());
                if let Some(waker) = state.waker.take() {
                    waker.wake();
                }
            });
        Self(state)
    }
}

impl Future for Mapped {
    type Output = bool;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.outcome {
            Some(done) => Poll::Ready(done),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
