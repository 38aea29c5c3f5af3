//! The findings of one control in a few lines: who, why, and what to do.

use std::borrow::Cow;

use crate::report::escape::shown;
use crate::report::remedy::remedies;
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
        let of = |verdict| self.findings.iter().filter(move |finding| finding.verdict == verdict);
        let worst: Vec<&Finding> = of(self.verdict).copied().collect();
        let mut lines = vec![titled(self.title, self.verdict, &worst)];
        lines.extend(subjects(worst.iter().copied()));
        if self.verdict == Verdict::Fail {
            let unknown = subjects(of(Verdict::Unknown).copied());
            lines.extend(unknown.into_iter().map(|line| format!("{line}  [unknown]")));
            lines.extend(remedies(&worst).iter().map(|remedy| format!("→ {}", shown(remedy))));
        }
        lines.join("\n")
    }
}

/// The title of a control, with how bad a failure of it is where that matters.
pub(super) fn titled(title: &str, verdict: Verdict, findings: &[&Finding]) -> String {
    let severity = findings.iter().filter(|finding| finding.verdict == verdict).map(|finding| finding.severity).max();
    match (verdict, severity) {
        (Verdict::Fail | Verdict::Unknown, Some(severity)) => format!("{}  [{severity}]", shown(title)),
        _ => shown(title),
    }
}

/// A line for all subjects of which the same is to be said.
fn subjects<'r>(findings: impl Iterator<Item = &'r Finding>) -> Vec<String> {
    let mut groups: Vec<(String, &str, Vec<&str>)> = Vec::new();
    for finding in findings {
        let (why, subject) = (why(finding), &finding.subject);
        let name = subject.id.as_ref().map(|_| subject.name.as_str());
        match groups.iter_mut().find(|(said, kind, _)| *said == why && *kind == subject.kind) {
            Some((_, _, names)) => names.extend(name),
            None => groups.push((why, &subject.kind, Vec::from_iter(name))),
        }
    }
    let more = |count: usize| count.checked_sub(SUBJECTS).filter(|more| *more > 0);
    let line = |(why, kind, names): &(String, &str, Vec<&str>)| {
        let mut said = names.iter().take(SUBJECTS).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
        if let Some(more) = more(names.len()) {
            said += &format!(" and {more} more");
        }
        match (names.as_slice(), *kind) {
            ([], _) => format!("· {why}"),
            // What no engine told of is not taken for one of its containers.
            (_, "sandbox") => format!("· sandbox {said}: {why}"),
            _ => format!("· {said}: {why}"),
        }
    };
    let mut lines: Vec<String> = groups.iter().take(SUBJECTS).map(line).collect();
    if more(groups.len()).is_some() {
        let left: usize = groups.iter().skip(SUBJECTS).map(|(_, _, names)| names.len().max(1)).sum();
        lines.push(format!("· and {left} more"));
    }
    lines
}

/// Why the verdict is what it is, and who bears it.
fn why(finding: &Finding) -> String {
    let kind = finding.subject.kind.as_str();
    let seen = || finding.evidence.iter().map(|one| evidence(one, kind)).collect::<Vec<_>>().join("; ");
    let why = match &finding.reason {
        Some(reason) if finding.shows_facts() => format!("{}: {}", shown(reason), seen()),
        Some(reason) => shown(reason),
        None => seen(),
    };
    let waived = finding.waiver.as_ref().map_or_else(String::new, |waiver| format!("  [{}]", shown(&waiver.words())));
    format!("{why}{waived}")
}

/// A fact and its value; where it was read only when that is one place, and not the same on every machine: the JSON has all.
fn evidence(evidence: &Evidence, kind: &str) -> String {
    let value = evidence.words();
    let mut text: String = value.chars().take(VALUE).collect();
    if text.len() < value.len() {
        text.push('…');
    }
    let fact = evidence.fact.strip_prefix(kind).and_then(|fact| fact.strip_prefix('.')).unwrap_or(&evidence.fact);
    let usual = |source: &&str| source.starts_with("GET ") || source.contains('…') || source.contains(", ");
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
