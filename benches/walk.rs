//! What the walk over all local filesystems costs beside `find / -xdev`, which prints the mode, owner, group and type of every
//! file. Both are measured by turns, so that a loaded machine slows both.
//!
//! `cargo bench --bench walk`

#![allow(
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark starts programs and prints what it measured"
)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use plimsoll::probe::process::Reference;
use plimsoll::probe::{System, View, walk};

const ROUNDS: usize = 7;

fn main() {
    let system = System::live();
    let view = View::observe(&system, &Reference::observe(&system, None));
    let walked = || {
        let began = Instant::now();
        let seen = walk::observe(&system, &view, None);
        (began.elapsed(), seen.value().unwrap().inodes)
    };
    let lines = Command::new("find").args(FIND).output().unwrap().stdout.iter().filter(|byte| **byte == b'\n').count();
    let (_, inodes) = walked();
    let rounds: Vec<(Duration, Duration)> = (0..ROUNDS).map(|_| (find(), walked().0)).collect();
    let median = |of: fn(&(Duration, Duration)) -> Duration| {
        let mut times: Vec<Duration> = rounds.iter().map(of).collect();
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1000.0
    };
    let (find, walk) = (median(|round| round.0), median(|round| round.1));
    println!("              find ms    walk ms   ratio   (medians of {ROUNDS} rounds)");
    println!("all           {find:>7.0}    {walk:>7.0}   {:>5.2}", walk / find);
    println!("inodes        {lines:>7}    {inodes:>7}");
    let (find, walk) = (find * 1e6 / lines as f64, walk * 1e6 / inodes as f64);
    println!("ns per inode  {find:>7.0}    {walk:>7.0}   {:>5.2}", walk / find);
}

const FIND: [&str; 4] = ["/", "-xdev", "-printf", "%m %U %G %y\n"];

fn find() -> Duration {
    let began = Instant::now();
    Command::new("find").args(FIND).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    began.elapsed()
}
