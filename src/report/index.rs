//! A report by what its readers look for: the findings of a control, the numbers of a check, the controls of a section.

use std::collections::{BTreeMap, BTreeSet};

use super::{BenchmarkResult, CheckSummary, ControlResult, Finding, Report, SectionResult};
use crate::benchmark::is_within;

/// Findings, checks and controls by the check's id.
pub(crate) struct Index<'r> {
    findings: BTreeMap<&'r str, Vec<&'r Finding>>,
    checks: BTreeMap<&'r str, &'r CheckSummary>,
    controls: BTreeMap<&'r str, Vec<(&'r BenchmarkResult, &'r ControlResult)>>,
}

impl<'r> Index<'r> {
    pub(crate) fn new(report: &'r Report) -> Self {
        let mut findings: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for finding in &report.findings {
            findings.entry(finding.check.as_str()).or_default().push(finding);
        }
        let mut controls: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for benchmark in &report.benchmarks {
            for control in &benchmark.controls {
                for check in control.checks.iter().map(String::as_str).collect::<BTreeSet<_>>() {
                    controls.entry(check).or_default().push((benchmark, control));
                }
            }
        }
        let checks = report.checks.iter().map(|check| (check.id.as_str(), check)).collect();
        Self { findings, checks, controls }
    }

    /// The findings that decide a control, check by check.
    pub(crate) fn of(&self, control: &ControlResult) -> Vec<&'r Finding> {
        let of = control.checks.iter().filter_map(|check| self.findings.get(check.as_str()));
        of.flatten().copied().collect()
    }

    /// What there is to say of a check.
    pub(crate) fn check(&self, id: &str) -> Option<&'r CheckSummary> {
        self.checks.get(id).copied()
    }

    /// The controls that a check decides, each with its benchmark.
    pub(crate) fn controls(&self, check: &str) -> &[(&'r BenchmarkResult, &'r ControlResult)] {
        self.controls.get(check).map_or(&[], Vec::as_slice)
    }

    /// The findings of checks that no selected control names, by check.
    pub(crate) fn outside(&self) -> impl Iterator<Item = (&'r str, &[&'r Finding])> {
        let outside = self.findings.iter().filter(|(check, _)| !self.controls.contains_key(*check));
        outside.map(|(check, findings)| (*check, findings.as_slice()))
    }
}

/// The findings of which the same is to be said, together, in the order of the first of each.
pub(crate) fn alike<'r>(findings: &[&'r Finding]) -> Vec<Vec<&'r Finding>> {
    let mut places = BTreeMap::new();
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let Finding { check, subject, verdict, reason, basis, evidence, waiver, .. } = finding;
        let key = serde_json::json!([check, subject.kind, verdict, reason, basis, evidence, waiver]).to_string();
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

impl BenchmarkResult {
    /// Every section with its controls; a control is in the innermost of the sections around it.
    pub(crate) fn by_section(&self) -> Vec<(&SectionResult, Vec<&ControlResult>)> {
        let mut sections: Vec<_> = self.sections.iter().map(|section| (section, Vec::new())).collect();
        for control in &self.controls {
            let around = sections.iter_mut().filter(|(section, _)| is_within(&control.number, &section.number));
            if let Some((_, controls)) = around.max_by_key(|(section, _)| section.number.len()) {
                controls.push(control);
            }
        }
        sections
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Score, Subject};
    use crate::verdict::{Severity, Verdict};

    fn control(number: &str) -> ControlResult {
        ControlResult {
            number: number.to_owned(),
            title: String::new(),
            level: 1,
            assessment: "manual".to_owned(),
            verdict: Verdict::Pass,
            reason: None,
            checks: Vec::new(),
        }
    }

    #[test]
    fn a_control_is_in_its_innermost_section() {
        let section =
            |number: &str| SectionResult { number: number.to_owned(), title: String::new(), score: Score::default() };
        let benchmark = BenchmarkResult {
            id: "b".to_owned(),
            title: String::new(),
            profile: None,
            level: 2,
            score: Score::default(),
            levels: Vec::new(),
            sections: ["1", "1.1", "1.1.1", "1.10"].map(section).into(),
            controls: ["1.1.1.1", "1.1.2", "1.10.1", "1.2"].map(control).into(),
        };
        let numbers = |controls: &[&ControlResult]| controls.iter().map(|c| c.number.clone()).collect::<Vec<_>>();
        let found: Vec<_> = benchmark.by_section().iter().map(|(_, controls)| numbers(controls)).collect();
        assert_eq!(found, [vec!["1.2"], vec!["1.1.2"], vec!["1.1.1.1"], vec!["1.10.1"]]);
    }

    #[test]
    fn what_is_alike_is_said_once() {
        let finding = |name: &str, reason: Option<&str>| Finding {
            check: "c".to_owned(),
            title: String::new(),
            severity: Severity::Low,
            fingerprint: name.to_owned(),
            subject: Subject { kind: "container".to_owned(), name: name.to_owned(), id: Some(name.to_owned()) },
            verdict: Verdict::Fail,
            basis: Vec::new(),
            reason: reason.map(str::to_owned),
            evidence: Vec::new(),
            remediation: Some(format!("Stop {name}.")),
            waiver: None,
        };
        let all = [finding("a", None), finding("b", Some("other")), finding("c", None)];
        let all: Vec<&Finding> = all.iter().collect();
        let groups = alike(&all);
        let names = |group: &Vec<&Finding>| group.iter().map(|one| one.subject.name.clone()).collect::<Vec<_>>();
        assert_eq!(groups.iter().map(names).collect::<Vec<_>>(), [vec!["a", "c"], vec!["b"]]);
    }
}
