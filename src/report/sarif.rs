//! The report as SARIF 2.1.0: every check a rule, every finding a result of the kind that its verdict is.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::value::{self, WithList, put, uri_part};
use super::{CheckSummary, Finding, Index, Report};
use crate::verdict::{Severity, Verdict};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes the report.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let index = Index::new(report);
    let host = report.host.name.as_deref().unwrap_or_default();
    let rules: Vec<Value> = report.checks.iter().map(|check| rule(check, &index)).collect();
    let places: BTreeMap<&str, usize> =
        report.checks.iter().enumerate().map(|(place, check)| (check.id.as_str(), place)).collect();
    let tool = &report.tool;
    let run = json!({
        "tool": { "driver": {
            "name": tool.name, "version": tool.version, "semanticVersion": tool.version, "rules": rules,
        } },
        // Keeps the results of several machines apart.
        "automationDetails": { "id": format!("{}/{}/", tool.name, uri_part(host)) },
        "invocations": [{
            "executionSuccessful": true,
            "startTimeUtc": report.collected_at,
            "machine": host,
            "toolExecutionNotifications": notifications(report),
        }],
        "originalUriBaseIds": {
            "ROOT": { "uri": "file:///" },
            "MACHINE": { "description": { "text": "What was judged, as its kind and its name." } },
        },
        "columnKind": "unicodeCodePoints",
        "results": [],
    });
    let results = || report.findings.iter().map(|finding| result(finding, places.get(finding.check.as_str()).copied()));
    let run = WithList { object: run, key: "results", elements: results };
    value::write(&Log { schema: SCHEMA, version: "2.1.0", runs: [run] }, out)
}

#[derive(Serialize)]
struct Log<R> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [R; 1],
}

fn rule(check: &CheckSummary, index: &Index<'_>) -> Value {
    let controls = index.controls(&check.id).iter();
    let mut tags: BTreeSet<String> =
        controls.map(|(benchmark, control)| format!("{}:{}", benchmark.id, control.number)).collect();
    tags.extend(check.references.iter().cloned());
    tags.insert("security".to_owned());
    json!({
        "id": check.id,
        "shortDescription": { "text": check.title },
        "fullDescription": { "text": check.rationale },
        "help": { "text": check.remediation },
        "defaultConfiguration": { "level": level(check.severity) },
        "properties": { "security-severity": rank(check.severity), "precision": "very-high", "tags": tags },
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// The middle of the band that readers take for a severity, of ten.
const fn rank(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

fn result(finding: &Finding, rule: Option<usize>) -> Value {
    let (kind, level) = match finding.verdict {
        Verdict::Pass => ("pass", "none"),
        Verdict::Fail => ("fail", level(finding.severity)),
        Verdict::Unknown => ("open", "none"),
        Verdict::Manual => ("review", "none"),
        Verdict::NotApplicable => ("notApplicable", "none"),
    };
    let mut result = json!({
        "ruleId": finding.check,
        "kind": kind,
        "level": level,
        "message": { "text": message(finding) },
        "locations": [location(finding)],
        "partialFingerprints": { "plimsollFinding/v1": finding.fingerprint },
    });
    put(&mut result, "ruleIndex", rule);
    let suppression =
        |waiver: &super::Waived| json!([{ "kind": "external", "status": "accepted", "justification": waiver.words() }]);
    put(&mut result, "suppressions", finding.waived().map(suppression));
    result
}

/// Names the subject, since readers take results of one text for one.
fn message(finding: &Finding) -> String {
    let mut text = format!("{}: {} ({})", finding.subject.words(), finding.title, finding.because());
    if let Some(remediation) = &finding.remediation {
        text += ". ";
        text += remediation.trim();
    }
    if text.ends_with('.') { text } else { text + "." }
}

/// The subject; and the file where it was seen, or a stand-in for one, since some readers take no result without.
fn location(finding: &Finding) -> Value {
    let subject = &finding.subject;
    let file = finding.evidence.iter().filter_map(|evidence| file(evidence.source.as_deref()?)).next();
    let artifact = match file {
        Some(path) => json!({ "uri": path, "uriBaseId": "ROOT" }),
        None => {
            json!({ "uri": format!("{}/{}", uri_part(&subject.kind), uri_part(&subject.name)), "uriBaseId": "MACHINE" })
        }
    };
    json!({
        "physicalLocation": { "artifactLocation": artifact },
        "logicalLocations": [{
            "name": subject.name,
            "fullyQualifiedName": format!("{}/{}", subject.kind, subject.name),
            "kind": "resource",
        }],
    })
}

/// The path of a file that is a fact's only source, below the root, as a URI.
fn file(source: &str) -> Option<String> {
    let path = source.strip_prefix('/').filter(|path| !path.is_empty() && !path.contains(['…', ' ', ',', '*']))?;
    Some(path.split('/').map(uri_part).collect::<Vec<_>>().join("/"))
}

/// What a reader should know of how it was found: notices, and each reason for which something was not judged.
fn notifications(report: &Report) -> Vec<Value> {
    let unknown = report.findings.iter().filter(|finding| finding.verdict == Verdict::Unknown);
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in unknown.filter_map(|finding| finding.reason.as_deref()) {
        *reasons.entry(reason).or_default() += 1;
    }
    let notices = report.notices.iter().map(|notice| ("note", notice.clone()));
    let reasons = reasons.iter().map(|(reason, count)| ("warning", format!("{count} not judged: {reason}")));
    notices.chain(reasons).map(|(level, text)| json!({ "level": level, "message": { "text": text } })).collect()
}
