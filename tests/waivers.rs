//! Waivers: a failure that somebody bears stays one, in the score and on the screen, and no longer fails the run.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod liar;
mod pack;

use std::path::Path;

use serde_json::Value;

use liar::Liar;
use pack::{Run, finish, plimsoll};

const CHECK: &str = "container-not-privileged";

fn engine() -> Liar {
    let mut liar = Liar::new();
    for name in ["agent", "shop"] {
        liar.contain(name, |inspect| inspect["HostConfig"]["Privileged"] = true.into());
    }
    liar
}

fn audit(liar: &Liar, waivers: &Path, format: &str) -> Run {
    let arguments =
        ["audit", "--benchmark", "cis-docker-1.8.0", "--section", "5.5", "--color", "never", "--format", format];
    finish(plimsoll().args(arguments).arg("--waivers").arg(waivers).arg("--engine-socket").arg(liar.socket()))
}

fn waive(waivers: &Path, more: &[&str]) -> Run {
    let rest = ["--reason", "needs the disks, OPS-9", "--owner", "Jo \"J\" Doe"];
    finish(plimsoll().arg("waive").args(more).args(rest).arg("--waivers").arg(waivers))
}

#[test]
fn a_waived_failure_stays_a_failure() {
    let (liar, dir) = (engine(), tempfile::TempDir::new().unwrap());
    let file = dir.path().join("etc/waivers.toml");
    let without = audit(&liar, Path::new("/dev/null"), "json");
    assert_eq!(without.code, 2, "/dev/null is no regular file");
    let agent = waive(&file, &[CHECK, "--expires", "9999-12-31", "--container", "agent"]);
    assert_eq!(agent.code, 0, "{}", agent.stderr);
    assert_eq!(audit(&liar, &file, "json").code, 1, "the other still fails");
    let shop = waive(&file, &["5.5", "--expires", "9999-12-31", "--container", "sh*"]);
    assert_eq!(shop.code, 0, "{}", shop.stderr);
    let run = audit(&liar, &file, "json");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["verdict"] == "fail"), "{report}");
    assert_eq!(findings[0]["waiver"]["owner"], "Jo \"J\" Doe");
    assert_eq!(report["benchmarks"][0]["score"]["failed"], 1);
    let text = audit(&liar, &file, "text").stdout.replace('\n', " ");
    assert!(text.contains("FAIL") && text.contains("[waived until 9999-12-31 by Jo \"J\" Doe: needs the"), "{text}");
}

#[test]
fn what_has_ended_fails_the_run_again() {
    let (liar, dir) = (engine(), tempfile::TempDir::new().unwrap());
    let file = dir.path().join("waivers.toml");
    assert_eq!(waive(&file, &[CHECK, "--expires", "2020-01-01"]).code, 0);
    let run = audit(&liar, &file, "text");
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("expired and counts no more"), "{}", run.stdout);
}

#[test]
fn nothing_wrong_is_written() {
    let dir = tempfile::TempDir::new().unwrap();
    let file = dir.path().join("waivers.toml");
    for wrong in [
        &["container-not-privilegd", "--expires", "2030-01-01"][..],
        &["99.9", "--expires", "2030-01-01"],
        &[CHECK, "--expires", "tomorrow"],
        &[CHECK, "--expires", "2030-01-01", "--container", "["],
    ] {
        let run = waive(&file, wrong);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{wrong:?}");
        assert!(run.stderr.contains("1 fault"), "{}", run.stderr);
        assert!(!file.exists());
    }
    // A file with a fault is not made worse.
    std::fs::write(&file, "[[waiver]]\ncheck = 1\n").unwrap();
    assert_eq!(waive(&file, &[CHECK, "--expires", "2030-01-01"]).code, 2);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "[[waiver]]\ncheck = 1\n");
    // One without an end of line is continued on the next.
    std::fs::write(&file, "# ours").unwrap();
    assert_eq!(waive(&file, &[CHECK, "--expires", "2030-01-01"]).code, 0);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# ours\n\n[[waiver]]\ncheck = \"container-not-privileged\"\n"), "{text}");
}
