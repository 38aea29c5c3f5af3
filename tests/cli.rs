//! The command line on a real engine: what is selected, what is printed, what the exit status says, and which files are opened.

#![allow(clippy::disallowed_types, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod lab;
mod pack;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::process::{Command, Stdio};

use jsonschema::Validator;
use serde_json::Value;

use lab::Lab;
use pack::{CHECK, Pack, Run, benchmark, finish, plimsoll, run};

fn on(lab: &Lab, args: &[&str]) -> Command {
    let mut command = plimsoll();
    let usual: &[&str] = if args.contains(&"--benchmark") { &[] } else { &["--benchmark", "cis-docker-1.8.0"] };
    command.arg("audit").args(usual).args(args).arg("--engine-socket").arg(lab.socket());
    command
}

fn audit(lab: &Lab, args: &[&str]) -> Run {
    finish(&mut on(lab, args))
}

fn schema(of: &str) -> Validator {
    let run = run(&["schema", of]);
    assert_eq!(run.code, 0);
    jsonschema::validator_for(&serde_json::from_str(&run.stdout).unwrap()).unwrap()
}

/// A report with the names of its checks, its controls and its containers.
fn report(lab: &Lab, args: &[&str]) -> (Run, Value) {
    let run = audit(lab, &[&["--format", "json"], args].concat());
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
    let faults: Vec<String> = schema("report").iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(faults, Vec::<String>::new());
    (run, report)
}

fn names(report: &Value, list: &str, field: &str) -> BTreeSet<String> {
    let list = report.pointer(list).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|item| item.pointer(field)?.as_str().map(str::to_owned)).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn keys(report: &Value) -> Vec<String> {
    report.as_object().unwrap().keys().cloned().collect()
}

/// One engine for everything that only reads.
#[test]
fn the_command_line_on_an_engine() {
    let lab = Lab::start(&[]);
    lab.run("web1", &["--privileged=false"]);
    lab.run("web2", &[]);
    lab.create("db", &["--privileged"]);
    selections(&lab);
    exit_statuses(&lab);
    the_same_bytes(&lab);
    the_keys_of_a_report(&lab);
    colours(&lab);
    a_reader_that_leaves(&lab);
    wrong_names(&lab);
}

fn selections(lab: &Lab) {
    let (_, whole) = report(lab, &[]);
    let (controls, number) = ("/benchmarks/0/controls", "/number");
    let all = names(&whole, controls, number);
    assert!(all.len() > 30);
    let in_five: BTreeSet<String> = all.iter().filter(|number| number.starts_with("5.")).cloned().collect();
    let sections: BTreeSet<&str> = all.iter().filter_map(|number| number.split('.').next()).collect();
    let every: Vec<&str> = sections.iter().rev().flat_map(|section| ["--section", section]).collect();
    let cases: [(&[&str], BTreeSet<String>); 5] = [
        (&["--section", "5"], in_five.clone()),
        (&["--section", "5.5"], set(&["5.5"])),
        (&["--section", "5.5", "--section", "5.6"], set(&["5.5", "5.6"])),
        (&every, all.clone()),
        (&["--section", "5", "--check", "daemon-logs-at-info"], BTreeSet::new()),
    ];
    for (args, wanted) in cases {
        let (_, report) = report(lab, args);
        assert_eq!(names(&report, controls, number), wanted, "{args:?}");
        assert_eq!(keys(&report), keys(&whole));
    }
    let (_, first) = report(lab, &["--level", "1"]);
    let levels = first.pointer(controls).unwrap().as_array().unwrap().iter().map(|control| control["level"].as_i64());
    assert!(levels.into_iter().all(|level| level == Some(1)) && names(&first, controls, number).len() < all.len());
    let one = "container-not-privileged";
    let (_, named) = report(lab, &["--check", one, "--container", "web*"]);
    assert_eq!(names(&named, "/findings", "/check"), set(&[one]));
    assert_eq!(names(&named, "/findings", "/subject/name"), set(&["web1", "web2"]));
    let (_, none) = report(lab, &["--check", one, "--container", "nobody"]);
    assert_eq!(none["findings"], Value::Array(Vec::new()));
    assert!(
        none["notices"].to_string().contains("no container has a name that matches `nobody`"),
        "{}",
        none["notices"]
    );
    let (_, skipped) = report(lab, &["--skip", one]);
    let mut left = names(&whole, "/findings", "/check");
    assert!(left.remove(one));
    assert_eq!(names(&skipped, "/findings", "/check"), left);
    let both = ["--benchmark", "cis-docker-1.6.0", "--benchmark", "cis-docker-1.8.0", "--section", "5"];
    let (_, two) = report(lab, &both);
    assert_eq!(names(&two, "/benchmarks", "/id"), set(&["cis-docker-1.6.0", "cis-docker-1.8.0"]));
    // What is selected is judged as it is without a selection.
    let verdict = |report: &Value| {
        let findings = report["findings"].as_array().unwrap().clone();
        findings.into_iter().find(|f| f["check"] == one && f["subject"]["name"] == "db").map(|f| f["verdict"].clone())
    };
    assert_eq!(verdict(&whole), Some("fail".into()));
    assert_eq!(verdict(&two), verdict(&whole));
}

fn exit_statuses(lab: &Lab) {
    let privileged = ["--check", "container-not-privileged"];
    let status = |args: &[&str]| audit(lab, &[&privileged, args].concat()).code;
    assert_eq!(status(&["--container", "web*"]), 0);
    assert_eq!(status(&[]), 1);
    assert_eq!(status(&["--fail-on", "critical"]), 1);
    assert_eq!(audit(lab, &["--check", "engine-rootless"]).code, 1);
    assert_eq!(audit(lab, &["--check", "engine-rootless", "--fail-on", "critical"]).code, 0);
    assert_eq!(status(&["--container", "nobody"]), 3);
    for wrong in [&["--fail-on", "worst"][..], &["--level", "3"], &["--container", "[a"], &["--format", "yaml"]] {
        assert_eq!(status(wrong), 2, "{wrong:?}");
    }
}

/// The schema is made from the types; these are the keys that others rely on, whatever the types are called.
fn the_keys_of_a_report(lab: &Lab) {
    let (_, report) = report(lab, &["--section", "5.5"]);
    let has = |pointer: &str, wanted: &[&str]| {
        let object = report.pointer(pointer).unwrap_or_else(|| panic!("{pointer}: {report:#}"));
        let missing: Vec<&&str> = wanted.iter().filter(|key| object.get(key).is_none()).collect();
        assert_eq!(missing, Vec::<&&str>::new(), "{pointer}: {object:#}");
    };
    let score = ["percent", "passed", "failed", "unknown", "not_applicable", "manual", "coverage_percent"];
    has("", &["format", "tool", "collected_at", "host", "engine", "benchmarks", "findings"]);
    has("/tool", &["name", "version"]);
    has("/host", &["name", "os", "kernel"]);
    has("/engine", &["name", "version", "api", "socket"]);
    has("/benchmarks/0", &["id", "level", "score", "sections", "controls"]);
    has("/benchmarks/0/score", &score);
    has("/benchmarks/0/sections/0", &["number", "title", "score"]);
    has("/benchmarks/0/sections/0/score", &score);
    has("/benchmarks/0/controls/0", &["number", "title", "level", "assessment", "verdict", "checks"]);
    let finding = ["check", "severity", "fingerprint", "subject", "verdict", "reason", "evidence", "remediation"];
    has("/findings/0", &finding);
    has("/findings/0/subject", &["kind", "name", "id"]);
    has("/findings/0/evidence/0", &["fact", "value", "source"]);
    assert_eq!((&report["format"], &report["tool"]["name"]), (&1.into(), &"plimsoll".into()));
    let control = &report["benchmarks"][0]["controls"][0];
    assert_eq!(
        (&control["verdict"], &control["assessment"], &control["level"]),
        (&"fail".into(), &"manual".into(), &1.into())
    );
    let db = report["findings"].as_array().unwrap().iter().find(|finding| finding["subject"]["name"] == "db").unwrap();
    assert_eq!(
        (&db["severity"], &db["subject"]["kind"], &db["reason"]),
        (&"critical".into(), &"container".into(), &Value::Null)
    );
    let evidence = &db["evidence"][0];
    assert_eq!((&evidence["fact"], &evidence["value"]), (&"container.privileged".into(), &true.into()));
    assert_eq!(evidence["source"], "GET /containers/…/json HostConfig.Privileged");
}

/// The time of the collection and process ids aside, an audit says the same twice.
fn the_same_bytes(lab: &Lab) {
    let text = || {
        let run = audit(lab, &["--format", "json"]);
        let (before, after) = run.stdout.split_once("\"collected_at\"").unwrap();
        before.to_owned() + after.split_once('\n').unwrap().1
    };
    assert_eq!(text(), text());
}

fn colours(lab: &Lab) {
    let escapes = |command: &mut Command| finish(command).stdout.contains('\u{1b}');
    assert!(!escapes(&mut on(lab, &[])));
    assert!(!escapes(on(lab, &[]).env("NO_COLOR", "1")));
    assert!(!escapes(&mut on(lab, &["--color", "never"])));
    assert!(escapes(&mut on(lab, &["--color", "always"])));
    // A terminal, as script makes one, of every width that there is.
    for columns in [20, 60, 80, 120, 200] {
        let program = format!("{} audit --engine-socket {}", env!("CARGO_BIN_EXE_plimsoll"), lab.socket().display());
        let shown = |environment: &str| {
            let line = format!("stty cols {columns} && {environment} {program}");
            let mut script = Command::new("script");
            script.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").env_remove("NO_COLOR");
            script.stdin(Stdio::null());
            finish(&mut script).stdout
        };
        assert!(shown("").contains('\u{1b}'));
        // The line of progress, if it took long, is none of the report's.
        let plain = shown("NO_COLOR=1");
        let plain = plain.rsplit_once("\u{1b}[K").map_or(plain.as_str(), |(_, report)| report);
        assert!(!plain.contains("\u{1b}["), "{plain}");
        let widest = plain.lines().filter(|line| line.contains(' ') && !line.starts_with("note")).skip(4);
        let widest = widest.map(|line| line.trim_end().chars().count()).max().unwrap();
        assert!(widest <= columns.max(90), "{columns}: {widest}\n{plain}");
    }
}

fn a_reader_that_leaves(lab: &Lab) {
    for args in [&["audit", "--format", "json"][..], &["audit"], &["plan"], &["checks", "list"], &["schema", "facts"]] {
        let mut command = plimsoll();
        command.args(args);
        if args[0] == "audit" {
            command.arg("--engine-socket").arg(lab.socket());
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let status = child.wait().unwrap().code();
        assert_eq!((status, said.as_str()), (Some(i32::from(args[0] == "audit")), ""), "{args:?}");
    }
}

fn wrong_names(lab: &Lab) {
    let args = ["--check", "container-not-priviliged", "--skip", "engine-rotless", "--benchmark", "cis-docker-1.9.0"];
    let run = audit(lab, &[&args[..], &["--section", "99"]].concat());
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    for words in ["`container-not-privileged`?", "`engine-rootless`?", "there is no benchmark `cis-docker-1.9.0`", "99"]
    {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
}

#[test]
fn checks_of_a_site_are_judged_beside_the_others() {
    let lab = Lab::start(&[]);
    lab.create("db", &["--privileged"]);
    let pack = Pack::new(&[("ours.toml", CHECK), ("benchmarks/site.toml", &benchmark(&[("1.1", 1, "ours")]))]);
    let checks = ["--checks", pack.dir.path().to_str().unwrap()];
    let (_, both) = report(&lab, &[&checks[..], &["--benchmark", "site", "--benchmark", "cis-docker-1.8.0"]].concat());
    assert_eq!(names(&both, "/benchmarks", "/id"), set(&["cis-docker-1.8.0", "site"]));
    let (run, site) = report(&lab, &[&checks[..], &["--benchmark", "site"]].concat());
    assert_eq!((run.code, names(&site, "/findings", "/check")), (1, set(&["ours"])));
}

#[test]
fn the_other_verbs_work() {
    for of in ["facts", "report", "check", "benchmark"] {
        schema(of);
    }
    let list = run(&["checks", "list"]);
    assert!(list.code == 0 && list.stdout.lines().count() > 40);
    for line in list.stdout.lines() {
        let show = run(&["checks", "show", line.split_whitespace().next().unwrap()]);
        assert_eq!(show.code, 0, "{line}");
        assert!(show.stdout.contains("looks at") && !show.stdout.contains('\u{1b}'), "{}", show.stdout);
    }
    // A report tells numbers.
    let numbered = run(&["checks", "show", "4.4"]).stdout;
    for check in ["image-rebuilt-lately\n", "\nimage-scanned\n", "\ncontainer-image-not-superseded\n"] {
        assert!(format!("\n{numbered}").contains(check), "{numbered}");
    }
    let unknown = run(&["checks", "show", "engine-rotless"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("did you mean `engine-rootless`?"), "{}", unknown.stderr);
    assert_eq!(run(&["lint"]).code, 0);
    assert_eq!(run(&["plan"]).code, 0);
    assert_eq!(run(&[]).code, 2);
}

#[test]
fn the_files_of_another_root_are_its_own() {
    let root = tempfile::TempDir::new().unwrap();
    let etc = root.path().join("etc/plimsoll");
    std::fs::create_dir_all(&etc).unwrap();
    std::fs::write(etc.join("policy.toml"), "pids = 5\n").unwrap();
    let run =
        finish(plimsoll().arg("--chroot").arg(root.path()).args(["audit", "--check", "container-not-privileged"]));
    assert!(run.code == 2 && run.stderr.contains("/etc/plimsoll/policy.toml:1"), "{}", run.stderr);
    let run = finish(plimsoll().args(["--chroot", "/nowhere", "plan"]));
    assert!(run.code == 2 && run.stderr == "plimsoll: --chroot /nowhere: No such file or directory (os error 2)\n");
}
