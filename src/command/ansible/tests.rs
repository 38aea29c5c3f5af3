#![expect(clippy::disallowed_types, reason = "what ends a process is tried in another")]

use std::ffi::OsString;
use std::process::Command;

use serde_json::{Value, json};

use super::parameters::Parameters;
use super::{is_meant, run};
use crate::verdict::Severity;

fn read(json: &Value) -> Result<Parameters, Vec<String>> {
    Parameters::read(&json.to_string())
}

#[test]
fn the_name_decides() {
    let meant = |name: &str| is_meant(&[OsString::from(name), "args".into()]);
    for ours in ["plimsoll_audit", "/x/plimsoll_audit", "/root/.ansible/tmp/a-1/AnsiballZ_plimsoll_audit"] {
        assert!(meant(ours), "{ours}");
    }
    for other in ["plimsoll", "/usr/bin/plimsoll", "plimsoll_audit/plimsoll", "AnsiballZ_", ""] {
        assert!(!meant(other), "{other}");
    }
    assert!(!is_meant(&[]));
}

#[test]
fn parameters_are_read_as_ansible_reads_them() {
    let all = json!({
        "benchmarks": ["cis-docker-1.8.0"], "level": "2", "profile": "server", "fail_on": "high", "checks": "a, b",
        "skip": ["c"], "sections": [5, "5.10"], "container": "web*", "engine_socket": "/s", "policy": "/p",
        "waivers": null, "baseline": "/b", "report_path": "/r", "gate": "No", "fail_on_unknown": 1, "max_findings": "3",
        "_ansible_check_mode": true, "_ansible_diff": true, "_ansible_whatever": { "a": 1 },
    });
    let read = read(&all).unwrap();
    let select = &read.judge.select;
    assert_eq!(
        (select.level, select.profile.as_deref(), read.judge.fail_on),
        (Some(2), Some("server"), Severity::High)
    );
    assert_eq!(
        (select.check.as_slice(), select.section.as_slice()),
        (&["a", "b"].map(str::to_owned)[..], &["5", "5.10"].map(str::to_owned)[..])
    );
    assert_eq!(
        (read.gate, read.fail_on_unknown, read.max_findings, read.check_mode, read.diff),
        (false, true, 3, true, true)
    );
    assert!(read.judge.waivers.is_none());
    let none = super::parameters::Parameters::read("{}").unwrap();
    assert_eq!(
        (none.gate, none.fail_on_unknown, none.check_mode, none.judge.fail_on),
        (true, false, false, Severity::Low)
    );
}

#[test]
fn every_wrong_parameter_is_told_at_once() {
    let wrong = json!({
        "benchmark": [], "level": 3, "fail_on": "worst", "sections": [5.1, ""], "checks": [["a"]], "gate": "maybe",
        "max_findings": -1, "container": { "a": 1 }, "zzz": 1,
    });
    let faults = read(&wrong).err().unwrap();
    for words in [
        "`level` is 3, and should be 1 or 2",
        "`fail_on` is \"worst\", and should be one of low, medium, high, critical",
        "`sections` has the number 5.1: a text, \"5.10\", keeps its last zero",
        "`sections` has an empty text",
        "`checks` has [\"a\"], and should have text",
        "`gate` is \"maybe\", and should be true or false",
        "`max_findings` is -1, and should be a number",
        "`container` has {\"a\":1}, and should have text",
        "there is no parameter `benchmark`: did you mean `benchmarks`?",
        "there is no parameter `zzz`: there are: baseline, benchmarks, checks, container,",
    ] {
        assert!(faults.iter().any(|fault| fault.starts_with(words)), "{words}: {faults:#?}");
    }
    assert_eq!(faults.len(), 10, "{faults:#?}");
    for torn in ["", "{", "[]", "\"a\"", "null"] {
        assert!(Parameters::read(torn).is_err(), "{torn}");
    }
}

/// Run alone by the test below, since it ends the process.
#[test]
#[ignore = "it dies"]
fn dies() {
    std::panic::set_hook(Box::new(super::died));
    std::thread::spawn(|| panic!("a name with \u{1b}[2J")).join().unwrap_err();
    run(&[]);
}

#[test]
fn a_panic_in_any_thread_is_one_answer() {
    let mut again = Command::new(std::env::current_exe().unwrap());
    let output = again.args(["--exact", "command::ansible::tests::dies", "--ignored", "--nocapture"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(&line[line.find('{')?..]).ok()).collect();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let [answer] = answers.as_slice() else { panic!("{text}") };
    assert_eq!((&answer["failed"], &answer["changed"]), (&json!(true), &json!(false)));
    let msg = answer["msg"].as_str().unwrap();
    assert!(msg.contains("tests.rs") && msg.ends_with(r"a bug of plimsoll's: a name with \u{1b}[2J"), "{msg}");
}
