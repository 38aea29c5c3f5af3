//! What an audit costs beside the least that any auditor has to do: listing the containers and inspecting each, over one
//! connection that is kept alive. Both are measured by turns on the same engine, so that a loaded machine slows both.
//!
//! `cargo bench --bench audit` measures 0 and 50 running containers; `cargo bench --bench audit -- 0 50 500` those numbers.
//! `cargo bench --bench audit -- isolation 200` measures what the kernel's part of 200 containers with five processes each adds to
//! the engine's part, and an audit by the isolation benchmark.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark starts programs and prints what it measured"
)]

#[path = "../tests/lab/mod.rs"]
mod lab;

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lab::Lab;
use plimsoll::probe::Tally;

const ROUNDS: usize = 15;
const DOCKER: &str = "cis-docker-1.8.0";

fn main() {
    let asked: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    if std::env::args().any(|argument| argument == "isolation") {
        return isolation(asked.first().copied().unwrap_or(200));
    }
    let sizes = if asked.is_empty() { vec![0, 50] } else { asked };
    println!("containers   floor ms   audit ms   ratio   peak MB   (medians of {ROUNDS} rounds)");
    for size in sizes {
        let lab = Lab::start(&[]);
        for number in 0..size {
            lab.run(&format!("c{number:04}"), &["--network", "none"]);
        }
        measure(&lab, size);
    }
}

fn measure(lab: &Lab, size: usize) {
    // The first round warms the engine.
    let rounds = (0..=ROUNDS).map(|_| (floor(lab.socket()), audit(lab.socket(), DOCKER))).skip(1);
    let (floors, audits): (Vec<Duration>, Vec<Duration>) = rounds.unzip();
    let (floor, audit, peak) = (median(floors), median(audits), peak(lab.socket()) / 1024);
    let ratio = audit / floor;
    println!("{size:>10}   {floor:>8.1}   {audit:>8.1}   {ratio:>5.2}   {peak:>7}");
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

/// The kernel's part, which is every process, mount and limit of every container, beside the engine's: list and inspections. Which
/// containers there are, the engine tells, so that the kernel's part is what it adds to the engine's.
fn isolation(containers: usize) {
    const ENGINE: [&str; 6] =
        ["containers", "containers.running", "containers.mounts", "containers.image_current", "images", "networks"];
    const KERNEL: [&str; 3] = ["containers.process", "containers.processes", "containers.kernel"];
    const PROCESSES: &str = "for n in 1 2 3 4; do sleep 100000 & done; wait";
    let lab = Lab::start(&[]);
    for number in 0..containers {
        let name = format!("c{number:04}");
        lab.docker(&["run", "-d", "--network", "none", "--name", &name, "lab:1", "sh", "-c", PROCESSES]);
    }
    let collect = |facts: &[&str]| {
        let began = Instant::now();
        let beginning = plimsoll::probe::Beginning::at(lab.socket());
        let source = plimsoll::probe::Source::Engine(beginning);
        let facts = plimsoll::probe::collect(&plimsoll::plan::Plan::reading(facts), source, &Tally::default());
        let found = facts.containers.value().unwrap();
        assert_eq!(found.len(), containers);
        let processes: usize = found.iter().map(|one| one.processes.value().map_or(0, Vec::len)).sum();
        (began.elapsed(), processes)
    };
    let both: Vec<&str> = ENGINE.iter().chain(&KERNEL).copied().collect();
    let audit = || audit(lab.socket(), "plimsoll-isolation");
    let round = |_| [floor(lab.socket()), collect(&ENGINE).0, collect(&both).0, audit()];
    let rounds: Vec<[Duration; 4]> = (0..=ROUNDS).map(round).skip(1).collect();
    let of = |part: usize| median(rounds.iter().map(|round| round[part]).collect());
    let [floor, engine, both_ms, audit] = [of(0), of(1), of(2), of(3)];
    let processes = collect(&both).1;
    println!("containers   processes   floor ms   engine ms   kernel ms   audit ms   (medians of {ROUNDS} rounds)");
    let kernel = both_ms - engine;
    println!("{containers:>10}   {processes:>9}   {floor:>8.1}   {engine:>9.1}   {kernel:>9.1}   {audit:>8.1}");
}

/// Lists the containers and inspects each, over one connection.
fn floor(socket: &Path) -> Duration {
    let began = Instant::now();
    let mut stream = BufReader::new(UnixStream::connect(socket).unwrap());
    let list: serde_json::Value = serde_json::from_slice(&get(&mut stream, "/containers/json?all=1")).unwrap();
    for container in list.as_array().unwrap() {
        let id = container["Id"].as_str().unwrap();
        assert!(!get(&mut stream, &format!("/containers/{id}/json")).is_empty());
    }
    began.elapsed()
}

fn get(stream: &mut BufReader<UnixStream>, path: &str) -> Vec<u8> {
    write!(stream.get_mut(), "GET {path} HTTP/1.1\r\nHost: docker\r\n\r\n").unwrap();
    let (mut length, mut chunked) = (0, false);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        chunked |= line == "transfer-encoding: chunked";
        length = line.strip_prefix("content-length: ").map_or(length, |number| number.parse().unwrap());
    }
    let mut body = Vec::new();
    let mut take = |length: usize, body: &mut Vec<u8>| {
        let start = body.len();
        body.resize(start + length, 0);
        stream.read_exact(&mut body[start..]).unwrap();
    };
    if !chunked {
        take(length, &mut body);
        return body;
    }
    loop {
        let mut size = Vec::new();
        while !size.ends_with(b"\r\n") {
            take(1, &mut size);
        }
        let size = usize::from_str_radix(String::from_utf8(size).unwrap().trim(), 16).unwrap();
        take(size, &mut body);
        take(2, &mut Vec::new());
        if size == 0 {
            return body;
        }
    }
}

/// A whole audit as a user runs it.
fn audit(socket: &Path, benchmark: &str) -> Duration {
    let began = Instant::now();
    start(socket, benchmark).wait().unwrap();
    began.elapsed()
}

fn start(socket: &Path, benchmark: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["audit", "--benchmark", benchmark, "--format", "json", "--engine-socket"])
        .arg(socket)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// The most memory that an audit has, in KiB. Looking at it all the time costs a core, so that this one is not timed.
fn peak(socket: &Path) -> u64 {
    let mut child = start(socket, DOCKER);
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        if let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
            peak = peak.max(kilobytes.unwrap_or(0));
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    peak
}
