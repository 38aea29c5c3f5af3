//! The report as OSCAL 1.1 assessment results: an observation for each finding, a finding for each control that was decided.
//!
//! OSCAL knows a control as satisfied or not; what is unknown, waits for a person or does not apply stays an observation.
//! The same report gives the same identifiers, and an observation keeps its own from one report to the next.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::value::{self, WithList, put, token};
use super::{BenchmarkResult, ControlResult, Finding, Index, Report, Subject, escape};
use crate::verdict::Verdict;

/// Whose the names of our properties are.
const NAMESPACE: &str = "urn:plimsoll:oscal";

/// Writes the report.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let host = report.host.name.as_deref().unwrap_or("unknown");
    let plan = uuid(&["plan", host]);
    let run = [host, report.collected_at.as_str()];
    let identified = identified(report, host);
    let result = result(report, host, &identified, &uuid(&["result", &run.concat()]));
    let observations = || identified.iter().map(|(uuid, finding)| observation(report, host, uuid, finding));
    let results = Results {
        uuid: uuid(&["document", &run.concat()]),
        metadata: json!({
            "title": text(&format!("Hardening audit of {host}")),
            "last-modified": report.collected_at,
            "version": report.collected_at,
            "oscal-version": "1.1.3",
            "props": [property("tool", &format!("{} {}", report.tool.name, report.tool.version))],
        }),
        import_ap: json!({ "href": format!("#{plan}") }),
        results: [WithList { object: result, key: "observations", elements: observations }],
        back_matter: json!({ "resources": [{
            "uuid": plan,
            "title": "Assessment plan",
            "description": "There is no plan apart from the benchmarks that were selected for the audit.",
        }] }),
    };
    value::write(&BTreeMap::from([("assessment-results", results)]), out)
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Results<R> {
    uuid: String,
    metadata: Value,
    import_ap: Value,
    results: [R; 1],
    back_matter: Value,
}

fn uuid(parts: &[&str]) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("plimsoll\0{}", parts.join("\0")).as_bytes()).to_string()
}

/// A text that OSCAL takes in any place: of one line, not empty, no blank at its ends.
fn text(text: &str) -> String {
    match escape(text).trim() {
        "" => "none".to_owned(),
        text => text.to_owned(),
    }
}

fn property(name: &str, value: &str) -> Value {
    json!({ "name": name, "ns": NAMESPACE, "value": text(value) })
}

fn subject_uuid(host: &str, subject: &Subject) -> String {
    uuid(&["subject", host, &subject.kind, &subject.name, subject.id.as_deref().unwrap_or_default()])
}

/// The findings with identifiers of their own: by machine, check and name, and by their order where these are the same.
fn identified<'r>(report: &'r Report, host: &str) -> Vec<(String, &'r Finding)> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let mut identify = |finding: &'r Finding| {
        let count = seen.entry(&finding.fingerprint).or_default();
        *count += 1;
        uuid(&["observation", host, &finding.fingerprint, &count.to_string()])
    };
    report.findings.iter().map(|finding| (identify(finding), finding)).collect()
}

/// The result but for its observations.
fn result(report: &Report, host: &str, identified: &[(String, &Finding)], uuid: &str) -> Value {
    let subjects: BTreeMap<String, &Subject> =
        report.findings.iter().map(|finding| (subject_uuid(host, &finding.subject), &finding.subject)).collect();
    let items: Vec<Value> = subjects.iter().map(|(uuid, subject)| item(uuid, subject)).collect();
    let risks = identified.iter().filter_map(|(uuid, finding)| risk(uuid, finding));
    let index = Index::new(report);
    let mut findings = Vec::new();
    for benchmark in &report.benchmarks {
        for control in &benchmark.controls {
            let of: Vec<_> = identified.iter().filter(|(_, f)| control.checks.contains(&f.check)).collect();
            findings.extend(finding(host, &control_id(benchmark, control), &control.title, control.verdict, &of));
        }
    }
    for (check, of) in index.outside() {
        let worst = of.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::NotApplicable);
        let of: Vec<_> = identified.iter().filter(|(_, finding)| finding.check == check).collect();
        let title = index.check(check).map_or(check, |check| check.title.as_str());
        findings.extend(finding(host, &format!("check-{}", token(check)), title, worst, &of));
    }
    let mut result = json!({
        "uuid": uuid,
        "title": text(&format!("Audit of {host}")),
        "description": "What the machine, its container engine and its containers were found to be.",
        "start": report.collected_at,
        "end": report.collected_at,
        "reviewed-controls": { "control-selections": selections(report) },
    });
    put(&mut result, "props", scores(report));
    if !items.is_empty() {
        put(&mut result, "local-definitions", json!({ "inventory-items": items }));
    }
    put(&mut result, "risks", risks.collect::<Vec<_>>());
    put(&mut result, "findings", findings);
    result
}

fn scores(report: &Report) -> Vec<Value> {
    let of = |benchmark: &BenchmarkResult| {
        let id = token(&benchmark.id);
        let percents = [("score", benchmark.score.percent), ("coverage", benchmark.score.coverage_percent)];
        percents.map(|(name, percent)| Some(property(&format!("{name}-percent.{id}"), &percent?.to_string())))
    };
    report.benchmarks.iter().flat_map(of).flatten().collect()
}

/// The number with its benchmark, since an identifier has to begin with a letter.
fn control_id(benchmark: &BenchmarkResult, control: &ControlResult) -> String {
    format!("{}-{}", named(&benchmark.id), token(&control.number))
}

fn named(id: &str) -> String {
    let token = token(id);
    if token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') { token } else { format!("_{token}") }
}

fn selections(report: &Report) -> Vec<Value> {
    let selection = |benchmark: &BenchmarkResult| {
        let controls = benchmark.controls.iter();
        let controls: Vec<Value> =
            controls.map(|control| json!({ "control-id": control_id(benchmark, control) })).collect();
        let profile = benchmark.profile.as_ref().map_or_else(String::new, |profile| format!(", {profile}"));
        let described = format!("{}{profile}, up to level {}", benchmark.title, benchmark.level);
        json!({ "description": text(&described), "include-controls": controls })
    };
    let full = report.benchmarks.iter().filter(|benchmark| !benchmark.controls.is_empty());
    let mut selections: Vec<Value> = full.map(selection).collect();
    if selections.is_empty() {
        selections.push(json!({ "description": "Checks that were selected by name.", "include-all": {} }));
    }
    selections
}

fn item(uuid: &str, subject: &Subject) -> Value {
    let mut props = vec![property("kind", &subject.kind), property("name", &subject.name)];
    props.extend(subject.id.as_ref().map(|id| property("id", id)));
    json!({ "uuid": uuid, "description": text(&subject.words()), "props": props })
}

fn observation(report: &Report, host: &str, uuid: &str, finding: &Finding) -> Value {
    let evidence = finding.evidence.iter().map(|evidence| {
        let source = evidence.source.as_ref().map_or_else(String::new, |source| format!(" ({source})"));
        json!({ "description": text(&format!("{} = {}{source}", evidence.fact, evidence.words())) })
    });
    let mut observation = json!({
        "uuid": uuid,
        "title": text(&finding.title),
        "description": text(&finding.because()),
        "props": [
            property("check", &finding.check),
            property("verdict", finding.verdict.as_str()),
            property("severity", finding.severity.as_str()),
        ],
        "methods": ["TEST"],
        "subjects": [{
            "subject-uuid": subject_uuid(host, &finding.subject),
            "type": "inventory-item",
            "title": text(&finding.subject.words()),
        }],
        "collected": report.collected_at,
    });
    put(&mut observation, "relevant-evidence", evidence.collect::<Vec<_>>());
    put(&mut observation, "remarks", finding.remediation.as_deref().map(text));
    observation
}

/// The risk that a waiver accepts.
fn risk(observation: &str, finding: &Finding) -> Option<Value> {
    let waiver = finding.waived()?;
    Some(json!({
        "uuid": uuid(&["risk", observation]),
        "title": text(&finding.title),
        "description": text(&format!("{}: {}", finding.subject.words(), finding.because())),
        "statement": text(&waiver.words()),
        "status": "deviation-approved",
        "related-observations": [{ "observation-uuid": observation }],
    }))
}

/// The finding of what was decided.
fn finding(host: &str, target: &str, title: &str, verdict: Verdict, of: &[&(String, &Finding)]) -> Option<Value> {
    let state = match verdict {
        Verdict::Pass => json!({ "state": "satisfied", "reason": "pass" }),
        Verdict::Fail => json!({ "state": "not-satisfied", "reason": "fail" }),
        Verdict::Unknown | Verdict::Manual | Verdict::NotApplicable => return None,
    };
    let observations: Vec<Value> = of.iter().map(|(uuid, _)| json!({ "observation-uuid": uuid })).collect();
    let waived = of.iter().filter(|(_, finding)| finding.waived().is_some());
    let risks: Vec<Value> = waived.map(|(uuid, _)| json!({ "risk-uuid": self::uuid(&["risk", uuid]) })).collect();
    let mut finding = json!({
        "uuid": uuid(&["finding", host, target]),
        "title": text(title),
        "description": text(&format!("{target}: {title}")),
        "target": { "type": "objective-id", "target-id": target, "status": state },
    });
    put(&mut finding, "related-observations", observations);
    put(&mut finding, "related-risks", risks);
    Some(finding)
}
