//! What the module answers: whether the task failed, and what an operator has to know of the audit.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

use super::parameters::Parameters;
use crate::command::Failure;
use crate::command::judge::{failing, status, status_since};
use crate::difference::Difference;
use crate::report::{Finding, Index, Report, Score, shown};
use crate::verdict::{Severity, Verdict};

/// How many checks the message names.
const NAMED: usize = 3;

/// The one object.
#[derive(Serialize)]
pub(super) struct Answer {
    /// Whether the task failed.
    pub(super) failed: bool,
    /// An audit changes nothing.
    changed: bool,
    /// One line for people.
    msg: String,
    /// What a reader should know besides; Ansible prints it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// Faults in files that people wrote, drawn line by line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<String>,
    /// What was found, if the audit could run.
    #[serde(flatten)]
    found: Option<Found>,
}

/// What was found.
#[derive(Serialize)]
struct Found {
    score: BTreeMap<String, Score>,
    counts: Counts,
    findings: Vec<Told>,
    truncated: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    newly_failing: Option<Vec<Told>>,
    report: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<Diff>,
    ansible_facts: serde_json::Value,
}

/// How many findings came to what.
#[derive(Default, Serialize)]
struct Counts {
    failing: usize,
    waived: usize,
    unknown: usize,
    manual: usize,
    passing: usize,
    not_applicable: usize,
    #[serde(flatten)]
    since: Option<Since>,
}

/// How many came to something else than in the baseline.
#[derive(Serialize)]
struct Since {
    newly_failing: usize,
    newly_unknown: usize,
    no_longer_failing: usize,
}

/// A finding in words.
#[derive(Serialize)]
struct Told {
    check: String,
    title: String,
    severity: Severity,
    verdict: Verdict,
    subject: String,
    reason: String,
    remediation: Option<String>,
    controls: Vec<String>,
    waived: Option<String>,
}

/// What fails and what is unknown, before and after, for `--diff`.
#[derive(Serialize)]
struct Diff {
    before_header: String,
    before: String,
    after_header: String,
    after: String,
}

impl Answer {
    /// That the audit could not run.
    pub(super) fn failure(failure: &Failure) -> Self {
        let (messages, faults): (Vec<String>, Vec<String>) = match failure {
            Failure::Messages(messages) => (messages.clone(), Vec::new()),
            Failure::Output(error) => (vec![format!("cannot write: {error}")], Vec::new()),
            Failure::Faults(faults) => {
                let told = faults.iter().map(|fault| match &fault.source {
                    Some(source) => format!("{}: {}", source.name, fault.message),
                    None => fault.message.clone(),
                });
                (told.collect(), faults.render(false).lines().map(shown).collect())
            }
        };
        Self { failed: true, changed: false, msg: line(&messages), warnings: Vec::new(), faults, found: None }
    }

    /// It as JSON on one line.
    pub(super) fn json(&self) -> String {
        let cannot =
            |error| json!({ "failed": true, "changed": false, "msg": format!("cannot answer: {error}") }).to_string();
        serde_json::to_string(self).unwrap_or_else(cannot)
    }
}

/// Sentences on one line that drives nothing.
fn line(messages: &[String]) -> String {
    messages.iter().map(|message| shown(message)).collect::<Vec<_>>().join("; ")
}

/// The fingerprints of what fails and did not.
fn newly_failing(difference: &Difference) -> BTreeSet<&str> {
    difference.newly_failing.iter().map(|change| change.fingerprint.as_str()).collect()
}

/// That there are more of something than were named.
fn and_more(all: usize, named: usize, what: &str) -> String {
    match all.saturating_sub(named) {
        0 => String::new(),
        more => format!(" and {more} more{what}"),
    }
}

/// An audit that could run.
pub(super) struct Audited<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) report: &'a Report,
    pub(super) baseline: Option<&'a Report>,
}

impl Audited<'_> {
    /// The answer, given where the report is and why it is not.
    pub(super) fn answer(&self, path: Option<&PathBuf>, unsaved: Vec<String>) -> Answer {
        let (parameters, report) = (self.parameters, self.report);
        let fail_on = parameters.judge.fail_on;
        let difference = self.baseline.map(|baseline| Difference::between(baseline, report));
        let status = match &difference {
            Some(difference) => status_since(difference, fail_on),
            None => status(report, fail_on),
        };
        let found = status == 1 || (status == 3 && parameters.fail_on_unknown);
        let counts = Counts::of(report, difference.as_ref());
        let msg = line(&[unsaved.clone(), self.summary(&counts, difference.as_ref())].concat());
        // Of a task that did not fail Ansible shows no message.
        let ungated = (found && !parameters.gate).then(|| msg.clone());
        Answer {
            failed: !unsaved.is_empty() || (found && parameters.gate),
            changed: false,
            msg,
            warnings: report.notices.iter().map(|notice| shown(notice)).chain(ungated).collect(),
            faults: Vec::new(),
            found: Some(self.found(counts, difference.as_ref(), path.filter(|_| unsaved.is_empty()))),
        }
    }

    /// What matters first: what fails the task, then what else there is, then the scores.
    fn summary(&self, counts: &Counts, difference: Option<&Difference>) -> Vec<String> {
        let since = counts.since.as_ref();
        let others = [
            (since.map_or(0, |since| since.newly_unknown), "can no longer be judged"),
            (since.map_or(0, |_| counts.failing), "failing in all"),
            (counts.unknown, "unknown"),
            (counts.waived, "waived"),
        ];
        let others = others.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        let scores = self.report.benchmarks.iter().map(|benchmark| match benchmark.score.percent {
            Some(percent) => format!("{} {percent:.1} %", benchmark.id),
            None => format!("{} has no score", benchmark.id),
        });
        std::iter::once(self.worst(difference)).chain(others).chain(scores).collect()
    }

    /// What fails the task, by check, the worst first.
    fn worst(&self, difference: Option<&Difference>) -> String {
        let fail_on = self.parameters.judge.fail_on;
        let new = difference.map(newly_failing);
        let how = if new.is_some() { "newly failing" } else { "failing" };
        let counts = |finding: &&Finding| new.as_ref().is_none_or(|new| new.contains(finding.fingerprint.as_str()));
        let mut bad: Vec<&Finding> = failing(self.report, fail_on).filter(counts).collect();
        if bad.is_empty() {
            let nothing = self.report.findings.is_empty();
            return if nothing {
                "nothing was judged".to_owned()
            } else {
                format!("nothing {how} at or above {fail_on}")
            };
        }
        bad.sort_by_key(|finding| (Reverse(finding.severity), &finding.check));
        let checks: Vec<_> = bad.chunk_by(|one, next| one.check == next.check).collect();
        let named = checks.iter().take(NAMED).filter_map(|of| {
            let Finding { check, severity, subject, .. } = of.first()?;
            Some(format!("{check} ({severity}) on {}{}", subject.words(), and_more(of.len(), 1, "")))
        });
        let named = named.collect::<Vec<_>>().join(", ");
        format!("{} {how} at or above {fail_on}: {named}{}", bad.len(), and_more(checks.len(), NAMED, " checks"))
    }

    fn found(&self, counts: Counts, difference: Option<&Difference>, path: Option<&PathBuf>) -> Found {
        let (report, max) = (self.report, self.parameters.max_findings);
        let index = Index::new(report);
        let mut findings: Vec<&Finding> =
            report.findings.iter().filter(|f| matches!(f.verdict, Verdict::Fail | Verdict::Unknown)).collect();
        findings.sort_by_key(|f| Reverse((f.waiver.is_none(), f.verdict, f.severity)));
        let tell = |findings: &[&Finding]| findings.iter().take(max).map(|f| Told::of(f, &index)).collect::<Vec<_>>();
        let newly = difference.map(newly_failing).map(|new| {
            let newly = findings.iter().filter(|f| f.verdict == Verdict::Fail && new.contains(f.fingerprint.as_str()));
            tell(&newly.copied().collect::<Vec<_>>())
        });
        let score: BTreeMap<String, Score> =
            report.benchmarks.iter().map(|benchmark| (benchmark.id.clone(), benchmark.score.clone())).collect();
        let fact = json!({ "collected_at": report.collected_at, "version": report.tool.version, "score": score, "counts": counts });
        Found {
            score,
            truncated: findings.len().saturating_sub(max),
            findings: tell(&findings),
            newly_failing: newly,
            report: path.cloned(),
            diff: self.baseline.filter(|_| self.parameters.diff).map(|baseline| Diff::between(baseline, report)),
            ansible_facts: json!({ "plimsoll": fact }),
            counts,
        }
    }
}

impl Counts {
    fn of(report: &Report, difference: Option<&Difference>) -> Self {
        let mut counts = Self::default();
        for finding in &report.findings {
            let count = match finding.verdict {
                Verdict::Fail if finding.waiver.is_some() => &mut counts.waived,
                Verdict::Fail => &mut counts.failing,
                Verdict::Unknown => &mut counts.unknown,
                Verdict::Manual => &mut counts.manual,
                Verdict::Pass => &mut counts.passing,
                Verdict::NotApplicable => &mut counts.not_applicable,
            };
            *count += 1;
        }
        counts.since = difference.map(|difference| Since {
            newly_failing: difference.newly_failing.len(),
            newly_unknown: difference.newly_unknown.len(),
            no_longer_failing: difference.no_longer_failing.len(),
        });
        counts
    }
}

impl Told {
    fn of(finding: &Finding, index: &Index<'_>) -> Self {
        let controls = index.controls(&finding.check).iter();
        Self {
            check: shown(&finding.check),
            title: shown(&finding.title),
            severity: finding.severity,
            verdict: finding.verdict,
            subject: shown(&finding.subject.words()),
            reason: shown(&finding.because()),
            remediation: finding.remediation.as_deref().map(|text| shown(text.trim())),
            controls: controls.map(|(benchmark, control)| format!("{}:{}", benchmark.id, control.number)).collect(),
            waived: finding.waived().map(|waiver| shown(&waiver.words())),
        }
    }
}

impl Diff {
    fn between(before: &Report, after: &Report) -> Self {
        let header = |report: &Report| format!("what failed or was unknown at {}", report.collected_at);
        Self { before_header: header(before), before: lines(before), after_header: header(after), after: lines(after) }
    }
}

/// What fails or is unknown, a line each, in the order of checks, which does not change from one audit to the next.
fn lines(report: &Report) -> String {
    let bad = report.findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Fail | Verdict::Unknown));
    let line = |finding: &Finding| {
        let waived = if finding.waived().is_some() { "  [waived]" } else { "" };
        let (check, subject) = (shown(&finding.check), shown(&finding.subject.words()));
        format!("{:<8} {:<7} {check}  {subject}{waived}\n", finding.severity, finding.verdict)
    };
    bad.map(line).collect()
}
