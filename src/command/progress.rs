//! A line on the terminal while work takes long; nothing for what is quick, and nothing where nobody looks.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::probe::Tally;

/// How long work may take before anything is said, and how long what is said stays.
const PATIENCE: Duration = Duration::from_millis(500);
/// Columns of the bar.
const BAR: usize = 24;

/// The line; it goes away when this is dropped.
pub(super) struct Progress {
    tally: Arc<Tally>,
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Says what goes on, if it goes on for long.
    pub(super) fn start() -> Self {
        let tally = Arc::new(Tally::default());
        if !io::stderr().is_terminal() {
            return Self { tally, done: None, thread: None };
        }
        let (done, finished) = mpsc::channel::<()>();
        let (began, counted) = (Instant::now(), Arc::clone(&tally));
        let thread = thread::spawn(move || {
            let mut shown = false;
            while finished.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                shown = true;
                say(&line(counted.progress(), began.elapsed()));
            }
            if shown {
                say("\r\x1b[K");
            }
        });
        Self { tally, done: Some(done), thread: Some(thread) }
    }

    /// Where work that can be counted is counted.
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }
}

fn line(progress: Option<(usize, usize)>, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match progress {
        Some((done, all)) => {
            let full = done.saturating_mul(BAR) / all.max(1);
            let bar = "█".repeat(full) + &"░".repeat(BAR.saturating_sub(full));
            format!("\rreading image layers {bar} {done} of {all} … {seconds} s\x1b[K")
        }
        None => format!("\rlooking at the machine … {seconds} s\x1b[K"),
    }
}

/// A line that cannot be shown is not missed.
fn say(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills() {
        let line = |progress| line(progress, Duration::from_secs(3));
        assert_eq!(line(None), "\rlooking at the machine … 3 s\x1b[K");
        for (done, full) in [(0, 0), (1, 2), (6, 12), (12, 24)] {
            let line = line(Some((done, 12)));
            assert_eq!((line.matches('█').count(), line.matches('░').count()), (full, BAR - full), "{line}");
            assert!(line.contains(&format!("{done} of 12 … 3 s")), "{line}");
        }
    }
}
