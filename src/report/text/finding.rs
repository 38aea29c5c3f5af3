//! The findings of one control in a few lines: who, why, and what to do.

use std::collections::BTreeSet;

use serde_json::Value;

use super::escape::{escape, shown};
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
        let mut lines = vec![format!("{}{severity}", shown(self.title))];
        lines.extend(self.subjects());
        lines.extend(self.remedy());
        lines.join("\n")
    }

    fn subjects(&self) -> Vec<String> {
        // What many share is said once.
        let reasons: BTreeSet<_> = self.findings.iter().map(|finding| &finding.reason).collect();
        if let (Some(Some(reason)), 1, true) = (reasons.first(), reasons.len(), self.findings.len() > 1) {
            let names: Vec<String> = self.findings.iter().take(SUBJECTS).map(|f| shown(&f.subject.name)).collect();
            return vec![format!("  {}{}: {}", names.join(", "), self.more(), shown(reason))];
        }
        let mut lines: Vec<String> = self.findings.iter().take(SUBJECTS).map(|finding| subject(finding)).collect();
        if self.findings.len() > SUBJECTS {
            lines.push(format!("  and {} more", self.findings.len() - SUBJECTS));
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
        Some(format!("→ {}{others}", shown(first.trim())))
    }
}

fn subject(finding: &Finding) -> String {
    let why = match &finding.reason {
        Some(reason) => shown(reason),
        None => finding.evidence.iter().map(evidence).collect::<Vec<_>>().join("; "),
    };
    let name = match finding.subject.kind.as_str() {
        "host" | "engine" => String::new(),
        _ => format!("{}: ", shown(&finding.subject.name)),
    };
    format!("  {name}{why}")
}

fn evidence(evidence: &Evidence) -> String {
    let value = value(&evidence.value);
    let mut shown: String = value.chars().take(VALUE).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    let source = evidence.source.as_deref().map_or_else(String::new, |source| format!(" ({source})"));
    escape(&format!("{} = {shown}{source}", evidence.fact))
}

fn value(json: &Value) -> String {
    match json {
        Value::Null => "none".to_owned(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(value).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| format!("{name} {}", value(field)));
            fields.collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}
