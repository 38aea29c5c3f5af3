//! Reports that were stored: rendered again as they were, and refused where they are none.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::liar::Liar;
use crate::pack::{Run, finish, harmless, plimsoll};
use crate::{FORMATS, fixture};

fn render(json: &[u8]) -> Run {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("report.json");
    std::fs::write(&file, json).unwrap();
    let run = finish(plimsoll().arg("report").arg(&file));
    harmless(&run.stderr);
    run
}

/// What one audit writes and what is made of its JSON later are the same bytes.
#[test]
fn an_audit_writes_what_its_json_renders() {
    let (liar, folder) = (fixture::engine(), TempDir::new().unwrap());
    let outputs: Vec<String> = FORMATS.iter().map(|format| format!("{format}=audit.{format}")).collect();
    let mut audit = plimsoll();
    audit
        .current_dir(folder.path())
        .args(["audit", "--benchmark", "cis-docker-1.8.0", "--engine-socket"])
        .arg(liar.socket());
    let audit = finish(audit.args(outputs.iter().flat_map(|output| ["-o", output])));
    assert_eq!((audit.code, audit.stderr.as_str()), (1, ""));
    let file = |name: String| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(audit.stdout.as_bytes(), file("audit.text".to_owned()));
    for format in FORMATS {
        let again = finish(plimsoll().current_dir(folder.path()).args(["report", "audit.json", "--format", format]));
        assert_eq!((again.code, again.stderr.as_str()), (0, ""), "{format}");
        assert!(again.stdout.as_bytes() == file(format!("audit.{format}")), "{format}");
    }
}

#[test]
fn what_is_no_report_is_told() {
    let liar = Liar::with_web();
    let run = finish(
        plimsoll()
            .args(["audit", "--benchmark", "cis-docker-1.8.0", "--format", "json", "--engine-socket"])
            .arg(liar.socket()),
    );
    let whole: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(render(run.stdout.as_bytes()).code, 0);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut report = whole.clone();
        change(&mut report);
        report.to_string().into_bytes()
    };
    let deep = changed(&|report| report["findings"][0]["evidence"][0]["value"] = "deep".into());
    let deep = String::from_utf8(deep).unwrap().replace("\"deep\"", &("[".repeat(100_000) + &"]".repeat(100_000)));
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "EOF"),
        (run.stdout.as_bytes()[..run.stdout.len() / 2].to_vec(), "EOF"),
        (b"\0\xff\xfe".to_vec(), "is not UTF-8"),
        (b"<html>".to_vec(), "expected value at line 1"),
        (b"[]".to_vec(), "invalid length 0"),
        (b"{}".to_vec(), "missing field `format`"),
        (b"{\"format\": 1}".to_vec(), "missing field"),
        (b"{\"format\": 2}".to_vec(), "its format is 2, and this plimsoll reads 1: a newer one is needed"),
        (b"{\"format\": 0}".to_vec(), "no format 0"),
        (b"{\"format\": -1}".to_vec(), "invalid value"),
        (deep.into_bytes(), "recursion limit"),
        (changed(&|report| report["findings"][0]["verdict"] = "\u{1b}[2J".into()), r"\u{1b}[2J"),
        (changed(&|report| report["findings"] = Value::Null), "invalid type: null"),
        (changed(&|report| report["collected_at"] = "yester\u{1b}day".into()), r"is no time: yester\u{1b}day"),
        (changed(&|report| report["collected_at"] = "0001-01-01T00:00:00Z".into()), "is no time"),
        (changed(&|report| report["benchmarks"][0]["sections"] = json!([])), "is in none of its sections"),
        (
            changed(&|report| report["benchmarks"][0]["controls"][0]["verdict"] = "manual".into()),
            "is manual, and its findings are",
        ),
        (changed(&|report| report["findings"] = json!([])), "and its findings are not-applicable"),
    ];
    for (json, words) in cases {
        let run = render(&json);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{words}");
        assert!(run.stderr.contains("cannot read the report") && run.stderr.contains(words), "{words}: {}", run.stderr);
        assert!(run.stderr.lines().count() == 1 && run.stderr.len() < 1000, "{}", run.stderr);
    }
    for (file, words) in
        [("/nowhere", "No such file"), ("/", "not a regular file"), ("/dev/zero", "not a regular file")]
    {
        let run = finish(plimsoll().args(["report", file]));
        assert!(run.code == 2 && run.stderr.contains(words), "{}", run.stderr);
    }
}

/// A reader that has seen enough does not hide that a file could not be written.
#[test]
fn what_cannot_be_saved_is_told_to_whoever_reads() {
    let (liar, folder) = (Liar::with_web(), TempDir::new().unwrap());
    let json = finish(
        plimsoll()
            .args(["audit", "--benchmark", "cis-docker-1.8.0", "--format", "json", "--engine-socket"])
            .arg(liar.socket()),
    )
    .stdout;
    std::fs::write(folder.path().join("report.json"), json).unwrap();
    let script = format!(
        "trap '' XFSZ; ulimit -f 1; {} report report.json -o json=again.json | :; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_plimsoll")
    );
    let bash =
        |script: &str| finish(std::process::Command::new("bash").current_dir(folder.path()).args(["-c", script]));
    let run = bash(&script);
    assert!(run.code == 2 && run.stderr.contains("cannot write again.json: File too large"), "{}", run.stderr);
    let run = bash(&script.replace("ulimit -f 1; ", ""));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

/// A report with nothing in it, and one that says more than this program knows.
#[test]
fn reports_at_the_edges() {
    let empty = json!({
        "format": 1, "tool": { "name": "plimsoll", "version": "0" }, "collected_at": "2026-11-24T21:02:08+01:00",
        "host": { "name": null, "os": null, "kernel": null }, "engine": null, "notices": [], "benchmarks": [], "checks": [],
        "findings": [], "of tomorrow": { "a": 1 },
    });
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("report.json");
    std::fs::write(&file, empty.to_string()).unwrap();
    for format in FORMATS {
        let run = finish(plimsoll().arg("report").arg(&file).args(["--format", format]));
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{format}");
        assert!(format == "ocsf" || !run.stdout.is_empty(), "{format}");
    }
    let junit = finish(plimsoll().arg("report").arg(&file).args(["--format", "json"]));
    assert!(junit.stdout.contains("\"2026-11-24T20:02:08Z\""), "{}", junit.stdout);
}
