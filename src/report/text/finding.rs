//! The findings of one control in a few lines: who, why, and what to do.

use std::collections::BTreeSet;

use serde_json::Value;

use super::escape::escape;
use crate::report::{Evidence, Finding};

/// How many subjects are listed; the JSON has all.
const SUBJECTS: usize = 8;
/// How many characters of one value are shown; the JSON has all.
const VALUE: usize = 160;

/// What is said of one control.
pub(super) struct Block<'r> {
    pub(super) title: &'r str,
    pub(super) findings: &'r [&'r Finding],
}

impl Block<'_> {
    pub(super) fn text(&self) -> String {
        let worst = self.findings.iter().map(|finding| finding.severity).max();
        let severity = worst.map_or_else(String::new, |severity| format!("  [{severity}]"));
        let mut lines = vec![format!("{}{severity}", escape(self.title))];
        lines.extend(self.subjects());
        lines.extend(self.remedy());
        lines.join("\n")
    }

    fn subjects(&self) -> Vec<String> {
        // What many share is said once.
        let reasons: BTreeSet<_> = self.findings.iter().map(|finding| &finding.reason).collect();
        if let (Some(Some(reason)), 1, true) = (reasons.first(), reasons.len(), self.findings.len() > 1) {
            let names: Vec<String> = self.findings.iter().take(SUBJECTS).map(|f| escape(&f.subject.name)).collect();
            return vec![format!("· {}{}: {}", names.join(", "), self.more(), escape(reason))];
        }
        let mut lines: Vec<String> = self.findings.iter().take(SUBJECTS).map(|finding| subject(finding)).collect();
        if self.findings.len() > SUBJECTS {
            lines.push(format!("· and {} more", self.findings.len() - SUBJECTS));
        }
        lines
    }

    fn more(&self) -> String {
        match self.findings.len().saturating_sub(SUBJECTS) {
            0 => String::new(),
            more => format!(" and {more} more"),
        }
    }

    fn remedy(&self) -> Option<String> {
        let remedies: BTreeSet<&String> =
            self.findings.iter().filter_map(|finding| finding.remediation.as_ref()).collect();
        let first = self.findings.iter().find_map(|finding| finding.remediation.as_ref())?;
        let others = if remedies.len() > 1 { " The others likewise." } else { "" };
        Some(format!("→ {}{others}", escape(first.trim())))
    }
}

fn subject(finding: &Finding) -> String {
    let kind = finding.subject.kind.as_str();
    let why = match &finding.reason {
        Some(reason) => escape(reason),
        None => finding.evidence.iter().map(|one| evidence(one, kind)).collect::<Vec<_>>().join("; "),
    };
    match kind {
        "host" | "engine" => format!("· {why}"),
        _ => format!("· {}: {why}", escape(&finding.subject.name)),
    }
}

/// A fact and its value; where it was read only when that is not the same on every machine: the JSON has it always.
fn evidence(evidence: &Evidence, kind: &str) -> String {
    let value = value(&evidence.value);
    let mut shown: String = value.chars().take(VALUE).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    let fact = evidence.fact.strip_prefix(kind).and_then(|fact| fact.strip_prefix('.')).unwrap_or(&evidence.fact);
    let usual = |source: &&str| source.starts_with("GET ") || source.contains('…');
    let source = evidence.source.as_deref().filter(|source| !usual(source));
    escape(&format!("{fact} = {shown}{}", source.map_or_else(String::new, |source| format!(" ({source})"))))
}

fn value(json: &Value) -> String {
    match json {
        Value::Null => "none".to_owned(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(value).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| format!("{name}: {}", value(field)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
