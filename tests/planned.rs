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

/// What the runtime, the C library and the allocator read for themselves before and beside an audit.
const NOT_OURS: [&str; 8] = [
    "/etc/ld.so.cache",
    "/proc/self/cgroup",
    "/proc/self/maps",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/sys/fs/cgroup/cpu",
    "/sys/kernel/mm/transparent_hugepage",
];

#[test]
fn every_path_that_is_opened_is_planned() {
    let lab = Lab::start(&[]);
    lab.run("web", &["--memory", "64m"]);
    lab.run("host", &["--pid", "host", "-v", "/etc:/x:ro"]);
    lab.create("named", &["--user", "app"]);
    let layers = |opened: &BTreeSet<String>| opened.iter().any(|path| path.contains("/overlay2/"));
    let of = |benchmark| ["--benchmark", benchmark];
    assert!(!layers(&opens_what_is_planned(&lab, &of("cis-docker-1.8.0"))));
    assert!(layers(&opens_what_is_planned(&lab, &[&of("cis-docker-1.8.0")[..], &["--deep"]].concat())));
    for benchmark in ["plimsoll-isolation", "plimsoll-host"] {
        opens_what_is_planned(&lab, &of(benchmark));
    }
    // The walk opens everything, and strace would be at it for long.
    let walk = ["nothing-orphaned", "nothing-world-writable", "set-id-programs-known", "set-id-programs-audited"]
        .map(|check| ["--skip", check]);
    for benchmark in ["cis-debian-12", "cis-ubuntu-24.04"] {
        opens_what_is_planned(&lab, &[&of(benchmark)[..], walk.as_flattened()].concat());
    }
}

/// Every path that an audit opens.
fn opens_what_is_planned(lab: &Lab, arguments: &[&str]) -> BTreeSet<String> {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let traced = Command::new("strace")
        .args(["-f", "-qq", "-s", "4096", "-e", CALLS, "-o"])
        .arg(trace.path())
        .arg(env!("CARGO_BIN_EXE_plimsoll"))
        .args([&["audit"], arguments, &["--engine-socket"]].concat())
        .arg(lab.socket())
        .output()
        .unwrap_or_else(|error| panic!("strace, from the package of that name: {error}"));
    assert!([Some(0), Some(1), Some(3)].contains(&traced.status.code()), "{}", String::from_utf8_lossy(&traced.stderr));
    let plan = run(&[&["plan"], arguments].concat());
    let planned: Vec<String> =
        plan.stdout.lines().filter(|line| line.starts_with('/')).map(|line| laid_out(line, lab)).collect();
    let text = String::from_utf8_lossy(&std::fs::read(trace.path()).unwrap()).into_owned();
    let path = Regex::new(r#"(?:open|openat|readlink|readlinkat)\((?:AT_FDCWD, |\d+, )?"([^"]*)""#).unwrap();
    let opened: BTreeSet<String> =
        path.captures_iter(&text).filter_map(|c| c.get(1)).map(|m| one(m.as_str())).collect();
    assert!(opened.len() > 20, "{text}");
    let ours = |path: &&String| !NOT_OURS.iter().any(|other| path.starts_with(other));
    let below = |path: &&String| ["/proc/", "/sys/", "/etc/"].iter().any(|top| path.starts_with(top));
    // What is planned stands for itself and what is below it; the way there leads through the directories above.
    let is_below =
        |path: &str, top: &str| path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let is_planned = |path: &&String| planned.iter().any(|planned| is_below(path, planned) || is_below(planned, path));
    let missed: BTreeSet<&String> = opened.iter().filter(below).filter(ours).filter(|path| !is_planned(path)).collect();
    assert_eq!(missed, BTreeSet::new(), "{}", plan.stdout);
    let connected = Regex::new(r#"sun_path="([^"]*)""#).unwrap();
    let sockets: BTreeSet<&str> = connected.captures_iter(&text).filter_map(|c| c.get(1)).map(|m| m.as_str()).collect();
    assert_eq!(sockets, BTreeSet::from([lab.socket().to_str().unwrap()]));
    opened
}

/// A planned path as it is on this machine: what stands in braces is a process id, or a place of the lab's.
fn laid_out(planned: &str, lab: &Lab) -> String {
    let dir = lab.dir().to_str().unwrap();
    let places = [
        ("config-file", "{dir}/daemon.json"),
        ("pidfile", "{dir}/pid"),
        ("data-root", "{dir}/data"),
        ("exec-root", "{dir}/exec"),
        ("programs", "/usr"),
        ("home", "/root"),
        ("watched-file", "/etc/localtime"),
    ];
    let path = places.iter().fold(planned.to_owned(), |path, (name, place)| {
        path.replace(&format!("/{{{name}}}"), &place.replace("{dir}", dir))
    });
    one(&path)
}

/// A path with the same name for every process.
fn one(path: &str) -> String {
    Regex::new(r"^/proc/(\d+|\{[a-z]+\})").unwrap().replace(path, "/proc/N").into_owned()
}
