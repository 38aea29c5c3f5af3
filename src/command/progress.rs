//! A line on the terminal while work takes long; nothing for what is quick, and nothing where nobody looks.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long work may take before anything is said.
const PATIENCE: Duration = Duration::from_millis(500);

/// The line; it goes away when this is dropped.
pub(super) struct Progress {
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Says that the machine is looked at, if that goes on for long.
    pub(super) fn start() -> Self {
        if !io::stderr().is_terminal() {
            return Self { done: None, thread: None };
        }
        let (done, finished) = mpsc::channel::<()>();
        let began = Instant::now();
        let thread = thread::spawn(move || {
            let mut shown = false;
            while finished.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                shown = true;
                say(&format!("\rlooking at the machine … {:.0} s", began.elapsed().as_secs_f32()));
            }
            if shown {
                say("\r\x1b[K");
            }
        });
        Self { done: Some(done), thread: Some(thread) }
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
