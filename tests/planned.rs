//! `plimsoll plan` names every path that an audit opens: strace is the witness.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test")]

mod lab;
mod pack;

use std::collections::BTreeSet;
use std::process::Command;

use regex::Regex;

use lab::Lab;
use pack::run;

const CALLS: &str = "trace=open,openat,readlink,readlinkat,connect";

/// What the runtime and the C library read of themselves before and beside an audit.
const NOT_OURS: [&str; 5] =
    ["/proc/self/maps", "/proc/self/cgroup", "/sys/fs/cgroup/cpu", "/etc/ld.so.cache", "/sys/devices/system/cpu"];

#[test]
fn every_path_that_is_opened_is_planned() {
    let lab = Lab::start(&[]);
    lab.run("web", &["--memory", "64m"]);
    lab.run("host", &["--pid", "host", "-v", "/etc:/x:ro"]);
    let trace = tempfile::NamedTempFile::new().unwrap();
    let traced = Command::new("strace")
        .args(["-f", "-qq", "-s", "4096", "-e", CALLS, "-o"])
        .arg(trace.path())
        .arg(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["audit", "--engine-socket"])
        .arg(lab.socket())
        .output()
        .unwrap_or_else(|error| panic!("strace, from the package of that name: {error}"));
    assert_eq!(traced.status.code(), Some(1), "{}", String::from_utf8_lossy(&traced.stderr));
    let plan = run(&["plan"]);
    let planned: Vec<Regex> = plan.stdout.lines().filter(|line| line.starts_with('/')).map(pattern).collect();
    let text = String::from_utf8_lossy(&std::fs::read(trace.path()).unwrap()).into_owned();
    let path = Regex::new(r#"(?:open|openat|readlink|readlinkat)\((?:AT_FDCWD, |\d+, )?"([^"]*)""#).unwrap();
    let opened: BTreeSet<&str> = path.captures_iter(&text).filter_map(|c| c.get(1)).map(|m| m.as_str()).collect();
    assert!(opened.len() > 20, "{text}");
    let ours = |path: &&str| !NOT_OURS.iter().any(|other| path.starts_with(other));
    let below = |path: &&str| ["/proc/", "/sys/", "/etc/"].iter().any(|top| path.starts_with(top));
    let number = Regex::new(r"/proc/\d+").unwrap();
    let missed: BTreeSet<String> = opened
        .into_iter()
        .filter(below)
        .filter(ours)
        .filter(|path| !plan.stdout.lines().any(|planned| planned.starts_with(&format!("{path}/"))))
        .filter(|path| !planned.iter().any(|pattern| pattern.is_match(path)))
        .map(|path| number.replace(path, "/proc/N").into_owned())
        .collect();
    assert_eq!(missed, BTreeSet::new(), "{}", plan.stdout);
    let connected = Regex::new(r#"sun_path="([^"]*)""#).unwrap();
    let sockets: BTreeSet<&str> = connected.captures_iter(&text).filter_map(|c| c.get(1)).map(|m| m.as_str()).collect();
    assert_eq!(sockets, BTreeSet::from([lab.socket().to_str().unwrap()]));
}

/// A planned path stands for itself and what is below it; braces stand for what is known when the audit runs: a process id, or
/// the place of a file.
fn pattern(planned: &str) -> Regex {
    let escaped =
        regex::escape(planned).replace(r"\{config\-file\}", ".*/daemon[.]json").replace(r"\{pidfile\}", ".*/pid");
    let part = Regex::new(r"\\\{[a-z]+\\\}").unwrap();
    Regex::new(&format!("^{}(/.*)?$", part.replace_all(&escaped, "[0-9]+"))).unwrap()
}
