//! The findings of one control in a few lines: who, why, and what to do.

use std::collections::BTreeSet;

use serde_json::Value;

use super::escape::shown;
use crate::report::{Evidence, Finding};
use crate::verdict::Verdict;

/// How many subjects are listed; the JSON has all.
const SUBJECTS: usize = 8;
/// How many characters of one value are shown; the JSON has all.
const VALUE: usize = 160;

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
            lines.extend(remedy(&worst));
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

fn remedy(findings: &[&Finding]) -> Option<String> {
    let remedies: BTreeSet<&String> = findings.iter().filter_map(|finding| finding.remediation.as_ref()).collect();
    let first = findings.iter().find_map(|finding| finding.remediation.as_ref())?;
    let others = if remedies.len() > 1 { " The others likewise." } else { "" };
    Some(format!("→ {}{others}", shown(first.trim())))
}

fn subject(finding: &Finding) -> String {
    let kind = finding.subject.kind.as_str();
    let seen = || finding.evidence.iter().map(|one| evidence(one, kind)).collect::<Vec<_>>().join("; ");
    let why = match &finding.reason {
        // Whoever has to judge needs to see what.
        Some(reason) if finding.verdict == Verdict::Manual => format!("{}: {}", shown(reason), seen()),
        Some(reason) => shown(reason),
        None => seen(),
    };
    match kind {
        "host" | "engine" => format!("· {why}"),
        _ => format!("· {}: {why}", shown(&finding.subject.name)),
    }
}

/// A fact and its value; where it was read only when that is not the same on every machine: the JSON has it always.
fn evidence(evidence: &Evidence, kind: &str) -> String {
    let value = named(&evidence.fact, &evidence.value);
    let mut text: String = value.chars().take(VALUE).collect();
    if text.len() < value.len() {
        text.push('…');
    }
    let fact = evidence.fact.strip_prefix(kind).and_then(|fact| fact.strip_prefix('.')).unwrap_or(&evidence.fact);
    let usual = |source: &&str| source.starts_with("GET ") || source.contains('…');
    let source = evidence.source.as_deref().filter(|source| !usual(source));
    shown(&format!("{fact} = {text}{}", source.map_or_else(String::new, |source| format!(" ({source})"))))
}

/// A value by its name: permissions are told in octal.
fn named(name: &str, json: &Value) -> String {
    let permissions = name.rsplit('.').next().is_some_and(|last| matches!(last, "mode" | "leaves"));
    match json.as_u64().filter(|_| permissions) {
        Some(mode) => format!("{mode:04o}"),
        None => value(json),
    }
}

fn value(json: &Value) -> String {
    match json {
        Value::Null => "none".to_owned(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(value).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| format!("{name}: {}", named(name, field)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
