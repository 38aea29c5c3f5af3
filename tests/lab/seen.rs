//! What tests saw on real engines: under `PLIMSOLL_SEEN`, each verdict that a test was handed is a line of that file, from which
//! `tests/seen.rs` makes the page of them all.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::sync::Mutex;

/// What this process has written already.
static WRITTEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A verdict of a check; only what passes and what fails is of interest.
pub fn note(check: &str, verdict: &str) {
    let Some(path) = std::env::var_os("PLIMSOLL_SEEN") else { return };
    if !["pass", "fail"].contains(&verdict) {
        return;
    }
    let line = format!("{check}\t{verdict}\t{}\n", env!("CARGO_CRATE_NAME"));
    let mut written = WRITTEN.lock().unwrap_or_else(|error| panic!("{error}"));
    if written.contains(&line) {
        return;
    }
    // Whole lines at the end: other threads and processes write there too.
    let file = File::options().create(true).append(true).open(&path);
    let done = file.and_then(|mut file| file.write_all(line.as_bytes()));
    done.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    written.insert(line);
}
