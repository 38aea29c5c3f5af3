//! The failures to look at first.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::{Finding, Index, Report};
use crate::verdict::{Severity, Verdict};

/// A failure that nobody bears.
pub(crate) struct Worst<'r> {
    /// The place of its benchmark in the report; none for a check that no selected control names.
    pub(crate) benchmark: Option<usize>,
    /// The control's number, or the check's id.
    pub(crate) number: &'r str,
    /// The good state, in words.
    pub(crate) title: &'r str,
    /// The most severe of its findings.
    pub(crate) severity: Severity,
    /// On how many subjects.
    pub(crate) who: String,
}

/// The most severe failures; what two benchmarks have as the same check is told once.
pub(crate) fn worst<'r>(report: &'r Report, index: &Index<'r>, count: usize) -> Vec<Worst<'r>> {
    let mut all: Vec<(Worst<'r>, BTreeSet<&str>)> = Vec::new();
    let mut add = |benchmark, number, title, findings: &[&'r Finding]| {
        let failed: Vec<&Finding> = findings.iter().copied().filter(|f| f.verdict == Verdict::Fail).collect();
        let unborne = failed.iter().filter(|finding| finding.waiver.is_none());
        if let Some(severity) = unborne.map(|finding| finding.severity).max() {
            let checks = failed.iter().map(|finding| finding.check.as_str()).collect();
            all.push((Worst { benchmark, number, title, severity, who: who(&failed, findings) }, checks));
        }
    };
    for (place, benchmark) in report.benchmarks.iter().enumerate() {
        for control in &benchmark.controls {
            add(Some(place), &control.number, &control.title, &index.of(control));
        }
    }
    for (check, findings) in index.outside() {
        add(None, check, index.check(check).map_or(check, |check| &check.title), findings);
    }
    all.sort_by_key(|(worst, _)| Reverse(worst.severity));
    let mut told = BTreeSet::new();
    let is_new = |(worst, checks): (Worst<'r>, BTreeSet<&'r str>)| {
        let new = checks.iter().any(|check| !told.contains(check));
        told.extend(checks);
        new.then_some(worst)
    };
    all.into_iter().filter_map(is_new).take(count).collect()
}

/// How many of the subjects made the verdict; nothing where there is only one of the kind.
pub(crate) fn who(worst: &[&Finding], all: &[&Finding]) -> String {
    let count = |findings: &[&Finding]| findings.iter().map(|finding| &finding.subject).collect::<BTreeSet<_>>().len();
    let (some, all_of_them) = (count(worst), count(all));
    match worst.first() {
        Some(finding) if finding.subject.id.is_some() => {
            let kind = &finding.subject.kind;
            let plural = match kind.ends_with('x') {
                _ if all_of_them == 1 => "",
                true => "es",
                false => "s",
            };
            let of = if some == all_of_them { String::new() } else { format!("{some} of ") };
            format!("{of}{all_of_them} {kind}{plural}")
        }
        _ => String::new(),
    }
}
