//! The report in the JSON shape of kube-bench, for pipelines that read it.
//!
//! The shape knows no subjects: a control's result names them in its reason.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::remedy::remedies;
use super::value::{self, put};
use super::{BenchmarkResult, ControlResult, Finding, Index, Report};
use crate::verdict::Verdict;

/// What readers take for a test that a person has to make, and leave out.
const MANUAL: &str = "Test marked as a manual test";

/// Writes the report.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let index = Index::new(report);
    let controls: Vec<Value> = report.benchmarks.iter().map(|benchmark| benchmark_of(benchmark, &index)).collect();
    let total = |key: &str| controls.iter().filter_map(|controls| controls.get(key)?.as_u64()).sum::<u64>();
    let totals = json!({
        "total_pass": total("total_pass"), "total_fail": total("total_fail"),
        "total_warn": total("total_warn"), "total_info": total("total_info"),
    });
    value::write(&json!({ "Controls": controls, "Totals": totals }), out)
}

fn benchmark_of(benchmark: &BenchmarkResult, index: &Index<'_>) -> Value {
    let mut tests = Vec::new();
    let mut all = Vec::new();
    for (section, controls) in benchmark.by_section() {
        let results: Vec<Value> = controls.iter().map(|control| result(control, index)).collect();
        let count = |status: &str| results.iter().filter(|result| result.get("status") == Some(&status.into())).count();
        let counts = [count("PASS"), count("FAIL"), count("WARN"), count("INFO")];
        let [pass, fail, warn, info] = counts;
        tests.push(json!({
            "section": section.number, "type": "", "desc": section.title,
            "pass": pass, "fail": fail, "warn": warn, "info": info,
            "results": results,
        }));
        all.push(counts);
    }
    let [pass, fail, warn, info] =
        all.into_iter().fold([0; 4], |[a, b, c, d], [e, f, g, h]| [a + e, b + f, c + g, d + h]);
    json!({
        "id": benchmark.id, "version": benchmark.id, "detected_version": "", "text": benchmark.title, "node_type": "host",
        "tests": tests,
        "total_pass": pass, "total_fail": fail, "total_warn": warn, "total_info": info,
    })
}

fn result(control: &ControlResult, index: &Index<'_>) -> Value {
    let findings = index.of(control);
    let worst: Vec<&Finding> = findings.iter().copied().filter(|finding| finding.verdict == control.verdict).collect();
    let waived = control.verdict == Verdict::Fail && worst.iter().all(|finding| finding.waived().is_some());
    let status = match control.verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail if !waived => "FAIL",
        Verdict::Unknown | Verdict::Manual => "WARN",
        Verdict::Fail | Verdict::NotApplicable => "INFO",
    };
    let because = |finding: &&Finding| format!("{}: {}", finding.subject.words(), finding.explained());
    let said: Vec<String> = worst.iter().map(because).collect();
    let facts: Vec<&str> = findings.iter().flat_map(|f| &f.evidence).filter_map(|e| e.source.as_deref()).collect();
    let summaries = control.checks.iter().filter_map(|check| index.check(check));
    // Of what did not fail there is only what would be to do.
    let remediation = match remedies(&worst) {
        none if none.is_empty() => summaries.map(|check| check.remediation.trim().to_owned()).collect(),
        remedies => remedies,
    };
    let mut result = json!({
        "test_number": control.number, "test_desc": control.title,
        "audit": facts.first().copied().unwrap_or_default(), "AuditEnv": "", "AuditConfig": "",
        "type": if control.assessment == "manual" { "manual" } else { "" },
        "remediation": remediation.join("\n"), "test_info": remediation,
        "status": status, "actual_value": said.join("\n"), "scored": control.assessment != "manual",
        "IsMultiple": findings.len() > 1, "expected_result": control.title,
    });
    let reason = match control.verdict {
        Verdict::Pass => None,
        Verdict::Manual => Some(MANUAL.to_owned()),
        _ if said.is_empty() => control.reason.clone(),
        _ => Some(said.join("\n")),
    };
    put(&mut result, "reason", reason);
    result
}
