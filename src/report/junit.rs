//! The report as JUnit XML: a suite for each section, a test for each control and subject.
//!
//! What could not be seen is an error, so that no reader takes it for a test that was left out on purpose.

use std::io::{self, Write};

use super::xml::Xml;
use super::{ControlResult, Finding, Index, Report};
use crate::verdict::Verdict;

/// The tests of one section.
struct Suite<'r> {
    name: String,
    package: &'r str,
    cases: Vec<Case<'r>>,
}

/// One test: a finding, or a control that had nothing to judge.
struct Case<'r> {
    class: String,
    name: String,
    /// What is to be said; nothing of what passed.
    said: Option<Said>,
    /// What a pass rests on besides facts.
    basis: &'r [String],
}

struct Said {
    /// `failure`, `error` or `skipped`.
    element: &'static str,
    kind: &'static str,
    message: String,
    text: String,
}

/// Writes the report.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let suites = suites(report);
    let cases = || suites.iter().flat_map(|suite| &suite.cases);
    let attributes = [
        ("name", report.tool.name.as_str()),
        ("tests", &cases().count().to_string()),
        ("failures", &count(cases(), "failure")),
        ("errors", &count(cases(), "error")),
    ];
    let mut xml = Xml::begin(out)?;
    xml.element("testsuites", &attributes, |xml| suites.iter().try_for_each(|suite| suite.write(report, xml)))?;
    xml.end()
}

fn count<'c, 'r: 'c>(cases: impl Iterator<Item = &'c Case<'r>>, element: &str) -> String {
    cases.filter_map(|case| case.said.as_ref()).filter(|said| said.element == element).count().to_string()
}

fn suites(report: &Report) -> Vec<Suite<'_>> {
    let index = Index::new(report);
    let mut suites = Vec::new();
    for benchmark in &report.benchmarks {
        for (section, controls) in benchmark.by_section() {
            let class = format!("{}.{}", benchmark.id, section.number);
            let cases: Vec<Case<'_>> = controls.iter().flat_map(|control| cases(control, &index, &class)).collect();
            let name = format!("{}: {} {}", benchmark.title, section.number, section.title);
            suites.push(Suite { name, package: &benchmark.id, cases });
        }
    }
    let outside = index.outside().flat_map(|(_, findings)| findings);
    let outside: Vec<Case<'_>> = outside.map(|finding| Case::of(finding, "checks", "")).collect();
    suites.push(Suite { name: "Checks outside the selected benchmarks".to_owned(), package: "checks", cases: outside });
    suites.retain(|suite| !suite.cases.is_empty());
    suites
}

fn cases<'r>(control: &'r ControlResult, index: &Index<'r>, class: &str) -> Vec<Case<'r>> {
    let findings = index.of(control);
    if findings.is_empty() {
        let name = format!("{} {}", control.number, control.title);
        let reason = control.reason.clone().unwrap_or_default();
        let said = Some(Said::skipped("not-applicable", reason));
        return vec![Case { class: class.to_owned(), name, said, basis: &[] }];
    }
    findings.into_iter().map(|finding| Case::of(finding, class, &format!("{} ", control.number))).collect()
}

impl<'r> Case<'r> {
    /// Its name is the same in the next audit, so that readers can tell its history.
    fn of(finding: &'r Finding, class: &str, number: &str) -> Self {
        let name = format!("{number}{}: {}", finding.check, finding.subject.words());
        Self { class: class.to_owned(), name, said: Said::of(finding), basis: &finding.basis }
    }

    fn write(&self, xml: &mut Xml<'_>) -> io::Result<()> {
        let attributes = [("classname", self.class.as_str()), ("name", self.name.as_str())];
        match &self.said {
            Some(said) => xml.element("testcase", &attributes, |xml| {
                xml.text(said.element, &[("type", said.kind), ("message", &said.message)], &said.text)
            }),
            None if self.basis.is_empty() => xml.empty("testcase", &attributes),
            None => xml.element("testcase", &attributes, |xml| {
                xml.text("system-out", &[], &format!("rests on {}", self.basis.join("; ")))
            }),
        }
    }
}

impl Said {
    fn of(finding: &Finding) -> Option<Self> {
        let verdict = finding.verdict.as_str();
        let because = || finding.because();
        let remedy = || finding.remediation.clone().unwrap_or_default();
        match (finding.verdict, finding.waived()) {
            (Verdict::Pass, _) => None,
            (Verdict::Fail, None) => Some(Self {
                element: "failure",
                kind: finding.severity.as_str(),
                message: format!("{}: {}", finding.title, because()),
                text: remedy(),
            }),
            (Verdict::Fail, Some(waiver)) => {
                let text = format!("{}: {}. {}", finding.title, because(), remedy());
                Some(Self { text, ..Self::skipped("waived", waiver.words()) })
            }
            (Verdict::Unknown, _) => {
                Some(Self { element: "error", kind: verdict, message: because(), text: String::new() })
            }
            (Verdict::Manual | Verdict::NotApplicable, _) => Some(Self::skipped(verdict, because())),
        }
    }

    const fn skipped(kind: &'static str, message: String) -> Self {
        Self { element: "skipped", kind, message, text: String::new() }
    }
}

impl Suite<'_> {
    fn write(&self, report: &Report, xml: &mut Xml<'_>) -> io::Result<()> {
        let attributes = [
            ("name", self.name.as_str()),
            ("package", self.package),
            ("hostname", report.host.name.as_deref().unwrap_or_default()),
            // Strict readers want a time without a zone here.
            ("timestamp", report.collected_at.trim_end_matches('Z')),
            ("tests", &self.cases.len().to_string()),
            ("failures", &count(self.cases.iter(), "failure")),
            ("errors", &count(self.cases.iter(), "error")),
            ("skipped", &count(self.cases.iter(), "skipped")),
        ];
        xml.element("testsuite", &attributes, |xml| self.cases.iter().try_for_each(|case| case.write(xml)))
    }
}
