//! The report as metrics for the textfile collector of Prometheus's node exporter.
//!
//! No container is named, so that the number of series does not grow with what runs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Report, Score, escape};
use crate::ladder::Rung;
use crate::verdict::{Severity, Verdict};

/// Writes the report.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let one = |labels: &[(&str, &str)], value: &dyn ToString| vec![(line(labels), value.to_string())];
    let build = one(&[("version", &report.tool.version)], &1);
    metric(out, "build_info", "The program that audited.", &build)?;
    let time = one(&[], &report.time()?.as_second());
    metric(out, "last_run_timestamp_seconds", "When the audit began.", &time)?;
    let scores = scores(report);
    let ratio = |of: fn(&Score) -> Option<f64>| -> Vec<(String, String)> {
        let known = scores.iter().filter_map(|(labels, score)| Some((line(labels), of(score)?)));
        known.map(|(labels, percent)| (labels, format!("{:.3}", percent / 100.0))).collect()
    };
    let score = "Share of the judged controls that pass; section \"all\" is the whole benchmark.";
    metric(out, "score_ratio", score, &ratio(|score| score.percent))?;
    let coverage = "Share of the controls that facts decide which were judged.";
    metric(out, "coverage_ratio", coverage, &ratio(|score| score.coverage_percent))?;
    let controls: Vec<(String, String)> = scores.iter().flat_map(|(labels, score)| counts(labels, score)).collect();
    metric(out, "controls", "Controls by what they came to.", &controls)?;
    metric(out, "findings", "Findings by what they came to and how bad a failure is.", &findings(report))?;
    let waived = report.findings.iter().filter(|finding| finding.waived().is_some()).count();
    metric(out, "waived_findings", "Failures that are accepted for now.", &one(&[], &waived))?;
    let rows = report.containers.iter().flatten();
    let on = |rung: Rung, certain| rows.clone().filter(|row| row.rung == rung && row.certain == certain).count();
    let labels = |rung: Rung, certain: bool| line(&[("rung", rung.id()), ("certain", &certain.to_string())]);
    let rungs = Rung::ALL.into_iter().flat_map(|rung| [(rung, true), (rung, false)]);
    let standing: Vec<(String, String)> =
        rungs.map(|(rung, certain)| (labels(rung, certain), on(rung, certain).to_string())).collect();
    match &report.containers {
        Some(_) => {
            metric(out, "containers", "Containers and sandboxes by their rung of the isolation ladder.", &standing)
        }
        None => Ok(()),
    }
}

type Labels<'r> = [(&'static str, &'r str); 2];

/// The score of every benchmark and section.
fn scores(report: &Report) -> Vec<(Labels<'_>, &Score)> {
    let mut scores = Vec::new();
    for benchmark in &report.benchmarks {
        let labels = |section| [("benchmark", benchmark.id.as_str()), ("section", section)];
        scores.push((labels("all"), &benchmark.score));
        scores.extend(benchmark.sections.iter().map(|section| (labels(&section.number), &section.score)));
    }
    scores
}

fn counts(labels: &Labels<'_>, score: &Score) -> Vec<(String, String)> {
    let count = |verdict| match verdict {
        Verdict::Pass => score.passed,
        Verdict::Fail => score.failed,
        Verdict::Unknown => score.unknown,
        Verdict::Manual => score.manual,
        Verdict::NotApplicable => score.not_applicable,
    };
    let labels = |verdict: Verdict| line(&[&labels[..], &[("verdict", verdict.as_str())]].concat());
    Verdict::ALL.into_iter().map(|verdict| (labels(verdict), count(verdict).to_string())).collect()
}

/// Every combination is there, none of them counted included, so that no series comes and goes.
fn findings(report: &Report) -> Vec<(String, String)> {
    let mut counts: BTreeMap<(Severity, Verdict), usize> = BTreeMap::new();
    for finding in &report.findings {
        *counts.entry((finding.severity, finding.verdict)).or_default() += 1;
    }
    let severities = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    let all = severities.into_iter().flat_map(|severity| Verdict::ALL.map(|verdict| (severity, verdict)));
    let labels = |(severity, verdict): (Severity, Verdict)| {
        line(&[("severity", severity.as_str()), ("verdict", verdict.as_str())])
    };
    all.map(|one| (labels(one), counts.get(&one).copied().unwrap_or_default().to_string())).collect()
}

fn metric(out: &mut dyn Write, name: &str, help: &str, samples: &[(String, String)]) -> io::Result<()> {
    writeln!(out, "# HELP plimsoll_{name} {help}\n# TYPE plimsoll_{name} gauge")?;
    samples.iter().try_for_each(|(labels, value)| writeln!(out, "plimsoll_{name}{labels} {value}"))
}

/// Labels in braces, or nothing for none.
fn line(labels: &[(&str, &str)]) -> String {
    let quoted = |value: &str| escape(value).replace('\\', r"\\").replace('"', "\\\"");
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", quoted(value))).collect();
    if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) }
}
