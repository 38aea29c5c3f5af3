//! The report as CSV (RFC 4180) for spreadsheets: a row for each finding, and one for each control that had nothing to judge.

use std::io::{self, Write};

use super::{Finding, Index, Report, Waived, escape};

const COLUMNS: [&str; 17] = [
    "host",
    "collected_at",
    "controls",
    "check",
    "title",
    "severity",
    "subject_kind",
    "subject",
    "subject_id",
    "verdict",
    "reason",
    "basis",
    "evidence",
    "remediation",
    "waiver",
    "references",
    "fingerprint",
];

/// Writes the report.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let index = Index::new(report);
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    csv.write_record(COLUMNS)?;
    for finding in &report.findings {
        csv.write_record(row(report, finding, &index).map(|cell| harmless(&cell)))?;
    }
    for benchmark in &report.benchmarks {
        for control in benchmark.controls.iter().filter(|control| index.of(control).is_empty()) {
            let mut row = start(report);
            let [_, _, controls, _, title, _, _, _, _, verdict, reason, ..] = &mut row;
            *controls = format!("{}:{}", benchmark.id, control.number);
            title.clone_from(&control.title);
            *verdict = control.verdict.to_string();
            *reason = control.reason.clone().unwrap_or_default();
            csv.write_record(row.map(|cell| harmless(&cell)))?;
        }
    }
    csv.flush()
}

type Row = [String; COLUMNS.len()];

fn start(report: &Report) -> Row {
    let mut row = Row::default();
    let [host, time, ..] = &mut row;
    *host = report.host.name.clone().unwrap_or_default();
    time.clone_from(&report.collected_at);
    row
}

fn row(report: &Report, finding: &Finding, index: &Index<'_>) -> Row {
    let [host, time, ..] = start(report);
    let numbers = index.controls(&finding.check).iter();
    let numbers: Vec<String> =
        numbers.map(|(benchmark, control)| format!("{}:{}", benchmark.id, control.number)).collect();
    let facts = finding.evidence.iter().map(|evidence| format!("{} = {}", evidence.fact, evidence.words()));
    [
        host,
        time,
        numbers.join(" "),
        finding.check.clone(),
        finding.title.clone(),
        finding.severity.to_string(),
        finding.subject.kind.clone(),
        finding.subject.name.clone(),
        finding.subject.id.clone().unwrap_or_default(),
        finding.verdict.to_string(),
        finding.reason.clone().unwrap_or_default(),
        finding.basis.join("; "),
        facts.collect::<Vec<_>>().join("; "),
        finding.remediation.clone().unwrap_or_default(),
        finding.waiver.as_ref().map(Waived::words).unwrap_or_default(),
        index.check(&finding.check).map(|check| check.references.join(" ")).unwrap_or_default(),
        finding.fingerprint.clone(),
    ]
}

/// A cell that no spreadsheet takes for a formula.
fn harmless(cell: &str) -> String {
    let cell = escape(cell);
    if cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        format!("'{cell}")
    } else {
        cell
    }
}
