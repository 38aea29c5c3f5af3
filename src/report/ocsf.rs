//! The report as OCSF 1.5.0 compliance findings: one event a line, for a SIEM.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::value::put;
use super::{Finding, Index, Report};
use crate::verdict::{Severity, Verdict};

/// Writes the report.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let index = Index::new(report);
    let time = report.time()?.as_millisecond();
    for finding in &report.findings {
        serde_json::to_writer(&mut *out, &event(report, finding, &index, time))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn event(report: &Report, finding: &Finding, index: &Index<'_>, time: i64) -> Value {
    let host = report.host.name.as_deref().unwrap_or("unknown");
    let (severity_id, severity) = severity(finding);
    let (status_id, status) = if finding.waived().is_some() { (3, "Suppressed") } else { (1, "New") };
    let mut event = json!({
        "activity_id": 1, "activity_name": "Create",
        "category_uid": 2, "category_name": "Findings",
        "class_uid": 2003, "class_name": "Compliance Finding",
        "type_uid": 200_301, "type_name": "Compliance Finding: Create",
        "time": time,
        "severity_id": severity_id, "severity": severity,
        "status_id": status_id, "status": status,
        "message": format!("{}: {}", finding.subject.words(), finding.title),
        "metadata": {
            "version": "1.5.0",
            "profiles": ["host"],
            "product": { "name": report.tool.name, "version": report.tool.version, "vendor_name": report.tool.name },
        },
        "finding_info": finding_info(report, finding, index, host),
        "compliance": compliance(finding, index),
        "resources": [resource(finding)],
        "device": device(report, host),
    });
    put(&mut event, "status_detail", finding.waived().map(super::Waived::words));
    put(&mut event, "remediation", finding.remediation.as_ref().map(|text| json!({ "desc": text })));
    event
}

/// How bad it is that it came to this; what passes is told for the record.
const fn severity(finding: &Finding) -> (u8, &'static str) {
    match (finding.verdict, finding.severity) {
        (Verdict::Pass | Verdict::NotApplicable | Verdict::Manual, _) => (1, "Informational"),
        (Verdict::Unknown, _) => (0, "Unknown"),
        (Verdict::Fail, Severity::Low) => (2, "Low"),
        (Verdict::Fail, Severity::Medium) => (3, "Medium"),
        (Verdict::Fail, Severity::High) => (4, "High"),
        (Verdict::Fail, Severity::Critical) => (5, "Critical"),
    }
}

fn finding_info(report: &Report, finding: &Finding, index: &Index<'_>, host: &str) -> Value {
    let mut info = json!({
        "uid": format!("{host}/{}", finding.fingerprint),
        "title": finding.title,
        "created_time": report.time().map(|time| time.as_millisecond()).unwrap_or_default(),
        "analytic": { "uid": finding.check, "name": finding.check, "type_id": 1, "type": "Rule" },
    });
    put(&mut info, "desc", index.check(&finding.check).map(|check| check.rationale.clone()));
    info
}

fn compliance(finding: &Finding, index: &Index<'_>) -> Value {
    let (id, status) = match finding.verdict {
        Verdict::Pass => (1, "Pass"),
        Verdict::Manual => (2, "Warning"),
        Verdict::Fail => (3, "Fail"),
        Verdict::Unknown => (0, "Unknown"),
        Verdict::NotApplicable => (99, "Not applicable"),
    };
    let controls = index.controls(&finding.check);
    let control = controls.first().map(|(_, control)| control.number.clone());
    let standards: Vec<&str> = controls.iter().map(|(benchmark, _)| benchmark.title.as_str()).collect();
    let numbers = controls.iter().map(|(benchmark, control)| format!("{}:{}", benchmark.id, control.number));
    let references = index.check(&finding.check).map_or(&[][..], |check| &check.references).iter().cloned();
    let mut compliance = json!({
        "status_id": id, "status": status,
        "status_details": [finding.because()],
        "checks": [{ "uid": finding.check, "name": finding.title, "status_id": id, "status": status }],
    });
    put(&mut compliance, "control", control);
    put(&mut compliance, "standards", standards);
    put(&mut compliance, "requirements", numbers.chain(references).collect::<Vec<_>>());
    compliance
}

fn resource(finding: &Finding) -> Value {
    let subject = &finding.subject;
    let seen = |evidence: &super::Evidence| match &evidence.reason {
        Some(_) => evidence.words().into(),
        None => evidence.value.clone(),
    };
    let facts = finding.evidence.iter().map(|evidence| (evidence.fact.clone(), seen(evidence)));
    let mut resource = json!({ "type": subject.kind, "name": subject.name });
    put(&mut resource, "uid", subject.id.clone());
    put(&mut resource, "data", Value::Object(facts.collect()));
    resource
}

fn device(report: &Report, host: &str) -> Value {
    let mut os = json!({ "type_id": 200, "type": "Linux", "name": report.host.os.as_deref().unwrap_or("Linux") });
    put(&mut os, "kernel_release", report.host.kernel.clone());
    json!({ "type_id": 1, "type": "Server", "hostname": host, "os": os })
}
