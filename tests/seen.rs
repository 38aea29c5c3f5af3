//! The page of what was seen: every control of the newest benchmark of Docker, its checks, and by which tests each was seen to pass
//! and to fail on a real engine.
//!
//! `tests/run` has every other test write what it saw and asks this one last; `PLIMSOLL_REGENERATE=1 tests/run` writes the page anew.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const BENCHMARK: &str = "benchmarks/cis-docker-1.8.0.toml";
const PAGE: &str = "tests/controls-seen.md";
const HEAD: &str = "\
# What was seen on real engines

Made by `tests/run`: every control of the CIS Docker Benchmark 1.8.0 with its checks, and the tests that saw each of them pass and
fail on Docker 20.10 or 26.1, which the lab starts. Each test is a file or a folder here and says which verdicts it expects;
`controls/whole.rs` shows that one change changes its own control and none of the rest of the benchmark.

| control | check | seen to pass by | seen to fail by |
|---|---|---|---|
";

/// What the lab cannot have: a check, the verdict, and why. What is seen after all is not to be here.
const NEVER: &[(&str, &str, &str)] = &[
    ("hardening-baseline-followed", "fail", "people attest it, and nobody attests that it is not so"),
    (
        "engine-releases-maintained",
        "pass",
        "the lab's engines are a distribution's; `docker_host_controls` has one that claims to be upstream's",
    ),
    ("engine-releases-maintained", "fail", "as above"),
    ("storage-driver-not-aufs", "fail", "aufs is in no kernel of today"),
    ("storage-driver-not-devicemapper", "fail", "the lab's kernel has no device mapper"),
    ("base-device-size-default", "pass", "the lab's kernel has no device mapper"),
    ("base-device-size-default", "fail", "as above"),
    ("container-apparmor-enforced", "pass", "the lab's kernel has no AppArmor"),
    ("container-apparmor-enforced", "fail", "as above"),
    ("container-selinux-confined", "pass", "SELinux is off in the lab"),
    ("container-selinux-confined", "fail", "as above"),
    ("swarm-unlock-key-rotated", "fail", "people attest it, and nobody attests that it is not so"),
];

/// Number and check of every line of the page, in the benchmark's order.
fn rows() -> Vec<(String, String)> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(BENCHMARK)).unwrap();
    let benchmark: toml::Table = text.parse().unwrap();
    let controls = benchmark["control"].as_array().unwrap();
    let number = |control: &toml::Value| control["number"].as_str().unwrap().to_owned();
    let checks = |control: &toml::Value| control["checks"].as_array().unwrap().clone();
    let of =
        |control| checks(control).into_iter().map(move |check| (number(control), check.as_str().unwrap().to_owned()));
    controls.iter().flat_map(of).collect()
}

/// The tests that saw a verdict of a check.
type Seen = BTreeMap<(String, String), BTreeSet<String>>;

fn page(seen: &Seen) -> String {
    let cell = |check: &str, verdict: &str| {
        let tests = seen.get(&(check.to_owned(), verdict.to_owned()));
        let why = NEVER.iter().find(|(of, is, _)| (*of, *is) == (check, verdict)).map(|(.., why)| *why);
        match (tests, why) {
            (Some(tests), None) => tests.iter().cloned().collect::<Vec<_>>().join(", "),
            (None, Some(why)) => format!("– ({why})"),
            (None, None) => panic!("{check} was never seen to {verdict}, and nothing says why"),
            (Some(tests), Some(_)) => panic!("{check} was seen to {verdict} by {tests:?} after all"),
        }
    };
    let mut page = HEAD.to_owned();
    for (number, check) in rows() {
        writeln!(page, "| {number} | {check} | {} | {} |", cell(&check, "pass"), cell(&check, "fail")).unwrap();
    }
    page
}

#[test]
fn the_page_has_every_control() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).unwrap();
    let lines = page.strip_prefix(HEAD).unwrap().lines();
    let kept: Vec<Vec<&str>> = lines.map(|line| line.split(" | ").collect()).collect();
    let kept: Vec<(String, String)> =
        kept.iter().map(|cells| (cells[0].trim_start_matches("| ").to_owned(), cells[1].to_owned())).collect();
    assert_eq!(kept, rows());
    for (check, ..) in NEVER {
        assert!(kept.iter().any(|(_, of)| of == check), "{check} is of no control");
    }
}

#[test]
#[ignore = "tests/run asks it when all others have run"]
fn the_page_is_of_what_was_seen() {
    let path = std::env::var("PLIMSOLL_SEEN").unwrap();
    let mut seen = Seen::new();
    for line in fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")).lines() {
        let [check, verdict, test] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        seen.entry((check.to_owned(), verdict.to_owned())).or_default().insert(test.to_owned());
    }
    let (made, kept) = (page(&seen), Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE));
    if std::env::var_os("PLIMSOLL_REGENERATE").is_some() {
        fs::write(&kept, &made).unwrap();
    }
    assert_eq!(fs::read_to_string(&kept).unwrap(), made, "{PAGE} is out of date: PLIMSOLL_REGENERATE=1 tests/run");
}
