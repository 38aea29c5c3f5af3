//! Audits over time and over machines: the record and its history, differences, baselines, facts from files.

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

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use liar::Liar;
use pack::{Run, finish, harmless, plimsoll};

/// An engine with one container that is as it should be, and one that is not.
fn engine() -> Liar {
    let mut liar = Liar::new();
    liar.contain("shop", |_| {});
    liar.contain("agent", |inspect| inspect["HostConfig"]["Privileged"] = true.into());
    liar
}

const SELECT: [&str; 4] = ["--benchmark", "cis-docker-1.8.0", "--section", "5.5"];

fn with_engine(command: &mut Command, liar: &Liar) -> Run {
    finish(command.args(SELECT).arg("--engine-socket").arg(liar.socket()))
}

fn record(liar: &Liar, state: &Path) -> Run {
    // Each audit has a time of its own.
    thread::sleep(Duration::from_millis(1_100));
    with_engine(plimsoll().arg("record").arg("--state").arg(state), liar)
}

/// The container of this name becomes privileged, or no longer is.
fn privileged(liar: &Liar, name: &str, privileged: bool) {
    let path = format!("/containers/{}/json", liar::id(name));
    liar.changes(&path, |inspect| inspect["HostConfig"]["Privileged"] = privileged.into());
}

#[test]
fn the_record_is_quiet_until_something_changes() {
    let (liar, folder) = (engine(), TempDir::new().unwrap());
    let state = folder.path().join("state");
    let first = record(&liar, &state);
    assert_eq!((first.code, first.stderr.as_str()), (1, ""));
    assert!(first.stdout.contains("cis-docker-1.8.0 0.0 %, 1 failing, 0 waived, 0 unknown"), "{}", first.stdout);
    let again = record(&liar, &state);
    assert_eq!((again.code, again.stdout.as_str(), again.stderr.as_str()), (1, "", ""));
    privileged(&liar, "shop", true);
    let worse = record(&liar, &state);
    assert_eq!(worse.code, 1);
    assert!(
        worse.stdout.contains("Newly failing: 1\n  critical  container-not-privileged  container shop"),
        "{}",
        worse.stdout
    );
    privileged(&liar, "shop", false);
    privileged(&liar, "agent", false);
    let better = record(&liar, &state);
    assert_eq!(better.code, 0);
    assert!(
        better.stdout.contains("No longer failing: 2") && better.stdout.contains("0.0 % → 100.0 %"),
        "{}",
        better.stdout
    );

    let reports: Vec<_> = fs::read_dir(state.join("reports")).unwrap().collect();
    assert_eq!(reports.len(), 4);
    for path in reports.into_iter().map(|entry| entry.unwrap().path()).chain([state.join("history.ndjson")]) {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o640, "{}", path.display());
    }
    let history = |format: &str| finish(plimsoll().args(["history", "--format", format, "--state"]).arg(&state));
    let lines: Vec<Value> = history("json").stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = |line: &Value| {
        format!("{} {} {} {}", line["status"], line["failing"], line["newly_failing"], line["no_longer_failing"])
    };
    assert_eq!(lines.iter().map(told).collect::<Vec<_>>(), ["1 1 null null", "1 1 0 0", "1 2 1 0", "0 0 0 2"]);
    let drawn = history("text").stdout;
    assert!(drawn.starts_with("cis-docker-1.8.0  100.0 %\n100 % │   █\n"), "{drawn}");
    harmless(&drawn);
}

#[test]
fn a_record_goes_on_after_damage_and_keeps_what_it_was_told() {
    let (liar, folder) = (engine(), TempDir::new().unwrap());
    let nothing = finish(plimsoll().args(["history", "--state"]).arg(folder.path()));
    assert!(nothing.code == 2 && nothing.stderr.contains("nothing is recorded in"), "{}", nothing.stderr);
    record(&liar, folder.path());
    let reports = folder.path().join("reports");
    let one = fs::read_dir(&reports).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read(&one).unwrap();
    fs::write(&one, &whole[..whole.len() / 2]).unwrap();
    let after = record(&liar, folder.path());
    assert!(after.code == 1 && after.stderr.contains("cannot read the report"), "{}", after.stderr);
    assert!(after.stdout.starts_with("recorded "), "{}", after.stdout);
    fs::copy(
        fs::read_dir(&reports).unwrap().map(|entry| entry.unwrap().path()).max().unwrap(),
        reports.join("2001-01-01T000000Z.json.zst"),
    )
    .unwrap();
    thread::sleep(Duration::from_millis(1_100));
    let state = ["record", "--keep-days", "30", "--keep-least", "2", "--state"];
    assert_eq!(with_engine(plimsoll().args(state).arg(folder.path()), &liar).code, 1);
    let names = fs::read_dir(&reports).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.starts_with("20")).count(), 3);
    let full = finish(plimsoll().args(["record", "--state", "/dev/null"]).args(SELECT));
    assert!(full.code == 2 && full.stderr.contains("cannot make /dev/null/reports"), "{}", full.stderr);
}

/// A report of the engine as it is now.
fn report(liar: &Liar, path: &Path) {
    let output = format!("json={}", path.display());
    let run = with_engine(plimsoll().args(["audit", "--fail-on", "critical", "--output", &output]), liar);
    assert!(run.code < 2, "{}", run.stderr);
}

#[test]
fn only_what_got_worse_fails_against_a_baseline() {
    let (liar, folder) = (engine(), TempDir::new().unwrap());
    let [old, new] = ["old.json", "new.json"].map(|name| folder.path().join(name));
    report(&liar, &old);
    let against = |more: &[&str]| with_engine(plimsoll().arg("audit").args(more).arg("--baseline").arg(&old), &liar);
    let same = against(&[]);
    assert_eq!(same.code, 0);
    assert!(same.stdout.ends_with("nothing has changed\n") && same.stdout.contains("FAIL     5.5"), "{}", same.stdout);
    let diff = |from: &Path, to: &Path, more: &[&str]| finish(plimsoll().arg("diff").arg(from).arg(to).args(more));
    privileged(&liar, "shop", true);
    report(&liar, &new);
    assert_eq!(against(&[]).code, 1);
    let json = against(&["--format", "json"]);
    serde_json::from_str::<Value>(&json.stdout).unwrap();
    assert!(json.stderr.contains("Newly failing: 1"), "{}", json.stderr);
    let worse = diff(&old, &new, &["--format", "json"]);
    let found: Value = serde_json::from_str(&worse.stdout).unwrap();
    assert_eq!((worse.code, &found["newly_failing"][0]["subject"]["name"]), (1, &"shop".into()));
    let schema: Value = serde_json::from_str(&finish(plimsoll().args(["schema", "diff"])).stdout).unwrap();
    jsonschema::draft202012::validate(&schema, &found).unwrap();
    let better = diff(&new, &old, &[]);
    assert!(better.code == 0 && better.stdout.contains("No longer failing: 1"), "{}", better.stdout);
    // What could be judged and cannot any more has not got better.
    liar.answer(&format!("/containers/{}/json", liar::id("agent")), liar::Answer::Json(500, "{}".to_owned()));
    let dark = against(&[]);
    assert!(dark.stdout.contains("Can no longer be judged"), "{}", dark.stdout);
    for (old, new) in
        [(folder.path(), new.as_path()), (Path::new("/etc/hostname"), &new), (&folder.path().join("no"), &new)]
    {
        let run = diff(old, new, &[]);
        assert!(run.code == 2 && run.stderr.starts_with("plimsoll: cannot read the report "), "{}", run.stderr);
    }
}

#[test]
fn facts_of_many_machines_are_judged_in_one_run() {
    let (good, bad, folder) = (Liar::with_web(), engine(), TempDir::new().unwrap());
    let file = |name: &str| folder.path().join(name);
    for (liar, name) in [(&good, "good.json.zst"), (&bad, "bad.json.gz")] {
        let run = finish(
            plimsoll()
                .args(["collect", "--benchmark", "cis-docker-1.8.0", "-o"])
                .arg(file(name))
                .arg("--engine-socket")
                .arg(liar.socket()),
        );
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    }
    let judge = |files: &[&str], more: &[&str]| {
        finish(plimsoll().arg("audit").args(SELECT).args(more).arg("--facts").args(files.iter().map(|name| file(name))))
    };
    assert_eq!(judge(&["good.json.zst"], &[]).code, 0);
    let both = judge(&["good.json.zst", "bad.json.gz"], &["--format", "json"]);
    let reports: Vec<Value> = both.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed = |report: &Value| report["benchmarks"][0]["score"]["failed"].clone();
    assert_eq!((both.code, reports.iter().map(failed).collect::<Vec<_>>()), (1, vec![0.into(), 1.into()]));
    // One that is torn does not keep the others from being judged, and is told.
    let whole = fs::read(file("good.json.zst")).unwrap();
    fs::write(file("torn.json"), &whole[..whole.len() / 2]).unwrap();
    let torn = judge(&["torn.json", "bad.json.gz"], &[]);
    assert!(
        torn.code == 2 && torn.stderr.contains("torn.json") && torn.stdout.contains("FAIL     5.5"),
        "{}",
        torn.stderr
    );
    let several = judge(&["good.json.zst", "bad.json.gz"], &["-o", "html=x.html"]);
    assert!(several.code == 2 && several.stderr.contains("-o writes one report"), "{}", several.stderr);
    // What another benchmark reads was not collected, and is said so.
    let unknown =
        finish(plimsoll().args(["audit", "--check", "ipv4-not-forwarded", "--facts"]).arg(file("good.json.zst")));
    assert!(unknown.code == 3 && unknown.stdout.contains("was not collected"), "{}", unknown.stdout);
}
