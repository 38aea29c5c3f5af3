//! The findings of one control in a few lines: who, why, and what to do.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::report::escape::shown;
use crate::report::index::remedy;
use crate::report::{Evidence, Finding};
use crate::verdict::Verdict;

/// How many subjects are listed; the JSON has all.
const SUBJECTS: usize = 8;
/// How many characters of one value are shown; the JSON has all.
const VALUE: usize = 160;
/// How many characters of a key in a fact's name are shown.
const KEY: usize = 40;

/// What is said of one control.
pub(super) struct Block<'r> {
    pub(super) title: &'r str,
    /// The worst verdict among the findings.
    pub(super) verdict: Verdict,
    pub(super) findings: &'r [&'r Finding],
}

impl Block<'_> {
    pub(super) fn text(&self) -> String {
        let worst: Vec<&Finding> = self.findings.iter().filter(|f| f.verdict == self.verdict).copied().collect();
        let title = shown(self.title);
        let mut lines = match (self.verdict, worst.iter().map(|finding| finding.severity).max()) {
            (Verdict::Fail | Verdict::Unknown, Some(severity)) => vec![format!("{title}  [{severity}]")],
            _ => vec![title],
        };
        lines.extend(subjects(&worst));
        if self.verdict == Verdict::Fail {
            let unknown: Vec<&Finding> =
                self.findings.iter().filter(|f| f.verdict == Verdict::Unknown).copied().collect();
            lines.extend(subjects(&unknown).into_iter().map(|line| format!("{line}  [unknown]")));
            lines.extend(remedy(&worst).map(|remedy| format!("→ {}", shown(&remedy))));
        }
        lines.join("\n")
    }
}

/// A line for each subject, or one for all of them when all have the same reason.
fn subjects(findings: &[&Finding]) -> Vec<String> {
    let reasons: BTreeSet<_> = findings.iter().map(|finding| &finding.reason).collect();
    if let (Some(Some(reason)), 1, true) = (reasons.first(), reasons.len(), findings.len() > 1) {
        let names: Vec<String> = findings.iter().take(SUBJECTS).map(|f| shown(&f.subject.name)).collect();
        let more = match findings.len().saturating_sub(SUBJECTS) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        return vec![format!("· {}{more}: {}", names.join(", "), shown(reason))];
    }
    let mut lines: Vec<String> = findings.iter().take(SUBJECTS).map(|finding| subject(finding)).collect();
    if findings.len() > SUBJECTS {
        lines.push(format!("· and {} more", findings.len() - SUBJECTS));
    }
    lines
}

fn subject(finding: &Finding) -> String {
    let kind = finding.subject.kind.as_str();
    let seen = || finding.evidence.iter().map(|one| evidence(one, kind)).collect::<Vec<_>>().join("; ");
    let why = match &finding.reason {
        // Whoever has to judge needs to see what, and so does who has to weigh a failure against what its remedy would break.
        Some(reason) if matches!(finding.verdict, Verdict::Manual | Verdict::Fail) => {
            format!("{}: {}", shown(reason), seen())
        }
        Some(reason) => shown(reason),
        None => seen(),
    };
    let waived = finding.waiver.as_ref().map_or_else(String::new, |waiver| format!("  [{}]", shown(&waiver.words())));
    match kind {
        "host" | "engine" => format!("· {why}{waived}"),
        _ => format!("· {}: {why}{waived}", shown(&finding.subject.name)),
    }
}

/// A fact and its value; where it was read only when that is not the same on every machine: the JSON has it always.
fn evidence(evidence: &Evidence, kind: &str) -> String {
    let value = evidence.words();
    let mut text: String = value.chars().take(VALUE).collect();
    if text.len() < value.len() {
        text.push('…');
    }
    let fact = evidence.fact.strip_prefix(kind).and_then(|fact| fact.strip_prefix('.')).unwrap_or(&evidence.fact);
    let usual = |source: &&str| source.starts_with("GET ") || source.contains('…');
    let source = evidence.source.as_deref().filter(|source| !usual(source));
    shown(&format!("{} = {text}{}", short(fact), source.map_or_else(String::new, |source| format!(" ({source})"))))
}

/// A fact's name, a long key cut off.
fn short(fact: &str) -> Cow<'_, str> {
    let parts = fact.split_once("[\"").and_then(|(root, rest)| Some((root, rest.rsplit_once("\"]")?)));
    match parts {
        Some((root, (key, field))) if key.chars().count() > KEY => {
            Cow::Owned(format!("{root}[\"{}…\"]{field}", key.chars().take(KEY).collect::<String>()))
        }
        _ => Cow::Borrowed(fact),
    }
}
