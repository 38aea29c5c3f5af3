//! How far a long piece of work has come.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what is done of what there is to do; whoever waits looks at it from another thread.
#[derive(Debug, Default)]
pub struct Tally {
    done: AtomicUsize,
    all: AtomicUsize,
}

impl Tally {
    /// Adds to what there is to do.
    pub(super) fn expect(&self, more: usize) {
        self.all.fetch_add(more, Ordering::Relaxed);
    }

    /// Counts one as done.
    pub(super) fn done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// How much is done, and how much there is; nothing before that is known.
    pub fn progress(&self) -> Option<(usize, usize)> {
        let (done, all) = (self.done.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed));
        (all > 0).then_some((done.min(all), all))
    }
}
