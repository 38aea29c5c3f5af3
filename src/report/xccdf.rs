//! The report as XCCDF 1.2: a benchmark with a rule for each check, and the result of the test in it.
//!
//! Tools read a result only inside its benchmark. A waived failure is informational with the waiver as its message, since
//! oscap 1.3 refuses the override that XCCDF itself has for it.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::value::{token, uri_part};
use super::xml::Xml;
use super::{CheckSummary, Finding, Index, Report};
use crate::verdict::{Severity, Verdict};

/// What names of systems begin with.
const URN: &str = "urn:plimsoll";

/// Writes the report.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let index = Index::new(report);
    let mut xml = Xml::begin(out)?;
    let attributes = [
        ("xmlns", "http://checklists.nist.gov/xccdf/1.2"),
        ("id", "xccdf_plimsoll_benchmark_audit"),
        ("resolved", "true"),
        ("xml:lang", "en"),
    ];
    xml.element("Benchmark", &attributes, |xml| {
        xml.text("status", &[("date", day(&report.collected_at))], "accepted")?;
        xml.text("title", &[], &title(report))?;
        xml.text("description", &[], "The checks that ran, by the sections of the selected benchmarks.")?;
        xml.text("version", &[("time", &report.collected_at)], &report.tool.version)?;
        rules(report, &index, xml)?;
        // The schema has no result of nothing.
        if report.findings.is_empty() { Ok(()) } else { test_result(report, xml) }
    })?;
    xml.end()
}

fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or_default()
}

fn title(report: &Report) -> String {
    let titles: Vec<&str> = report.benchmarks.iter().map(|benchmark| benchmark.title.as_str()).collect();
    if titles.is_empty() { "Selected checks".to_owned() } else { titles.join(", ") }
}

/// Every check once: in the first section that has it, or after all sections.
fn rules(report: &Report, index: &Index<'_>, xml: &mut Xml<'_>) -> io::Result<()> {
    let mut written = BTreeSet::new();
    for benchmark in &report.benchmarks {
        for (section, controls) in benchmark.by_section() {
            let ids = controls.iter().flat_map(|control| &control.checks);
            let checks: Vec<&CheckSummary> =
                ids.filter_map(|id| index.check(id)).filter(|check| written.insert(check.id.as_str())).collect();
            if checks.is_empty() {
                continue;
            }
            let id = format!("xccdf_plimsoll_group_{}-{}", token(&benchmark.id), token(&section.number));
            xml.element("Group", &[("id", &id)], |xml| {
                xml.text("title", &[], &format!("{}: {} {}", benchmark.title, section.number, section.title))?;
                checks.iter().try_for_each(|check| rule(check, index, xml))
            })?;
        }
    }
    report.checks.iter().filter(|check| written.insert(check.id.as_str())).try_for_each(|check| rule(check, index, xml))
}

fn rule_id(check: &str) -> String {
    format!("xccdf_plimsoll_rule_{}", token(check))
}

/// XCCDF ends at high.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High | Severity::Critical => "high",
    }
}

fn rule(check: &CheckSummary, index: &Index<'_>, xml: &mut Xml<'_>) -> io::Result<()> {
    let attributes = [("id", &*rule_id(&check.id)), ("selected", "true"), ("severity", severity(check.severity))];
    xml.element("Rule", &attributes, |xml| {
        xml.text("title", &[], &check.title)?;
        for reference in &check.references {
            let (catalogue, number) = reference.split_once(':').unwrap_or(("", reference));
            xml.text("reference", &[("href", &format!("{URN}:catalogue:{}", uri_part(catalogue)))], number)?;
        }
        xml.text("rationale", &[], &check.rationale)?;
        for (benchmark, control) in index.controls(&check.id) {
            let system = format!("{URN}:benchmark:{}", uri_part(&benchmark.id));
            xml.text("ident", &[("system", &system)], &control.number)?;
        }
        xml.text("fixtext", &[], &check.remediation)?;
        content(&check.id, &format!("{URN}:check"), xml)
    })
}

/// Where the check is; some readers take results of one name and address for one.
fn content(check: &str, href: &str, xml: &mut Xml<'_>) -> io::Result<()> {
    xml.element("check", &[("system", &format!("{URN}:check"))], |xml| {
        xml.empty("check-content-ref", &[("name", check), ("href", href)])
    })
}

fn test_result(report: &Report, xml: &mut Xml<'_>) -> io::Result<()> {
    let tool = format!("cpe:/a:{}:{}:{}", report.tool.name, report.tool.name, report.tool.version);
    let attributes = [
        ("id", "xccdf_plimsoll_testresult_audit"),
        ("start-time", report.collected_at.as_str()),
        ("end-time", report.collected_at.as_str()),
        ("version", report.tool.version.as_str()),
        ("test-system", tool.as_str()),
    ];
    xml.element("TestResult", &attributes, |xml| {
        xml.text("title", &[], &title(report))?;
        report.notices.iter().try_for_each(|notice| xml.text("remark", &[], notice))?;
        xml.text("target", &[], report.host.name.as_deref().unwrap_or("unknown"))?;
        xml.element("target-facts", &[], |xml| {
            let mut facts = vec![("os", report.host.os.clone()), ("kernel", report.host.kernel.clone())];
            let engine = report.engine.as_ref().map(|engine| format!("{} {}", engine.name, engine.version));
            facts.push(("engine", engine));
            facts.iter().try_for_each(|(name, value)| {
                let name = format!("{URN}:fact:{name}");
                let value = value.as_deref().unwrap_or("unknown");
                xml.text("fact", &[("name", &name), ("type", "string")], value)
            })
        })?;
        report.findings.iter().try_for_each(|finding| rule_result(report, finding, xml))?;
        scores(report, xml)
    })
}

fn rule_result(report: &Report, finding: &Finding, xml: &mut Xml<'_>) -> io::Result<()> {
    let attributes = [
        ("idref", &*rule_id(&finding.check)),
        ("time", &report.collected_at),
        ("severity", severity(finding.severity)),
    ];
    let result = match (finding.verdict, finding.waived()) {
        (Verdict::Pass, _) => "pass",
        (Verdict::Fail, None) => "fail",
        (Verdict::Fail, Some(_)) => "informational",
        (Verdict::Unknown, _) => "unknown",
        (Verdict::Manual, _) => "notchecked",
        (Verdict::NotApplicable, _) => "notapplicable",
    };
    let subject = &finding.subject;
    xml.element("rule-result", &attributes, |xml| {
        xml.text("result", &[], result)?;
        if let Some(waiver) = finding.waived() {
            xml.text("message", &[("severity", "warning")], &waiver.words())?;
        }
        xml.text("message", &[("severity", "info")], &finding.because())?;
        if let Some(remediation) = &finding.remediation {
            xml.text("message", &[("severity", "info")], remediation)?;
        }
        xml.text("instance", &[("context", &subject.kind)], &subject.name)?;
        let href = format!("{URN}:{}:{}", uri_part(&subject.kind), uri_part(&subject.name));
        content(&finding.check, &href, xml)
    })
}

/// The findings that passed of those that were judged, and each benchmark's score of its controls.
fn scores(report: &Report, xml: &mut Xml<'_>) -> io::Result<()> {
    let count = |wanted: &[Verdict]| report.findings.iter().filter(|f| wanted.contains(&f.verdict)).count().to_string();
    let judged = count(&[Verdict::Pass, Verdict::Fail]);
    let attributes = [("system", "urn:plimsoll:score:findings"), ("maximum", judged.as_str())];
    xml.text("score", &attributes, &count(&[Verdict::Pass]))?;
    for benchmark in &report.benchmarks {
        if let Some(percent) = benchmark.score.percent {
            let system = format!("{URN}:score:{}", uri_part(&benchmark.id));
            xml.text("score", &[("system", &system), ("maximum", "100")], &percent.to_string())?;
        }
    }
    Ok(())
}
