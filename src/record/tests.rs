use serde_json::json;
use tempfile::TempDir;

use super::*;

fn report(collected_at: &str) -> Report {
    serde_json::from_value(json!({
        "format": 1, "tool": { "name": "", "version": "" }, "collected_at": collected_at,
        "host": { "name": "web-7", "os": null, "kernel": null }, "engine": null, "notices": [], "benchmarks": [],
        "checks": [], "findings": [],
    }))
    .unwrap()
}

fn kept(days: &[&str]) -> (TempDir, Record) {
    let folder = TempDir::new().unwrap();
    let record = Record::at(&folder.path().join("state")).unwrap();
    for day in days {
        record.keep(&report(&format!("{day}T01:02:03Z"))).unwrap();
    }
    (folder, record)
}

#[test]
fn the_last_report_is_the_newest() {
    let (_folder, record) = kept(&["2026-11-02", "2026-11-10", "2026-11-09"]);
    assert_eq!(record.last().unwrap().unwrap().collected_at, "2026-11-10T01:02:03Z");
    assert_eq!(kept(&[]).1.last().unwrap(), None);
    // What somebody else put there is not ours.
    fs::write(record.directory.join("reports/zzz.json.zst"), "x").unwrap();
    assert_eq!(record.last().unwrap().unwrap().collected_at, "2026-11-10T01:02:03Z");
    fs::write(record.directory.join("reports/2026-11-11T010203Z.json.zst"), "x").unwrap();
    assert!(record.last().unwrap_err().contains("2026-11-11T010203Z.json.zst"), "{:?}", record.last());
}

#[test]
fn old_reports_go_and_the_newest_stay() {
    let (_folder, record) = kept(&["2026-01-01", "2026-01-02", "2026-01-03", "2026-11-20"]);
    fs::write(record.directory.join("reports/2026-01-01.notes"), "x").unwrap();
    let now = "2026-11-24T00:00:00Z".parse().unwrap();
    assert_eq!(record.prune(400, 0, now).unwrap(), 0);
    assert_eq!(record.prune(30, 3, now).unwrap(), 1);
    assert_eq!(record.reports().unwrap().first().unwrap(), "2026-01-02T010203Z.json.zst");
    assert_eq!(record.prune(30, 0, now).unwrap(), 2);
    assert_eq!(record.reports().unwrap(), ["2026-11-20T010203Z.json.zst"]);
    assert!(record.directory.join("reports/2026-01-01.notes").exists());
}

#[test]
fn a_torn_line_does_not_lose_the_others() {
    let (_folder, record) = kept(&[]);
    assert_eq!(record.history().unwrap(), (Vec::new(), 0));
    let line = Line::of(&report("2026-11-24T00:00:00Z"), None, 3, "reports/x".to_owned());
    record.note(&line).unwrap();
    let path = record.history_file();
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"format\":1,\n").unwrap();
    record.note(&line).unwrap();
    assert_eq!(record.history().unwrap(), (vec![line.clone(), line], 1));
}
