//! What has changed from one report to a later one: its own exported types, so that a refactor cannot change the format.

pub mod text;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::{Finding, Report, Subject};
use crate::verdict::{Severity, Verdict};

/// The version of the format.
pub const FORMAT: u32 = 1;

/// The differences between two reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// Version of this format; keys may be added, and these keep their meaning.
    pub format: u32,
    /// When the facts of the earlier report were collected.
    pub before: String,
    /// When those of the later one were.
    pub after: String,
    /// Each benchmark of the later report with its scores.
    pub scores: Vec<ScoreChange>,
    /// What fails and did not.
    pub newly_failing: Vec<Change>,
    /// What cannot be judged any more.
    pub newly_unknown: Vec<Change>,
    /// What failed and does not any more.
    pub no_longer_failing: Vec<Change>,
    /// What failed and fails for other reasons.
    pub changed: Vec<Change>,
    /// Subjects that were not there.
    pub added: Vec<Subject>,
    /// Subjects that are not there any more.
    pub removed: Vec<Subject>,
}

/// A benchmark's score in both reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreChange {
    /// The benchmark's id.
    pub benchmark: String,
    /// Its score before; null when it was not judged, or came to none.
    pub before: Option<f64>,
    /// Its score after.
    pub after: Option<f64>,
}

/// One check on one subject that came to another verdict, or to the same for other reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The check's id.
    pub check: String,
    /// The good state, in a sentence.
    pub title: String,
    /// How bad a failure is.
    pub severity: Severity,
    /// The finding's fingerprint.
    pub fingerprint: String,
    /// What was judged.
    pub subject: Subject,
    /// The verdict before; null when the check or the subject was not there.
    pub before: Option<Verdict>,
    /// The verdict after; null when it is not there any more.
    pub after: Option<Verdict>,
    /// Whether somebody bears the failure.
    pub waived: bool,
}

impl Difference {
    /// What has changed from an earlier report to a later one.
    pub fn between(before: &Report, after: &Report) -> Self {
        let (old, new) = (by_fingerprint(before), by_fingerprint(after));
        let mut difference = Self {
            format: FORMAT,
            before: before.collected_at.clone(),
            after: after.collected_at.clone(),
            scores: scores(before, after),
            newly_failing: Vec::new(),
            newly_unknown: Vec::new(),
            no_longer_failing: Vec::new(),
            changed: Vec::new(),
            added: subjects(after).difference(&subjects(before)).cloned().collect(),
            removed: subjects(before).difference(&subjects(after)).cloned().collect(),
        };
        for (fingerprint, now) in &new {
            difference.note(old.get(fingerprint).copied(), now);
        }
        for (fingerprint, was) in old {
            if was.verdict == Verdict::Fail && !new.contains_key(fingerprint) {
                difference.no_longer_failing.push(change(was, Some(Verdict::Fail), None));
            }
        }
        difference.sort();
        difference
    }

    fn note(&mut self, was: Option<&Finding>, now: &Finding) {
        let before = was.map(|was| was.verdict);
        let change = || change(now, before, Some(now.verdict));
        match (before, now.verdict) {
            (Some(Verdict::Fail), Verdict::Fail) if was.is_some_and(|was| was.evidence == now.evidence) => {}
            (Some(Verdict::Fail), Verdict::Fail) => self.changed.push(change()),
            (_, Verdict::Fail) => self.newly_failing.push(change()),
            // What could not be seen has not got better.
            (Some(Verdict::Fail | Verdict::Pass), Verdict::Unknown) => self.newly_unknown.push(change()),
            (Some(Verdict::Fail), _) => self.no_longer_failing.push(change()),
            _ => {}
        }
    }

    /// The worst comes first.
    fn sort(&mut self) {
        let lists = [&mut self.newly_failing, &mut self.newly_unknown, &mut self.no_longer_failing, &mut self.changed];
        for list in lists {
            list.sort_by(|a, b| (b.severity, &a.check, &a.subject).cmp(&(a.severity, &b.check, &b.subject)));
        }
    }

    /// Whether nothing has changed but the time.
    pub fn is_empty(&self) -> bool {
        let changes = [&self.newly_failing, &self.newly_unknown, &self.no_longer_failing, &self.changed];
        changes.iter().all(|list| list.is_empty()) && self.added.is_empty() && self.removed.is_empty()
    }
}

/// The findings by fingerprint; of several the worst.
fn by_fingerprint(report: &Report) -> BTreeMap<&str, &Finding> {
    let mut found: BTreeMap<&str, &Finding> = BTreeMap::new();
    for finding in &report.findings {
        let worst = found.entry(&finding.fingerprint).or_insert(finding);
        if finding.verdict > worst.verdict {
            *worst = finding;
        }
    }
    found
}

/// What was judged, by what stays when it is made anew.
fn subjects(report: &Report) -> BTreeSet<Subject> {
    let lasting = |finding: &Finding| Subject { id: None, ..finding.subject.clone() };
    report.findings.iter().filter(|finding| finding.subject.id.is_some()).map(lasting).collect()
}

fn scores(before: &Report, after: &Report) -> Vec<ScoreChange> {
    let score =
        |report: &Report, id: &str| report.benchmarks.iter().find(|of| of.id == id).and_then(|of| of.score.percent);
    let ids = after.benchmarks.iter().map(|of| of.id.clone());
    ids.map(|id| ScoreChange { before: score(before, &id), after: score(after, &id), benchmark: id }).collect()
}

fn change(finding: &Finding, before: Option<Verdict>, after: Option<Verdict>) -> Change {
    Change {
        check: finding.check.clone(),
        title: finding.title.clone(),
        severity: finding.severity,
        fingerprint: finding.fingerprint.clone(),
        subject: Subject { id: None, ..finding.subject.clone() },
        before,
        after,
        waived: finding.waiver.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn report(findings: &[(&str, &str, &str, Value)]) -> Report {
        let findings: Vec<Value> = findings
            .iter()
            .map(|(check, name, verdict, value)| {
                json!({ "check": check, "title": "t", "severity": if *check == "b" { "high" } else { "low" },
                    "fingerprint": format!("{check}-{name}"), "verdict": verdict, "reason": null,
                    "subject": { "kind": "container", "name": name, "id": format!("{check}{verdict}") }, "basis": [],
                    "evidence": [{ "fact": "f", "value": value, "source": null, "reason": null }], "remediation": null,
                    "waiver": null })
            })
            .collect();
        serde_json::from_value(json!({
            "format": 1, "tool": { "name": "", "version": "" }, "collected_at": "2026-11-24T00:00:00Z",
            "host": { "name": null, "os": null, "kernel": null }, "engine": null, "notices": [], "benchmarks": [],
            "checks": [], "findings": findings,
        }))
        .unwrap()
    }

    fn names(changes: &[Change]) -> Vec<String> {
        changes.iter().map(|change| format!("{} {}", change.check, change.subject.name)).collect()
    }

    #[test]
    fn the_same_is_no_difference() {
        let one = report(&[("a", "web", "fail", json!(1)), ("b", "web", "unknown", json!(null))]);
        assert!(Difference::between(&one, &one).is_empty());
        // Another id is the same container, made anew.
        let mut anew = one.clone();
        anew.findings[0].subject.id = Some("other".to_owned());
        assert!(Difference::between(&one, &anew).is_empty());
    }

    #[test]
    fn every_way_to_change_is_told() {
        let before = report(&[
            ("a", "web", "pass", json!(1)),
            ("b", "web", "pass", json!(1)),
            ("c", "web", "fail", json!(1)),
            ("d", "web", "fail", json!(1)),
            ("e", "web", "fail", json!(1)),
            ("f", "web", "pass", json!(1)),
            ("g", "web", "manual", json!(1)),
            ("a", "old", "fail", json!(1)),
        ]);
        let after = report(&[
            ("a", "web", "fail", json!(2)),
            ("b", "web", "fail", json!(2)),
            ("c", "web", "pass", json!(2)),
            ("d", "web", "fail", json!(2)),
            ("e", "web", "unknown", json!(null)),
            ("f", "web", "unknown", json!(null)),
            ("g", "web", "unknown", json!(null)),
            ("a", "new", "fail", json!(1)),
        ]);
        let difference = Difference::between(&before, &after);
        assert_eq!(names(&difference.newly_failing), ["b web", "a new", "a web"]);
        assert_eq!(names(&difference.newly_unknown), ["e web", "f web"]);
        assert_eq!(names(&difference.no_longer_failing), ["a old", "c web"]);
        assert_eq!(names(&difference.changed), ["d web"]);
        assert_eq!((difference.added[0].name.as_str(), difference.removed[0].name.as_str()), ("new", "old"));
        assert!(!difference.is_empty());
    }
}
