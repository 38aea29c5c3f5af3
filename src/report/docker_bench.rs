//! The report in the JSON shape of docker-bench-security, for pipelines that read it.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::remedy::remedies;
use super::value::{self, put};
use super::{ControlResult, Finding, Index, Report};
use crate::verdict::Verdict;

/// Writes the report.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let index = Index::new(report);
    let time = report.time()?.as_second();
    let several = report.benchmarks.len() > 1;
    let mut tests = Vec::new();
    for benchmark in &report.benchmarks {
        for (section, controls) in benchmark.by_section().into_iter().filter(|(_, controls)| !controls.is_empty()) {
            let results: Vec<Value> = controls.iter().map(|control| result(control, &index)).collect();
            let of = if several { format!("{}: ", benchmark.title) } else { String::new() };
            tests.push(json!({ "id": section.number, "desc": format!("{of}{}", section.title), "results": results }));
        }
    }
    let sum =
        |count: fn(&super::Score) -> u32| report.benchmarks.iter().map(|b| i64::from(count(&b.score))).sum::<i64>();
    let checks: usize = report.benchmarks.iter().map(|benchmark| benchmark.controls.len()).sum();
    let document = json!({
        "dockerbenchsecurity": report.tool.version,
        "start": time,
        "tests": tests,
        "checks": checks,
        // Its own way to count: one up for a pass, one down for a warning.
        "score": sum(|score| score.passed) - sum(|score| score.failed),
        "end": time,
    });
    value::write(&document, out)
}

fn result(control: &ControlResult, index: &Index<'_>) -> Value {
    let findings = index.of(control);
    let worst: Vec<&Finding> = findings.into_iter().filter(|finding| finding.verdict == control.verdict).collect();
    let waived = worst.iter().all(|finding| finding.waived().is_some());
    let result = match control.verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail if !waived => "WARN",
        Verdict::Manual => "NOTE",
        Verdict::Fail | Verdict::Unknown | Verdict::NotApplicable => "INFO",
    };
    let because = |finding: &&Finding| format!("{}: {}", finding.subject.words(), finding.explained());
    let mut result = json!({ "id": control.number, "desc": control.title, "result": result });
    if control.verdict == Verdict::Pass {
        // What passes needs no words, unless they are somebody's.
        let basis = worst.iter().filter(|finding| !finding.basis.is_empty()).map(because);
        let basis: Vec<String> = basis.collect();
        put(&mut result, "details", (!basis.is_empty()).then(|| basis.join("\n")));
        return result;
    }
    let details: Vec<String> = worst.iter().map(because).chain(control.reason.clone()).collect();
    put(&mut result, "details", details.join("\n"));
    put(&mut result, "items", worst.iter().map(|finding| finding.subject.name.clone()).collect::<Vec<_>>());
    let remedies = remedies(&worst);
    put(&mut result, "remediation", (!remedies.is_empty()).then(|| remedies.join("\n")));
    result
}
